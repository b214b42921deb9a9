/** EXPLAIN MERGE: what a merge would do, table by table, and the token of that plan. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { BranchContext } from "./branch-context.js";
import type { DefinitionConflict } from "./definition-conflicts.js";
import { heldLabels } from "./held-labels.js";
import { withAttempt } from "./merge.js";
import { strategyByTable } from "./merge-exceptions.js";
import { mergeViolations, type TableViolation } from "./merge-check.js";
import { objectName } from "./merge-head-objects.js";
import { displayName } from "./merge-ledger.js";
import type { MergeObjects } from "./merge-objects.js";
import { readConflicts, type ConflictRow, type TablePlan } from "./merge-plan.js";
import { touchesOthers } from "./merge-bindings.js";
import { MAX_REPORTED_ROWS, writeMerge } from "./merge-publish.js";
import { TURN_LOCK_MS } from "./merge-retry.js";
import { planToken } from "./merge-token.js";
import type { MergeAttempt, MergeRequest, TablePreview } from "./merge-types.js";
import { violationLines } from "./merge-violations.js";
import type { RelationName } from "./model.js";
import { winnerUnder, type Strategy } from "./strategy.js";

/** The plan of a merge, per table. Changes nothing. */
export async function previewMerge(
  context: BranchContext,
  request: MergeRequest,
  signal: AbortSignal,
): Promise<TablePreview[]> {
  const manner = { hasTurn: false, isCareful: false };
  return await withAttempt({ context, request, signal, manner, isPreview: true }, async (attempt) => {
    const { connection } = attempt.transaction;
    const strategyOf = strategyByTable(request, attempt);
    const token = await planToken(context, attempt, strategyOf, request);
    const conflictRows = new Map<TablePlan, readonly ConflictRow[]>();
    for (const plan of attempt.plans)
      if (plan.counts.conflicts > 0)
        conflictRows.set(plan, await readConflicts(connection, plan, MAX_REPORTED_ROWS));
    const previews = attempt.plans.map((plan, index) => ({
      table: displayName(plan.input.relation),
      ...plan.counts,
      steps: attempt.tables[index]?.schema.steps ?? [],
      conflictRows: conflictRows.get(plan) ?? [],
      settled: plan.settled,
    }));
    const definitions = [...attempt.definitions.told, ...(await heldLabels(attempt, strategyOf)).told];
    const isAgreed = definitions.length === 0;
    const violations = isAgreed ? await mergeViolations(attempt, strategyOf) : [];
    const unreadable =
      isAgreed && violations.length === 0 && isPublished(attempt, strategyOf)
        ? await unreadableBehind(context, attempt, strategyOf)
        : [];
    await attempt.transaction.rollback();
    const all = withDefinitions([...previews, ...objectPreviews(attempt.objects)], definitions);
    return previewsWith([...all, ...unreadable], violations, token);
  });
}

/** No conflict keeps it from being written. */
function isPublished({ plans }: MergeAttempt, strategyOf: (table: RelationName) => Strategy): boolean {
  return plans.every(
    ({ counts, isDecidable, input }) =>
      counts.failing === 0 &&
      (counts.conflicts === 0 || (isDecidable && winnerUnder(strategyOf(input.relation)) !== undefined)),
  );
}

/**
 * Views and functions that could not be read behind a merge that changes what they lean on: it is written, and rolled back by the
 * caller. What else keeps it from being written MERGE tells.
 */
async function unreadableBehind(
  context: BranchContext,
  attempt: MergeAttempt,
  strategyOf: (table: RelationName) => Strategy,
): Promise<readonly PlainPreview[]> {
  if (attempt.sync !== undefined || !touchesOthers(attempt)) return [];
  context.locks.limitWaits(attempt.transaction, TURN_LOCK_MS);
  try {
    await writeMerge(context, attempt, strategyOf);
    return [];
  } catch (error) {
    if (!(error instanceof SqlError) || error.code === SQLSTATE.queryCanceled) throw error;
    if (error.code !== SQLSTATE.dependentObjectsStillExist) return [];
    const lines = (error.detail ?? error.message).split("\n");
    return lines.map((line) => ({ ...NO_ROWS, table: dependant(line), steps: [], unreadable: line }));
  }
}

/** `view "app.v": column "x" does not exist`, `table c refers to table p`. */
function dependant(line: string): string {
  return /^\w+ "((?:[^"]|"")*)"/.exec(line)?.[1] ?? /^\w+ (\S+)/.exec(line)?.[1] ?? "";
}

/** It keeps the merge from being published whatever its rows are; what constraints say of them is not asked. */
function withDefinitions(
  previews: readonly PlainPreview[],
  conflicts: readonly DefinitionConflict[],
): readonly PlainPreview[] {
  const shown = [...previews];
  for (const { about, line } of conflicts) {
    const at = shown.findIndex(({ table }) => table === about);
    const found = shown[at] ?? { ...NO_ROWS, table: about, steps: [] };
    const conflictRows = [{ ...NO_VALUES, kind: `definition: ${line}` }, ...found.conflictRows];
    shown.splice(at === -1 ? shown.length : at, 1, {
      ...found,
      conflicts: found.conflicts + 1,
      conflictRows,
    });
  }
  return shown;
}

const NO_VALUES = { pk: null, main_value: null, branch_value: null, base_value: null };

type PlainPreview = Omit<TablePreview, "token" | "violations"> & { readonly unreadable?: string };

/** A table that does not change itself is there, too, if its rows would lose what they refer to. */
function previewsWith(
  previews: readonly PlainPreview[],
  violations: readonly TableViolation[],
  token: string,
): TablePreview[] {
  const shown = new Set(previews.map(({ table }) => table));
  const others = new Set(violations.map(({ table }) => table).filter((table) => !shown.has(table)));
  return [...previews, ...[...others].map((table): PlainPreview => ({ ...NO_ROWS, table, steps: [] }))]
    .map((preview) => {
      const own = violations.filter(({ table }) => table === preview.table);
      const { unreadable = "", ...shownPreview } = preview;
      const told = [violationLines(own), unreadable].filter((text) => text !== "").join("\n");
      return { ...shownPreview, violations: told, token };
    })
    .toSorted((a, b) => a.table.localeCompare(b.table));
}

const NO_ROWS = {
  inserts: 0,
  updates: 0,
  deletes: 0,
  conflicts: 0,
  agreed: 0,
  conflictRows: [],
  settled: [],
};

function objectPreviews({ created, dropped, views, others }: MergeObjects): readonly PlainPreview[] {
  // A table whose primary key is another one is made anew.
  const again = dropped.filter(({ objectId }) => created.some(({ source }) => source.objectId === objectId));
  return [
    ...created.map(({ source, rows }) => {
      const isKept = again.some(({ objectId }) => objectId === source.objectId);
      const step = isKept ? "another primary key" : "new table";
      return { ...NO_ROWS, table: displayName(source), inserts: rows, steps: [step] };
    }),
    ...dropped
      .filter((version) => !again.includes(version))
      .map((version) => ({ ...NO_ROWS, table: displayName(version), steps: ["dropped table"] })),
    ...others.map(({ name, step }) => ({ ...NO_ROWS, table: objectName(name), steps: [step] })),
    ...views.flatMap(({ before, after, step }) => {
      const view = before ?? after;
      return view === undefined ? [] : [{ ...NO_ROWS, table: displayName(view), steps: [step] }];
    }),
  ];
}
