/** `duckbranch key`: API keys. A key is printed once, when it is made; the file keeps what cannot be turned back into it. */
import { OperatorError } from "../core/operator-error.js";
import { NOT_FOR_AGENTS, type Scope } from "../core/scopes.js";
import { type ApiKey, createKey, statusOf } from "../users/api-key.js";
import { isoTime } from "../users/key-lines.js";
import { changeUserFile, readUserFile } from "../users/user-file.js";
import { requireUserName } from "../users/user-list.js";
import { readScopes } from "./read-scopes.js";

interface KeyOptions {
  readonly users: string;
}

interface CreateOptions extends KeyOptions {
  readonly scopes?: string;
  readonly agent?: boolean;
  readonly expires?: string;
  readonly json?: boolean;
}

const AGENT_SCOPES: readonly Scope[] = ["branches:create", "branches:discard", "data:read", "data:write"];
const DEVELOPER_SCOPES: readonly Scope[] = ["branches:merge", ...AGENT_SCOPES];
const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** The last moment that ISO 8601 writes with four digits of a year. */
const LATEST_MS = Date.parse("9999-12-31T23:59:59Z");

/** Makes a key and prints it. */
export async function addKey(name: string, options: CreateOptions): Promise<void> {
  requireUserName(name);
  const isAgent = options.agent === true;
  const scopes =
    options.scopes === undefined ? (isAgent ? AGENT_SCOPES : DEVELOPER_SCOPES) : readScopes(options.scopes);
  const refused = scopes.find((scope) => isAgent && NOT_FOR_AGENTS.includes(scope));
  if (refused !== undefined)
    throw new OperatorError(`a key of an agent cannot have ${refused}: agents propose, others merge`);
  const nowMs = Date.now();
  const expiresAtMs = options.expires === undefined ? null : readExpiry(options.expires, nowMs);
  const { key, text } = await createKey({ name, scopes, isAgent, expiresAtMs }, nowMs);
  await changeUserFile(options.users, (list) => {
    // They would own the user's branches.
    if (list.verifiers.has(name)) throw new OperatorError(`there is a user "${name}"`);
    return { ...list, keys: new Map([...list.keys, [key.id, key]]) };
  });
  if (options.json === true)
    process.stdout.write(`${JSON.stringify({ key: text, ...described(key, nowMs) })}\n`);
  else process.stdout.write(`${text}\n`);
  process.stderr.write("This is the only time that the key is shown.\n");
}

export async function listKeys({ users, json }: KeyOptions & { readonly json?: boolean }): Promise<void> {
  const { keys } = await readUserFile(users);
  const nowMs = Date.now();
  const listed = [...keys.values()].map((key) => described(key, nowMs));
  if (json === true) process.stdout.write(`${JSON.stringify(listed)}\n`);
  else
    for (const key of listed) {
      const { id, name, status, kind, expires_at: expires, scopes } = key;
      const fields = [id, name, status, kind, expires ?? "never", scopes.join(",")];
      process.stdout.write(`${fields.join("\t")}\n`);
    }
}

/** By its id, or by its name where one key of that name is active. */
export async function revokeKey(idOrName: string, { users }: KeyOptions): Promise<void> {
  const nowMs = Date.now();
  await changeUserFile(users, (list) => {
    const key = list.keys.get(idOrName) ?? onlyActive([...list.keys.values()], idOrName, nowMs);
    const revoked = { ...key, revokedAtMs: key.revokedAtMs ?? nowMs };
    return { ...list, keys: new Map([...list.keys, [key.id, revoked]]) };
  });
}

function onlyActive(keys: readonly ApiKey[], name: string, nowMs: number): ApiKey {
  const [key, ...more] = keys.filter((one) => one.name === name && statusOf(one, nowMs) === "active");
  if (key === undefined) throw new OperatorError(`there is no active key "${name}"`);
  if (more.length === 0) return key;
  const ids = [key, ...more].map(({ id }) => id).join(", ");
  throw new OperatorError(`several keys have the name "${name}": say which of ${ids}`);
}

function described(
  key: ApiKey,
  nowMs: number,
): {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly kind: "agent" | "developer";
  readonly scopes: readonly Scope[];
  readonly created_at: string | null;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
} {
  const { id, name, isAgent, scopes } = key;
  return {
    id,
    name,
    status: statusOf(key, nowMs),
    kind: isAgent ? "agent" : "developer",
    scopes,
    created_at: isoTime(key.createdAtMs),
    expires_at: isoTime(key.expiresAtMs),
    revoked_at: isoTime(key.revokedAtMs),
  };
}

/** `90d`, `12h`, or a date. Errors: OperatorError for others, and for what is over already */
function readExpiry(text: string, nowMs: number): number {
  const [, count, unit = ""] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const ms = count !== undefined && isUnit(unit) ? nowMs + Number(count) * UNIT_MS[unit] : Date.parse(text);
  if (Number.isNaN(ms) || ms > LATEST_MS)
    throw new OperatorError(`"${text}" is no time: write 90d, 12h, or 2027-01-31`);
  if (ms <= nowMs) throw new OperatorError(`"${text}" is over already`);
  return ms;
}

function isUnit(text: string): text is keyof typeof UNIT_MS {
  return text in UNIT_MS;
}
