/**
 * Text of dates, timestamps and intervals in the styles that are not PostgreSQL's defaults: DateStyle SQL, Postgres and
 * German, IntervalStyle sql_standard, postgres_verbose and iso_8601.
 *
 * Limits  times with a zone are written in UTC and GMT only: elsewhere PostgreSQL writes the zone's abbreviation, which
 *         is not known here (0A000)
 * Source  https://www.postgresql.org/docs/15/datatype-datetime.html#DATATYPE-DATETIME-OUTPUT, -INTERVAL-OUTPUT
 */
import { notSupported } from "../core/errors.js";
import { boundedEncoder, type ColumnEncoder } from "./cell-writer.js";
import { civilDate, INFINITE_DAYS, MICROS_PER_DAY } from "./calendar.js";
import { writeAscii } from "./float-text.js";
import { instant, readInstant, type TimeUnit } from "./instants.js";

/** A DateStyle other than ISO. */
export interface DateStyle {
  readonly format: "SQL" | "Postgres" | "German";
  /** Of its two parts DMY: the day is written in front of the month. */
  readonly dayFirst: boolean;
}

export type IntervalStyle = "sql_standard" | "postgres_verbose" | "iso_8601";

/** The setting as SHOW prints it; undefined for ISO, whose order says only how dates are read. */
export function dateStyleOf(setting: string): DateStyle | undefined {
  const [format, order] = setting.split(", ");
  if (format !== "SQL" && format !== "Postgres" && format !== "German") return undefined;
  return { format, dayFirst: order === "DMY" };
}

/** Undefined for postgres, the default. */
export function intervalStyleOf(setting: string): IntervalStyle | undefined {
  return setting === "sql_standard" || setting === "postgres_verbose" || setting === "iso_8601"
    ? setting
    : undefined;
}

/** `Wed Feb 29 13:04:05.123456 294276 UTC BC` with room to spare. */
const MAX_DATE_TEXT = 64;
const MAX_INTERVAL_TEXT = 160;
const WEEKDAYS = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export function styledDate(style: DateStyle): ColumnEncoder {
  return boundedEncoder(MAX_DATE_TEXT, (vector) => {
    const days = vector.int32(1);
    return (bytes, at, row) => {
      const day = days[row] ?? 0;
      if (Math.abs(day) === INFINITE_DAYS) return writeAscii(bytes, at, day < 0 ? "-infinity" : "infinity");
      return writeAscii(bytes, at, `${dateText(day, style)}${eraText(day)}`);
    };
  });
}

export function styledTimestamp(unit: TimeUnit, style: DateStyle, zone = ""): ColumnEncoder {
  return boundedEncoder(MAX_DATE_TEXT, (vector) => {
    const words = vector.uint32(2);
    return (bytes, at, row) =>
      writeAscii(
        bytes,
        at,
        readInstant(words, row, unit) ?? momentText(instant.days, instant.micros, style, zone),
      );
  });
}

const NAMED_ZONES: ReadonlyMap<string, string> = new Map([
  ["UTC", "UTC"],
  ["Etc/UTC", "UTC"],
  ["GMT", "GMT"],
]);

/** Errors: 0A000 for a zone whose abbreviation is not known. */
export function styledTimestamptz(timeZone: string, style: DateStyle): ColumnEncoder {
  const zone = NAMED_ZONES.get(timeZone);
  if (zone === undefined) {
    throw notSupported(
      `times with a zone in DateStyle "${style.format}" are not supported in the time zone "${timeZone}"`,
      "set DateStyle to ISO, or TimeZone to UTC",
    );
  }
  return styledTimestamp("us", style, ` ${zone}`);
}

function momentText(days: number, micros: number, style: DateStyle, zone: string): string {
  const time = clockText(micros % MICROS_PER_DAY);
  if (style.format !== "Postgres") return `${dateText(days, style)} ${time}${zone}${eraText(days)}`;
  const { year, month, day } = civilDate(days);
  const monthName = MONTHS[month - 1] ?? "";
  const date = style.dayFirst ? `${padded(day)} ${monthName}` : `${monthName} ${padded(day)}`;
  const weekday = WEEKDAYS[((days % 7) + 7) % 7] ?? "";
  return `${weekday} ${date} ${time} ${yearText(year)}${zone}${eraText(days)}`;
}

function dateText(days: number, { format, dayFirst }: DateStyle): string {
  const { year, month, day } = civilDate(days);
  if (format === "German") return `${padded(day)}.${padded(month)}.${yearText(year)}`;
  const separator = format === "SQL" ? "/" : "-";
  const parts = dayFirst ? [padded(day), padded(month)] : [padded(month), padded(day)];
  return [...parts, yearText(year)].join(separator);
}

function yearText(year: number): string {
  return padded(year > 0 ? year : 1 - year, 4);
}

function eraText(days: number): string {
  return civilDate(days).year > 0 ? "" : " BC";
}

function clockText(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return clock.map((part) => padded(part)).join(":") + fractionText(micros % 1_000_000);
}

/** `.5` of 500,000 microseconds, nothing of 0. */
function fractionText(micros: number): string {
  return micros === 0 ? "" : `.${padded(micros, 6).replace(/0+$/, "")}`;
}

function padded(value: number, width = 2): string {
  return String(value).padStart(width, "0");
}

