/** Whether and how the command line's connections are encrypted: PGSSLMODE and PGSSLROOTCERT, as libpq reads them. */
import { readFileSync } from "node:fs";
import { DatabaseError, type ClientConfig } from "pg";
import { OperatorError } from "../core/operator-error.js";

type Encryption = Exclude<ClientConfig["ssl"], undefined>;

/** Encrypted, by whoever is there. */
const UNVERIFIED: Encryption = { rejectUnauthorized: false };
const REFUSED_PLAIN = "28000";

/** What is tried, in order; left out, plain text first, for most servers are on this machine. Errors: OperatorError */
export function encryptions({
  PGSSLMODE: mode,
  PGSSLROOTCERT: root,
}: NodeJS.ProcessEnv): readonly Encryption[] {
  const ca = root === undefined || root === "" || root === "system" ? {} : { ca: readFileSync(root, "utf8") };
  const ofThatAuthority: Encryption = { ...ca, checkServerIdentity: () => undefined };
  switch (mode) {
    case "disable":
      return [false];
    case undefined:
    case "":
    case "allow":
      return [false, UNVERIFIED];
    case "prefer":
      return [UNVERIFIED, false];
    case "require":
      return ["ca" in ca ? ofThatAuthority : UNVERIFIED];
    case "no-verify":
      return [UNVERIFIED];
    case "verify-ca":
      return [ofThatAuthority];
    case "verify-full":
      return [{ ...ca }];
    default:
      throw new OperatorError(`invalid PGSSLMODE "${mode}"`);
  }
}

/** Whether the other way might do: the server wants encryption, or has none. */
export function isAboutEncryption(error: unknown): boolean {
  if (error instanceof DatabaseError) return error.code === REFUSED_PLAIN;
  return error instanceof Error && error.message.includes("does not support SSL");
}
