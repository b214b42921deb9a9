/** Reading and changing the users file on disk. */
import { chown, open, readFile, realpath, rename, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { OperatorError } from "../core/operator-error.js";
import { emptyUserList, formatUserList, parseUserList, type UserList } from "./user-list.js";

/** Nobody but the owner: a verifier lets its reader try passwords. */
const FILE_MODE = 0o600;

/** Mode bits of group and world; a file of root's may be read by its group, as secrets are mounted into containers. */
const OTHERS = 0o077;
const OTHERS_OF_ROOT = 0o037;

/**
 * Who reads a verifier can try passwords on it, who writes one can log in: a server takes no such file from others' hands, by
 * PostgreSQL's rule for private keys. A file that is not there is told by whoever reads it.
 *
 * Errors  OperatorError
 */
export async function requireOwnersAlone(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  const others = found?.uid === 0 ? OTHERS_OF_ROOT : OTHERS;
  if (found === undefined || (found.mode & others) === 0 || process.platform === "win32") return;
  const mode = (found.mode & 0o777).toString(8).padStart(4, "0");
  throw new OperatorError(`users file "${path}" is open to others than its owner (${mode}): chmod 600`);
}

/** Errors: OperatorError, naming the file. */
export async function readUserFile(path: string): Promise<UserList> {
  try {
    return parseUserList(await readFile(path, "utf8"));
  } catch (error) {
    throw new OperatorError(`cannot read users file "${path}": ${reasonOf(error)}`, { cause: error });
  }
}

/**
 * Changes the file, or makes it.
 *
 * Atomic  written whole beside the file, synced and renamed: a server that reads it sees the old list or the new one
 * Crash   leaves `<file>.new`, which is also the lock against a change at the same time, and has to be removed by hand
 * Errors  OperatorError
 */
export async function changeUserFile(path: string, change: (list: UserList) => UserList): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const temporary = `${target}.new`;
  const file = await openNew(temporary);
  try {
    const old = await stat(target).catch(() => undefined);
    const list = change(old === undefined ? emptyUserList() : await readUserFile(target));
    await file.writeFile(formatUserList(list));
    // Whoever owned it goes on reading it: the server may run as another user than its administrator.
    if (old !== undefined) await chown(temporary, old.uid, old.gid);
    await file.sync();
    await file.close();
    await rename(temporary, target);
  } catch (error) {
    await file.close().catch(() => undefined);
    await unlink(temporary);
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`cannot write users file "${path}": ${reasonOf(error)}`, { cause: error });
  }
  await syncDirectory(dirname(target));
}

async function openNew(path: string): ReturnType<typeof open> {
  try {
    return await open(path, "wx", FILE_MODE);
  } catch (error) {
    const hint = codeOf(error) === "EEXIST" ? ": another change is under way, or one was cut off" : "";
    throw new OperatorError(`cannot create "${path}"${hint || `: ${reasonOf(error)}`}`, { cause: error });
  }
}

/** Makes the rename last. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
