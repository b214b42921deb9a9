/**
 * The end of a merge: everything written and committed at once, or the conflicts recorded and the target untouched.
 */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { putLineage } from "./column-lineage.js";
import { columnOrigins } from "./column-origins.js";
import type { NewName, RenamedColumns } from "./definition-texts.js";
import { heldLabels } from "./held-labels.js";
import { recordHistory } from "./history.js";
import {
  applyDeletes,
  applyInserts,
  applyUpdates,
  changesRows,
  moveUpPlanned,
  rowsChanged,
} from "./merge-apply.js";
import { displayName, finishMerge, insertConflicts, insertMerge, type MergeTotals } from "./merge-ledger.js";
import { mergeViolations } from "./merge-check.js";
import { relabelOwn } from "./merge-enums.js";
import { refuseViolations } from "./merge-violations.js";
import { unchangedHeads, verifyPublished } from "./merge-commit.js";
import { createMerged, dropMerged } from "./merge-objects.js";
import { requireReferences } from "./merge-references.js";
import { advanceSequences } from "./merge-sequences.js";
import { remakeTables } from "./merge-remake.js";
import { changeInPlace, remakesOf } from "./merge-tables.js";
import { readableBefore, refuseUnreadable } from "./merge-bindings.js";
import { dropSchemas, makeBeforeTables, makeBehindTables, sayComments } from "./merge-object-steps.js";
import { byOldNames, newNames, renameMerged } from "./merge-renames.js";
import { dropChangedViews, makeChangedViews } from "./merge-views.js";
import { markAltered } from "./undo-rows.js";
import { keepForUndo, type KeptForUndo } from "./merge-kept.js";
import { mergeTotals, NO_CHANGES, resolvedBy } from "./merge-totals.js";
import { refuseTakenKeys } from "./overlay.js";
import { requirePhysical } from "./rows.js";
import { isKeyed, readConflicts, type TablePlan } from "./merge-plan.js";
import type { MergeAttempt, MergeOutcome, MergeRequest, TableConflicts } from "./merge-types.js";
import { MAIN, relationKey, type Branch, type RelationName, type Version } from "./model.js";
import type { Strategy } from "./strategy.js";
import { physicalName } from "./system-schema.js";
import { normaliseName } from "../sql/names.js";
import { beginSync, type Sync } from "./sync.js";
import type { Transaction } from "./transaction.js";
import { noteRowChanges, type RowChange } from "./row-races.js";
import { EITHER, REPLACED, waysOfUpdate } from "./row-ways.js";
import { wholeTable } from "./whole-table.js";
import type { BranchContext } from "./branch-context.js";

export const MAX_REPORTED_ROWS = 100;

/** Writes all tables, the ledger and the branch's end, and commits. `resolutions` is set when an open merge ends. */
export async function publish(
  context: BranchContext,
  planned: MergeAttempt,
  mergeId: string,
  strategyOf: (table: RelationName) => Strategy,
  request: MergeRequest,
  resolutions: Readonly<Record<string, string>> | undefined,
): Promise<MergeOutcome> {
  const kept = await keepForUndo(context, planned, mergeId, strategyOf);
  try {
    return await publishKept(context, planned, { mergeId, strategyOf, request, resolutions, kept });
  } catch (error) {
    await kept.forget();
    throw error;
  }
}

interface Publication {
  readonly mergeId: string;
  readonly strategyOf: (table: RelationName) => Strategy;
  readonly request: MergeRequest;
  readonly resolutions: Readonly<Record<string, string>> | undefined;
  readonly kept: KeptForUndo;
}

async function publishKept(
  context: BranchContext,
  planned: MergeAttempt,
  { mergeId, strategyOf, request, resolutions, kept }: Publication,
): Promise<MergeOutcome> {
  const { transaction, branch, sync } = planned;
  const { connection } = transaction;
  const { attempt, totals } = await writeMerge(context, planned, strategyOf);
  const areKept = kept.plant();
  const undoableUntilMs = kept.untilMs;
  const merged: Branch = sync?.branch ?? { ...branch, status: "merged" };
  if (sync === undefined) transaction.putBranch({ change: "putBranch", branch: merged });
  if (resolutions === undefined) {
    await insertMerge(
      connection,
      {
        mergeId,
        ...ledgerSides(attempt),
        strategy: request.strategy,
        granularity: request.granularity,
        keyless: request.keyless,
        columns: request.columns ?? [],
        status: "merged",
        undoableUntilMs,
      },
      totals,
    );
    for (const plan of attempt.plans) await insertConflicts(connection, mergeId, plan);
  } else if (!(await finishMerge(connection, mergeId, "merged", totals, resolutions, undoableUntilMs)))
    throw notOpen(mergeId);
  const detail = {
    merge_id: mergeId,
    strategy: request.strategy,
    granularity: request.granularity,
    ...totals,
  };
  await recordHistory(connection, {
    action: sync === undefined ? "merge" : "sync",
    branch: merged,
    actor: request.actor,
    detail,
  });
  await advanceSequences(attempt);
  const areUnchanged = unchangedHeads(context, planned);
  await transaction.commit((state, snapshot) => {
    areUnchanged(state, snapshot);
    areKept(state);
  });
  await verifyPublished(context, mergeId);
  return outcome(attempt, "merged", mergeId, totals, []);
}

