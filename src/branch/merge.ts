/**
 * MERGE, RESOLVE and ABANDON. A merge reads base, source and target in one DuckDB snapshot, plans every table, and
 * publishes all of it in one transaction or nothing.
 */
import { randomBytes } from "node:crypto";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { normaliseName } from "../sql/names.js";
import { recordHistory } from "./history.js";
import { requireBranch, requireReadable, requireWritable } from "./lifecycle.js";
import { applyDeletes, applyInserts, applyUpdates } from "./merge-apply.js";
import { mergeTables, type MergeTable } from "./merge-input.js";
import {
  deleteConflicts,
  displayName,
  finishMerge,
  insertConflicts,
  insertMerge,
  openMergeOf,
  readMerge,
  type MergeRecord,
  type MergeTotals,
} from "./merge-ledger.js";
import { planTable, readConflicts, type ConflictRow, type TablePlan } from "./merge-plan.js";
import { MAIN, type Branch, type HeadId, type RelationName } from "./model.js";
import type { Snapshot } from "./registry.js";
import type { RegistryState } from "./registry-state.js";
import type { Strategy } from "./strategy.js";
import { physicalName } from "./system-schema.js";
import { Transaction, type BranchContext } from "./transaction.js";

export interface MergeRequest {
  readonly branch: string;
  /** Target head's name; the branch's parent when undefined. */
  readonly into: string | undefined;
  readonly strategy: Strategy;
  readonly exceptions: readonly { readonly table: RelationName; readonly strategy: Strategy }[];
  readonly actor: string;
}

export interface TableConflicts {
  readonly table: string;
  readonly row_count: number;
  /** At most `MAX_REPORTED_ROWS`; all are in duckbranch.conflicts. */
  readonly rows: readonly ConflictRow[];
}

export interface TablePreview {
  readonly table: string;
  readonly inserts: number;
  readonly updates: number;
  readonly deletes: number;
  readonly conflicts: number;
  readonly agreed: number;
}

/** What a merge came to. `aborted` and `conflicted` changed nothing in the target. */
export interface MergeOutcome {
  readonly status: "merged" | "up_to_date" | "conflicted" | "aborted";
  readonly mergeId: string | null;
  readonly branch: Branch;
  readonly target: string;
  readonly totals: MergeTotals;
  readonly conflicts: readonly TableConflicts[];
}

const MAX_REPORTED_ROWS = 100;
const MAX_ATTEMPTS = 5;
const NOTHING: MergeTotals = { tables: [], inserted: 0, updated: 0, deleted: 0, conflicts: 0 };

/** One attempt's view: a transaction on the target and the plans made in it. */
interface Attempt {
  readonly transaction: Transaction;
  readonly branch: Branch;
  readonly target: HeadId;
  readonly targetName: string;
  readonly tables: readonly MergeTable[];
  readonly plans: readonly TablePlan[];
}

/**
 * Merges a branch into its parent.
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
  return await retryOnChange(async () => await mergeOnce(context, request, signal));
}

async function mergeOnce(
  context: BranchContext,
  request: MergeRequest,
  signal: AbortSignal,
): Promise<MergeOutcome> {
  return await withAttempt(context, request, signal, async (attempt) => {
    const { transaction, branch } = attempt;
    if (branch.status === "merged") {
      await transaction.rollback();
      return outcome(attempt, "up_to_date", null, NOTHING, []);
    }
    const open = await openMergeOf(transaction.connection, branch.id);
    if (open !== undefined) throw unfinishedMerge(branch, open);
    const strategyOf = strategyByTable(request, attempt);
    const unresolved = conflictsUnder(attempt.plans, strategyOf, ["manual", "abort"]);
    const mergeId = newMergeId();
    if (unresolved.length === 0)
      return await publish(context, attempt, mergeId, strategyOf, request, undefined);
    const status = conflictsUnder(unresolved, strategyOf, ["abort"]).length > 0 ? "aborted" : "conflicted";
    return await recordConflicts(context, attempt, mergeId, status, request);
  });
}

/** The plan of a merge, per table. Changes nothing. */
export async function previewMerge(
  context: BranchContext,
  request: MergeRequest,
  signal: AbortSignal,
): Promise<TablePreview[]> {
  return await withAttempt(context, request, signal, async (attempt) => {
    strategyByTable(request, attempt);
    const previews = attempt.plans.map(({ input, counts }) => ({
      table: displayName(input.relation),
      ...counts,
    }));
    await attempt.transaction.rollback();
    return previews;
  });
}

