/** Which deleted branches are released: those whose time is over, and the oldest where too many are kept. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { BranchContext } from "./branch-context.js";
import type { Branch } from "./model.js";
import { releaseBranch } from "./release.js";

export const SWEEPER = "sweeper";

/**
 * Releases deleted branches that nobody may count on any more. One that another one was made from stays as long as that.
 * Returns how many went.
 *
 * Atomic  each for itself; one that is brought back at the same time stays
 */
export async function releaseOverdue(
  context: BranchContext,
  nowMs: number,
  signal: AbortSignal,
): Promise<number> {
  const { registry, retention } = context;
  const deleted = [...registry.state.branches.deleted()].toSorted((a, b) => sinceOf(a) - sinceOf(b));
  const excess = new Set(deleted.slice(0, Math.max(0, deleted.length - retention.maxDeleted)));
  let released = 0;
  for (const branch of [...deleted, ...registry.state.branches.undoing()]) {
    if (signal.aborted) break;
    const isOver = excess.has(branch) || (branch.held !== null && branch.held.untilMs <= nowMs);
    // What is kept to undo merges into it goes with it.
    const isNeeded = registry.state.childrenOf(branch.id).some(({ held }) => held?.undoes === undefined);
    if (isOver && (excess.has(branch) || !isNeeded))
      released += await releaseUnlessMoved(context, branch, signal);
  }
  return released;
}

function sinceOf({ held }: Branch): number {
  return held?.sinceMs ?? 0;
}

async function releaseUnlessMoved(
  context: BranchContext,
  branch: Branch,
  signal: AbortSignal,
): Promise<number> {
  const status = branch.status === "expired" ? "expired" : "discarded";
  const released = await unlessMoved(
    async () => await releaseBranch(context, branch, { status, actor: SWEEPER }, signal),
  );
  return released === undefined ? 0 : 1;
}

/** Nothing when the branch was brought back, altered or released meanwhile: the next sweep sees it as it is. */
export async function unlessMoved<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SqlError && MOVED.has(error.code)) return undefined;
    throw error;
  }
}

const MOVED: ReadonlySet<string> = new Set([
  SQLSTATE.serializationFailure,
  SQLSTATE.objectNotInPrerequisiteState,
  SQLSTATE.dependentObjectsStillExist,
]);
