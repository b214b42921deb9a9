/** What is kept of a merge for its retention, so that it can be undone. */
import type { BranchContext } from "./branch-context.js";
import type { MergeAttempt } from "./merge-types.js";
import type { RelationName } from "./model.js";
import type { RegistryState } from "./registry-state.js";
import type { Strategy } from "./strategy.js";
import { forgetKept, keepBeforeSync, plantBehind } from "./sync-kept.js";
import { canKeepDefinitions, keepDefinitions, plantUndoBranch } from "./undo-branch.js";
import { keepUndoRows } from "./undo-rows.js";

export interface KeptForUndo {
  /** Null where not all of it can be kept. */
  readonly untilMs: number | null;
  /** With the last changes of the merge's transaction. Returns what its commit has to ask. */
  readonly plant: () => (state: RegistryState) => void;
  /** The merge did not come about. */
  readonly forget: () => Promise<void>;
}

/** Before anything is written. */
export async function keepForUndo(
  context: BranchContext,
  attempt: MergeAttempt,
  mergeId: string,
  strategyOf: (table: RelationName) => Strategy,
): Promise<KeptForUndo> {
  const { transaction, branch, sync } = attempt;
  const untilMs = Date.now() + context.retention.undoMs;
  if (sync !== undefined) {
    const kept = await keepBeforeSync(context, branch, mergeId, untilMs);
    // What is not forgotten goes with its time.
    const forget = async (): Promise<void> => await forgetKept(context, kept).catch(() => undefined);
    return { untilMs, plant: () => plantBehind(transaction, branch, kept), forget };
  }
  if (!canKeepDefinitions(attempt)) return { untilMs: null, plant: () => asksNothing, forget: doesNothing };
  await keepUndoRows(attempt, mergeId, strategyOf);
  const definitions = await keepDefinitions(context, attempt, mergeId, untilMs);
  const plant = (): typeof asksNothing => {
    if (definitions !== undefined) plantUndoBranch(transaction, definitions);
    return asksNothing;
  };
  return { untilMs, plant, forget: doesNothing };
}

function asksNothing(): void {}

async function doesNothing(): Promise<void> {}
