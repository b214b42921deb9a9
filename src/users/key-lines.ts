/** The lines of a users file that say more than who there is: keys, and what users may do. */
import { isScope, type Scope } from "../core/scopes.js";
import type { ApiKey } from "./api-key.js";
import { formatVerifier, parseVerifier } from "./scram-verifier.js";

const KEY_PREFIX = ":key:";
const SCOPES_PREFIX = ":scopes:";
const HASH_BYTES = 32;

type Fields = Readonly<Record<string, unknown>>;

export interface UserScopes {
  readonly user: string;
  readonly scopes: readonly Scope[];
}

/** Undefined for a line of another kind, `null` for one that cannot be read. */
export function parseKeyLine(line: string): ApiKey | null | undefined {
  if (!line.startsWith(KEY_PREFIX)) return undefined;
  const fields = fieldsOf(line.slice(KEY_PREFIX.length));
  const { id, name, hash: hashText, verifier: verifierText, agent } = fields ?? {};
  const verifier = typeof verifierText === "string" ? parseVerifier(verifierText) : undefined;
  const hash = Buffer.from(typeof hashText === "string" ? hashText : "", "base64");
  const scopes = scopesOf(fields?.["scopes"]);
  const times = [fields?.["created"], fields?.["expires"], fields?.["revoked"]].map(timeOf);
  const [createdAtMs, expiresAtMs, revokedAtMs] = times;
  if (typeof id !== "string" || typeof name !== "string" || typeof agent !== "boolean") return null;
  if (verifier === undefined || hash.length !== HASH_BYTES || scopes === undefined) return null;
  if (typeof createdAtMs !== "number" || expiresAtMs === undefined || revokedAtMs === undefined) return null;
  return { id, name, hash, verifier, scopes, isAgent: agent, createdAtMs, expiresAtMs, revokedAtMs };
}

export function formatKeyLine(key: ApiKey): string {
  const { id, name, hash, verifier, scopes, isAgent: agent } = key;
  const fields = {
    id,
    name,
    agent,
    scopes,
    created: isoTime(key.createdAtMs),
    expires: isoTime(key.expiresAtMs),
    revoked: isoTime(key.revokedAtMs),
    hash: hash.toString("base64"),
    verifier: formatVerifier(verifier),
  };
  return KEY_PREFIX + JSON.stringify(fields);
}

/** Null for what has no time. */
export function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** Undefined for a line of another kind, `null` for one that cannot be read. */
export function parseScopesLine(line: string): UserScopes | null | undefined {
  if (!line.startsWith(SCOPES_PREFIX)) return undefined;
  const { user, scopes: written } = fieldsOf(line.slice(SCOPES_PREFIX.length)) ?? {};
  const scopes = scopesOf(written);
  return typeof user === "string" && scopes !== undefined ? { user, scopes } : null;
}

export function formatScopesLine({ user, scopes }: UserScopes): string {
  return SCOPES_PREFIX + JSON.stringify({ user, scopes });
}

function fieldsOf(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function scopesOf(value: unknown): readonly Scope[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const scopes = value.filter((one): one is Scope => typeof one === "string" && isScope(one));
  return scopes.length === value.length ? scopes : undefined;
}

function timeOf(value: unknown): number | null | undefined {
  if (value === null) return null;
  const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
