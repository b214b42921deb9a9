/**
 * PostgreSQL's text input of intervals.
 *
 * Shape   `1 year 2 mons -3 days 04:05:06.5`, `3 hours ago`, `@ 1 min`, `P1Y2M3DT4H5M6.5S`; a bare number counts seconds
 * Limits  a fraction of a month counts 30 days a month, of a day 24 hours, as in PostgreSQL; units above a month are
 *         rounded to months
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { invalidDatetime } from "./input-errors.js";
import { trimBlanks } from "./parse-numbers.js";

export interface IntervalFields {
  readonly months: number;
  readonly days: number;
  readonly micros: bigint;
}

const MICROS_PER_SECOND = 1_000_000;
const MICROS_PER_DAY = 86_400_000_000n;

/** What one of a unit is, in the field it counts for. */
const UNITS: Readonly<Record<string, { field: "months" | "days" | "micros"; size: number }>> = {
  millennium: { field: "months", size: 12_000 },
  century: { field: "months", size: 1200 },
  decade: { field: "months", size: 120 },
  year: { field: "months", size: 12 },
  month: { field: "months", size: 1 },
  week: { field: "days", size: 7 },
  day: { field: "days", size: 1 },
  hour: { field: "micros", size: 3600 * MICROS_PER_SECOND },
  minute: { field: "micros", size: 60 * MICROS_PER_SECOND },
  second: { field: "micros", size: MICROS_PER_SECOND },
  millisecond: { field: "micros", size: 1000 },
  microsecond: { field: "micros", size: 1 },
};

const UNIT_NAMES: ReadonlyMap<string, string> = new Map([
  ...["millennium", "millennia", "millenniums", "mil", "mils"].map((name) => [name, "millennium"] as const),
  ...["century", "centuries", "cent", "c"].map((name) => [name, "century"] as const),
  ...["decade", "decades", "dec", "decs"].map((name) => [name, "decade"] as const),
  ...["year", "years", "yr", "yrs", "y"].map((name) => [name, "year"] as const),
  ...["month", "months", "mon", "mons"].map((name) => [name, "month"] as const),
  ...["week", "weeks", "w"].map((name) => [name, "week"] as const),
  ...["day", "days", "d"].map((name) => [name, "day"] as const),
  ...["hour", "hours", "hr", "hrs", "h"].map((name) => [name, "hour"] as const),
  ...["minute", "minutes", "min", "mins", "m"].map((name) => [name, "minute"] as const),
  ...["second", "seconds", "sec", "secs", "s"].map((name) => [name, "second"] as const),
  ...["millisecond", "milliseconds", "msec", "msecs", "ms", "msecond"].map(
    (name) => [name, "millisecond"] as const,
  ),
  ...["microsecond", "microseconds", "usec", "usecs", "us"].map((name) => [name, "microsecond"] as const),
]);

const ISO_UNITS: Readonly<Record<string, string>> = {
  Y: "year",
  W: "week",
  D: "day",
  H: "hour",
  S: "second",
};
const NUMBER = String.raw`[+-]?(?:\d+(?:\.\d*)?|\.\d+)`;
const PART = new RegExp(
  String.raw`\s*(?:(?<clock>[+-]?\d+:\d{1,2}(?::\d{1,2}(?:\.\d*)?)?)|(?<number>${NUMBER})(?:\s*(?<unit>[a-z]+))?)`,
  "iy",
);
const ISO_PART = new RegExp(String.raw`(?<number>${NUMBER})(?<unit>[YMWDHS])`, "y");

export function parseInterval(text: string): IntervalFields {
  const trimmed = trimBlanks(text);
  const sum = new IntervalSum(text);
  if (trimmed.startsWith("P")) readIso(trimmed, sum);
  else readVerbose(trimmed, sum);
  return sum.finish();
}

/** Adds parts up, fractions going down to the next smaller field. */
class IntervalSum {
  readonly #text: string;
  #months = 0;
  #days = 0;
  #micros = 0n;
  #sign = 1;
  readonly #seen = new Set<string>();

  constructor(text: string) {
    this.#text = text;
  }

  negate(): void {
    this.#sign = -1;
  }

