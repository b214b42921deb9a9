/**
 * Rows as JSON text, exactly: DuckDB's to_json() reads short decimals as doubles (`10.0` for 10.00), writes a real's binary digits
 * and NaN bare, which is no JSON. Texts are joined here instead; what a value is, DuckDB knows when it binds the expression.
 */
import { quoteIdentifier, quoteLiteral } from "../sql/names.js";

/** Sessions have functions of their own before these. */
const OWN = "system.main";

/** A struct, or NULL, as DuckDB writes it. */
export function jsonOf(struct: string): string {
  return `CAST(system.main.to_json(${struct}) AS VARCHAR)`;
}

/** Values by their names as an object. */
export function objectJson(values: readonly (readonly [name: string, sql: string])[]): string {
  const members = values.map(([name, sql], index) => {
    const begin = `${index === 0 ? "" : ","}${JSON.stringify(name)}:`;
    return `${quoteLiteral(begin)}, coalesce(${valueJson(sql)}, 'null')`;
  });
  return `${OWN}.concat('{', ${[...members, "'}'"].join(", ")})`;
}

/** A struct of these columns, or NULL, as an object. */
export function structJson(columns: readonly string[], struct: string): string {
  const fields = columns.map((column) => [column, `${struct}.${quoteIdentifier(column)}`] as const);
  return `CASE WHEN ${struct} IS NOT NULL THEN ${objectJson(fields)} END`;
}

/** Of any type: the branches for others are dropped when the expression is bound. */
export function valueJson(sql: string): string {
  const [type, text] = [`${OWN}.typeof(${sql})`, `CAST(${sql} AS VARCHAR)`];
  const isOf = (name: string): string => `${OWN}.starts_with(${type}, '${name}')`;
  return `CASE WHEN ${sql} IS NULL THEN NULL
    WHEN ${isOf("DECIMAL(")} THEN ${numbers(text)}
    WHEN ${isOf("FLOAT")} OR ${isOf("DOUBLE")} THEN ${namedNumbers(text)}
    WHEN ${type} = 'BLOB' THEN ${OWN}.concat('"\\\\x', ${OWN}.lower(${OWN}.hex(CAST(${text} AS BLOB))), '"')
    WHEN ${type} = 'JSON' THEN ${text}
    ELSE ${jsonOf(sql)} END`;
}

/** Of a number or a list of numbers: `.50`, which DuckDB writes for numeric(2,2), begins with a digit. */
function numbers(text: string): string {
  return `${OWN}.regexp_replace(${OWN}.replace(${text}, 'NULL', 'null'), '(^|[^0-9])\\.', '\\10.', 'g')`;
}

/** Those that JSON has no numbers for are texts, as PostgreSQL names them. */
function namedNumbers(text: string): string {
  const names = [
    ["NULL", "null"],
    ["-inf", '"-Infinity"'],
    ["inf", '"Infinity"'],
    ["nan", '"NaN"'],
  ] as const;
  return names.reduce((sql, [from, to]) => `${OWN}.replace(${sql}, '${from}', '${to}')`, text);
}
