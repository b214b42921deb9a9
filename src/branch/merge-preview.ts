/** EXPLAIN MERGE: what a merge would do, table by table, and the token of that plan. */
import type { BranchContext } from "./branch-context.js";
import { strategyByTable, withAttempt } from "./merge.js";
import { mergeViolations, type TableViolation } from "./merge-check.js";
import { displayName } from "./merge-ledger.js";
import type { MergeObjects } from "./merge-objects.js";
import { readConflicts, type ConflictRow, type TablePlan } from "./merge-plan.js";
import { MAX_REPORTED_ROWS } from "./merge-publish.js";
import { planToken } from "./merge-token.js";
import type { MergeRequest, TablePreview } from "./merge-types.js";
import { violationLines } from "./merge-violations.js";

/** The plan of a merge, per table. Changes nothing. */
export async function previewMerge(
  context: BranchContext,
  request: MergeRequest,
  signal: AbortSignal,
): Promise<TablePreview[]> {
  const manner = { hasTurn: false, isCareful: false };
  return await withAttempt({ context, request, signal, manner }, async (attempt) => {
    const { connection } = attempt.transaction;
    const strategyOf = strategyByTable(request, attempt);
    const token = await planToken(context, attempt, strategyOf);
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
    const violations = await mergeViolations(attempt, strategyOf);
    await attempt.transaction.rollback();
    return previewsWith([...previews, ...objectPreviews(attempt.objects)], violations, token);
  });
}

type PlainPreview = Omit<TablePreview, "token" | "violations">;

/** A table that does not change itself is there, too, if its rows would lose what they refer to. */
function previewsWith(
  previews: readonly PlainPreview[],
  violations: readonly TableViolation[],
  token: string,
): TablePreview[] {
  const shown = new Set(previews.map(({ table }) => table));
  const others = new Set(violations.map(({ table }) => table).filter((table) => !shown.has(table)));
  return [...previews, ...[...others].map((table) => ({ ...NO_ROWS, table, steps: [] }))]
    .map((preview) => {
      const own = violations.filter(({ table }) => table === preview.table);
      return { ...preview, violations: violationLines(own), token };
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
  return [
    ...created.map(({ source, rows }) => ({
      ...NO_ROWS,
      table: displayName(source),
      inserts: rows,
      steps: ["new table"],
    })),
    ...dropped.map((version) => ({ ...NO_ROWS, table: displayName(version), steps: ["dropped table"] })),
    ...others.map(({ name, step }) => ({
      ...NO_ROWS,
      table: name.kind === "schema" ? name.name : displayName(name),
      steps: [step],
    })),
    ...views.flatMap(({ before, after, step }) => {
      const view = before ?? after;
      return view === undefined ? [] : [{ ...NO_ROWS, table: displayName(view), steps: [step] }];
    }),
  ];
}
