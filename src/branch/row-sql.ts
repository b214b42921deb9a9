/**
 * SQL fragments for comparing rows of one table in several states. Column lists come from definitions, every name is
 * quoted; relations are SQL that stands where a table name may. Results use names of their own (k0, c0 …), so that no
 * column of a user's table can collide with them.
 */
import { quoteIdentifier } from "../sql/names.js";
import { sameValue, type ValueForms } from "./value-forms.js";

/** `"a", "b"`, or with an alias `t."a", t."b"`. */
export function columnList(columns: readonly string[], alias?: string): string {
  return columns.map((column) => qualified(column, alias)).join(", ");
}

function qualified(column: string, alias: string | undefined): string {
  return alias === undefined ? quoteIdentifier(column) : `${alias}.${quoteIdentifier(column)}`;
}

/** NULL-safe equality of all columns of two aliases or structs. */
function sameValues(columns: readonly string[], forms: ValueForms, left: string, right: string): string {
  return columns.map((c) => sameValue(forms, c, qualified(c, left), qualified(c, right))).join(" AND ");
}

/** Equality of two row structs, either of which may be NULL for an absent row. */
export function sameRow(columns: readonly string[], forms: ValueForms, left: string, right: string): string {
  return `((${left} IS NULL) = (${right} IS NULL) AND ${sameValues(columns, forms, left, right)})`;
}

/** A row as a struct with the columns' own names. */
export function rowStruct(columns: readonly string[], alias: string): string {
  return `struct_pack(${columns.map((c) => `${quoteIdentifier(c)} := ${qualified(c, alias)}`).join(", ")})`;
}

/** The n-th key column of a keyed difference, the n-th column of a counted one. */
export const keyAlias = (index: number): string => `k${index}`;
export const columnAlias = (index: number): string => `c${index}`;

/**
 * The rows in which two states of a keyed table differ.
 *
 * Shape  k0, k1 … key values · old_row, new_row: structs of `columns`, NULL where the row is absent
 */
export function keyedDifference(
  key: readonly string[],
  columns: readonly string[],
  forms: ValueForms,
  oldRelation: string,
  newRelation: string,
): string {
  const [first = ""] = key;
  const keys = key.map((k, i) => `coalesce(${qualified(k, "o")}, ${qualified(k, "n")}) AS ${keyAlias(i)}`);
  const present = (alias: string): string => `${qualified(first, alias)} IS NOT NULL`;
  const join = key.map((k) => `${qualified(k, "o")} = ${qualified(k, "n")}`).join(" AND ");
  const read = columnList([...key.filter((name) => !columns.includes(name)), ...columns]);
  return `SELECT ${keys.join(", ")},
      CASE WHEN ${present("o")} THEN ${rowStruct(columns, "o")} END AS old_row,
      CASE WHEN ${present("n")} THEN ${rowStruct(columns, "n")} END AS new_row
    FROM (SELECT ${read} FROM ${oldRelation}) AS o
    FULL OUTER JOIN (SELECT ${read} FROM ${newRelation}) AS n ON ${join}
    WHERE NOT (${present("o")} AND ${present("n")} AND ${sameValues(columns, forms, "o", "n")})`;
}

/**
 * The distinct rows that two states of a keyless table hold a different number of times (NULLs are equal).
 *
 * Shape  c0, c1 … column values · old_count, new_count BIGINT
 */
export function countedDifference(
  columns: readonly string[],
  oldRelation: string,
  newRelation: string,
): string {
  const aliases = columns.map((_, index) => columnAlias(index)).join(", ");
  const aliased = columns.map((c, index) => `${quoteIdentifier(c)} AS ${columnAlias(index)}`).join(", ");
  return `SELECT ${aliases}, sum(is_old)::BIGINT AS old_count, sum(is_new)::BIGINT AS new_count
    FROM (SELECT ${aliased}, 1 AS is_old, 0 AS is_new FROM ${oldRelation}
          UNION ALL SELECT ${columnList(columns)}, 0, 1 FROM ${newRelation})
    GROUP BY ${aliases} HAVING sum(is_old) <> sum(is_new)`;
}

/** The columns of a counted difference by their own names. */
export function countedRow(
  columns: readonly string[],
  alias: string,
): readonly (readonly [name: string, sql: string])[] {
  return columns.map((column, index) => [column, `${alias}.${columnAlias(index)}`]);
}
