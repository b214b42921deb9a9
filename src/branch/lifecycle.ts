/** The life of a branch once it is made (creation.ts): altered, ended, swept. */
import { expiryOf } from "./activity.js";
import type { BranchContext } from "./branch-context.js";
import { checkName, endedBranch, refuseProtected, refuseTakenName, requireBranch } from "./branch-rules.js";
import { changeBranch } from "./change-branch.js";
import { deleteBranch, deletedBranch, type Ending } from "./deletion.js";
import { grantsOf, type BranchAccess } from "./grants.js";
import { OBJECT_KINDS } from "./head-objects.js";
import { isEnded, MAIN, type Branch, type HeadId } from "./model.js";
import { releaseBranch } from "./release.js";
import { releaseOverdue, SWEEPER, unlessMoved } from "./release-overdue.js";
import { restoreSpentTime } from "./spent-time.js";
import { changedTerms, type Asker } from "./limits.js";
import type { Terms } from "./terms.js";
import { Transaction } from "./transaction.js";

export interface BranchChange {
  readonly name?: string;
  readonly description?: string | null;
  readonly agent?: string | null;
  readonly ttlMs?: number | null;
  readonly protected?: boolean;
  /** Those that change. */
  readonly terms?: Partial<Terms>;
  readonly access?: BranchAccess;
}

/** Changes a branch's own properties. Errors: 3D000, 55000 it has ended, 42710, 42602, 40001 */
export async function alterBranch(
  context: BranchContext,
  nameOrId: string,
  change: BranchChange,
  asker: Asker,
  signal: AbortSignal,
): Promise<Branch> {
  if (change.name !== undefined) checkName(change.name);
  return await changeBranch(context, signal, ({ state }) => {
    const before = requireBranch(state, nameOrId);
    if (isEnded(before)) throw endedBranch(before);
    const newName = change.name === before.name ? undefined : change.name;
    if (newName !== undefined) refuseTakenName(state, newName);
    const { ttlMs, terms, access, ...rest } = change;
    const grants = access === undefined ? before.grants : grantsOf(access, before.grants);
    const expiry = ttlMs === undefined ? {} : { expiresAtMs: ttlMs === null ? null : Date.now() + ttlMs };
    return {
      before,
      after: { ...before, ...rest, ...expiry, grants, terms: changedTerms(before, terms ?? {}, asker) },
      entry: { action: "alter", actor: asker.name, detail: { ...change } },
      check: (now) => {
        if (newName !== undefined) refuseTakenName(now, newName);
      },
    };
  });
}

export interface DiscardRequest {
  readonly branch: string;
  readonly actor: string;
  /** With all that were made from it. */
  readonly cascade?: boolean;
  /** Nothing is kept, also of one that was deleted before. */
  readonly immediate?: boolean;
}

/**
 * Ends a branch without merging. With `cascade` all branches that were made from it, the last ones first: none of them while one
 * is protected.
 *
 * Atomic  each branch for itself; the one that was asked for is the last
 * Crash   those that are gone are gone whole, and the rest can be asked for again
 * Errors  3D000, 55000 one is protected, 2BP01 others were made from it
 */
export async function discardBranch(
  context: BranchContext,
  { branch: nameOrId, actor, cascade = false, immediate = false }: DiscardRequest,
  signal: AbortSignal,
): Promise<Branch> {
  const { state } = context.registry;
  const deleted =
    immediate && state.branches.named(nameOrId) === undefined ? deletedBranch(state, nameOrId) : undefined;
  const branch = deleted ?? requireBranch(state, nameOrId);
  const all = [branch];
  if (cascade) for (const each of all) all.push(...state.childrenInUse(each.id));
  for (const each of all) refuseProtected(each);
  const graceMs = immediate ? 0 : context.retention.discardedMs;
  for (const each of all.slice(1).toReversed()) {
    const status = each.status === "merged" ? "merged" : "discarded";
    await endBranch(context, each, { status, actor }, graceMs, signal);
  }
  return await endBranch(context, branch, { status: "discarded", actor }, graceMs, signal);
}

/** Deletes a branch, to be released later; at once where nothing would be lost, since it is merged. */
async function endBranch(
  context: BranchContext,
  branch: Branch,
  ending: Ending,
  graceMs: number,
  signal: AbortSignal,
): Promise<Branch> {
  if (graceMs === 0 || branch.status === "merged" || branch.released)
    return await releaseBranch(context, branch, ending, signal);
  const deleted = await deleteBranch(context, branch, ending, graceMs, signal);
  const deletedNow = [...context.registry.state.branches.deleted()].length;
  if (deletedNow > context.retention.maxDeleted) await releaseOverdue(context, Date.now(), signal);
  return context.registry.state.branches.get(branch.id) ?? deleted;
}

/** Ends every branch whose time is over and that no other branch and no merge reads. Returns their names. */
export async function sweepExpired(
  context: BranchContext,
  nowMs: number,
  signal: AbortSignal,
): Promise<string[]> {
  const { state } = context.registry;
  const due = [...state.branches.inUse()].filter(
    (branch) =>
      (expiryOf(branch, context.activity)?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs &&
      state.childrenInUse(branch.id).length === 0,
  );
  const swept: string[] = [];
  for (const branch of due) {
    if (signal.aborted) break;
    if (context.activity.isHeld(branch.id)) continue;
    const status = branch.status === "merged" ? "merged" : "expired";
    const ending = { status, actor: SWEEPER } as const;
    const ended = await unlessMoved(
      async () => await endBranch(context, branch, ending, context.retention.expiredMs, signal),
    );
    if (ended !== undefined) swept.push(branch.name);
  }
  return swept;
}

/** Ends the branch of a session that is over, unless somebody made something of it. */
export async function endSessionBranch(
  context: BranchContext,
  id: HeadId,
  signal: AbortSignal,
): Promise<void> {
  const { state } = context.registry;
  const branch = state.branches.get(id);
  if (branch === undefined || isEnded(branch) || !branch.terms.ofSession || branch.protected) return;
  if (state.childrenInUse(id).length > 0) return;
  // What waits for a resolution somebody may still give.
  if (branch.status !== "active" && branch.status !== "merged") return;
  const status = branch.status === "merged" ? "merged" : "discarded";
  await releaseBranch(context, branch, { status, actor: branch.owner }, signal);
}

/**
 * Brings the registry in line with tables and views that another program made in the file while this one was not running, and ends
 * the branches of sessions that ended with it.
 */
export async function followOfflineChanges(context: BranchContext, signal: AbortSignal): Promise<void> {
  await followMain(context, signal);
  await restoreSpentTime(context);
  const ofSessions = [...context.registry.state.branches.inUse()].filter(({ terms }) => terms.ofSession);
  for (const { id } of ofSessions) await endSessionBranch(context, id, signal);
}

async function followMain(context: BranchContext, signal: AbortSignal): Promise<void> {
  using connection = await context.registry.database.connect("data");
  const transaction = await Transaction.begin(context, connection, MAIN, signal);
  transaction.markCatalogChanged();
  transaction.objects.markMain(...OBJECT_KINDS);
  await transaction.commit();
}
