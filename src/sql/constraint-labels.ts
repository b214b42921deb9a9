/**
 * Names of constraints. DuckDB keeps none, so a name that PostgreSQL would not have chosen by itself is written into the
 * table's definition, where it goes with the table through forks, preserved copies and other programs.
 *
 * Shape   a key:   CHECK (length('constraint {"name":"n","type":"unique","columns":["a","b"]}') > 0), always true
 *         a check: CHECK ((a > 0) AND (length('constraint {"name":"n"}') > 0))
 */
import type { ConstraintType } from "./analysis.js";
import { generatedName } from "./generated-names.js";
import { quoteLiteral } from "./names.js";

export interface Label {
  readonly name: string;
  readonly type?: ConstraintType;
  readonly columns?: readonly string[];
}

const LABEL = /length\('constraint (\{(?:[^']|'')*\})'\)/;

/** The always true test that holds a name. */
export function nameTest(label: Label): string {
  return `length(${quoteLiteral(`constraint ${JSON.stringify(label)}`)}) > 0`;
}

/** The name inside a CHECK's text, if it has one. */
export function readLabel(text: string): Label | undefined {
  const match = LABEL.exec(text);
  if (match === null) return undefined;
  const value: unknown = JSON.parse((match[1] ?? "").replaceAll("''", "'"));
  return isLabel(value) ? value : undefined;
}

function isLabel(value: unknown): value is Label {
  return typeof value === "object" && value !== null && "name" in value && typeof value.name === "string";
}

/** PostgreSQL's own choice: `t_pkey`, `t_a_b_key`, `t_a_check`, `t_a_fkey`. */
export function defaultConstraintName(
  table: string,
  type: ConstraintType,
  columns: readonly string[],
  nth = 0,
): string {
  const number = nth === 0 ? "" : String(nth);
  switch (type) {
    case "primary":
      return generatedName(table, "", `pkey${number}`);
    case "unique":
      return generatedName(table, columns.join("_"), `key${number}`);
    case "foreign":
      return generatedName(table, columns.join("_"), `fkey${number}`);
    case "check":
      return generatedName(table, columns.length === 1 ? (columns[0] ?? "") : "", `check${number}`);
    default:
      return type satisfies never;
  }
}
