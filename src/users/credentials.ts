/** Where a login finds the verifier to hold a proof against. */
import { stat } from "node:fs/promises";
import type { Log } from "../core/log.js";
import { deriveTolerantVerifier, mockVerifier, type ScramVerifier } from "./scram-verifier.js";
import { readUserFile } from "./user-file.js";
import type { UserList } from "./user-list.js";

/** Mode bits of group and world. */
const OTHERS = 0o077n;

export interface Credentials {
  /** The user's verifier; for an unknown user one that nothing fits, at the same cost. */
  verifierOf(user: string): Promise<ScramVerifier>;
  /** Takes over what has changed since. */
  refresh(): Promise<void>;
}

/** One password for every user name. */
export async function sharedPassword(password: string): Promise<Credentials> {
  const verifier = await deriveTolerantVerifier(password);
  return { verifierOf: async () => verifier, refresh: async () => undefined };
}

/**
 * The users of a file, read anew when it has changed: a login asks for the file's state, nothing else watches it.
 *
 * Errors  OperatorError when it cannot be read at `open`; later it is logged, and the list read last stays in force
 */
export class FileCredentials implements Credentials {
  readonly #path: string;
  readonly #log: Log;
  #list: UserList;
  #version: string;

  private constructor(path: string, log: Log, list: UserList, version: string) {
    this.#path = path;
    this.#log = log;
    this.#list = list;
    this.#version = version;
  }

  static async open(path: string, log: Log): Promise<FileCredentials> {
    const state = await stateOf(path);
    const credentials = new FileCredentials(path, log, await readUserFile(path), state.version);
    credentials.#tell(state);
    return credentials;
  }

  async verifierOf(user: string): Promise<ScramVerifier> {
    await this.refresh();
    const mock = mockVerifier(this.#list.secret, user);
    return this.#list.verifiers.get(user) ?? mock;
  }

  /** Reads the file if it is not the one read last. */
  async refresh(): Promise<void> {
    const state = await stateOf(this.#path);
    if (state.version === this.#version) return;
    this.#version = state.version;
    try {
      this.#list = await readUserFile(this.#path);
      this.#tell(state);
    } catch (error) {
      this.#log.error({ err: error }, "users file not read: the users known before stay");
    }
  }

  #tell(state: FileState): void {
    this.#log.info({ users: this.#list.verifiers.size }, "users file read");
    if (state.isExposed) this.#log.warn({ file: this.#path }, "users file is open to others than its owner");
  }
}

interface FileState {
  /** Changes whenever the file does. */
  readonly version: string;
  readonly isExposed: boolean;
}

async function stateOf(path: string): Promise<FileState> {
  try {
    const { ino, size, mtimeNs, ctimeNs, mode } = await stat(path, { bigint: true });
    return { version: [ino, size, mtimeNs, ctimeNs].join(" "), isExposed: (mode & OTHERS) !== 0n };
  } catch {
    return { version: "unreadable", isExposed: false };
  }
}
