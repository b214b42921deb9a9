/**
 * MERGE, RESOLVE and ABANDON. A merge reads base, source and target in one DuckDB snapshot, plans every table, and
 * publishes all of it in one transaction or nothing.
 */
import { randomBytes } from "node:crypto";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { endedBranch, requireBranch, requireReadable, requireWritable } from "./branch-rules.js";
import { mergeTables, NO_DEFINITIONS } from "./merge-input.js";
import { refuseColumns, strategyByTable, winners, withColumnStrategies } from "./merge-exceptions.js";
import { openMergeOf, type MergeRecord } from "./merge-ledger.js";
import { planTable, type TablePlan } from "./merge-plan.js";
import { outcome, publish, recordConflicts } from "./merge-publish.js";
import { NO_CHANGES } from "./merge-totals.js";
import type { Manner, MergeAttempt, MergeOutcome, MergeRequest } from "./merge-types.js";
import { storedOutcome } from "./merge-stored.js";
import { retryOnChange, TURN_LOCK_MS, withCare } from "./merge-retry.js";
import { refuseOtherPlan } from "./merge-token.js";
import { isEnded, MAIN, type Branch, type HeadId, type RelationName } from "./model.js";
import type { RegistryState } from "./registry-state.js";
import type { Strategy } from "./strategy.js";
import { Transaction } from "./transaction.js";
import { holdingPin, imagineSync, syncedBranch } from "./sync.js";
import type { BranchContext } from "./branch-context.js";

/**
 * Merges a branch into its parent. Under an id that has been merged already: what came of it.
 *
 * Atomic  one transaction; the ledger row is read back after the commit
 * Crash   before the commit the target is as before, after it merged, never between
 * Errors  40001 when the target kept changing, 23xxx when the merged rows violate a constraint, 55000 unfinished merge
 */
export async function mergeBranch(
  context: BranchContext,
  request: MergeRequest,
  signal: AbortSignal,
): Promise<MergeOutcome> {
  using _ = holdSides(context, request);
  // The branch may be gone since.
  const before = await context.registry.database.onSpare(
    async (own) => await storedOutcome(own, context.registry.state, request),
  );
  if (before !== undefined) return before;
  const attempt = async (manner: Manner): Promise<MergeOutcome> =>
    await mergeOnce(context, request, signal, manner);
  return await onHeads(context, request, async (target) => {
    if (request.token !== undefined || request.once === true) return await withCare(false, attempt);
    return await retryOnChange(context, target, signal, attempt);
  });
}

/** Neither side expires meanwhile. While a branch is brought up to date, the state of its parent that it is going to see is kept. */
export async function onHeads<T>(
  { registry, activity }: BranchContext,
  request: MergeRequest,
  work: (target: HeadId) => Promise<T>,
): Promise<T> {
  const { state } = registry;
  const synced = syncedBranch(state, request.branch, request.into);
  const source = synced ?? requireSource(state, request);
  using _ = activity.hold(source.id, source.parent);
  if (synced === undefined) return await work(source.parent);
  return await holdingPin(registry, synced.id, async () => await work(synced.id));
}

/** At once, before anything is asked: the sweeper may come by meanwhile. A branch that is gone has nothing to keep. */
function holdSides({ registry, activity }: BranchContext, { branch, into }: MergeRequest): Disposable {
  const { state } = registry;
  const source = syncedBranch(state, branch, into) ?? state.findBranch(branch);
  return activity.hold(...(source === undefined ? [] : [source.id, source.parent]));
}

async function mergeOnce(
  context: BranchContext,
  request: MergeRequest,
  signal: AbortSignal,
  manner: Manner,
): Promise<MergeOutcome> {
  const run = { context, request, signal, manner };
  return await withAttempt(run, async (attempt) => {
    const { transaction, branch, sync } = attempt;
    const meanwhile = await storedOutcome(transaction.connection, transaction.state, request);
    if (meanwhile !== undefined) {
      await transaction.rollback();
      return meanwhile;
    }
    if (branch.status === "merged" || sync?.changesNothing === true) {
      await transaction.rollback();
      return outcome(attempt, "up_to_date", null, NO_CHANGES, []);
    }
    const open = await openMergeOf(transaction.connection, branch.id);
    if (open !== undefined) throw unfinishedMerge(branch, open);
    const strategyOf = strategyByTable(request, attempt);
    if (request.token !== undefined)
      await refuseOtherPlan(context, attempt, strategyOf, { ...request, token: request.token });
    const unresolved = attempt.plans.filter(
      (plan) => plan.counts.failing > 0 || conflictsUnder([plan], strategyOf, ["manual", "abort"]).length > 0,
    );
    const mergeId = request.mergeId ?? newMergeId();
    if (unresolved.length === 0)
      return await publish(context, attempt, mergeId, strategyOf, request, undefined);
    const isManual = conflictsUnder(unresolved, strategyOf, ["manual"]).length === unresolved.length;
    const status = isManual ? "conflicted" : "aborted";
    return await recordConflicts(context, attempt, mergeId, status, request);
  });
}

