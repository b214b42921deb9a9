/** What every way to undo a merge has in common: its request, its end, and how it speaks of conflicts. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { BranchContext } from "./branch-context.js";
import { recordHistory } from "./history.js";
import { unchangedHeads, verifyPublished } from "./merge-commit.js";
import { markUndone, type MergeRecord, type MergeTotals } from "./merge-ledger.js";
import { outcome } from "./merge-publish.js";
import { advanceSequences } from "./merge-sequences.js";
import type { MergeAttempt, MergeOutcome, MergeRequest } from "./merge-types.js";
import type { Branch } from "./model.js";
import type { RegistryState } from "./registry-state.js";
import type { Strategy } from "./strategy.js";

export interface UndoRequest {
  readonly mergeId: string;
  /** `branch_wins` takes rows back that were changed since, `main_wins` leaves them. */
  readonly strategy: Strategy;
  readonly actor: string;
}

/** A merge backwards, as it was planned and as it was written. */
interface WrittenUndo {
  readonly attempt: MergeAttempt;
  readonly written: MergeAttempt;
  readonly totals: MergeTotals;
}

/**
 * Records that the merge is undone, and commits.
 *
 * Errors  55000 somebody else undid it meanwhile, 40001
 */
export async function commitUndo(
  context: BranchContext,
  { attempt, written, totals }: WrittenUndo,
  {
    merge: { mergeId },
    branch,
    strategy,
    actor,
    check = asksNothing,
  }: {
    readonly merge: MergeRecord;
    readonly branch: Branch;
    readonly strategy: Strategy;
    readonly actor: string;
    /** Asked by the commit, too. */
    readonly check?: (state: RegistryState) => void;
  },
): Promise<MergeOutcome> {
  const { transaction } = attempt;
  const { connection } = transaction;
  if (!(await markUndone(connection, mergeId)))
    throw new SqlError(SQLSTATE.objectNotInPrerequisiteState, `merge "${mergeId}" was undone meanwhile`);
  const detail = { merge_id: mergeId, strategy, ...totals };
  await recordHistory(connection, { action: "undo", branch, actor, detail });
  await advanceSequences(written);
  const areUnchanged = unchangedHeads(context, attempt);
  await transaction.commit((newest, snapshot) => {
    areUnchanged(newest, snapshot);
    check(newest);
  });
  await verifyPublished(context, mergeId, "undone");
  return outcome(attempt, "undone", mergeId, totals, []);
}

/** For the record of an undoing that met conflicts. */
export function asMerge(merge: MergeRecord, { strategy, actor }: UndoRequest): MergeRequest {
  const { branchId, target, granularity, keyless } = merge;
  return { branch: branchId, into: target, strategy, granularity, keyless, exceptions: [], actor };
}

/** What is in conflict as the undoing has it. `isReversed`: what is there now is merged into what was. */
export async function undoing<T>(work: () => Promise<T>, isReversed = false): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SqlError) || error.code !== SQLSTATE.transactionIntegrityConstraintViolation)
      throw error;
    const [byBranch, byTarget] = isReversed ? ["since", "by the undoing"] : ["by the undoing", "since"];
    throw new SqlError(error.code, "cannot undo the merge: definitions that it changed were changed since", {
      detail: error.detail
        ?.replaceAll("in the branch", byBranch)
        .replaceAll("on the target", byTarget)
        .replaceAll("on one side", "with the merge")
        .replaceAll("have it on the other", "that were written since have it"),
    });
  }
}

function asksNothing(): void {}
