/**
 * Tells fields that are values just as they came: whoever passes needs no reading, and DuckDB's cast reads the same value
 * PostgreSQL would. What does not pass may still be a value.
 */
import type { EngineType } from "../engine/types.js";
import { EngineTypeId } from "../engine/vector-values.js";

export type PlainTest = (bytes: Uint8Array, start: number, end: number) => boolean;

const MINUS = 0x2d;
const POINT = 0x2e;
const COLON = 0x3a;
const BLANK = 0x20;
const ZERO = 0x30;
/** Digits of an integer that cannot leave the type's range. */
const SAFE_DIGITS: ReadonlyMap<number, number> = new Map([
  [EngineTypeId.TINYINT, 2],
  [EngineTypeId.SMALLINT, 4],
  [EngineTypeId.INTEGER, 9],
  [EngineTypeId.BIGINT, 18],
  [EngineTypeId.UTINYINT, 2],
  [EngineTypeId.USMALLINT, 4],
  [EngineTypeId.UINTEGER, 9],
]);
const UNSIGNED: ReadonlySet<number> = new Set([
  EngineTypeId.UTINYINT,
  EngineTypeId.USMALLINT,
  EngineTypeId.UINTEGER,
]);
const DATE_LENGTH = 10;
const MOMENT_LENGTH = 19;
const MAX_FRACTION = 6;
/** Neither too large nor too small for a REAL, so nothing needs to be computed. */
const MAX_FLOAT_DIGITS = 30;

function never(): boolean {
  return false;
}

export function plainFieldTest(type: EngineType): PlainTest {
  switch (type.typeId) {
    case EngineTypeId.DECIMAL:
      return plainDecimal(type.width - type.scale, type.scale);
    case EngineTypeId.FLOAT:
    case EngineTypeId.DOUBLE:
      return plainDecimal(MAX_FLOAT_DIGITS, MAX_FLOAT_DIGITS);
    case EngineTypeId.DATE:
      return isPlainDate;
    case EngineTypeId.TIMESTAMP:
      return isPlainTimestamp;
    default: {
      const digits = SAFE_DIGITS.get(type.typeId);
      return digits === undefined ? never : plainInteger(digits, !UNSIGNED.has(type.typeId));
    }
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= 0x39;
}

/** As JSON writes it: no leading zero, no minus zero. */
function plainInteger(maxDigits: number, isSigned: boolean): PlainTest {
  return (bytes, start, end) => {
    let at = start;
    if (isSigned && bytes[at] === MINUS) at++;
    const digits = end - at;
    if (digits < 1 || digits > maxDigits) return false;
    if (bytes[at] === ZERO && (digits > 1 || at > start)) return false;
    for (; at < end; at++) if (!isDigit(bytes[at])) return false;
    return true;
  };
}

/** `12.34`: digits before the point, and perhaps a point with digits behind it. */
function plainDecimal(maxWhole: number, maxFraction: number): PlainTest {
  return (bytes, start, end) => {
    let at = start;
    if (bytes[at] === MINUS) at++;
    const whole = at;
    while (at < end && isDigit(bytes[at])) at++;
    if (at === whole || at - whole > maxWhole) return false;
    if (at === end) return true;
    if (bytes[at] !== POINT) return false;
    const fraction = ++at;
    while (at < end && isDigit(bytes[at])) at++;
    return at === end && at > fraction && at - fraction <= maxFraction;
  };
}

/** Two digits as a number; -1 when they are none. */
function pair(bytes: Uint8Array, at: number): number {
  const high = (bytes[at] ?? 0) - ZERO;
  const low = (bytes[at + 1] ?? 0) - ZERO;
  return high >= 0 && high <= 9 && low >= 0 && low <= 9 ? high * 10 + low : -1;
}

/** A day every month has, of the years 1 to 9999. */
function startsWithDate(bytes: Uint8Array, at: number): boolean {
  const century = pair(bytes, at);
  const year = pair(bytes, at + 2);
  const month = pair(bytes, at + 5);
  const day = pair(bytes, at + 8);
  if (bytes[at + 4] !== MINUS || bytes[at + 7] !== MINUS) return false;
  return (
    century >= 0 && year >= 0 && century + year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= 28
  );
}

function isPlainDate(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === DATE_LENGTH && startsWithDate(bytes, start);
}

function isPlainTimestamp(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length < MOMENT_LENGTH || length > MOMENT_LENGTH + 1 + MAX_FRACTION) return false;
  if (!startsWithDate(bytes, start) || bytes[start + 10] !== BLANK) return false;
  const [hour, minute, second] = [pair(bytes, start + 11), pair(bytes, start + 14), pair(bytes, start + 17)];
  if (bytes[start + 13] !== COLON || bytes[start + 16] !== COLON) return false;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return false;
  if (length === MOMENT_LENGTH) return true;
  if (bytes[start + MOMENT_LENGTH] !== POINT || length === MOMENT_LENGTH + 1) return false;
  for (let at = start + MOMENT_LENGTH + 1; at < end; at++) if (!isDigit(bytes[at])) return false;
  return true;
}