/** Writes all of a merge but what the registry and the ledger say of it. */
export async function writeMerge(
  context: BranchContext,
  asked: MergeAttempt,
  strategyOf: (table: RelationName) => Strategy,
): Promise<{ readonly attempt: MergeAttempt; readonly totals: MergeTotals }> {
  const { transaction, branch, sync } = asked;
  const { connection } = transaction;
  (await heldLabels(asked, strategyOf)).refuseAny(branch);
  const readable = await readableBefore(asked, context.texts);
  const planned =
    sync === undefined ? asked : { ...asked, objects: await beginSync(transaction, sync, asked.objects) };
  const sides = { transaction, texts: context.texts, branch, target: planned.target };
  const comments = await dropChangedViews(transaction, planned.target, planned.objects.views);
  await dropMerged(transaction, planned.target, planned.objects.dropped);
  const renamed = await newNames(planned);
  const follow =
    renamed.length === 0
      ? undefined
      : await context.texts.followingViews(transaction, planned.target, renamed);
  const attempt = await renameMerged(planned);
  await changeInPlace(attempt);
  const { others } = attempt.objects;
  const sequences = await makeBeforeTables(sides, context.texts, others);
  await createMerged(transaction, attempt.target, attempt.objects.created, sequences);
  for (const { schema, target } of attempt.tables)
    if (schema.steps.length > 0) await markAltered(connection, attempt.target, target.objectId);
  const totals = await applyPlans(attempt, byOldNames(planned, strategyOf));
  for (const { schema, target } of attempt.tables)
    if (schema.steps.length > 0) putLineage(transaction, target, schema.lineage);
  await makeBehindTables(sides, context.texts, others);
  await makeChangedViews(sides, attempt.objects.views, comments);
  await sayComments(sides, others);
  await follow?.();
  if (sync !== undefined) await followParent(context, transaction, sync);
  await dropSchemas(sides, others);
  await refuseUnreadable(attempt, context.texts, readable);
  await requireReferences(attempt, strategyOf);
  return { attempt, totals };
}

/** What the parent has renamed meanwhile: the branch's own views go on reading it; labels it has given: own tables have them, too. */
async function followParent(
  { texts }: BranchContext,
  transaction: Transaction,
  { before, branch }: Sync,
): Promise<void> {
  await relabelOwn(transaction, { before, target: branch.id, texts });
  const visible = transaction.state.visible(branch.id);
  if (!visible.some(({ kind, head }) => kind === "view" && head === branch.id)) return;
  const now = new Map(visible.map((version) => [version.objectId, version]));
  const renamed: NewName[] = [];
  for (const from of transaction.state.visible(before.id)) {
    const to = now.get(from.objectId);
    if (to === undefined || to.id === from.id) continue;
    const columns = await renamedColumnsOf(transaction, from, to);
    if (columns !== undefined) renamed.push({ from, to, columns });
    else if (relationKey(to) !== relationKey(from)) renamed.push({ from, to });
  }
  if (renamed.length === 0) return;
  const follow = await texts.followingViews(transaction, branch.id, renamed, "own");
  await follow?.();
}

/** Columns of a table that got other names between its versions; undefined where none did. Errors: 0A000 where that is not known */
async function renamedColumnsOf(
  transaction: Transaction,
  from: Version,
  to: Version,
): Promise<RenamedColumns | undefined> {
  if (from.kind !== "table" || to.kind !== "table") return undefined;
  const [earlier, later] = [
    { version: from, definition: await transaction.definitionOf(from) },
    { version: to, definition: await transaction.definitionOf(to) },
  ];
  const origins = columnOrigins(transaction.state, earlier, later);
  const now = new Map(later.definition.columns.map(({ name }) => [origins.get(normaliseName(name)), name]));
  const columns = earlier.definition.columns.flatMap(({ name }) => {
    const is = now.get(normaliseName(name));
    return is === undefined ? [] : [[name, is] as const];
  });
  return columns.every(([was, is]) => was === is) ? undefined : columns;
}

function ledgerSides({
  source,
  sync,
  targetName,
}: MergeAttempt): Pick<Parameters<typeof insertMerge>[1], "source" | "syncedId" | "target"> {
  return { source, syncedId: sync?.branch.id ?? null, target: targetName };
}

