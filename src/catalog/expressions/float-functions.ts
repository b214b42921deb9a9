/** Functions of double precision that PostgreSQL fails where DuckDB gives an infinity, NaN or zero. */
import { SQLSTATE } from "../../core/errors.js";
import { any, fail, OWN, type Definitions, type Overload } from "./definition.js";

const OVERFLOW = fail(SQLSTATE.numericValueOutOfRange, "value out of range: overflow");
const UNDERFLOW = fail(SQLSTATE.numericValueOutOfRange, "value out of range: underflow");
const UNDEFINED_POWER = fail(
  SQLSTATE.invalidArgumentForPowerFunction,
  "zero raised to a negative power is undefined",
);
const COMPLEX_POWER = fail(
  SQLSTATE.invalidArgumentForPowerFunction,
  "a negative number raised to a non-integer power yields a complex result",
);

/** Cast, so that a parameter is of double precision as well. */
const [X, Y] = ["CAST(_1 AS DOUBLE)", "CAST(_2 AS DOUBLE)"];
const isInfinite = (value: string): string => `isinf(${value})`;

/** Of finite arguments the result is finite, and zero only where it is exactly that. */
function checked(result: string, isExact: string, ...given: readonly string[]): string {
  const overflows = `isinf(${result}) AND NOT (${given.map(isInfinite).join(" OR ")})`;
  const underflows = `${result} = 0 AND NOT (${isExact})`;
  return `CASE WHEN ${overflows} THEN ${OVERFLOW} WHEN ${underflows} THEN ${UNDERFLOW} END`;
}

const EXP = `${OWN}.exp(${X})`;
const POWER = `${OWN}.power(${X}, ${Y})`;
const POWER_FAILS = `CASE WHEN ${X} = 0 AND ${Y} < 0 THEN ${UNDEFINED_POWER}
  WHEN ${X} < 0 AND NOT ${isInfinite(X)} AND NOT ${isInfinite(Y)} AND ${Y} <> floor(${Y}) THEN ${COMPLEX_POWER}
  ELSE ${checked(POWER, `${X} = 0 OR ${isInfinite(X)} OR ${isInfinite(Y)}`, X, Y)} END`;

/** The second value is made for every row; the first is NULL unless it fails. */
const unless = (failing: string, result: string): string => `coalesce(${failing}, ${result})`;
const power: readonly Overload[] = [any(2, unless(POWER_FAILS, POWER))];

export const FLOAT_FUNCTIONS: Definitions = {
  exp: [any(1, unless(checked(EXP, isInfinite(X), X), EXP))],
  power,
  pow: power,
  dpow: power,
  "^": power,
};
