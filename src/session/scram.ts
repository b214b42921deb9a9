/**
 * SCRAM-SHA-256, the server's side: the password never crosses the wire, and its verifier is all that is kept.
 *
 * Source  RFC 5802, RFC 7677; https://www.postgresql.org/docs/15/sasl-authentication.html
 */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { SQLSTATE, SqlError } from "../core/errors.js";

export const SCRAM_MECHANISM = "SCRAM-SHA-256";

const ITERATIONS = 4096;
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const NONCE_BYTES = 18;

const derive = promisify(pbkdf2);

interface ScramKeys {
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/** What a server keeps of a password. */
export interface ScramVerifier {
  readonly salt: Buffer;
  /** One per way clients prepare a password that is not ASCII: NFKC as SASLprep asks, or the bytes as typed. */
  readonly keys: readonly ScramKeys[];
}

/** Derives the verifier of a password. Costs a few milliseconds: done once, at start. */
export async function deriveScramVerifier(password: string): Promise<ScramVerifier> {
  const salt = randomBytes(SALT_BYTES);
  const forms = [...new Set([password.normalize("NFKC"), password])];
  const keys = await Promise.all(forms.map((form) => deriveKeys(form, salt)));
  return { salt, keys };
}

async function deriveKeys(password: string, salt: Buffer): Promise<ScramKeys> {
  const salted = await derive(password, salt, ITERATIONS, KEY_BYTES, "sha256");
  const storedKey = createHash("sha256").update(hmac(salted, "Client Key")).digest();
  return { storedKey, serverKey: hmac(salted, "Server Key") };
}

/** One exchange with one client: `first`, then `final`. */
export class ScramExchange {
  readonly #verifier: ScramVerifier;
  #gs2Header = "";
  #clientFirstBare = "";
  #serverFirst = "";
  #nonce = "";

  constructor(verifier: ScramVerifier) {
    this.#verifier = verifier;
  }

  /** Answers client-first-message. Errors: 08P01 malformed, 0A000 for channel binding or an authorization identity. */
  first(message: string): string {
    const [flag, identity, ...bare] = message.split(",");
    if (flag?.startsWith("p="))
      throw new SqlError(SQLSTATE.featureNotSupported, "channel binding is not supported");
    if (flag !== "n" && flag !== "y") throw malformed();
    if (identity !== "")
      throw new SqlError(SQLSTATE.featureNotSupported, "authorization identity is not supported");
    const clientNonce = attribute(bare[1], "r");
    attribute(bare[0], "n");
    if (!/^[!-+\--~]+$/.test(clientNonce)) throw malformed();
    this.#gs2Header = `${flag},,`;
    this.#clientFirstBare = bare.join(",");
    this.#nonce = clientNonce + randomBytes(NONCE_BYTES).toString("base64");
    this.#serverFirst = `r=${this.#nonce},s=${this.#verifier.salt.toString("base64")},i=${ITERATIONS}`;
    return this.#serverFirst;
  }

  /** Checks client-final-message: server-final-message, or undefined for a wrong password. Errors: 08P01 malformed. */
  final(message: string): string | undefined {
    const parts = message.split(",");
    const proof = Buffer.from(attribute(parts.at(-1), "p"), "base64");
    const binding = Buffer.from(attribute(parts[0], "c"), "base64").toString("latin1");
    if (binding !== this.#gs2Header || proof.length !== KEY_BYTES) throw malformed();
    if (attribute(parts[1], "r") !== this.#nonce) throw malformed();
    const authMessage = [this.#clientFirstBare, this.#serverFirst, ...parts.slice(0, -1)].join(",");
    const keys = this.#verifier.keys.find((candidate) => isProof(candidate, authMessage, proof));
    return keys && `v=${hmac(keys.serverKey, authMessage).toString("base64")}`;
  }
}

/** ClientKey = proof XOR signature; its hash must be the stored key. */
function isProof(keys: ScramKeys, authMessage: string, proof: Buffer): boolean {
  const signature = hmac(keys.storedKey, authMessage);
  const clientKey = proof.map((byte, index) => byte ^ (signature[index] ?? 0));
  return timingSafeEqual(createHash("sha256").update(clientKey).digest(), keys.storedKey);
}

function attribute(part: string | undefined, name: string): string {
  if (part === undefined || !part.startsWith(`${name}=`)) throw malformed();
  return part.slice(name.length + 1);
}

function hmac(key: Buffer, data: string): Buffer {
  return createHmac("sha256", key).update(data).digest();
}

function malformed(): SqlError {
  return new SqlError(SQLSTATE.protocolViolation, "malformed SCRAM message");
}
