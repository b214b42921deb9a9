/**
 * PostgreSQL's text input of dates and times, in the ISO forms that drivers send.
 *
 * Shape   `2024-02-29`, `20240229`, with `12:34:56.789` or `T123456` behind a blank or T, a zone (`Z`, `+02`, `-03:30`,
 *         ` Europe/Berlin`), ` BC` before or behind it; `infinity`, `-infinity`, `epoch`
 * Limits  forms that depend on DateStyle (`1/2/2024`) or spell the month are SqlError 22007: never guessed
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { nearestEven } from "../core/nearest-even.js";
import { INFINITE_DAYS, MICROS_PER_DAY, joinDays } from "./calendar.js";
import { datetimeOutOfRange, fieldOutOfRange, invalidDatetime } from "./input-errors.js";
import { trimBlanks } from "./parse-numbers.js";
import { findZone, zoneOffsets } from "./zone-offsets.js";

const DATE = String.raw`(?<year>\d{4,7})-(?<month>\d{1,2})-(?<day>\d{1,2})`;
const COMPACT_DATE = String.raw`(?<cyear>\d{4})(?<cmonth>\d{2})(?<cday>\d{2})`;
const TIME = String.raw`(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:\.(?<fraction>\d*))?)?`;
const COMPACT_TIME = String.raw`(?<chour>\d{2})(?<cminute>\d{2})(?<csecond>\d{2})(?:\.(?<cfraction>\d*))?`;
const MERIDIEM = String.raw`(?:\s*(?<meridiem>[ap]m))?`;
const OFFSET = String.raw`(?<sign>[+-])(?<zhour>\d{1,2})(?::?(?<zminute>\d{2})(?::?(?<zsecond>\d{2}))?)?`;
const ZONE = String.raw`(?:\s*(?:(?<utc>z|zulu)|${OFFSET})|\s+(?<zone>[a-z][a-z0-9_+/-]*))?`;
const ERA = String.raw`(?:\s*(?<era>bc|ad))?`;
const CLOCK = `(?:${TIME}|${COMPACT_TIME})${MERIDIEM}`;

/** A zone may stand behind a date alone; `-05` only behind a blank, or it would be a part of the date. */
const MOMENT = new RegExp(`^(?:${DATE}|${COMPACT_DATE})(?!-)(?:(?:\\s*t|\\s+)${CLOCK})?${ZONE}${ERA}$`, "i");
const ERA_BEFORE_ZONE = new RegExp(`^(?:${DATE})(?:(?:\\s*t|\\s+)${CLOCK})?\\s*(?<era>bc|ad)${ZONE}$`, "i");
const CLOCK_ONLY = new RegExp(`^t?${CLOCK}${ZONE}$`, "i");
const MICROS_PER_SECOND = 1_000_000;
/** PostgreSQL: less than 16 hours to either side. */
const MAX_OFFSET_SECONDS = 16 * 3600 - 1;
const DAY_COUNTS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;
const INFINITE_MICROS = 9_223_372_036_854_775_807n;

type Fields = Readonly<Record<string, string | undefined>>;

interface Moment {
  /** The date as written: a time of 24:00 or second 60 does not count into it. */
  readonly date: number;
  readonly days: number;
  readonly micros: number;
  /** As written, or undefined when no zone was. */
  readonly offset: number | undefined;
}

/** Days since 1970-01-01; a time behind the date is left out, as PostgreSQL does. */
export function parseDate(text: string): number {
  const special = specialMicros(text);
  if (special !== undefined) return special === 0n ? 0 : special > 0n ? INFINITE_DAYS : -INFINITE_DAYS;
  return readMoment(text, "date").date;
}

/** Microseconds since 1970-01-01; a zone is left out, as PostgreSQL does. */
export function parseTimestamp(text: string): bigint {
  const special = specialMicros(text);
  if (special !== undefined) return special;
  const { days, micros } = readMoment(text, "timestamp");
  return checkedMicros(days, micros, "timestamp", text);
}

/** Microseconds since 1970-01-01 UTC; without a zone the time is local in `timeZone`. */
export function parseTimestamptz(text: string, timeZone: string): bigint {
  const special = specialMicros(text);
  if (special !== undefined) return special;
  const { days, micros, offset } = readMoment(text, "timestamp with time zone");
  const seconds = days * 86_400 + Math.floor(micros / MICROS_PER_SECOND);
  const shift = (offset ?? zoneOffsets(timeZone).offsetOfLocal(seconds)) * MICROS_PER_SECOND;
  return checkedMicros(days, micros - shift, "timestamp", text);
}

/** Microseconds of the day, 24:00:00 included; a date in front is left out. */
export function parseTime(text: string): bigint {
  return BigInt(readClock(text, "time").micros);
}

/** Microseconds of the day and seconds east of UTC. A zone without fixed offset needs a date. */
export function parseTimetz(text: string, timeZone: string): { micros: bigint; offset: number } {
  const { micros, offset } = readClock(text, "time with time zone");
  const local = offset ?? zoneOffsets(timeZone).offsetAt(Date.now() / 1000);
  return { micros: BigInt(micros), offset: local };
}

