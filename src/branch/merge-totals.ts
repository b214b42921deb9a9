/** What a merge came to, in numbers. */
import { displayName, type MergeTotals } from "./merge-ledger.js";
import type { RowCounts } from "./merge-image.js";
import type { TablePlan } from "./merge-plan.js";
import type { MergeAttempt } from "./merge-types.js";
import type { RelationName } from "./model.js";
import type { Strategy } from "./strategy.js";

export const NO_CHANGES: MergeTotals = {
  tables: [],
  inserted: 0,
  updated: 0,
  deleted: 0,
  conflicts: 0,
  resolved: {},
};

/** Tables count as merged if a row or something of their definition was changed. */
export function mergeTotals(
  { plans, tables, objects }: MergeAttempt,
  written: readonly { readonly plan: TablePlan; readonly rows: RowCounts }[],
): Omit<MergeTotals, "resolved"> {
  const sum = (count: (rows: RowCounts) => number): number =>
    written.reduce((total, { rows }) => total + count(rows), 0);
  const changed = new Set(
    written
      .filter(({ rows: { inserted, updated, deleted } }) => inserted + updated + deleted > 0)
      .map(({ plan }) => displayName(plan.input.relation)),
  );
  for (const { schema, target } of tables) if (schema.steps.length > 0) changed.add(displayName(target));
  const { created, dropped } = objects;
  for (const relation of [...created.map(({ source }) => source), ...dropped])
    changed.add(displayName(relation));
  return {
    tables: [...changed].toSorted(),
    inserted: created.reduce(
      (total, { rows }) => total + rows,
      sum(({ inserted }) => inserted),
    ),
    updated: sum(({ updated }) => updated),
    deleted: sum(({ deleted }) => deleted),
    conflicts: plans.reduce((total, plan) => total + plan.counts.conflicts, 0),
  };
}

/** How many conflicts each strategy decided, and how many cells each policy settled. */
export function resolvedBy(
  { plans, definitions }: MergeAttempt,
  strategyOf: (table: RelationName) => Strategy,
): MergeTotals["resolved"] {
  const resolved = new Map<string, number>();
  const add = (by: string, count: number): void => {
    if (count > 0) resolved.set(by, (resolved.get(by) ?? 0) + count);
  };
  add("branch_wins", definitions.settled.source);
  add("main_wins", definitions.settled.target);
  for (const { input, counts, settled, chosen = [] } of plans) {
    add(strategyOf(input.relation), counts.conflicts);
    for (const [strategy, rows] of chosen) add(strategy, rows);
    for (const { policy, cells } of settled) add(policy, cells);
  }
  return Object.fromEntries(resolved);
}
