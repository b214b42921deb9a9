/**
 * A row that both sides changed, cell by cell: a cell that one side changed is taken from it, and only one that both changed
 * to different values is a conflict. Where a row was added on both sides there is no base, so every cell in which they differ
 * is one; where one side deleted it the row is, as a whole.
 */
import { quoteIdentifier, quoteLiteral } from "../sql/names.js";
import { sameRow } from "./row-sql.js";

/**
 * A plan of rows made one of cells.
 *
 * Shape  the plan's columns · branch_row, main_row: the merged row where the branch, or main, wins what is in conflict ·
 *        main_changes: main_row is not what the target has
 */
export function cellwiseRows(plan: string, columns: readonly string[]): string {
  const merged = (winner: string): string =>
    `struct_pack(${columns.map((c) => `${quoteIdentifier(c)} := ${mergedCell(c, winner)}`).join(", ")})`;
  const conflicts = columns.map((c) => `CASE WHEN ${isConflict(c)} THEN ${quoteLiteral(c)} END`);
  return `SELECT * EXCLUDE (class, kind, is_split, cells),
      CASE WHEN NOT is_split THEN class WHEN len(cells) > 0 THEN 'conflict'
           WHEN ${sameRow(columns, "branch_row", "target_row")} THEN 'agreed' ELSE 'change' END AS class,
      CASE WHEN is_split AND len(cells) > 0 THEN kind || ' of ' || array_to_string(cells, ', ') ELSE kind END AS kind,
      is_split AND NOT ${sameRow(columns, "main_row", "target_row")} AS main_changes
    FROM (SELECT *, CASE WHEN is_split THEN ${merged("new_row")} ELSE new_row END AS branch_row,
        CASE WHEN is_split THEN ${merged("target_row")} ELSE target_row END AS main_row,
        list_filter([${conflicts.join(", ")}], lambda name: name IS NOT NULL) AS cells
      FROM (SELECT *, class = 'conflict' AND new_row IS NOT NULL AND target_row IS NOT NULL AS is_split FROM (${plan})))`;
}

function mergedCell(column: string, winner: string): string {
  const name = quoteIdentifier(column);
  return `CASE WHEN ${isUnchanged("new_row", name)} THEN target_row.${name}
    WHEN ${isUnchanged("target_row", name)} THEN new_row.${name} ELSE ${winner}.${name} END`;
}

function isConflict(column: string): string {
  const name = quoteIdentifier(column);
  return `new_row.${name} IS DISTINCT FROM target_row.${name}
    AND NOT ${isUnchanged("new_row", name)} AND NOT ${isUnchanged("target_row", name)}`;
}

/** A row that both added has no base: then nothing in it is unchanged, whatever its default. */
function isUnchanged(row: string, name: string): string {
  return `(old_row IS NOT NULL AND ${row}.${name} IS NOT DISTINCT FROM old_row.${name})`;
}