/** Publishes an unfinished merge with a strategy per table; everything is compared anew. */
export async function resolveMerge(
  context: BranchContext,
  mergeId: string,
  resolutions: MergeRequest["exceptions"],
  actor: string,
  signal: AbortSignal,
): Promise<MergeOutcome> {
  for (const { strategy, table } of resolutions) {
    if (strategy !== "branch_wins" && strategy !== "main_wins") {
      throw new SqlError(
        SQLSTATE.invalidParameterValue,
        `cannot resolve table "${displayName(table)}" by strategy "${strategy}"`,
        {
          hint: "use branch_wins or main_wins",
        },
      );
    }
  }
  return await retryOnChange(async () => {
    const merge = await requireOpenMerge(context, mergeId);
    const request: MergeRequest = {
      branch: merge.branchId,
      into: merge.target,
      strategy: "manual",
      exceptions: resolutions,
      actor,
    };
    return await withAttempt(context, request, signal, async (attempt) => {
      const strategyOf = strategyByTable(request, attempt);
      const unresolved = conflictsUnder(attempt.plans, strategyOf, ["manual"]);
      if (unresolved.length > 0) throw unresolvedTables(unresolved);
      return await publish(
        context,
        attempt,
        mergeId,
        strategyOf,
        request,
        Object.fromEntries(resolutions.map(({ table, strategy }) => [displayName(table), strategy])),
      );
    });
  });
}

