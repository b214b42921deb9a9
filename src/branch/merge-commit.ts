/** What a merge looks at around its commit: that nothing has moved since it compared, and that it is there afterwards. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { BranchContext } from "./branch-context.js";
import { readMerge, type MergeStatus } from "./merge-ledger.js";
import { isRedefinedSince, objectRelations } from "./merge-objects.js";
import type { MergeAttempt } from "./merge-types.js";
import type { Branch, RelationName, Sequence } from "./model.js";
import type { Snapshot } from "./registry.js";
import type { RegistryState } from "./registry-state.js";

/** 40001 unless branch and target are what was compared. */
export function unchangedHeads(
  context: BranchContext,
  attempt: MergeAttempt,
): (state: RegistryState, snapshot: Snapshot) => void {
  return (state, snapshot) => {
    unchangedBranch(attempt.branch)(state);
    const isRedefined = isRedefinedSince(context.registry, attempt, state);
    if (isRedefined || isChangedSince(context, attempt, snapshot.sequence))
      throw new SqlError(
        SQLSTATE.serializationFailure,
        "could not serialize the merge due to concurrent changes of a merged table",
      );
  };
}

/** The branch, or a table of the target that is merged, was changed behind that commit. */
export function isChangedSince(context: BranchContext, attempt: MergeAttempt, sequence: Sequence): boolean {
  const { registry } = context;
  return (
    registry.headChangedAt(attempt.branch.id) > sequence ||
    mergedRelations(attempt).some(
      ({ schema, name }) => registry.changedAt({ head: attempt.target, schema, name }) > sequence,
    )
  );
}

function mergedRelations({ plans, objects }: MergeAttempt): readonly RelationName[] {
  return [...plans.map(({ input }) => input.relation), ...objectRelations(objects)];
}

export function unchangedBranch(branch: Branch): (state: RegistryState) => void {
  return (state) => {
    if (state.branches.get(branch.id) !== branch) {
      throw new SqlError(SQLSTATE.serializationFailure, `branch "${branch.name}" was changed concurrently`);
    }
  };
}

/** DuckDB may report success for a transaction it rolled back: only the ledger row, read back, is proof. */
export async function verifyPublished(
  context: BranchContext,
  mergeId: string,
  status: MergeStatus = "merged",
): Promise<void> {
  using connection = await context.registry.database.connect("data");
  const record = await readMerge(connection, mergeId);
  if (record?.status !== status) {
    throw new SqlError(
      SQLSTATE.internalError,
      `merge "${mergeId}" was not found as ${status} after its commit: nothing was changed`,
    );
  }
}