function specialMicros(text: string): bigint | undefined {
  switch (trimBlanks(text).toLowerCase()) {
    case "infinity":
    case "+infinity":
      return INFINITE_MICROS;
    case "-infinity":
      return -INFINITE_MICROS;
    case "epoch":
      return 0n;
    default:
      return undefined;
  }
}

function checkedMicros(days: number, micros: number, typeName: string, text: string): bigint {
  const value = BigInt(days) * BigInt(MICROS_PER_DAY) + BigInt(micros);
  if (value >= INFINITE_MICROS || value <= -INFINITE_MICROS) throw datetimeOutOfRange(typeName, text);
  return value;
}

function readMoment(text: string, typeName: string): Moment {
  const trimmed = trimBlanks(text);
  const fields: Fields | undefined = (ERA_BEFORE_ZONE.exec(trimmed) ?? MOMENT.exec(trimmed))?.groups;
  if (fields === undefined) throw invalidDatetime(typeName, text);
  const days = daysOf(fields, text);
  const micros = fields["hour"] === undefined && fields["chour"] === undefined ? 0 : microsOf(fields, text);
  const carried = Math.floor(micros / MICROS_PER_DAY);
  const local = { days: days + carried, micros: micros - carried * MICROS_PER_DAY };
  const seconds = local.days * 86_400 + Math.floor(local.micros / MICROS_PER_SECOND);
  return { date: days, ...local, offset: offsetOf(fields, text, seconds, typeName) };
}

function readClock(text: string, typeName: string): Moment {
  const fields = CLOCK_ONLY.exec(trimBlanks(text))?.groups;
  if (fields === undefined) {
    const moment = readMoment(text, typeName);
    if (!/[:t ]/i.test(trimBlanks(text))) throw invalidDatetime(typeName, text);
    return moment;
  }
  if (fields["zone"] !== undefined && !/^(utc|gmt)$/i.test(fields["zone"]))
    throw invalidDatetime(typeName, text);
  const offset = offsetOf(fields, text, 0, typeName);
  return { date: 0, days: 0, micros: microsOf(fields, text), offset };
}

function daysOf(fields: Fields, text: string): number {
  const written = Number(fields["year"] ?? fields["cyear"]);
  const isBc = fields["era"]?.toLowerCase() === "bc";
  if (written === 0) throw fieldOutOfRange(text);
  const year = isBc ? 1 - written : written;
  const month = Number(fields["month"] ?? fields["cmonth"]);
  const day = Number(fields["day"] ?? fields["cday"]);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) throw fieldOutOfRange(text);
  const days = joinDays(year, month, day);
  if (Math.abs(days) >= INFINITE_DAYS) throw datetimeOutOfRange("date", text);
  return days;
}

function daysInMonth(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && isLeap ? 29 : (DAY_COUNTS[month - 1] ?? 0);
}

/** Microseconds of the day; second 60 and 24:00:00 run over into the next day, more is an error. */
function microsOf(fields: Fields, text: string): number {
  const hour = hourOf(fields, text);
  const minute = Number(fields["minute"] ?? fields["cminute"]);
  const second = Number(fields["second"] ?? fields["csecond"] ?? 0);
  const fraction = nearestEven(
    Number(`0.${fields["fraction"] ?? fields["cfraction"] ?? ""}0`) * MICROS_PER_SECOND,
  );
  const micros = ((hour * 60 + minute) * 60 + second) * MICROS_PER_SECOND + fraction;
  if (minute > 59 || second > 60 || hour > 24 || micros > MICROS_PER_DAY) throw fieldOutOfRange(text);
  return micros;
}

function hourOf(fields: Fields, text: string): number {
  const hour = Number(fields["hour"] ?? fields["chour"]);
  const meridiem = fields["meridiem"]?.toLowerCase();
  if (meridiem === undefined) return hour;
  if (hour > 12) throw fieldOutOfRange(text);
  return (hour % 12) + (meridiem === "pm" ? 12 : 0);
}

/** `localSeconds` is the moment as written: a named zone's offset depends on it. */
function offsetOf(fields: Fields, text: string, localSeconds: number, typeName: string): number | undefined {
  if (fields["utc"] !== undefined) return 0;
  if (fields["zone"] !== undefined) {
    const zone = findZone(fields["zone"]);
    if (zone !== undefined) return zone.offsetOfLocal(localSeconds);
    if (!fields["zone"].includes("/")) throw invalidDatetime(typeName, text);
    throw new SqlError(SQLSTATE.invalidParameterValue, `time zone "${fields["zone"]}" not recognized`);
  }
  if (fields["sign"] === undefined) return undefined;
  const minutes = Number(fields["zminute"] ?? 0);
  const size = Number(fields["zhour"]) * 3600 + minutes * 60 + Number(fields["zsecond"] ?? 0);
  if (size > MAX_OFFSET_SECONDS || minutes > 59) {
    throw new SqlError(
      SQLSTATE.invalidTimeZoneDisplacement,
      `time zone displacement out of range: "${text}"`,
    );
  }
  return fields["sign"] === "-" ? -size : size;
}