/** Writes the rows of all tables. */
async function applyPlans(
  attempt: MergeAttempt,
  strategyOf: (table: RelationName) => Strategy,
): Promise<MergeTotals> {
  const { connection } = attempt.transaction;
  const keyless = attempt.plans.find((plan) => !plan.isDecidable && plan.counts.conflicts > 0);
  if (keyless !== undefined) throw keylessConflict(keyless);
  if (attempt.isCareful) refuseViolations(await mergeViolations(attempt, strategyOf));
  const remakes = await remakesOf(attempt, strategyOf);
  const plans = attempt.plans.filter((plan) => !remakes.plans.has(plan));
  let work: readonly PlannedWork[] = [];
  await remakeTables(connection, remakes.tables, async () => {
    work = await applyRows(attempt, plans, strategyOf);
  });
  for (const { check } of work) await check?.();
  const written = [
    ...work.map(({ plan, rows }) => ({ plan, rows })),
    ...[...remakes.plans].map(([plan, rows]) => ({ plan, rows })),
  ];
  return { ...mergeTotals(attempt, written), resolved: resolvedBy(attempt, strategyOf) };
}

/** Rows of plans that are written into tables as they stand. */
async function applyRows(
  attempt: MergeAttempt,
  plans: readonly TablePlan[],
  strategyOf: (table: RelationName) => Strategy,
): Promise<readonly PlannedWork[]> {
  const { connection } = attempt.transaction;
  const work: PlannedWork[] = [];
  for (const plan of plans) {
    const branchWins = strategyOf(plan.input.relation) === "branch_wins";
    if (!changesRows(plan, branchWins)) continue;
    const rows = { inserted: 0, updated: 0, deleted: 0 };
    work.push({ plan, ...(await writableTarget(attempt, plan, branchWins)), branchWins, rows });
  }
  for (const { plan, relation, branchWins, rows } of work.toReversed())
    rows.deleted = await applyDeletes(connection, plan, relation, branchWins);
  for (const { plan, relation, branchWins, rows } of work) {
    rows.updated = await applyUpdates(connection, plan, relation, branchWins);
    rows.inserted = await applyInserts(connection, plan, relation, branchWins);
  }
  return work;
}

interface PlannedWork extends WritableTarget {
  readonly plan: TablePlan;
  readonly branchWins: boolean;
  readonly rows: { inserted: number; updated: number; deleted: number };
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
  const ways = await waysOf(transaction, plan, branchWins);
  if (ways.length > 0) noteRowChanges(transaction, input.relation, ways, target);
  const whole = target === MAIN ? input.relation : wholeTable(transaction.state, target, input.relation);
  if (whole !== undefined) {
    const relation = physicalName(whole);
    await transaction.writableTable(input.relation, target, []);
    const inPlace = ways.every((way) => way === "in place");
    if (isKeyed(input) && (await transaction.logsRows(input.relation, target, inPlace))) {
      const rows = await rowsChanged(transaction.connection, plan, relation, branchWins);
      transaction.markWritten(
        input.relation,
        target,
        rows === "unknown" ? rows : rows.map((ids) => ({ ...ids, inPlace })),
      );
    } else if (isKeyed(input) || counts.deletes + counts.conflicts > 0)
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

/** Rows that are added are nobody else's. */
async function waysOf(
  transaction: Transaction,
  { input, counts }: TablePlan,
  branchWins: boolean,
): Promise<readonly RowChange[]> {
  if (counts.deletes > 0 || (branchWins && counts.conflicts > 0)) return EITHER;
  if (!isKeyed(input)) return counts.conflicts > 0 ? REPLACED : [];
  if (counts.updates + counts.partial === 0) return [];
  const target = transaction.state.find(transaction.head, input.relation);
  if (target === undefined) return EITHER;
  const key = new Set(input.key);
  const columns = input.columns.filter((column) => !key.has(column));
  return waysOfUpdate(await transaction.definitionOf(target), target.name, columns);
}

/** Which added row is the changed form of which removed one cannot be told, so every choice might make two rows of one. */
function keylessConflict(plan: TablePlan): SqlError {
  return notSupported(
    `cannot resolve conflicts in table "${displayName(plan.input.relation)}": it has no primary key, and both sides changed the same rows`,
    "merge it as a bag of equal rows, WITH (keyless 'strict') and a strategy, or give the table a primary key first",
  );
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
      ...ledgerSides(attempt),
      strategy: request.strategy,
      granularity: request.granularity,
      keyless: request.keyless,
      columns: request.columns ?? [],
      status,
      undoableUntilMs: null,
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

export function outcome(
  attempt: MergeAttempt,
  status: MergeOutcome["status"],
  mergeId: string | null,
  totals: MergeTotals,
  conflicts: readonly TableConflicts[],
): MergeOutcome {
  return { status, mergeId, source: attempt.source.name, target: attempt.targetName, totals, conflicts };
}

export function notOpen(mergeId: string): SqlError {
  return new SqlError(
    SQLSTATE.objectNotInPrerequisiteState,
    `merge "${mergeId}" is not waiting for a resolution`,
  );
}
