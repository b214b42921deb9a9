/**
 * What is kept of a branch that is brought up to date, so that it can go back: two hidden branches that were made from it, one right
 * before and one right behind (decision 0044).
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { BranchContext } from "./branch-context.js";
import { commitBranch } from "./commit-branch.js";
import type { Branch } from "./model.js";
import type { RegistryState } from "./registry-state.js";
import type { Transaction } from "./transaction.js";
import { endUndoBranch, hiddenBranch } from "./undo-branch.js";

/** The branch as it was before it was brought up to date, and behind that. */
export interface KeptSync {
  readonly before: Branch;
  readonly behind: Branch;
}

/** What was kept of a branch the last time it was brought up to date; older ones are not needed any more. */
function keptOf(state: RegistryState, branch: Branch): readonly Branch[] {
  return state
    .childrenOf(branch.id)
    .filter(({ held, isolation }) => held?.undoes !== undefined && isolation === "snapshot");
}

/**
 * Keeps the branch as it is now. Nobody may write it until the merge's commit, which looks.
 *
 * Crash  what is kept goes with its time
 */
export async function keepBeforeSync(
  context: BranchContext,
  branch: Branch,
  mergeId: string,
  untilMs: number,
): Promise<KeptSync> {
  const hidden = { parent: branch.id, mergeId, untilMs };
  const before = hiddenBranch(context, { ...hidden, name: nameBefore(mergeId) });
  const behind = hiddenBranch(context, { ...hidden, name: nameBehind(mergeId) });
  let made = before;
  await commitBranch(context.registry, (_, sequence) => (made = { ...before, pin: sequence - 1 }));
  return { before: made, behind };
}

/** What was kept for a merge that did not come about. */
export async function forgetKept(context: BranchContext, { before }: KeptSync): Promise<void> {
  await commitBranch(context.registry, (state) => {
    const branch = state.branches.get(before.id);
    if (branch?.held == null) return undefined;
    return { ...branch, held: { ...branch.held, untilMs: Date.now() } };
  });
}

/**
 * With the commit of the merge: the branch behind it is kept, and what was kept of it before is not. Returns what the commit has to
 * ask.
 *
 * Errors  40001 the sweeper took one of them meanwhile
 */
export function plantBehind(
  transaction: Transaction,
  branch: Branch,
  { before, behind }: KeptSync,
): (state: RegistryState) => void {
  const now = Date.now();
  const older = keptOf(transaction.state, branch).filter(
    ({ id, held }) => id !== before.id && held !== null && held.untilMs > now,
  );
  transaction.putBranch({ change: "putBranch", branch: behind });
  return endKept(transaction, older);
}

/** Nobody needs them any more. Returns what the commit has to ask. */
export function endKept(transaction: Transaction, kept: readonly Branch[]): (state: RegistryState) => void {
  for (const one of kept) endUndoBranch(transaction, one);
  return (state) => {
    if (kept.every((branch) => state.branches.get(branch.id) === branch)) return;
    throw new SqlError(SQLSTATE.serializationFailure, "what was kept of the branch was changed concurrently");
  };
}

/** Undefined where its time is over, or the branch was brought up to date again. */
export function keptSync(state: RegistryState, branch: Branch, mergeId: string): KeptSync | undefined {
  const kept = keptOf(state, branch).filter(
    ({ held }) => held?.undoes === mergeId && held.untilMs > Date.now(),
  );
  const before = kept.find(({ name }) => name === nameBefore(mergeId));
  const behind = kept.find(({ name }) => name === nameBehind(mergeId));
  return before === undefined || behind === undefined ? undefined : { before, behind };
}

function nameBefore(mergeId: string): string {
  return `undo of ${mergeId}`;
}

function nameBehind(mergeId: string): string {
  return `behind ${mergeId}`;
}
