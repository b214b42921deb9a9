/** Arithmetic and pattern operators where DuckDB's of the same name gives another value. */
import { SQLSTATE } from "../../core/errors.js";
import { any, fail, OWN, type Definitions } from "./definition.js";
import { REFUSE_ZERO } from "./numbers.js";

const DIVISION_BY_ZERO = fail(SQLSTATE.divisionByZero, "division by zero");
const REMAINDER = `coalesce(${OWN}."mod"(_1, _2), ${REFUSE_ZERO})`;

/** PostgreSQL's escape character is the backslash when none is named, DuckDB's is none. */
function like(operator: string, escaped: string): string {
  return `CASE WHEN contains(_2, '\\') THEN ${escaped} ELSE ${OWN}."${operator}"(_1, _2) END`;
}

export const OPERATORS: Definitions = {
  // What the dialect makes of `/` behind an interval.
  duckbranch_divided_interval: [
    any(
      2,
      `coalesce(${OWN}."/"(_1, _2::DOUBLE), CASE WHEN _2 = 0 AND _1 IS NOT NULL THEN to_seconds(${DIVISION_BY_ZERO}) END)`,
    ),
  ],
  "%": [any(2, REMAINDER)],
  mod: [any(2, REMAINDER)],
  div: [any(2, "trunc(_1 / _2)::DECIMAL(38, 0)")],
  // PostgreSQL's #, which DuckDB's lexer does not take.
  "~|~": [any(2, "xor(_1, _2)")],
  sign: [any(1, `${OWN}.sign(_1)::DOUBLE`)],
  "|/": [any(1, `${OWN}.sqrt(_1)`)],
  "||/": [any(1, `${OWN}.cbrt(_1)`)],
  "~~": [any(2, like("~~", "like_escape(_1, _2, '\\')"))],
  "!~~": [any(2, like("!~~", "not_like_escape(_1, _2, '\\')"))],
  "~~*": [any(2, like("~~*", "ilike_escape(_1, _2, '\\')"))],
  "!~~*": [any(2, like("!~~*", "not_ilike_escape(_1, _2, '\\')"))],
};