interface MergeRun {
  readonly context: BranchContext;
  readonly request: MergeRequest;
  readonly signal: AbortSignal;
  readonly manner: Manner;
  /** Definitions in conflict are told with the attempt: it cannot be published. */
  readonly isPreview?: boolean;
}

/** Plans all tables in a fresh transaction on the target; `work` commits or rolls back. Errors: 40002 definitions in conflict */
export async function withAttempt<T>(
  { context, request, signal, manner: { hasTurn, isCareful }, isPreview = false }: MergeRun,
  work: (attempt: MergeAttempt) => Promise<T>,
): Promise<T> {
  const { state } = context.registry;
  const synced = syncedBranch(state, request.branch, request.into);
  const named = synced ?? requireSource(state, request);
  using connection = await context.registry.database.connect("data");
  const onAbort = (): void => connection.interrupt();
  signal.addEventListener("abort", onAbort);
  const head = synced?.id ?? named.parent;
  const transaction = await Transaction.begin(
    context,
    connection,
    head,
    signal,
    hasTurn ? "goes ahead" : "waits",
  );
  if (hasTurn) context.locks.limitWaits(transaction, TURN_LOCK_MS);
  try {
    const branch = transaction.state.branches.get(named.id) ?? named;
    const sides = sidesOf(transaction.state, branch, request, synced !== undefined);
    const finished = branch.status === "merged" && synced === undefined;
    if (!finished) requireWritable(transaction.state, branch, Date.now());
    const sync = synced === undefined ? undefined : imagineSync(context, transaction, branch);
    refuseColumns(request);
    const {
      tables: all,
      objects,
      conflicts: definitions,
    } = finished
      ? NO_DEFINITIONS
      : await mergeTables(context, transaction, sync?.before ?? branch, head, winners(request));
    if (!isPreview) definitions.refuseAny(sync?.before ?? branch);
    const tables = all.map((table) => withColumnStrategies(table, request));
    const plans: TablePlan[] = [];
    for (const [index, { input }] of tables.entries())
      plans.push(await planTable(connection, input, index, request));
    return await work({
      transaction,
      branch,
      sync,
      ...sides,
      target: head,
      tables,
      objects,
      definitions,
      plans,
      isCareful,
    });
  } catch (error) {
    await transaction.rollback();
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function requireSource(state: RegistryState, { branch, into }: MergeRequest): Branch {
  if (branch !== MAIN) return requireBranch(state, branch);
  if (into !== undefined && into !== MAIN && isEnded(requireBranch(state, into)))
    throw endedBranch(requireBranch(state, into));
  throw notSupported(`"${MAIN}" can only be merged into a branch that was made from it`);
}

function sidesOf(
  state: RegistryState,
  branch: Branch,
  { into }: MergeRequest,
  isSync: boolean,
): Pick<MergeAttempt, "source" | "targetName"> {
  if (!isSync) return { source: branch, targetName: checkTarget(state, branch, into) };
  requireReadable(state, branch, Date.now());
  const parent = state.branches.get(branch.parent) ?? { id: MAIN, name: MAIN };
  return { source: parent, targetName: branch.name };
}

/** The parent's name; anything else is refused. */
function checkTarget(state: RegistryState, branch: Branch, into: string | undefined): string {
  const parent = branch.parent === MAIN ? undefined : state.branches.get(branch.parent);
  const parentName = parent?.name ?? MAIN;
  if (into !== undefined && into !== parentName && into !== branch.parent) {
    if (into !== MAIN) requireBranch(state, into);
    throw notSupported(
      `branch "${branch.name}" can only be merged into "${parentName}", which it was made from`,
    );
  }
  if (parent !== undefined) {
    requireReadable(state, parent, Date.now());
    requireWritable(state, parent, Date.now());
  }
  return parentName;
}

export function conflictsUnder(
  plans: readonly TablePlan[],
  strategyOf: (table: RelationName) => Strategy,
  strategies: readonly Strategy[],
): TablePlan[] {
  return plans.filter(
    (plan) => plan.counts.conflicts > 0 && strategies.includes(strategyOf(plan.input.relation)),
  );
}

export function newMergeId(): string {
  return `merge_${randomBytes(6).toString("hex")}`;
}

function unfinishedMerge(branch: Branch, merge: MergeRecord): SqlError {
  return new SqlError(
    SQLSTATE.objectNotInPrerequisiteState,
    `branch "${branch.name}" has an unfinished merge "${merge.mergeId}"`,
    {
      hint: "finish it with RESOLVE MERGE, or give it up with ABANDON MERGE",
    },
  );
}
