/**
 * Who may use a branch. One that nobody has closed is open to all who may read or write data at all. Closed, by its first grant or by
 * being made private, it is its owner's and theirs who were granted it; administrators may use every branch. Decision 0041.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { hasScope, type Principal } from "../core/scopes.js";
import type { BranchContext } from "./branch-context.js";
import { endedBranch, requireBranch } from "./branch-rules.js";
import { changeBranch } from "./change-branch.js";
import { isEnded, type Branch, type BranchGrants } from "./model.js";
import type { RegistryState } from "./registry-state.js";

const PRIVILEGES = ["read", "write"] as const;
type Privilege = (typeof PRIVILEGES)[number];

/** As a grantee: everybody. */
const PUBLIC = "public";
const NO_GRANTS: BranchGrants = { read: [], write: [] };

export const ACCESSES = ["open", "private"] as const;
export type BranchAccess = (typeof ACCESSES)[number];

export interface GrantRequest {
  readonly branch: string;
  readonly privilege: Privilege;
  readonly grantee: string;
  readonly actor: string;
}

/** Writing includes reading; a live branch shows what its parent has now, so that has to be open, too. */
export function maySee(principal: Principal, branch: Branch, state: RegistryState): boolean {
  return liveLine(branch, state).every((each) => isAllowed(principal, each, ["read", "write"]));
}

/** The branch, and the branches whose present state it shows. */
function liveLine(branch: Branch, state: RegistryState): readonly Branch[] {
  const line = [branch];
  for (let at = branch; at.isolation === "live";) {
    const parent = state.branches.get(at.parent);
    if (parent === undefined) break;
    line.push(parent);
    at = parent;
  }
  return line;
}

/** Errors: 42501 */
export function requireSeen(principal: Principal, branch: Branch, state: RegistryState): void {
  const closed = liveLine(branch, state).find((each) => !isAllowed(principal, each, ["read", "write"]));
  if (closed !== undefined) throw missing(closed, principal, "read");
}

/** Whether requireWriter would let them. */
export function mayWrite(principal: Principal, branch: Branch, state: RegistryState): boolean {
  return maySee(principal, branch, state) && isAllowed(principal, branch, ["write"]);
}

/** To write in it, to merge it, to merge into it. Errors: 42501 */
export function requireWriter(principal: Principal, branch: Branch, state: RegistryState): void {
  requireSeen(principal, branch, state);
  if (!mayWrite(principal, branch, state)) throw missing(branch, principal, "write");
}

/** To alter or end it, which everybody may do with one that is open. Errors: 42501 */
export function requireKeeper(principal: Principal, branch: Branch): void {
  if (branch.grants !== null) requireOwner(principal, branch);
}

/** To say who may use it. Errors: 42501 */
export function requireOwner(principal: Principal, branch: Branch): void {
  if (branch.owner === principal.name || hasScope(principal, "admin")) return;
  throw new SqlError(SQLSTATE.insufficientPrivilege, `must be owner of branch "${branch.name}"`, {
    hint: `it is ${branch.owner}'s`,
  });
}

/** What a branch made from this one begins with: data that were closed to somebody stay so. */
export function grantsOfChild(
  parent: Branch | undefined,
  access: BranchAccess | undefined,
): BranchGrants | null {
  if (access !== undefined) return grantsOf(access, null);
  return parent === undefined || parent.grants === null ? null : NO_GRANTS;
}

export function grantsOf(access: BranchAccess, before: BranchGrants | null): BranchGrants | null {
  return access === "open" ? null : (before ?? NO_GRANTS);
}

/** Closes an open branch to all others. Errors: 3D000, 55000, 40001 */
export async function grant(
  context: BranchContext,
  request: GrantRequest,
  signal: AbortSignal,
): Promise<Branch> {
  return await changeGrants(context, request, "grant", signal, (grantees) => [
    ...new Set([...grantees, request.grantee]),
  ]);
}

/** It stays closed, also when nobody is left. Errors: 3D000, 55000, 40001 */
export async function revoke(
  context: BranchContext,
  request: GrantRequest,
  signal: AbortSignal,
): Promise<Branch> {
  return await changeGrants(context, request, "revoke", signal, (grantees) =>
    grantees.filter((one) => one !== request.grantee),
  );
}

async function changeGrants(
  context: BranchContext,
  { branch, privilege, grantee, actor }: GrantRequest,
  verb: "grant" | "revoke",
  signal: AbortSignal,
  change: (grantees: readonly string[]) => readonly string[],
): Promise<Branch> {
  return await changeBranch(context, signal, ({ state }) => {
    const before = requireBranch(state, branch);
    if (isEnded(before)) throw endedBranch(before);
    const grants = before.grants ?? NO_GRANTS;
    // Nobody was granted anything on an open branch: taking it from one of them closes nothing.
    const isOpen = verb === "revoke" && before.grants === null;
    const changed = { ...grants, [privilege]: change(grants[privilege]) };
    return {
      before,
      after: { ...before, grants: isOpen ? null : changed },
      entry: { action: verb, actor, detail: { privilege, grantee } },
      check: () => undefined,
    };
  });
}

function isAllowed(principal: Principal, { owner, grants }: Branch, anyOf: readonly Privilege[]): boolean {
  if (grants === null || owner === principal.name) return true;
  const isGranted = anyOf.some((privilege) =>
    grants[privilege].some((grantee) => grantee === principal.name || grantee === PUBLIC),
  );
  return isGranted || hasScope(principal, "admin");
}

function missing(branch: Branch, principal: Principal, privilege: Privilege): SqlError {
  const words = privilege.toUpperCase();
  return new SqlError(
    SQLSTATE.insufficientPrivilege,
    `permission denied for branch "${branch.name}": missing grant ${words}`,
    { hint: `its owner, ${branch.owner}, can GRANT ${words} ON BRANCH … TO "${principal.name}"` },
  );
}
