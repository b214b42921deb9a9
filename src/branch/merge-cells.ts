/**
 * A row that both sides changed, cell by cell: a cell that one side changed is taken from it; one that both changed to different
 * values is settled by its column's policy, or is a conflict. Where a row was added on both sides there is no base, so every cell
 * in which they differ is such a one; where one side deleted it the row is, as a whole.
 */
import { normaliseName, quoteIdentifier, quoteLiteral } from "../sql/names.js";
import { policyValue, type CellPolicy, type PolicyValue } from "./merge-policy-values.js";
import { sameRow } from "./row-sql.js";
import { sameValue, type ValueForms } from "./value-forms.js";

/** By column, as DuckDB compares names. */
export type CellPolicies = ReadonlyMap<string, CellPolicy>;

interface ComparedColumns {
  readonly columns: readonly string[];
  readonly policies: CellPolicies;
  readonly forms: ValueForms;
}

/** A column of rows that both sides changed, as SQL over them. */
interface MergedCell {
  readonly column: string;
  /** The source's value is the target's; the target did not change it. */
  readonly isSame: string;
  readonly isKept: string;
  /** Both sides changed it to different values. */
  readonly isContested: string;
  readonly settled: PolicyValue | undefined;
  /** No strategy may settle it either. */
  readonly fails: boolean;
}

/**
 * A plan of rows made one of cells.
 *
 * Shape  the plan's columns · branch_row, main_row: the merged row where the branch, or main, wins what is in conflict ·
 *        main_changes: main_row is not what the target has · settled: names of the columns that policies settled ·
 *        fails: a conflict in a column whose policy is to fail
 */
export function cellwiseRows(plan: string, { columns, policies, forms }: ComparedColumns): string {
  const cells = columns.map((column) => mergedCell(column, policies.get(normaliseName(column)), forms));
  const merged = (winner: string): string =>
    `struct_pack(${cells.map((cell) => `${quoteIdentifier(cell.column)} := ${valueOf(cell, winner)}`).join(", ")})`;
  const conflicts = cells.map(
    (cell) => `CASE WHEN ${isConflict(cell)} THEN ${quoteLiteral(cell.column)} END`,
  );
  const fails = cells.filter((cell) => cell.fails).map(isConflict);
  return `SELECT * EXCLUDE (class, kind, is_split, cells),
      CASE WHEN NOT is_split THEN class WHEN len(cells) > 0 THEN 'conflict'
           WHEN ${sameRow(columns, forms, "branch_row", "target_row")} THEN 'agreed' ELSE 'change' END AS class,
      CASE WHEN is_split AND len(cells) > 0 THEN kind || ' of ' || array_to_string(cells, ', ') ELSE kind END AS kind,
      is_split AND NOT ${sameRow(columns, forms, "main_row", "target_row")} AS main_changes
    FROM (SELECT *, CASE WHEN is_split THEN ${merged("new_row")} ELSE new_row END AS branch_row,
        CASE WHEN is_split THEN ${merged("target_row")} ELSE target_row END AS main_row,
        ${namesOf(conflicts)} AS cells,
        ${settledNames(cells)} AS settled,
        is_split AND (${["FALSE", ...fails].join(" OR ")}) AS fails
      FROM (SELECT *, class = 'conflict' AND new_row IS NOT NULL AND target_row IS NOT NULL AS is_split FROM (${plan})))`;
}

function namesOf(names: readonly string[]): string {
  return `list_filter([${names.join(", ")}], lambda name: name IS NOT NULL)`;
}

function settledNames(cells: readonly MergedCell[]): string {
  const names = cells.flatMap(({ column, isContested, settled }) =>
    settled === undefined
      ? []
      : [`CASE WHEN is_split AND ${isContested} AND ${settled.isKnown} THEN ${quoteLiteral(column)} END`],
  );
  return names.length === 0 ? "CAST([] AS VARCHAR[])" : namesOf(names);
}

/** A row that both added has no base: then nothing in it is unchanged, whatever its default. */
function mergedCell(column: string, policy: CellPolicy | undefined, forms: ValueForms): MergedCell {
  const name = quoteIdentifier(column);
  const cell = { base: `old_row.${name}`, ours: `target_row.${name}`, theirs: `new_row.${name}` };
  const isSame = sameValue(forms, column, cell.theirs, cell.ours);
  const isUnchanged = (own: string): string =>
    `(old_row IS NOT NULL AND ${sameValue(forms, column, own, cell.base)})`;
  const isKept = isUnchanged(cell.ours);
  const isContested = `(NOT ${isSame} AND NOT ${isUnchanged(cell.theirs)} AND NOT ${isKept})`;
  const settled = policy && policyValue(policy, cell);
  return { column, isSame, isKept, isContested, settled, fails: policy?.policy === "fail" };
}

function isConflict({ isContested, settled }: MergedCell): string {
  return settled === undefined ? isContested : `${isContested} AND NOT (${settled.isKnown})`;
}

/** The target keeps its own form of what is the same on both sides. */
function valueOf({ column, isSame, isKept, isContested, settled }: MergedCell, winner: string): string {
  const name = quoteIdentifier(column);
  const policy =
    settled === undefined ? "" : `WHEN ${isContested} AND ${settled.isKnown} THEN ${settled.value} `;
  return `CASE ${policy}WHEN ${isContested} THEN ${winner}.${name}
    WHEN NOT ${isSame} AND ${isKept} THEN new_row.${name}
    ELSE target_row.${name} END`;
}
