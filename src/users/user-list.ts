/**
 * The text of a users file: who may log in, each with the verifier of a password, never the password.
 *
 * Shape   one `name:verifier` per line, and `:secret:<base64>`, which answers for unknown names are derived from;
 *         empty lines say nothing
 */
import { randomBytes } from "node:crypto";
import { OperatorError } from "../core/operator-error.js";
import { formatVerifier, parseVerifier, type ScramVerifier } from "./scram-verifier.js";

const SECRET_LINE = /^:secret:([\w+/]+=*)$/;
/** The name may hold colons; a verifier cannot be mistaken for part of it. */
const USER_LINE = /^([^:].*):(SCRAM-SHA-256\$.*)$/;
const SECRET_BYTES = 32;
/** Control characters would break lines, here and in logs. */
const CONTROL = /\p{Cc}/u;

export interface UserList {
  /** Kept with the users: answers for unknown names stay the same for as long as those for known ones do. */
  readonly secret: Buffer;
  readonly verifiers: ReadonlyMap<string, ScramVerifier>;
}

export function emptyUserList(): UserList {
  return { secret: randomBytes(SECRET_BYTES), verifiers: new Map() };
}

/** Errors: OperatorError with the number of the line that cannot be read, and never its text. */
export function parseUserList(text: string): UserList {
  let { secret } = emptyUserList();
  const verifiers = new Map<string, ScramVerifier>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const found = SECRET_LINE.exec(line)?.[1];
    if (found !== undefined) {
      secret = Buffer.from(found, "base64");
      continue;
    }
    const [, name, verifierText = ""] = USER_LINE.exec(line) ?? [];
    const verifier = parseVerifier(verifierText);
    if (name === undefined || verifier === undefined) {
      throw new OperatorError(`line ${index + 1} is not "name:verifier"`);
    }
    if (verifiers.has(name)) throw new OperatorError(`line ${index + 1} names a user again`);
    verifiers.set(name, verifier);
  }
  return { secret, verifiers };
}

export function formatUserList({ secret, verifiers }: UserList): string {
  const lines = [...verifiers].map(([name, verifier]) => `${name}:${formatVerifier(verifier)}\n`);
  return `:secret:${secret.toString("base64")}\n${lines.join("")}`;
}

/** Errors: OperatorError for a name the file cannot hold. */
export function requireUserName(name: string): void {
  if (name === "" || name.startsWith(":") || CONTROL.test(name)) {
    throw new OperatorError(
      "a user name must not be empty, begin with a colon, or have control characters in it",
    );
  }
}
