/** `duckbranch user`: who may log in, and what they may do. Passwords come from a prompt or standard input, never from the command line. */
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { OperatorError } from "../core/operator-error.js";
import type { Scope } from "../core/scopes.js";
import { deriveVerifier } from "../users/scram-verifier.js";
import { changeUserFile, readUserFile } from "../users/user-file.js";
import { requireUserName, type UserList } from "../users/user-list.js";
import { readScopes } from "./read-scopes.js";

interface UserOptions {
  readonly users: string;
  readonly scopes?: string;
}

/** Adds a user, or gives one a new password. Without scopes a new user may do everything, and a known one what they may. */
export async function addUser(name: string, { users, scopes }: UserOptions): Promise<void> {
  requireUserName(name);
  const given = scopes === undefined ? undefined : readScopes(scopes);
  const verifier = await deriveVerifier(await readPassword());
  await changeUserFile(users, (list) => {
    const ofKey = [...list.keys.values()].some((key) => key.name === name && key.revokedAtMs === null);
    if (ofKey) throw new OperatorError(`there is a key with the name "${name}"`);
    const added = { ...list, verifiers: new Map([...list.verifiers, [name, verifier]]) };
    return given === undefined ? added : withScopes(added, name, given);
  });
}

/** Says anew what a user may do. */
export async function setUserScopes(name: string, scopes: string, { users }: UserOptions): Promise<void> {
  const given = readScopes(scopes);
  await changeUserFile(users, (list) => {
    requireUser(list, name);
    return withScopes(list, name, given);
  });
}

export async function removeUser(name: string, { users }: UserOptions): Promise<void> {
  await changeUserFile(users, (list) => {
    requireUser(list, name);
    return { ...list, verifiers: without(list.verifiers, name), scopes: without(list.scopes, name) };
  });
}

export async function listUsers({ users }: UserOptions): Promise<void> {
  const { verifiers, scopes } = await readUserFile(users);
  for (const name of [...verifiers.keys()].toSorted()) {
    const own = scopes.get(name);
    process.stdout.write(own === undefined ? `${name}\n` : `${name}\t${own.join(",")}\n`);
  }
}

function withScopes(list: UserList, name: string, scopes: readonly Scope[]): UserList {
  return { ...list, scopes: new Map([...list.scopes, [name, scopes]]) };
}

function requireUser({ verifiers }: UserList, name: string): void {
  if (!verifiers.has(name)) throw new OperatorError(`there is no user "${name}"`);
}

function without<Value>(map: ReadonlyMap<string, Value>, name: string): ReadonlyMap<string, Value> {
  return new Map([...map].filter(([other]) => other !== name));
}

/** Twice from a terminal, without showing it; the first line of anything else. */
async function readPassword(): Promise<string> {
  const isTerminal = process.stdin.isTTY;
  const password = isTerminal ? await readTwice() : await readFirstLine();
  if (password === "") throw new OperatorError("the password is empty");
  return password;
}

async function readTwice(): Promise<string> {
  // The terminal shows what is written here: nothing.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  const interrupted = new Promise<never>((_, reject) => {
    terminal.once("SIGINT", () => reject(new OperatorError("nothing was changed")));
  });
  const ask = async (prompt: string): Promise<string> => {
    process.stderr.write(prompt);
    const answer = await Promise.race([terminal.question(""), interrupted]);
    process.stderr.write("\n");
    return answer;
  };
  try {
    const password = await ask("Password: ");
    if (password !== (await ask("Again: "))) throw new OperatorError("the passwords differ");
    return password;
  } finally {
    terminal.close();
  }
}

async function readFirstLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line;
  return "";
}
