/** Shapes the answers of branch statements: a tag, a row, or one column for the function form. */
import type { BranchCommand } from "../sql/branch-command.js";
import { quoteIdentifier, quoteLiteral } from "../sql/names.js";
import { textResult } from "./results.js";
import type { StatementResult } from "./types.js";

export type AnswerRow = Readonly<Record<string, string | number | null>>;

/** A statement answers with its tag, or with a row if `always`; a function form always with a row. */
export function answer(command: BranchCommand, tag: string, row: AnswerRow, always = false): StatementResult {
  if (command.shape === "scalar") return scalarAnswer(command, Object.values(row)[0]?.toString() ?? null);
  if (command.shape === "statement" && !always) return { kind: "command", tag };
  return rowsAnswer(command, tag, [row]);
}

export function rowsAnswer(
  command: BranchCommand,
  tag: string,
  rows: readonly AnswerRow[],
  columns: readonly string[] = Object.keys(rows[0] ?? {}),
): StatementResult {
  const cells = rows.map((row) => columns.map((column) => row[column]?.toString() ?? null));
  return textResult(columns, cells, command.shape === "statement" ? tag : `SELECT ${rows.length}`);
}

export function scalarAnswer(command: BranchCommand, value: string | null): StatementResult {
  return textResult([command.functionName ?? command.verb], [[value]], "SELECT 1");
}

/** Types of answer columns that are not text; the same name means the same everywhere but for `conflicts`. */
const COLUMN_TYPES: ReadonlyMap<string, string> = new Map([
  ["created_at", "TIMESTAMPTZ"],
  ["expires_at", "TIMESTAMPTZ"],
  ["undelete_until", "TIMESTAMPTZ"],
  ["idle_ttl_seconds", "DOUBLE"],
  ["max_rows", "BIGINT"],
  ["max_bytes", "BIGINT"],
  ["max_seconds", "BIGINT"],
  ["changed_rows", "BIGINT"],
  ["children", "INTEGER"],
  ["protected", "BOOLEAN"],
  ["has_conflicts", "BOOLEAN"],
  ["modified_table_count", "INTEGER"],
  ["total_size_bytes", "BIGINT"],
  ["tables_merged", "INTEGER"],
  ["rows_affected", "BIGINT"],
  ["rows_inserted", "BIGINT"],
  ["rows_updated", "BIGINT"],
  ["rows_deleted", "BIGINT"],
  ["conflicts_resolved", "BIGINT"],
  ["rows_to_insert", "BIGINT"],
  ["rows_to_update", "BIGINT"],
  ["rows_to_delete", "BIGINT"],
  ["already_equal", "BIGINT"],
  ["conflict_rows", "JSON"],
]);

function columnType(command: BranchCommand, column: string): string {
  if (column === "conflicts") return command.verb === "explainMerge" ? "BIGINT" : "JSON";
  return COLUMN_TYPES.get(column) ?? "VARCHAR";
}

/** A query that gives an answer's rows with their types, for clients that read a flag as a flag. */
export function answerQuery(
  command: BranchCommand,
  columns: readonly string[],
  rows: readonly (readonly (string | null)[])[],
): string {
  const cells = columns.map(
    (column, i) => `CAST(cells[${i + 1}] AS ${columnType(command, column)}) AS ${quoteIdentifier(column)}`,
  );
  // One text for all of them: of a list of ten thousand rows as SQL DuckDB's planner makes seconds.
  const all = quoteLiteral(JSON.stringify(rows));
  return `SELECT ${cells.join(", ")} FROM (SELECT unnest(system.main.from_json(${all}, '[["VARCHAR"]]')) AS cells)`;
}