/** Of one sign each but years with months, and hours with minutes, seconds and microseconds. */
interface IntervalFields {
  readonly years: number;
  readonly months: number;
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  readonly micros: number;
}

const WRITERS: Readonly<Record<IntervalStyle, (fields: IntervalFields) => string>> = {
  sql_standard: standardInterval,
  postgres_verbose: verboseInterval,
  iso_8601: isoInterval,
};

export function styledInterval(style: IntervalStyle): ColumnEncoder {
  const write = WRITERS[style];
  return boundedEncoder(MAX_INTERVAL_TEXT, (vector) => {
    const words = vector.int32(4);
    return (bytes, at, row) => {
      const [months = 0, days = 0, low = 0, high = 0] = words.subarray(4 * row, 4 * row + 4);
      const micros = (BigInt(high) << 32n) | BigInt(low >>> 0);
      return writeAscii(bytes, at, write(fieldsOf(months, days, micros)));
    };
  });
}

function fieldsOf(months: number, days: number, micros: bigint): IntervalFields {
  const seconds = micros / 1_000_000n;
  return {
    years: Math.trunc(months / 12),
    months: months % 12,
    days,
    hours: Number(seconds / 3600n),
    minutes: Number((seconds / 60n) % 60n),
    seconds: Number(seconds % 60n),
    micros: Number(micros % 1_000_000n),
  };
}

/** `P1Y2M-3DT4H-5M6.5S` */
function isoInterval({ years, months, days, hours, minutes, seconds, micros }: IntervalFields): string {
  const second = seconds === 0 && micros === 0 ? "" : `${signedSeconds(seconds, micros)}S`;
  const date = isoPart(years, "Y") + isoPart(months, "M") + isoPart(days, "D");
  const time = isoPart(hours, "H") + isoPart(minutes, "M") + second;
  if (date === "" && time === "") return "PT0S";
  return `P${date}${time === "" ? "" : `T${time}`}`;
}

function isoPart(value: number, unit: string): string {
  return value === 0 ? "" : `${value}${unit}`;
}

/** `@ 1 year 2 mons -3 days 4.5 secs ago`: signs are those beside the first part's. */
function verboseInterval(fields: IntervalFields): string {
  const { years, months, days, hours, minutes, seconds, micros } = fields;
  const parts = [
    { value: years, unit: "year" },
    { value: months, unit: "mon" },
    { value: days, unit: "day" },
    { value: hours, unit: "hour" },
    { value: minutes, unit: "min" },
    { value: seconds + micros / 1_000_000, unit: "sec" },
  ].filter(({ value }) => value !== 0);
  const isAgo = (parts[0]?.value ?? 0) < 0;
  const texts = parts.map(({ value, unit }) => {
    const shown = isAgo ? -value : value;
    const text =
      unit === "sec"
        ? signedSeconds(...(isAgo ? negated(seconds, micros) : ([seconds, micros] as const)))
        : String(shown);
    return ` ${text} ${unit}${isOne(shown, unit) ? "" : "s"}`;
  });
  return texts.length === 0 ? "@ 0" : `@${texts.join("")}${isAgo ? " ago" : ""}`;
}

/** One second behind a sign is one, too; of the others only one itself. */
function isOne(value: number, unit: string): boolean {
  return value === 1 || (unit === "sec" && value === -1);
}

function negated(seconds: number, micros: number): readonly [number, number] {
  return [-seconds, -micros];
}

/** `1-2`, `3 4:05:06`, or with a sign at each part `+1-2 -3 +4:05:06` when one sign for all would not do. */
function standardInterval(fields: IntervalFields): string {
  const { years, months, days, hours, minutes, seconds, micros } = fields;
  const values = [years, months, days, hours, minutes, seconds, micros];
  const isNegative = values.some((value) => value < 0);
  const isPositive = values.some((value) => value > 0);
  if (!isNegative && !isPositive) return "0";
  const isYears = years !== 0 || months !== 0;
  const isTime = hours !== 0 || minutes !== 0 || seconds !== 0 || micros !== 0;
  const sizes = values.map(Math.abs);
  const [y = 0, m = 0, d = 0] = sizes;
  const clock = clockOf(sizes);
  if ((isNegative && isPositive) || (isYears && (days !== 0 || isTime))) {
    const yearSign = years < 0 || months < 0 ? "-" : "+";
    const timeSign = hours < 0 || minutes < 0 || seconds < 0 || micros < 0 ? "-" : "+";
    return `${yearSign}${y}-${m} ${days < 0 ? "-" : "+"}${d} ${timeSign}${clock}`;
  }
  const sign = isNegative ? "-" : "";
  if (isYears) return `${sign}${y}-${m}`;
  return days === 0 ? `${sign}${clock}` : `${sign}${d} ${clock}`;
}

function clockOf([, , , hours = 0, minutes = 0, seconds = 0, micros = 0]: readonly number[]): string {
  return `${hours}:${padded(minutes)}:${padded(seconds)}${fractionText(micros)}`;
}

function signedSeconds(seconds: number, micros: number): string {
  const sign = seconds < 0 || micros < 0 ? "-" : "";
  return `${sign}${Math.abs(seconds)}${fractionText(Math.abs(micros))}`;
}
