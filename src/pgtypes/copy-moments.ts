/**
 * Dates and times in COPY data: checked by PostgreSQL's rules, given on in the one form DuckDB's cast reads exactly. ISO
 * texts of a plain day stay as they are; the days 29 to 31 and all other forms are read first.
 */
import { dateValue, timeTZValue, timeValue, timestampValue } from "../engine/vector-values.js";
import { INFINITE_DAYS } from "./calendar.js";
import { parseDate, parseTime, parseTimestamp, parseTimestamptz, parseTimetz } from "./parse-datetime.js";
import { parseInterval } from "./parse-interval.js";

const DAY = String.raw`(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])`;
const CLOCK = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?`;
const PLAIN_DATE = new RegExp(`^${DAY}$`);
const PLAIN_TIME = new RegExp(`^${CLOCK}$`);
const PLAIN_TIMESTAMP = new RegExp(`^${DAY} ${CLOCK}$`);
const PLAIN_TIMESTAMPTZ = new RegExp(`^${DAY} ${CLOCK}[+-](?:0\\d|1[0-4])$`);

export function readDate(text: string): string {
  if (PLAIN_DATE.test(text)) return text;
  const days = parseDate(text);
  if (Math.abs(days) === INFINITE_DAYS) return days > 0 ? "infinity" : "-infinity";
  return dateValue(days).toString();
}

export function readTime(text: string): string {
  return PLAIN_TIME.test(text) ? text : timeValue(parseTime(text)).toString();
}

export function readTimetz(text: string, timeZone: string): string {
  const { micros, offset } = parseTimetz(text, timeZone);
  return timeTZValue(micros, offset).toString();
}

export function readTimestamp(text: string): string {
  return PLAIN_TIMESTAMP.test(text) ? text : timestampValue(parseTimestamp(text)).toString();
}

export function readTimestamptz(text: string, timeZone: string): string {
  if (PLAIN_TIMESTAMPTZ.test(text)) return text;
  const written = timestampValue(parseTimestamptz(text, timeZone)).toString();
  return written.endsWith("infinity") ? written : `${written}+00`;
}

export function readInterval(text: string): string {
  const { months, days, micros } = parseInterval(text);
  return `${months} months ${days} days ${micros} microseconds`;
}
