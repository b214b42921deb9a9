/**
 * API keys: 256 random bits behind a beginning that may be shown. Of a key there is kept what cannot be turned back into it: its
 * SHA-256, and a SCRAM verifier for clients of the wire. Nobody guesses 256 bits, so neither has to be slow (decision 0041).
 *
 * Shape   `dbk_<10 hexadecimal digits>_<43 characters of base64url>`; up to the second `_` it is the key's id
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { NOT_FOR_AGENTS, type Scope } from "../core/scopes.js";
import { deriveVerifier, type ScramVerifier } from "./scram-verifier.js";

const KEY = /^(dbk_[0-9a-f]{10})_[\w-]{43}$/;
const ID_BYTES = 5;
const SECRET_BYTES = 32;

export interface ApiKey {
  /** The key's beginning, by which it is found; also the user name it has in SCRAM. */
  readonly id: string;
  /** Who its holder is. Keys of one name are one holder's, which is how a key is replaced. */
  readonly name: string;
  readonly hash: Buffer;
  readonly verifier: ScramVerifier;
  readonly scopes: readonly Scope[];
  readonly isAgent: boolean;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
}

export type KeyStatus = "active" | "expired" | "revoked";

export interface KeyRequest {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly isAgent: boolean;
  readonly expiresAtMs: number | null;
}

/** A new key; `text` is kept nowhere. */
export async function createKey(
  request: KeyRequest,
  nowMs: number,
): Promise<{ readonly key: ApiKey; readonly text: string }> {
  const id = `dbk_${randomBytes(ID_BYTES).toString("hex")}`;
  const text = `${id}_${randomBytes(SECRET_BYTES).toString("base64url")}`;
  const verifier = await deriveVerifier(text);
  return {
    key: { ...request, id, hash: hashOf(text), verifier, createdAtMs: nowMs, revokedAtMs: null },
    text,
  };
}

/** The id of a text that looks like a key; undefined for any other. */
export function keyIdOf(text: string): string | undefined {
  return KEY.exec(text)?.[1];
}

export function isKey(key: ApiKey, text: string): boolean {
  return timingSafeEqual(key.hash, hashOf(text));
}

export function statusOf(key: ApiKey, nowMs: number): KeyStatus {
  if (key.revokedAtMs !== null) return "revoked";
  return key.expiresAtMs !== null && key.expiresAtMs <= nowMs ? "expired" : "active";
}

/** Whatever a file says, an agent's key never has more than agents may have. */
export function allowedScopes({ scopes, isAgent }: ApiKey): ReadonlySet<Scope> {
  return new Set(scopes.filter((scope) => !isAgent || !NOT_FOR_AGENTS.includes(scope)));
}

function hashOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
