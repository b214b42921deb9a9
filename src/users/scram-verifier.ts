/**
 * SCRAM-SHA-256 verifiers: what a server keeps instead of a password. Who steals one can try passwords against it and
 * play this server, but cannot log in.
 *
 * Shape   `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, the last three in base64: pg_authid's format
 * Source  RFC 5802, RFC 7677; https://www.postgresql.org/docs/15/catalog-pg-authid.html
 */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { saslprep } from "./saslprep.js";

export const KEY_BYTES = 32;
const ITERATIONS = 4096;
const MAX_ITERATIONS = 1_000_000;
const SALT_BYTES = 16;
const VERIFIER = /^SCRAM-SHA-256\$(\d{1,7}):([\w+/]+=*)\$([\w+/]+=*):([\w+/]+=*)$/;

const derive = promisify(pbkdf2);

export interface ScramKeys {
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

export interface ScramVerifier {
  readonly salt: Buffer;
  readonly iterations: number;
  /** More than one where clients may prepare the same password in different ways. */
  readonly keys: readonly ScramKeys[];
}

/** The verifier of a password as SASLprep prepares it, with a new salt. */
export async function deriveVerifier(password: string): Promise<ScramVerifier> {
  return await deriveForms([saslprep(password)]);
}

/** Also takes clients that send a password that is not ASCII as it was typed. Such a verifier has no text form. */
export async function deriveTolerantVerifier(password: string): Promise<ScramVerifier> {
  return await deriveForms([...new Set([saslprep(password), password])]);
}

async function deriveForms(forms: readonly string[]): Promise<ScramVerifier> {
  const salt = randomBytes(SALT_BYTES);
  const keys = await Promise.all(forms.map((form) => deriveKeys(form, salt, ITERATIONS)));
  return { salt, iterations: ITERATIONS, keys };
}

async function deriveKeys(password: string, salt: Buffer, iterations: number): Promise<ScramKeys> {
  const salted = await derive(password, salt, iterations, KEY_BYTES, "sha256");
  const storedKey = createHash("sha256").update(hmacSha256(salted, "Client Key")).digest();
  return { storedKey, serverKey: hmacSha256(salted, "Server Key") };
}

/** Whether a password sent in clear text is the verifier's. The work is the same for every answer. */
export async function isPasswordOf(verifier: ScramVerifier, password: string): Promise<boolean> {
  const { storedKey } = await deriveKeys(saslprep(password), verifier.salt, verifier.iterations);
  const matches = verifier.keys.map((keys) => timingSafeEqual(keys.storedKey, storedKey));
  return matches.includes(true);
}

/**
 * Stands in for the verifier of a user who does not exist: the same for the same name, as a real one would be, and no
 * password fits it. What is answered then tells nobody which users there are.
 */
export function mockVerifier(secret: Buffer, user: string): ScramVerifier {
  const of = (what: string): Buffer => hmacSha256(secret, `${what}\0${user}`);
  const keys = [{ storedKey: of("stored key"), serverKey: of("server key") }];
  return { salt: of("salt").subarray(0, SALT_BYTES), iterations: ITERATIONS, keys };
}

/** Undefined for a text that is not a verifier. */
export function parseVerifier(text: string): ScramVerifier | undefined {
  const [, iterations, salt, ...keys] = VERIFIER.exec(text) ?? [];
  const [storedKey, serverKey] = keys.map((key) => Buffer.from(key, "base64"));
  if (salt === undefined || storedKey?.length !== KEY_BYTES || serverKey?.length !== KEY_BYTES)
    return undefined;
  const count = Number(iterations);
  if (count < 1 || count > MAX_ITERATIONS) return undefined;
  return { salt: Buffer.from(salt, "base64"), iterations: count, keys: [{ storedKey, serverKey }] };
}

/** The text of a verifier with one pair of keys. */
export function formatVerifier(verifier: ScramVerifier): string {
  const [keys, ...more] = verifier.keys;
  if (keys === undefined || more.length > 0) throw new Error("a verifier with one pair of keys was expected");
  const [salt, stored, server] = [verifier.salt, keys.storedKey, keys.serverKey].map((bytes) =>
    bytes.toString("base64"),
  );
  return `SCRAM-SHA-256$${verifier.iterations}:${salt}$${stored}:${server}`;
}

export function hmacSha256(key: Buffer, data: string): Buffer {
  return createHmac("sha256", key).update(data).digest();
}
