/** Rows for people, as psql shows them, and as CSV. */
import type { RemoteRows } from "./remote.js";

type Values = readonly (string | null)[];

const NUMBER_OIDS: ReadonlySet<number> = new Set([20, 21, 23, 26, 700, 701, 1700]);

/** A table with aligned columns, numbers to the right. */
export function tableOf({ columns, rows }: Pick<RemoteRows, "columns" | "rows">): string {
  const shown = rows.map((row) => row.map((value) => printable(value ?? "")));
  const widths = columns.map(({ name }, i) =>
    shown.reduce((width, row) => Math.max(width, widthOf(row[i] ?? "")), widthOf(printable(name))),
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
  const head = columns.map(({ name }) => printable(name));
  const rule = widths.map((width) => "-".repeat(width)).join("-+-");
  return [line(head, true), rule, ...shown.map((row) => line(row, false))].join("\n");
}

/** One row as lines of name and value; what is empty is left out. */
export function linesOf({ columns, rows: [row = []] }: Pick<RemoteRows, "columns" | "rows">): string {
  const width = Math.max(0, ...columns.map(({ name }) => widthOf(printable(name))));
  return columns
    .flatMap(({ name: written }, i) => {
      const [name, value] = [printable(written), printable(row[i] ?? "")];
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

/** Control characters, those that change the direction of what follows, and line ends that are none of ASCII's. */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;
const SHORT: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/** What would move a terminal's cursor, or make one line look like two, is shown as an escape. */
export function printable(text: string): string {
  return text.replaceAll(
    UNPRINTABLE,
    (character) =>
      SHORT.get(character) ?? `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}

/** The same of a text that has lines of its own: they stay, further to the right. */
export function printableLines(text: string): string {
  return text.split(/\r?\n/).map(printable).join("\n  ");
}

const segmenter = new Intl.Segmenter();

function widthOf(text: string): number {
  return [...segmenter.segment(text)].length;
}
