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
/** And an interval's text as such a number. */
export const DIGITS_OF_INTERVAL = "duckbranch_digits_of_interval";

/** More than an interval's microseconds and days can be, in either direction. */
const MICROSECONDS = 100_000_000_000_000_000_000n;
const DAYS = 10_000_000_000n;

/** Written out in SQL it would double what it takes DuckDB to plan any sum(). */
export function packedInterval(value: string): string {
  return `CAST(${DIGITS_OF_INTERVAL}(CAST(${value} AS VARCHAR)) AS DECIMAL(38, 37))`;
}

export function unpackedInterval(value: string): string {
  return `CAST(${INTERVAL_OF_SUM}(CAST(${value} AS VARCHAR)) AS INTERVAL)`;
}

/** `1 year 2 months -3 days -04:05:06.7`, as DuckDB prints it. */
const PRINTED =
  /^(?:(-?\d+) years? ?)?(?:(-?\d+) months? ?)?(?:(-?\d+) days? ?)?(?:(-)?(\d+):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?$/;

export const digitsOfInterval: TextFunction = ([text]) => {
  if (text === null || text === undefined) return null;
  const fields = PRINTED.exec(text);
  if (fields === null) throw new SqlError(SQLSTATE.internalError, `an interval is printed as ${text}`);
  const [
    ,
    years = "0",
    months = "0",
    days = "0",
    minus = "",
    hours = "0",
    minutes = "0",
    seconds = "0",
    parts = "",
  ] = fields;
  const time =
    ((BigInt(hours) * 60n + BigInt(minutes)) * 60n + BigInt(seconds)) * 1_000_000n +
    BigInt(parts.padEnd(6, "0"));
  const whole =
    ((BigInt(years) * 12n + BigInt(months)) * DAYS + BigInt(days)) * MICROSECONDS +
    (minus === "" ? time : -time);
  const digits = String(whole < 0n ? -whole : whole).padStart(38, "0");
  return `${whole < 0n ? "-" : ""}${digits.slice(0, -37)}.${digits.slice(-37)}`;
};

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