  add(number: string, unit: string): void {
    const rule = UNITS[unit];
    // A unit counts once: `1 day 1 day` is more likely a mistake than a sum.
    if (rule === undefined || this.#seen.has(unit)) throw this.fail();
    this.#seen.add(unit);
    if (rule.field === "micros") this.#micros += scaled(number, rule.size);
    else if (rule.field === "days") this.#addDays(Number(number) * rule.size);
    else if (rule.size > 1) this.#months += Math.round(Number(number) * rule.size);
    else {
      const whole = Math.trunc(Number(number));
      this.#months += whole;
      this.#addDays(rounded((Number(number) - whole) * 30));
    }
  }

  /** `[-]HH:MM[:SS[.ffffff]]` */
  addClock(clock: string): void {
    const [hours = "0", minutes = "0", seconds = "0"] = clock.replace(/^[+-]/, "").split(":");
    if (Number(minutes) > 59 || Number(seconds) >= 61 || this.#seen.has("clock")) throw this.fail();
    this.#seen.add("clock");
    const size = scaled(hours, 3600 * MICROS_PER_SECOND) + scaled(minutes, 60 * MICROS_PER_SECOND);
    const micros = size + scaled(seconds, MICROS_PER_SECOND);
    this.#micros += clock.startsWith("-") ? -micros : micros;
  }

  finish(): IntervalFields {
    const months = this.#months * this.#sign;
    const days = this.#days * this.#sign;
    const micros = this.#micros * BigInt(this.#sign);
    if (!isInt32(months) || !isInt32(days) || BigInt.asIntN(64, micros) !== micros) {
      throw new SqlError(
        SQLSTATE.datetimeFieldOverflow,
        `interval field value out of range: "${this.#text}"`,
      );
    }
    return { months: months + 0, days: days + 0, micros };
  }

  fail(): SqlError {
    return invalidDatetime("interval", this.#text);
  }

  #addDays(days: number): void {
    const whole = Math.trunc(days);
    this.#days += whole;
    this.#micros += BigInt(Math.round((days - whole) * Number(MICROS_PER_DAY)));
  }
}

/** `0.1 · 30` must be 3: a product is rounded where it is a whole number but for the last bits. */
function rounded(product: number): number {
  const nearest = Math.round(product * 1e9) / 1e9;
  return Math.abs(nearest - product) < 1e-9 ? nearest : product;
}

/** A decimal number times a whole number of microseconds, rounded, exact over the whole range. */
function scaled(number: string, size: number): bigint {
  const [, sign = "", whole = "", fraction = ""] = /^([+-]?)(\d*)\.?(\d*)$/.exec(number) ?? [];
  const unit = 10n ** BigInt(fraction.length);
  const units = BigInt(whole + fraction || "0") * BigInt(size);
  const micros = (units + unit / 2n) / unit;
  return sign === "-" ? -micros : micros;
}

function isInt32(value: number): boolean {
  return value >= -0x80000000 && value <= 0x7fffffff;
}

function readVerbose(text: string, sum: IntervalSum): void {
  let rest = text.replace(/^@\s*/, "");
  if (/\sago$/i.test(rest)) {
    sum.negate();
    rest = rest.replace(/\s+ago$/i, "");
  }
  if (rest === "") throw sum.fail();
  let at = 0;
  while (at < rest.length) {
    PART.lastIndex = at;
    const fields = PART.exec(rest)?.groups;
    if (fields === undefined) throw sum.fail();
    at = PART.lastIndex;
    const { clock, number, unit } = fields;
    if (clock !== undefined) sum.addClock(clock);
    else if (number === undefined || (unit === undefined && at < rest.length)) throw sum.fail();
    else sum.add(number, unitOf(unit ?? "second", sum));
  }
}

function unitOf(written: string, sum: IntervalSum): string {
  const unit = UNIT_NAMES.get(written.toLowerCase());
  if (unit === undefined) throw sum.fail();
  return unit;
}

function readIso(text: string, sum: IntervalSum): void {
  let at = 1;
  let inTime = false;
  if (text.length === 1) throw sum.fail();
  while (at < text.length) {
    if (text[at] === "T" && !inTime) {
      inTime = true;
      at++;
      continue;
    }
    ISO_PART.lastIndex = at;
    const { number, unit = "" } = ISO_PART.exec(text)?.groups ?? {};
    if (number === undefined || ("HS".includes(unit) !== inTime && unit !== "M")) throw sum.fail();
    at = ISO_PART.lastIndex;
    sum.add(number, unit === "M" ? (inTime ? "minute" : "month") : (ISO_UNITS[unit] ?? ""));
  }
}
