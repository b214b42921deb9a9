/**
 * How a function or an operator of PostgreSQL is written as DuckDB macros. They stand in the search path before DuckDB's
 * own, so a body that wants DuckDB's says `system.main`. Parameters are called _1, _2 …: DuckDB puts arguments in as
 * text, and a parameter named like a client's column would be taken for it.
 */
import { SqlError, type SqlState } from "../../core/errors.js";
import { raisedText } from "../../engine/failure.js";
import { quoteLiteral } from "../../sql/names.js";

/** DuckDB's own function, from inside a macro of the same name. */
export const OWN = "system.main";

/**
 * One overload: DuckDB takes the one whose types fit best, one without types when none does. A parameter type names what
 * is accepted; arguments are cast to it.
 */
export interface Overload {
  readonly parameters: readonly string[];
  readonly body: string;
}

/** Name ⇒ overloads. */
export type Definitions = Readonly<Record<string, readonly Overload[]>>;

/** `of("_1 + _2", "DATE", "INTEGER")`; an empty type accepts anything. */
export function of(body: string, ...types: readonly string[]): Overload {
  return { body, parameters: types.map((type, index) => `_${index + 1} ${type}`.trimEnd()) };
}

/** One that takes any types. */
export function any(count: number, body: string): Overload {
  return of(body, ...Array.from({ length: count }, () => ""));
}

/**
 * An expression that fails with this error, of the smallest number type: beside any number it takes that one's type. A cast
 * that cannot succeed: DuckDB's error() counts as a side effect, and keeps filters from being pushed down and equal
 * expressions from being found equal.
 */
export function fail(code: SqlState, message: string): string {
  return `CAST(${quoteLiteral(raisedText(new SqlError(code, message)))} AS TINYINT)`;
}

/** The same as a text. */
export function failText(code: SqlState, message: string): string {
  return `CAST(${fail(code, message)} AS VARCHAR)`;
}
