/** What logins may do, in words that both ports, the users file and the errors share. */
import { SQLSTATE, SqlError } from "./errors.js";

export const SCOPES = [
  "branches:create",
  "branches:merge",
  "branches:discard",
  "data:read",
  "data:write",
  "main:write",
  "admin",
] as const;
export type Scope = (typeof SCOPES)[number];

/** Agents propose and others merge: no key of an agent's may have these. */
export const NOT_FOR_AGENTS: readonly Scope[] = ["branches:merge", "main:write", "admin"];

/** Whoever is logged in. What they may do can change while they are. */
export interface Principal {
  /** Who they are: in current_user, as owner of branches, in the history. */
  readonly name: string;
  /** Errors: 28000 for a key that has been revoked or has expired, and for a user who has been removed */
  scopes(): ReadonlySet<Scope>;
  /** Learns of changes to what they may do; undefined when nothing has to be waited for. */
  refresh(): Promise<void> | undefined;
  /** Whoever logs in under that name; undefined when nobody can. */
  named(name: string): Principal | undefined;
}

const EVERYTHING: ReadonlySet<Scope> = new Set(SCOPES);

/** Somebody who may do everything: where nobody has to say who they are, and with the one password of all. */
export function fullAccess(name: string): Principal {
  return { name, scopes: () => EVERYTHING, refresh: () => undefined, named: fullAccess };
}

export function isScope(text: string): text is Scope {
  return SCOPES.some((scope) => scope === text);
}

/** `admin` is every other scope, too. */
export function hasScope(principal: Principal, scope: Scope): boolean {
  const scopes = principal.scopes();
  return scopes.has(scope) || scopes.has("admin");
}

/** Also asked of somebody who may not be let in any more. */
export function mayRead(principal: Principal): boolean {
  try {
    return hasScope(principal, "data:read");
  } catch (error) {
    if (error instanceof SqlError) return false;
    throw error;
  }
}

/** Any of these is enough. Errors: 42501, which names the first of them */
export function requireScope(principal: Principal, ...anyOf: readonly [Scope, ...Scope[]]): void {
  if (anyOf.some((scope) => hasScope(principal, scope))) return;
  const scopes = [...principal.scopes()];
  throw new SqlError(
    SQLSTATE.insufficientPrivilege,
    `permission denied: missing scope ${anyOf.join(" or ")}`,
    {
      detail: `"${principal.name}" has ${scopes.length === 0 ? "no scopes" : scopes.join(", ")}.`,
      hint: "whoever runs the server gives scopes, with duckbranch key create --scopes or duckbranch user scopes",
    },
  );
}
