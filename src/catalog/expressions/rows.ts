/** Rows compared column by column, as the dialect writes them: src/sql/dialect/row-tests.ts. */
import { MOST_COLUMNS } from "../../sql/dialect/row-tests.js";
import { any, type Definitions } from "./definition.js";

const sideBySide = (count: number, operator: string, joined: string): string =>
  `(${Array.from({ length: count }, (_, i) => `_${i + 1} ${operator} _${i + 1 + count}`).join(joined)})`;

/** `a < c OR (a = c AND b < d)`: columns before the last decide where they differ. */
function inOrder(count: number, strict: string, last: string): string {
  const from = (column: number): string => {
    const [left, right] = [`_${column}`, `_${column + count}`];
    if (column === count) return `${left} ${last} ${right}`;
    return `(${left} ${strict} ${right} OR (${left} = ${right} AND ${from(column + 1)}))`;
  };
  return from(1);
}

const BODIES: ReadonlyMap<string, (count: number) => string> = new Map([
  ["equal", (count) => sideBySide(count, "=", " AND ")],
  ["unequal", (count) => sideBySide(count, "<>", " OR ")],
  ["less", (count) => inOrder(count, "<", "<")],
  ["least", (count) => inOrder(count, "<", "<=")],
  ["greater", (count) => inOrder(count, ">", ">")],
  ["greatest", (count) => inOrder(count, ">", ">=")],
]);

const COUNTS = Array.from({ length: MOST_COLUMNS }, (_, i) => i + 1);

export const ROWS: Definitions = Object.fromEntries(
  [...BODIES].flatMap(([name, body]) =>
    COUNTS.map((count) => [`duckbranch_row_${name}_${count}`, [any(2 * count, body(count))]] as const),
  ),
);
