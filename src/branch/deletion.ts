/**
 * Deleted branches: nobody can use them, their names are free, but they hold their data and their pins until they are released
 * (release.ts), and can be brought back as long as they do. Decision 0042.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { BranchContext } from "./branch-context.js";
import {
  checkName,
  endedBranch,
  isExpired,
  refuseParent,
  refuseProtected,
  requireBranch,
  takenName,
} from "./branch-rules.js";
import { changeBranch, refuseChanged } from "./change-branch.js";
import { abandonOpenMerges } from "./merge-ledger.js";
import { headId, isEnded, type Branch } from "./model.js";
import type { RegistryState } from "./registry-state.js";

/** How a branch ends without a merge: by somebody, or by its time. */
export interface Ending {
  readonly status: "discarded" | "expired" | "merged";
  readonly actor: string;
}

/**
 * Takes a branch out of use for `graceMs`, in which it can be brought back.
 *
 * Atomic  one transaction, of registry rows alone
 * Errors  55000 protected or ended, 2BP01 other branches were made from it
 */
export async function deleteBranch(
  context: BranchContext,
  found: Branch,
  { status, actor }: Ending,
  graceMs: number,
  signal: AbortSignal,
): Promise<Branch> {
  return await changeBranch(context, signal, async ({ state, connection }) => {
    const before = requireBranch(state, found.id);
    if (isEnded(before)) throw endedBranch(before);
    // By its time: that may be another one by now.
    if (status === "expired") refuseChanged(state, found);
    refuseProtected(before);
    refuseParent(state, before);
    await abandonOpenMerges(connection, before.id);
    const sinceMs = Date.now();
    const untilMs = sinceMs + graceMs;
    const detail = { undelete_until: new Date(untilMs).toISOString() };
    return {
      before,
      after: { ...before, status, held: { sinceMs, untilMs } },
      entry: { action: status === "expired" ? "expire" : "discard", actor, detail },
      check: (now) => refuseParent(now, before),
    };
  });
}

export interface UndeleteRequest {
  /** The last one deleted of that name, or one by its id. */
  readonly branch: string;
  readonly newName: string | undefined;
  /** From now on; when left out, a time that has passed is taken away. */
  readonly ttlMs: number | undefined;
  readonly actor: string;
}

/**
 * Brings a deleted branch back as it was, but for a merge that waited for its conflicts: that was given up.
 *
 * Atomic  one transaction, of registry rows alone
 * Errors  3D000; 55000 it is in use, its data are gone, or what it was made from is deleted; 42710 its name was taken
 */
export async function undeleteBranch(
  context: BranchContext,
  { branch, newName, ttlMs, actor }: UndeleteRequest,
  signal: AbortSignal,
): Promise<Branch> {
  if (newName !== undefined) checkName(newName);
  return await changeBranch(context, signal, ({ state }) => {
    const before = requireDeleted(state, branch);
    const name = newName ?? before.name;
    refuseUndelete(state, before, name);
    return {
      before,
      after: { ...before, name, status: "active", held: null, expiresAtMs: newExpiry(before, ttlMs) },
      entry: { action: "undelete", actor, detail: name === before.name ? null : { name } },
      check: (now) => refuseUndelete(now, before, name),
    };
  });
}

function newExpiry({ expiresAtMs }: Branch, ttlMs: number | undefined): number | null {
  const nowMs = Date.now();
  if (ttlMs !== undefined) return nowMs + ttlMs;
  return expiresAtMs !== null && expiresAtMs <= nowMs ? null : expiresAtMs;
}

function refuseUndelete(state: RegistryState, { id, parent }: Branch, name: string): void {
  if (state.branches.named(name) !== undefined)
    throw takenName(name).with({ hint: `use UNDELETE BRANCH "${id}" AS another_name` });
  const from = state.branches.get(parent);
  if (from !== undefined && isEnded(from))
    throw new SqlError(
      SQLSTATE.objectNotInPrerequisiteState,
      `branch "${from.name}", which it was made from, is deleted`,
      { hint: `use UNDELETE BRANCH "${from.id}" first` },
    );
}

/** The deleted branch of an id, or the one that was deleted last of those of a name. */
export function deletedBranch({ branches }: RegistryState, nameOrId: string): Branch | undefined {
  const byId = branches.get(headId(nameOrId)) ?? branches.ofSchema(nameOrId);
  if (byId !== undefined) return byId.held === null || byId.held.undoes !== undefined ? undefined : byId;
  const named = [...branches.deleted()].filter(({ name }) => name === nameOrId);
  return named.toSorted((a, b) => (a.held?.sinceMs ?? 0) - (b.held?.sinceMs ?? 0)).at(-1);
}

function requireDeleted(state: RegistryState, nameOrId: string): Branch {
  const deleted = deletedBranch(state, nameOrId);
  if (deleted !== undefined) return deleted;
  const other = state.findBranch(nameOrId);
  if (other === undefined)
    throw new SqlError(SQLSTATE.invalidCatalogName, `branch "${nameOrId}" does not exist`);
  if (!other.released && isExpired(state, other, Date.now())) throw endedBranch(other, "expired");
  const what = other.released ? "cannot be brought back: its data are gone" : "is not deleted";
  throw new SqlError(SQLSTATE.objectNotInPrerequisiteState, `branch "${other.name}" ${what}`);
}
