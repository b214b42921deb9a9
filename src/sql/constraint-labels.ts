/**
 * Names of constraints. DuckDB keeps none, so a name that PostgreSQL would not have chosen by itself is written into the
 * table's definition, where it goes with the table through forks, preserved copies and other programs.
 *
 * Shape   a key:   CHECK ('constraint {"name":"n","type":"unique","columns":["a","b"]}' IS NOT NULL), always true
 *         a check: CHECK ((a > 0) AND ('constraint {"name":"n"}' IS NOT NULL))
 *         Older files say length('constraint …') > 0, a macro that DuckDB read anew in every INSERT and UPDATE
 */
import type { ConstraintType } from "./analysis.js";
import { generatedName } from "./generated-names.js";
import { quoteLiteral } from "./names.js";

export interface Label {
  readonly name: string;
  readonly type?: ConstraintType;
  readonly columns?: readonly string[];
}

const LABEL = /\('constraint (\{(?:[^']|'')*\})'(?:\)| IS NOT NULL)/;
/** Behind what a named check says. */
const NAME_TEST =
  / AND \((?:length\('constraint \{(?:[^']|'')*\}'\) > 0|'constraint \{(?:[^']|'')*\}' IS NOT NULL)\)/;

/** The always true test that holds a name. */
export function nameTest(label: Label): string {
  return `${quoteLiteral(`constraint ${JSON.stringify(label)}`)} IS NOT NULL`;
}

/** A check's condition without the test that holds its name. */
export function withoutName(condition: string): string {
  return condition.replace(NAME_TEST, "");
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
