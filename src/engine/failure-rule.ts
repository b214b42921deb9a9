/** What a rule of classification is, and the words rules share. */
import type { SqlState } from "../core/errors.js";

/** First match wins; the pattern is tried on the whole text, which starts with DuckDB's kind. */
export interface Rule {
  readonly pattern: RegExp;
  readonly code: SqlState | ((match: RegExpExecArray) => SqlState);
  /** PostgreSQL's wording; DuckDB's own first line when absent. */
  readonly message?: (match: RegExpExecArray) => string;
  readonly detail?: (match: RegExpExecArray) => string;
  /** Instead of what DuckDB says behind the first line. */
  readonly hint?: string;
}

/** A group of the match that may be missing. */
export function text(part: string | undefined): string {
  return part ?? "";
}

const TYPE_NAMES: ReadonlyMap<string, string> = new Map([
  ["INT8", "smallint"],
  ["INT16", "smallint"],
  ["INT32", "integer"],
  ["INT64", "bigint"],
  // UUIDs are read as 128 bits; nobody else reads such a number from a text.
  ["INT128", "uuid"],
  ["FLOAT", "real"],
  ["DOUBLE", "double precision"],
  ["BOOL", "boolean"],
  ["TINYINT", "smallint"],
  ["HUGEINT", "numeric"],
  ["UBIGINT", "numeric"],
  ["UTINYINT", "smallint"],
  ["USMALLINT", "integer"],
  ["UINTEGER", "bigint"],
  ["VARCHAR", "text"],
  ["BLOB", "bytea"],
  ["BIT", "bit varying"],
  ["TIMESTAMP", "timestamp without time zone"],
  ["TIME", "time without time zone"],
  ["STRING_LITERAL", "unknown"],
  ["INTEGER_LITERAL", "integer"],
  ['"NULL"', "unknown"],
  ["NULL", "unknown"],
  ["UNKNOWN", "unknown"],
]);

/** PostgreSQL's name of a type DuckDB names in an error. */
export function typeName(engineName: string): string {
  if (engineName.endsWith("[]")) return `${typeName(engineName.slice(0, -2))}[]`;
  if (engineName.startsWith("DECIMAL")) return "numeric";
  return TYPE_NAMES.get(engineName) ?? engineName.toLowerCase();
}

/** `+(DATE, STRING_LITERAL)` ⇒ operator does not exist: date + unknown; `lower(INTEGER)` ⇒ function lower(integer) … */
export function missingFunction(name: string, argumentList: string): string {
  const types = splitTypes(argumentList).map(typeName);
  if (/^\w+$/.test(name) && !WORDS_FOR_OPERATORS.has(name))
    return `function ${name}(${types.join(", ")}) does not exist`;
  const operator = WORDS_FOR_OPERATORS.get(name) ?? name;
  const [left = "", right] = types;
  return right === undefined
    ? `operator does not exist: ${operator} ${left}`
    : `operator does not exist: ${left} ${operator} ${right}`;
}

/** What the server's own operators call underneath. */
const WORDS_FOR_OPERATORS: ReadonlyMap<string, string> = new Map([
  ["divide", "/"],
  ["regexp_full_match", "~"],
]);

/** At commas outside parentheses: `DECIMAL(3,1), STRUCT(a INTEGER, b DATE)`. */
function splitTypes(list: string): string[] {
  const types: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= list.length; at += 1) {
    const character = list.charAt(at);
    if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    else if (at === list.length || (character === "," && depth === 0)) {
      types.push(list.slice(start, at).trim());
      start = at + 1;
    }
  }
  return types.filter((type) => type !== "");
}
