/** Where a login finds the verifier to hold a proof against, and who has proved what may do what. */
import { stat } from "node:fs/promises";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Log } from "../core/log.js";
import { fullAccess, type Principal, type Scope } from "../core/scopes.js";
import { allowedScopes, type ApiKey, isKey, keyIdOf, statusOf } from "./api-key.js";
import { deriveTolerantVerifier, isPasswordOf, mockVerifier, type ScramVerifier } from "./scram-verifier.js";
import { readUserFile, requireOwnersAlone } from "./user-file.js";
import type { UserList } from "./user-list.js";

/** Whom published clients log in as when they have a key. */
export const KEY_USER = "agent";
/** How late an open session may learn what has changed. */
const CHECK_MS = 1000;

export interface Credentials {
  /** Whether a password proves a name: there are users. */
  readonly provesNames: boolean;
  /** Of a user, or of a key by its id; for an unknown name one that nothing fits, at the same cost. */
  verifierOf(name: string): Promise<ScramVerifier>;
  /** Whoever has just proved, against that verifier, to be this. */
  principalOf(name: string): Principal;
  /** Who shows this in clear text, a password or a key; undefined for a wrong one. */
  principalBy(name: string, password: string): Promise<Principal | undefined>;
  /** Which key a client of this name has cannot be known before it is seen. */
  asksForKey(name: string): Promise<boolean>;
  /** Takes over what has changed since. */
  refresh(): Promise<void>;
}

/** One password for every user name. */
export async function sharedPassword(password: string): Promise<Credentials> {
  const verifier = await deriveTolerantVerifier(password);
  return {
    provesNames: false,
    verifierOf: async () => verifier,
    principalOf: fullAccess,
    principalBy: async (name, given) =>
      (await isPasswordOf(verifier, given)) ? fullAccess(name) : undefined,
    asksForKey: async () => false,
    refresh: async () => undefined,
  };
}

/**
 * The users and keys of a file, read anew when it has changed: logins ask for the file's state, and once in a second the
 * statements of open sessions do. Nothing else watches it.
 *
 * Errors  OperatorError when it cannot be read, or is open to others, at `open`; later it is logged, and the list read last stays in force
 */
export class FileCredentials implements Credentials {
  readonly provesNames = true;
  readonly #path: string;
  readonly #log: Log;
  readonly #checkMs: number;
  #list: UserList;
  #version: string;
  #checkedAt = performance.now();

  private constructor(path: string, log: Log, checkMs: number, list: UserList, version: string) {
    this.#path = path;
    this.#log = log;
    this.#checkMs = checkMs;
    this.#list = list;
    this.#version = version;
  }

  static async open(path: string, log: Log, checkMs = CHECK_MS): Promise<FileCredentials> {
    const version = await versionOf(path);
    await requireOwnersAlone(path);
    const list = await readUserFile(path);
    const credentials = new FileCredentials(path, log, checkMs, list, version);
    credentials.#tell();
    return credentials;
  }

  async verifierOf(name: string): Promise<ScramVerifier> {
    await this.refresh();
    const mock = mockVerifier(this.#list.secret, name);
    return this.#list.verifiers.get(name) ?? this.#activeKey(name)?.verifier ?? mock;
  }

  principalOf(name: string): Principal {
    const key = this.#list.verifiers.has(name) ? undefined : this.#list.keys.get(name);
    return key === undefined
      ? this.#principal(name, () => this.#scopesOfUser(name))
      : this.#principal(key.name, () => this.#scopesOfKey(key.id));
  }

  async principalBy(name: string, password: string): Promise<Principal | undefined> {
    await this.refresh();
    const id = keyIdOf(password);
    const key = id === undefined ? undefined : this.#activeKey(id);
    if (key !== undefined && [KEY_USER, key.id, key.name].includes(name) && isKey(key, password))
      return this.principalOf(key.id);
    return (await isPasswordOf(await this.verifierOf(name), password)) ? this.principalOf(name) : undefined;
  }

  async asksForKey(name: string): Promise<boolean> {
    await this.refresh();
    return name === KEY_USER && this.#list.keys.size > 0;
  }

  #activeKey(id: string): ApiKey | undefined {
    const key = this.#list.keys.get(id);
    return key !== undefined && statusOf(key, Date.now()) === "active" ? key : undefined;
  }

  #principal(name: string, scopes: Principal["scopes"]): Principal {
    return {
      name,
      scopes,
      refresh: () => this.#checkSometimes(),
      named: (other) => this.#named(other),
    };
  }

  /** With all that a user and the keys of one name may do between them. */
  #named(name: string): Principal | undefined {
    const sources = [...this.#list.keys.values()]
      .filter((key) => key.name === name && statusOf(key, Date.now()) === "active")
      .map((key) => () => this.#scopesOfKey(key.id));
    if (this.#list.verifiers.has(name)) sources.push(() => this.#scopesOfUser(name));
    if (sources.length === 0) return undefined;
    return this.#principal(name, () => new Set(sources.flatMap((scopes) => [...scopes()])));
  }

  #scopesOfUser(name: string): ReadonlySet<Scope> {
    if (!this.#list.verifiers.has(name))
      throw new SqlError(SQLSTATE.invalidAuthorization, `user "${name}" has been removed`);
    const scopes = this.#list.scopes.get(name);
    return scopes === undefined ? fullAccess(name).scopes() : new Set(scopes);
  }

  #scopesOfKey(id: string): ReadonlySet<Scope> {
    const key = this.#list.keys.get(id);
    const status = key === undefined ? "revoked" : statusOf(key, Date.now());
    if (key !== undefined && status === "active") return allowedScopes(key);
    const what = status === "expired" ? "has expired" : "has been revoked";
    throw new SqlError(SQLSTATE.invalidAuthorization, `the key ${id} ${what}`);
  }

  #checkSometimes(): Promise<void> | undefined {
    if (performance.now() - this.#checkedAt < this.#checkMs) return undefined;
    return this.refresh();
  }

  /** Reads the file if it is not the one read last. */
  async refresh(): Promise<void> {
    this.#checkedAt = performance.now();
    const version = await versionOf(this.#path);
    if (version === this.#version) return;
    this.#version = version;
    try {
      await requireOwnersAlone(this.#path);
      this.#list = await readUserFile(this.#path);
      this.#tell();
    } catch (error) {
      this.#log.error({ err: error }, "users file not read: the users known before stay");
    }
  }

  #tell(): void {
    const { verifiers, keys } = this.#list;
    this.#log.info({ users: verifiers.size, keys: keys.size }, "users file read");
  }
}

/** Changes whenever the file does. */
async function versionOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(" ");
  } catch {
    return "unreadable";
  }
}