/** Gives up an unfinished merge: the branch goes on as if it had not been tried. */
export async function abandonMerge(
  context: BranchContext,
  mergeId: string,
  actor: string,
  signal: AbortSignal,
): Promise<Branch> {
  const merge = await requireOpenMerge(context, mergeId);
  using connection = await context.registry.database.connect("data");
  const transaction = await Transaction.begin(context, connection, MAIN, signal);
  try {
    const branch = requireBranch(transaction.state, merge.branchId);
    if (!(await finishMerge(connection, mergeId, "abandoned", undefined, {}))) throw notOpen(mergeId);
    await deleteConflicts(connection, mergeId);
    const active: Branch = { ...branch, status: "active" };
    transaction.putBranch({ change: "putBranch", branch: active });
    await recordHistory(connection, {
      action: "abandon",
      branch: active,
      actor,
      detail: { merge_id: mergeId },
    });
    await transaction.commit(unchangedBranch(branch));
    return active;
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
}

async function requireOpenMerge(context: BranchContext, mergeId: string): Promise<MergeRecord> {
  using connection = await context.registry.database.connect("data");
  const merge = await readMerge(connection, mergeId);
  if (merge === undefined) throw new SqlError(SQLSTATE.undefinedObject, `merge "${mergeId}" does not exist`);
  if (merge.status !== "conflicted") throw notOpen(mergeId);
  return merge;
}

function notOpen(mergeId: string): SqlError {
  return new SqlError(
    SQLSTATE.objectNotInPrerequisiteState,
    `merge "${mergeId}" is not waiting for a resolution`,
  );
}

/** Plans all tables in a fresh transaction on the target; `work` commits or rolls back. */
async function withAttempt<T>(
  context: BranchContext,
  request: MergeRequest,
  signal: AbortSignal,
  work: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  const named = requireBranch(context.registry.state, request.branch);
  using connection = await context.registry.database.connect("data");
  const onAbort = (): void => connection.interrupt();
  signal.addEventListener("abort", onAbort);
  const transaction = await Transaction.begin(context, connection, named.parent, signal);
  try {
    const branch = transaction.state.branches.get(named.id) ?? named;
    const targetName = checkTarget(transaction.state, branch, request.into);
    const finished = branch.status === "merged";
    if (!finished) requireWritable(branch, Date.now());
    const tables = finished ? [] : await mergeTables(context.storage, transaction, branch, branch.parent);
    const plans: TablePlan[] = [];
    for (const [index, { input }] of tables.entries()) plans.push(await planTable(connection, input, index));
    return await work({ transaction, branch, target: branch.parent, targetName, tables, plans });
  } catch (error) {
    await transaction.rollback();
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
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
    requireReadable(parent, Date.now());
    requireWritable(parent, Date.now());
  }
  return parentName;
}

function strategyByTable(request: MergeRequest, attempt: Attempt): (table: RelationName) => Strategy {
  const named = new Map<string, Strategy>();
  for (const { table, strategy } of request.exceptions) {
    if (attempt.transaction.state.find(attempt.branch.id, table) === undefined) {
      throw new SqlError(SQLSTATE.undefinedTable, `relation "${displayName(table)}" does not exist`);
    }
    named.set(normaliseName(displayName(table)), strategy);
  }
  return (table) => named.get(normaliseName(displayName(table))) ?? request.strategy;
}

function conflictsUnder(
  plans: readonly TablePlan[],
  strategyOf: (table: RelationName) => Strategy,
  strategies: readonly Strategy[],
): TablePlan[] {
  return plans.filter(
    (plan) => plan.counts.conflicts > 0 && strategies.includes(strategyOf(plan.input.relation)),
  );
}

/** Writes all tables, the ledger and the branch's end, and commits. `resolutions` is set when an open merge ends. */
async function publish(
  context: BranchContext,
  attempt: Attempt,
  mergeId: string,
  strategyOf: (table: RelationName) => Strategy,
  request: MergeRequest,
  resolutions: Readonly<Record<string, string>> | undefined,
): Promise<MergeOutcome> {
  const { transaction, branch, plans } = attempt;
  const { connection } = transaction;
  const totals = await applyPlans(attempt, strategyOf);
  const merged: Branch = { ...branch, status: "merged" };
  transaction.putBranch({ change: "putBranch", branch: merged });
  if (resolutions === undefined) {
    await insertMerge(
      connection,
      { mergeId, branch, target: attempt.targetName, strategy: request.strategy, status: "merged" },
      totals,
    );
    for (const plan of plans) await insertConflicts(connection, mergeId, plan);
  } else if (!(await finishMerge(connection, mergeId, "merged", totals, resolutions))) throw notOpen(mergeId);
  const detail = { merge_id: mergeId, strategy: request.strategy, ...totals };
  await recordHistory(connection, { action: "merge", branch: merged, actor: request.actor, detail });
  await transaction.commit(unchangedHeads(context, attempt));
  await verifyPublished(context, mergeId);
  return { status: "merged", mergeId, branch: merged, target: attempt.targetName, totals, conflicts: [] };
}

async function applyPlans(
  attempt: Attempt,
  strategyOf: (table: RelationName) => Strategy,
): Promise<MergeTotals> {
  const { transaction, target } = attempt;
  const ordered = parentsFirst(attempt);
  const work: { plan: TablePlan; relation: string; branchWins: boolean; changes: number }[] = [];
  for (const plan of ordered) {
    const branchWins = strategyOf(plan.input.relation) === "branch_wins";
    const { inserts, updates, deletes, conflicts } = plan.counts;
    if (inserts + updates + deletes + (branchWins ? conflicts : 0) === 0) continue;
    const physical = await transaction.writableTable(plan.input.relation, target);
    work.push({ plan, relation: physicalName(physical), branchWins, changes: 0 });
  }
  let [inserted, updated, deleted] = [0, 0, 0];
  for (const step of work.toReversed()) {
    const rows = await applyDeletes(transaction.connection, step.plan, step.relation, step.branchWins);
    step.changes += rows;
    deleted += rows;
  }
  for (const step of work) {
    const changed = await applyUpdates(transaction.connection, step.plan, step.relation, step.branchWins);
    const added = await applyInserts(transaction.connection, step.plan, step.relation, step.branchWins);
    step.changes += changed + added;
    updated += changed;
    inserted += added;
  }
  const tables = work.filter((step) => step.changes > 0).map((step) => displayName(step.plan.input.relation));
  const conflicts = attempt.plans.reduce((sum, plan) => sum + plan.counts.conflicts, 0);
  return { tables: tables.toSorted(), inserted, updated, deleted, conflicts };
}

/** Referenced tables before those that refer to them: inserts go in this order, deletes in the opposite one. */
function parentsFirst(attempt: Attempt): TablePlan[] {
  const ordered: TablePlan[] = [];
  const byName = new Map(
    attempt.plans.map((plan, index) => [normaliseName(plan.input.relation.name), { plan, index }]),
  );
  const visit = (name: string, path: ReadonlySet<string>): void => {
    const entry = byName.get(name);
    if (entry === undefined || path.has(name) || ordered.includes(entry.plan)) return;
    for (const reference of attempt.tables[entry.index]?.references ?? []) {
      visit(normaliseName(reference), new Set([...path, name]));
    }
    ordered.push(entry.plan);
  };
  for (const name of byName.keys()) visit(name, new Set());
  // Tables of one name in several schemas share an entry above: none may be left out.
  return [...ordered, ...attempt.plans.filter((plan) => !ordered.includes(plan))];
}

async function recordConflicts(
  context: BranchContext,
  attempt: Attempt,
  mergeId: string,
  status: "conflicted" | "aborted",
  request: MergeRequest,
): Promise<MergeOutcome> {
  const { transaction, branch, plans } = attempt;
  const conflicted = plans.filter((plan) => plan.counts.conflicts > 0);
  const totals = { ...NOTHING, conflicts: conflicted.reduce((sum, plan) => sum + plan.counts.conflicts, 0) };
  const { connection } = transaction;
  await insertMerge(
    connection,
    { mergeId, branch, target: attempt.targetName, strategy: request.strategy, status },
    totals,
  );
  const reports: TableConflicts[] = [];
  for (const plan of conflicted) {
    await insertConflicts(connection, mergeId, plan);
    const rows = await readConflicts(connection, plan, MAX_REPORTED_ROWS);
    reports.push({ table: displayName(plan.input.relation), row_count: plan.counts.conflicts, rows });
  }
  if (status === "conflicted") transaction.putBranch({ change: "putBranch", branch: { ...branch, status } });
  await recordHistory(connection, {
    action: "conflict",
    branch,
    actor: request.actor,
    detail: { merge_id: mergeId, conflicts: totals.conflicts },
  });
  await transaction.commit(status === "conflicted" ? unchangedHeads(context, attempt) : undefined);
  return outcome(attempt, status, mergeId, totals, reports);
}

/** 40001 unless branch and target are what was compared. */
function unchangedHeads(
  context: BranchContext,
  attempt: Attempt,
): (state: RegistryState, snapshot: Snapshot) => void {
  return (state, snapshot) => {
    unchangedBranch(attempt.branch)(state);
    const changed =
      context.registry.headChangedAt(attempt.branch.id) > snapshot.sequence ||
      attempt.plans.some(
        ({ input }) =>
          context.registry.changedAt({ head: attempt.target, ...input.relation }) > snapshot.sequence,
      );
    if (changed)
      throw new SqlError(
        SQLSTATE.serializationFailure,
        "could not serialize the merge due to concurrent changes of a merged table",
      );
  };
}

function unchangedBranch(branch: Branch): (state: RegistryState) => void {
  return (state) => {
    if (state.branches.get(branch.id) !== branch) {
      throw new SqlError(SQLSTATE.serializationFailure, `branch "${branch.name}" was changed concurrently`);
    }
  };
}

/** DuckDB may report success for a transaction it rolled back: only the ledger row, read back, is proof. */
async function verifyPublished(context: BranchContext, mergeId: string): Promise<void> {
  using connection = await context.registry.database.connect("data");
  const record = await readMerge(connection, mergeId);
  if (record?.status !== "merged") {
    throw new SqlError(
      SQLSTATE.internalError,
      `merge "${mergeId}" was not found after its commit: nothing was merged`,
    );
  }
}

/** Compares and publishes again when a head moved in between: the result is that of the newest state. */
async function retryOnChange<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const again =
        error instanceof SqlError && error.code === SQLSTATE.serializationFailure && attempt < MAX_ATTEMPTS;
      if (!again) throw error;
    }
  }
}

function outcome(
  attempt: Attempt,
  status: MergeOutcome["status"],
  mergeId: string | null,
  totals: MergeTotals,
  conflicts: readonly TableConflicts[],
): MergeOutcome {
  return { status, mergeId, branch: attempt.branch, target: attempt.targetName, totals, conflicts };
}

function newMergeId(): string {
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

function unresolvedTables(plans: readonly TablePlan[]): SqlError {
  return new SqlError(
    SQLSTATE.objectNotInPrerequisiteState,
    "the merge still has conflicts without a resolution",
    {
      detail: plans
        .map((plan) => `table "${displayName(plan.input.relation)}": ${plan.counts.conflicts} rows`)
        .join(", "),
      hint: "name a strategy for each of these tables",
    },
  );
}
