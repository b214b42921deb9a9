/** Merges that are wrong in one way each: a piece of the source and what it becomes. */

const PLAN = "src/branch/merge-plan.ts";
const INPUT = "src/branch/merge-input.ts";

export const MUTATIONS = [
  {
    name: "replace the table: the target becomes what the branch has",
    file: INPUT,
    from: `base: written(projected(compared.base, schema.columns, "base")),
      source: written(projected(compared.source, schema.columns, "source")),`,
    to: `base: projected(rows.target, schema.columns, "target"),
      source: projected(rows.source, schema.columns, "source"),`,
  },
  {
    name: "two-way: nothing is known of the base",
    file: INPUT,
    from: `base: written(projected(compared.base, schema.columns, "base")),
      source: written(projected(compared.source, schema.columns, "source")),`,
    to: `base: \`(FROM \${projected(rows.base, schema.columns, "base")} WHERE false)\`,
      source: projected(rows.source, schema.columns, "source"),`,
  },
  {
    name: "skip the table: one with conflicts is left as it is",
    file: "src/branch/merge-apply.ts",
    from: "const { inserts, updates, deletes, conflicts, partial } = counts;",
    to: "const { inserts, updates, deletes, conflicts, partial } = counts;\n  if (conflicts > 0) return false;",
  },
  {
    name: "main wins everything, not only what is in conflict",
    file: "src/branch/merge-apply.ts",
    from: "export function taken({ granularity }: TablePlan, branchWins: boolean): string {",
    to: "export function taken({ granularity }: TablePlan, branchWins: boolean): string {\n  if (!branchWins) return 'false';",
  },
  {
    name: "the branch wins whatever the strategy",
    file: "src/branch/merge-apply.ts",
    from: "export function taken({ granularity }: TablePlan, branchWins: boolean): string {",
    to: "export function taken({ granularity }: TablePlan, branchWins: boolean): string {\n  branchWins = true;",
  },
  {
    name: "a strategy is dropped: main_wins is abort",
    file: "src/branch/merge.ts",
    from: `conflictsUnder([plan], strategyOf, ["manual", "abort"])`,
    to: `conflictsUnder([plan], strategyOf, ["manual", "abort", "main_wins"])`,
  },
  {
    name: "conflicts by touch: the same change on both sides is one",
    file: PLAN,
    from: `CASE WHEN \${sameRow(columns, forms, "target_row", "new_row")} THEN 'agreed'
           WHEN`,
    to: `CASE WHEN`,
  },
  {
    name: "no constraint step",
    file: "src/branch/merge-check.ts",
    from: `  const { connection } = attempt.transaction;
  const tables = changedTables(attempt, strategyOf);`,
    to: `  if (strategyOf !== undefined) return [];
  const { connection } = attempt.transaction;
  const tables = changedTables(attempt, strategyOf);`,
  },
  {
    name: "foreign keys are not looked at as a set: before the rows are written",
    file: "src/branch/merge-publish.ts",
    from: "const totals = await applyPlans(attempt, byOldNames(planned, strategyOf));",
    to: `await requireReferences(attempt, strategyOf);
  const totals = await applyPlans(attempt, byOldNames(planned, strategyOf));`,
  },
  {
    name: "rows that a merge adds may refer to nothing",
    file: "src/branch/merge-references.ts",
    from: "if (asked.rows !== undefined) await refuseOrphans",
    to: "if (asked.rows !== undefined && sync !== undefined) await refuseOrphans",
  },
  {
    name: "keys that a merge takes away are missed by nobody",
    file: "src/branch/merge-references.ts",
    from: "if (asked.gone !== undefined) await refuseStranded",
    to: "if (asked.gone !== undefined && sync !== undefined) await refuseStranded",
  },
  {
    name: "a renamed column is another one",
    file: "src/branch/column-lineage.ts",
    from: `found.set(normaliseName(change.to), identity);`,
    to: "found.set(normaliseName(change.to), `+${id}`);",
  },
  {
    name: "the base does not advance: what was merged is merged again",
    file: "src/branch/merge-publish.ts",
    from: `sync?.branch ?? { ...branch, status: "merged" }`,
    to: `sync?.branch ?? { ...branch, status: "active" }`,
  },
  {
    name: "undoing does not rewind the base",
    file: "src/branch/merge-undo.ts",
    from: `const again: Branch = { ...branch, status: "active" };`,
    to: `const again: Branch = { ...branch, status: "merged" };`,
  },
  {
    name: "not atomic: each table is committed when it is written",
    file: "src/branch/merge-publish.ts",
    from: "rows.updated = await applyUpdates(connection, plan, relation, branchWins);",
    to: `rows.updated = await applyUpdates(connection, plan, relation, branchWins);
    await connection.run("COMMIT");
    await connection.run("BEGIN");`,
  },
  {
    name: "a token stands for any plan",
    file: "src/branch/merge-token.ts",
    from: "if (!hasMoved && fingerprint === (await fingerprintOf(attempt, strategyOf))) return;",
    to: "if (fingerprint !== undefined) return;",
  },
  {
    name: "cells that one side changed are in conflict, too",
    file: "src/branch/merge-cells.ts",
    from: "`(old_row IS NOT NULL AND",
    to: "`(false AND",
  },
];
