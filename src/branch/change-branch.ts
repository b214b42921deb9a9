/** Changes of a branch's own row, which touch none of its data. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Connection } from "../engine/connection.js";
import type { BranchContext } from "./branch-context.js";
import { recordHistory, type HistoryEntry } from "./history.js";
import { MAIN, type Branch } from "./model.js";
import type { RegistryState } from "./registry-state.js";
import { Transaction } from "./transaction.js";

interface ChangedBranch {
  readonly before: Branch;
  readonly after: Branch;
  readonly entry: Omit<HistoryEntry, "branch">;
  /** Asked again at the commit, of what others have done by then. */
  readonly check: (state: RegistryState) => void;
}

/**
 * Replaces a branch's row.
 *
 * Atomic  one transaction on a connection of its own: none of it mixes with a client's transaction
 * Errors  40001 when somebody else changed the branch meanwhile; whatever `change` and its check throw
 */
export async function changeBranch(
  context: BranchContext,
  signal: AbortSignal,
  change: (transaction: Transaction) => ChangedBranch | Promise<ChangedBranch>,
): Promise<Branch> {
  return await context.registry.database.onSpare(
    async (connection) => await changeOn(context, connection, signal, change),
  );
}

async function changeOn(
  context: BranchContext,
  connection: Connection,
  signal: AbortSignal,
  change: (transaction: Transaction) => ChangedBranch | Promise<ChangedBranch>,
): Promise<Branch> {
  const transaction = await Transaction.begin(context, connection, MAIN, signal);
  try {
    const { before, after, entry, check } = await change(transaction);
    await recordHistory(connection, { ...entry, branch: after });
    transaction.putBranch({ change: "putBranch", branch: after });
    await transaction.commit((state) => {
      check(state);
      refuseChanged(state, before);
    });
    context.activity.touch(after.id);
    return after;
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
}

/** Errors: 40001 */
export function refuseChanged(state: RegistryState, branch: Branch): void {
  if (state.branches.get(branch.id) !== branch)
    throw new SqlError(SQLSTATE.serializationFailure, `branch "${branch.name}" was changed concurrently`);
}
