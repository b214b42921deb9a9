/**
 * What sum() of intervals adds up, of which DuckDB has none: months, days and microseconds as the digits of one number, which are
 * added up each by itself. Its type says what it is: nobody's numeric has 37 places.
 */
import { SQLSTATE, SqlError } from "../../core/errors.js";
import type { TextFunction } from "../../engine/text-function.js";

/** As typeof() says it, for IN. */
export const PACKED = "'DECIMAL(38,37)'";
/** The function of this program: such a number as an interval's text. */
export const INTERVAL_OF_SUM = "duckbranch_interval_of_sum";

const UNIT = `0.${"0".repeat(36)}1`;
/** More than an interval's microseconds and days can be, in either direction. */
const MICROSECONDS = 100_000_000_000_000_000_000n;
const DAYS = 10_000_000_000n;

/** Without a lambda: in HAVING DuckDB takes its fields for columns. */
export function packedInterval(value: string): string {
  const of = (field: string): string => `${field}((${value})::INTERVAL)`;
  const number = `(((${of("year")}::HUGEINT * 12 + ${of("month")}) * ${DAYS}::HUGEINT + ${of("day")}) * ${MICROSECONDS}::HUGEINT
    + ${of("hour")}::HUGEINT * 3600000000 + ${of("minute")} * 60000000 + ${of("microsecond")})`;
  return `CAST(CAST(${number} AS DECIMAL(38, 0)) * ${UNIT} AS DECIMAL(38, 37))`;
}

export function unpackedInterval(value: string): string {
  return `CAST(${INTERVAL_OF_SUM}(CAST(${value} AS VARCHAR)) AS INTERVAL)`;
}

export const intervalOfSum: TextFunction = ([sum]) => {
  if (sum === null || sum === undefined) return null;
  const whole = BigInt(sum.replace(".", ""));
  const microseconds = rest(whole, MICROSECONDS);
  const large = (whole - microseconds) / MICROSECONDS;
  const days = rest(large, DAYS);
  const months = (large - days) / DAYS;
  const isKept =
    BigInt.asIntN(64, microseconds) === microseconds &&
    BigInt.asIntN(32, days) === days &&
    BigInt.asIntN(32, months) === months;
  if (!isKept) throw new SqlError(SQLSTATE.datetimeFieldOverflow, "interval out of range");
  return `${months} months ${days} days ${microseconds} microseconds`;
};

/** The last digits are those of a number around 0. */
function rest(number: bigint, base: bigint): bigint {
  const own = number % base;
  if (own >= base / 2n) return own - base;
  return own < -base / 2n ? own + base : own;
}
