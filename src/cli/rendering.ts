/** Rows for people, as psql shows them, and as CSV. */
import type { RemoteRows } from "./remote.js";

type Values = readonly (string | null)[];

const NUMBER_OIDS: ReadonlySet<number> = new Set([20, 21, 23, 26, 700, 701, 1700]);

/** A table with aligned columns, numbers to the right. */
export function tableOf({ columns, rows }: Pick<RemoteRows, "columns" | "rows">): string {
  const shown = rows.map((row) => row.map((value) => printable(value ?? "")));
  const widths = columns.map(({ name }, i) =>
    shown.reduce((width, row) => Math.max(width, widthOf(row[i] ?? "")), widthOf(name)),
  );
  const line = (cells: readonly string[], isHead: boolean): string =>
    cells
      .map((cell, i) => {
        const pad = " ".repeat((widths[i] ?? 0) - widthOf(cell));
        const isNumber = !isHead && NUMBER_OIDS.has(columns[i]?.typeOid ?? 0);
        return isNumber ? `${pad}${cell}` : `${cell}${pad}`;
      })
      .join(" | ")
      .trimEnd();
  const head = columns.map(({ name }) => name);
  const rule = widths.map((width) => "-".repeat(width)).join("-+-");
  return [line(head, true), rule, ...shown.map((row) => line(row, false))].join("\n");
}

/** One row as lines of name and value; what is empty is left out. */
export function linesOf({ columns, rows: [row = []] }: Pick<RemoteRows, "columns" | "rows">): string {
  const width = Math.max(0, ...columns.map(({ name }) => widthOf(name)));
  return columns
    .flatMap(({ name }, i) => {
      const value = row[i] ?? "";
      return value === "" ? [] : [`${name}${" ".repeat(width - widthOf(name))}  ${value}`];
    })
    .join("\n");
}

/** A line of CSV, as COPY writes it: an empty text is quoted, NULL is nothing. */
export function csvOf(values: Values): string {
  return values.map((value) => (value === null ? "" : csvField(value))).join(",");
}

function csvField(value: string): string {
  return value === "" || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** What would move a terminal's cursor is shown as an escape. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
}

const segmenter = new Intl.Segmenter();

function widthOf(text: string): number {
  return [...segmenter.segment(text)].length;
}
