/** Prints what the demo does: headings, statements with the head they run on, and their results as people read them. */
import type { QueryArrayResult } from "pg";

/** Values as the server writes them. */
export type Cells = (string | null)[];

export type Print = (line: string) => void;

const MAX_ROWS = 8;
const MAX_CELL = 60;

export function printHeading(print: Print, title: string, text: string): void {
  print("");
  print(title);
  print("-".repeat(title.length));
  print(text);
}

/** `head> statement`, further lines indented. */
export function printStatement(print: Print, head: string, sql: string): void {
  const [first = "", ...rest] = sql.split("\n");
  print("");
  print(`${head}> ${first}`);
  for (const line of rest) print(`${" ".repeat(head.length + 2)}${line}`);
}

/** A table; one row of many columns as one line per column; a command's tag. */
export function printResult(print: Print, result: QueryArrayResult<Cells>, milliseconds: number): void {
  const time = `${milliseconds.toFixed(0)} ms`;
  const names = result.fields.map((field) => field.name);
  if (names.length === 0) {
    print(`  ${result.command}${result.rowCount === null ? "" : ` ${result.rowCount}`}  (${time})`);
    return;
  }
  const rows = result.rows.map((row) => row.map(showCell));
  const [only] = rows;
  const lines =
    rows.length === 1 && only !== undefined && names.length > 6 ? record(names, only) : table(names, rows);
  for (const line of lines) print(`  ${line}`);
  print(`  (${rows.length} ${rows.length === 1 ? "row" : "rows"}, ${time})`);
}

function showCell(value: string | null): string {
  const text = value ?? "";
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL - 1)}…` : text;
}

function record(names: readonly string[], cells: readonly string[]): string[] {
  const width = Math.max(...names.map((name) => name.length));
  return names.map((name, index) => `${name.padEnd(width)} | ${cells[index] ?? ""}`);
}

function table(names: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const shown = rows.slice(0, MAX_ROWS);
  const widths = names.map((name, index) =>
    Math.max(name.length, ...shown.map((row) => (row[index] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(" | ");
  const rule = widths.map((width) => "-".repeat(width)).join("-+-");
  return [line(names), rule, ...shown.map(line), ...(rows.length > MAX_ROWS ? ["…"] : [])].map((text) =>
    text.trimEnd(),
  );
}
