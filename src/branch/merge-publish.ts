/**
 * The end of a merge: everything written and committed at once, or the conflicts recorded and the target untouched.
 */
import { DATA_CATALOG } from "../engine/database.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { recordHistory } from "./history.js";
import { applyDeletes, applyInserts, applyUpdates, moveUpPlanned, rowsChanged } from "./merge-apply.js";
import {
  displayName,
  finishMerge,
  insertConflicts,
  insertMerge,
  readMerge,
  type MergeTotals,
} from "./merge-ledger.js";
import { refuseTakenKeys } from "./overlay.js";
import { requirePhysical } from "./rows.js";
import { isKeyed, readConflicts, type TablePlan } from "./merge-plan.js";
import type { MergeAttempt, MergeOutcome, MergeRequest, TableConflicts } from "./merge-types.js";
import { MAIN, type Branch, type RelationName } from "./model.js";
import type { Snapshot } from "./registry.js";
import type { RegistryState } from "./registry-state.js";
import type { Strategy } from "./strategy.js";
import { physicalName } from "./system-schema.js";
import { wholeTable } from "./whole-table.js";
import { createIndexOn } from "./table-rebuild.js";
import type { BranchContext } from "./branch-context.js";

const MAX_REPORTED_ROWS = 100;
export const NO_CHANGES: MergeTotals = { tables: [], inserted: 0, updated: 0, deleted: 0, conflicts: 0 };

/** Writes all tables, the ledger and the branch's end, and commits. `resolutions` is set when an open merge ends. */
export async function publish(
  context: BranchContext,
  attempt: MergeAttempt,
  mergeId: string,
  strategyOf: (table: RelationName) => Strategy,
  request: MergeRequest,
  resolutions: Readonly<Record<string, string>> | undefined,
): Promise<MergeOutcome> {
  const { transaction, branch, plans } = attempt;
  const { connection } = transaction;
  await applyIndexes(attempt);
  const totals = await applyPlans(attempt, strategyOf);
  const merged: Branch = { ...branch, status: "merged" };
  transaction.putBranch({ change: "putBranch", branch: merged });
  if (resolutions === undefined) {
    await insertMerge(
      connection,
      {
        mergeId,
        branch,
        target: attempt.targetName,
        strategy: request.strategy,
        granularity: request.granularity,
        status: "merged",
      },
      totals,
    );
    for (const plan of plans) await insertConflicts(connection, mergeId, plan);
  } else if (!(await finishMerge(connection, mergeId, "merged", totals, resolutions))) throw notOpen(mergeId);
  const detail = {
    merge_id: mergeId,
    strategy: request.strategy,
    granularity: request.granularity,
    ...totals,
  };
  await recordHistory(connection, { action: "merge", branch: merged, actor: request.actor, detail });
  await transaction.commit(unchangedHeads(context, attempt));
  await verifyPublished(context, mergeId);
  return { status: "merged", mergeId, branch: merged, target: attempt.targetName, totals, conflicts: [] };
}

/** Indexes that the branch made or dropped, before any row is written: DuckDB indexes no table with changed rows. */
async function applyIndexes({ transaction, target, tables }: MergeAttempt): Promise<void> {
  for (const { target: version, addedIndexes, droppedIndexes } of tables) {
    if (addedIndexes.length + droppedIndexes.length === 0) continue;
    const physical = await transaction.writableTable(version, target);
    transaction.markDefinitionsChanged();
    for (const name of droppedIndexes)
      await transaction.connection.run(
        `DROP INDEX ${DATA_CATALOG}.${quoteIdentifier(physical.schema)}.${quoteIdentifier(name)}`,
      );
    for (const index of addedIndexes) await transaction.connection.run(createIndexOn(index, physical));
  }
}

