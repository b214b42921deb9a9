/**
 * The text of a users file: who may log in, each with the verifier of a password, never the password; and what they may do.
 *
 * Shape   one `name:verifier` per line, and `:secret:<base64>`, which answers for unknown names are derived from;
 *         `:scopes:` and `:key:` with JSON behind them; empty lines say nothing
 */
import { randomBytes } from "node:crypto";
import { OperatorError } from "../core/operator-error.js";
import type { Scope } from "../core/scopes.js";
import type { ApiKey } from "./api-key.js";
import { formatKeyLine, formatScopesLine, parseKeyLine, parseScopesLine } from "./key-lines.js";
import { formatVerifier, parseVerifier, type ScramVerifier } from "./scram-verifier.js";

const SECRET_LINE = /^:secret:([\w+/]+=*)$/;
/** The name may hold colons; a verifier cannot be mistaken for part of it. */
const USER_LINE = /^([^:].*):(SCRAM-SHA-256\$.*)$/;
const SECRET_BYTES = 32;
const KEY_ID = /^dbk_[0-9a-f]{10}$/;
/** Control characters would break lines, here and in logs. */
const CONTROL = /\p{Cc}/u;

export interface UserList {
  /** Kept with the users: answers for unknown names stay the same for as long as those for known ones do. */
  readonly secret: Buffer;
  readonly verifiers: ReadonlyMap<string, ScramVerifier>;
  /** Of users who may not do everything. */
  readonly scopes: ReadonlyMap<string, readonly Scope[]>;
  /** By their ids, the revoked ones too. */
  readonly keys: ReadonlyMap<string, ApiKey>;
}

export function emptyUserList(): UserList {
  return {
    secret: randomBytes(SECRET_BYTES),
    verifiers: new Map(),
    scopes: new Map(),
    keys: new Map(),
  };
}

/** Errors: OperatorError with the number of the line that cannot be read, and never its text. */
export function parseUserList(text: string): UserList {
  let { secret } = emptyUserList();
  const verifiers = new Map<string, ScramVerifier>();
  const scopes = new Map<string, readonly Scope[]>();
  const keys = new Map<string, ApiKey>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const put = <Value>(map: Map<string, Value>, name: string, value: Value): void => {
      if (map.has(name)) throw new OperatorError(`line ${index + 1} names a user again`);
      map.set(name, value);
    };
    const unreadable = (form: string): OperatorError =>
      new OperatorError(`line ${index + 1} is not "${form}"`);
    const found = SECRET_LINE.exec(line)?.[1];
    const key = parseKeyLine(line);
    const restricted = parseScopesLine(line);
    if (key === null || restricted === null) throw unreadable(`${key === null ? ":key:" : ":scopes:"}JSON`);
    if (found !== undefined) secret = Buffer.from(found, "base64");
    else if (key !== undefined) put(keys, key.id, key);
    else if (restricted !== undefined) put(scopes, restricted.user, restricted.scopes);
    else {
      const [, name, verifierText = ""] = USER_LINE.exec(line) ?? [];
      const verifier = parseVerifier(verifierText);
      if (name === undefined || verifier === undefined) throw unreadable("name:verifier");
      put(verifiers, name, verifier);
    }
  }
  return { secret, verifiers, scopes, keys };
}

export function formatUserList({ secret, verifiers, scopes, keys }: UserList): string {
  const lines = [
    `:secret:${secret.toString("base64")}`,
    ...[...verifiers].map(([name, verifier]) => `${name}:${formatVerifier(verifier)}`),
    ...[...scopes].map(([user, own]) => formatScopesLine({ user, scopes: own })),
    ...[...keys.values()].map(formatKeyLine),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** Errors: OperatorError for a name the file cannot hold. */
export function requireUserName(name: string): void {
  if (name === "" || name.startsWith(":") || CONTROL.test(name)) {
    throw new OperatorError(
      "a user name must not be empty, begin with a colon, or have control characters in it",
    );
  }
  if (KEY_ID.test(name)) throw new OperatorError("names that look like keys are keys'");
}
