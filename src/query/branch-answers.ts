/** Shapes the answers of branch statements: a tag, a row, or one column for the function form. */
import type { BranchCommand } from "../sql/branch-command.js";
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