async function applyPlans(
  attempt: MergeAttempt,
  strategyOf: (table: RelationName) => Strategy,
): Promise<MergeTotals> {
  const { transaction } = attempt;
  const ordered = parentsFirst(attempt);
  const work: (WritableTarget & { plan: TablePlan; branchWins: boolean; changes: number })[] = [];
  for (const plan of ordered) {
    const branchWins = strategyOf(plan.input.relation) === "branch_wins";
    if (!isKeyed(plan.input) && plan.counts.conflicts > 0) throw keylessConflict(plan);
    const { inserts, updates, deletes, conflicts, partial } = plan.counts;
    if (inserts + updates + deletes + (branchWins ? conflicts : partial) === 0) continue;
    work.push({ plan, ...(await writableTarget(attempt, plan, branchWins)), branchWins, changes: 0 });
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
  for (const { check } of work) await check?.();
  const tables = work.filter((step) => step.changes > 0).map((step) => displayName(step.plan.input.relation));
  const conflicts = attempt.plans.reduce((sum, plan) => sum + plan.counts.conflicts, 0);
  return { tables: tables.toSorted(), inserted, updated, deleted, conflicts };
}

interface WritableTarget {
  readonly relation: string;
  /** To be asked when all rows are written. */
  readonly check?: () => Promise<void>;
}

/**
 * The target's table, ready for the plan. While a branch reads it as it was, the rows that change are asked for: they alone
 * are kept. Into an overlay the rows are moved up.
 */
async function writableTarget(
  { transaction, target }: MergeAttempt,
  plan: TablePlan,
  branchWins: boolean,
): Promise<WritableTarget> {
  const { input, counts } = plan;
  const whole = target === MAIN ? input.relation : wholeTable(transaction.state, target, input.relation);
  if (whole !== undefined) {
    const relation = physicalName(whole);
    await transaction.writableTable(input.relation, target, []);
    if (isKeyed(input) && (await transaction.logsRows(input.relation, target)))
      transaction.markWritten(
        input.relation,
        target,
        await rowsChanged(transaction.connection, plan, relation, branchWins),
      );
    else if (isKeyed(input) || counts.deletes + counts.conflicts > 0)
      transaction.markWritten(input.relation, target);
    return { relation };
  }
  const version = await transaction.writableVersion(input.relation, target);
  const shape = version.layer?.kind === "overlay" ? await transaction.overlayShape(version) : undefined;
  if (shape === undefined || !(await moveUpPlanned(transaction, plan, { version, shape })))
    return { relation: physicalName(await transaction.writableTable(input.relation, target)) };
  const check = async (): Promise<void> => await refuseTakenKeys(transaction, version, shape.keys);
  return { relation: physicalName(requirePhysical(version)), check };
}

/** Which added row is the changed form of which removed one cannot be told, so every choice might make two rows of one. */
function keylessConflict(plan: TablePlan): SqlError {
  return notSupported(
    `cannot resolve conflicts in table "${displayName(plan.input.relation)}": it has no primary key, and both sides changed the same rows`,
    "make the branch's changes again on a new branch, or give the table a primary key first",
  );
}

/** Referenced tables before those that refer to them: inserts go in this order, deletes in the opposite one. */
function parentsFirst(attempt: MergeAttempt): TablePlan[] {
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

export async function recordConflicts(
  context: BranchContext,
  attempt: MergeAttempt,
  mergeId: string,
  status: "conflicted" | "aborted",
  request: MergeRequest,
): Promise<MergeOutcome> {
  const { transaction, branch, plans } = attempt;
  const conflicted = plans.filter((plan) => plan.counts.conflicts > 0);
  const totals = {
    ...NO_CHANGES,
    conflicts: conflicted.reduce((sum, plan) => sum + plan.counts.conflicts, 0),
  };
  const { connection } = transaction;
  await insertMerge(
    connection,
    {
      mergeId,
      branch,
      target: attempt.targetName,
      strategy: request.strategy,
      granularity: request.granularity,
      status,
    },
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
  attempt: MergeAttempt,
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

export function unchangedBranch(branch: Branch): (state: RegistryState) => void {
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

export function outcome(
  attempt: MergeAttempt,
  status: MergeOutcome["status"],
  mergeId: string | null,
  totals: MergeTotals,
  conflicts: readonly TableConflicts[],
): MergeOutcome {
  return { status, mergeId, branch: attempt.branch, target: attempt.targetName, totals, conflicts };
}

export function notOpen(mergeId: string): SqlError {
  return new SqlError(
    SQLSTATE.objectNotInPrerequisiteState,
    `merge "${mergeId}" is not waiting for a resolution`,
  );
}
