/**
 * Days and microseconds as PostgreSQL writes them (DateStyle ISO): proleptic Gregorian, `BC` for years before 1.
 *
 * Shape   days count from 1970-01-01; writers give back the position after what they wrote
 */
import { writePadded, writePair, writeUint } from "./digits.js";

export const MICROS_PER_DAY = 86_400_000_000;
/** DuckDB's and PostgreSQL's `infinity` of a date; `-infinity` is its negative. */
export const INFINITE_DAYS = 2_147_483_647;
/** `YYYYYY-MM-DD HH:MM:SS.ffffff+HH:MM:SS BC` with room to spare. */
export const MAX_TIMESTAMP_TEXT = 44;

/** The last date split by `splitDays`: columns of dates mostly repeat or ascend. Read it before the next call. */
const civil = { year: 1970, month: 1, day: 1 };

/** Days of 1800 … 2199, in which nearly all dates lie: year << 9 | month << 5 | day, filled on first use. */
const FIRST_PACKED_DAY = -62_091;
const PACKED_DAYS = 146_097;
let packedDays: Int32Array | undefined;

/** Year (astronomical: 0 = 1 BC), month and day of a day number. */
export function civilDate(days: number): {
  readonly year: number;
  readonly month: number;
  readonly day: number;
} {
  splitDays(days);
  return { ...civil };
}

/** Splits a day number into `civil`. */
function splitDays(days: number): void {
  const index = days - FIRST_PACKED_DAY;
  if (index < 0 || index >= PACKED_DAYS) {
    computeCivil(days);
    return;
  }
  packedDays ??= packDays();
  const packed = packedDays[index] ?? 0;
  civil.year = packed >> 9;
  civil.month = (packed >> 5) & 15;
  civil.day = packed & 31;
}

function packDays(): Int32Array {
  return Int32Array.from({ length: PACKED_DAYS }, (_, index) => {
    computeCivil(index + FIRST_PACKED_DAY);
    return (civil.year << 9) | (civil.month << 5) | civil.day;
  });
}

/** Counts in 400-year eras from 0000-03-01. */
function computeCivil(days: number): void {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + (yearOfEra >> 2) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  civil.day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  civil.month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  civil.year = yearOfEra + era * 400 + (civil.month <= 2 ? 1 : 0);
}

/** The day number of a date; `year` is astronomical (0 = 1 BC). The month and day must exist. */
export function joinDays(year: number, month: number, day: number): number {
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + (yearOfEra >> 2) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
}

/** `2024-02-29`, without the era: `writeEra` ends the value, after the time if there is one. */
export function writeDate(bytes: Uint8Array, at: number, days: number): number {
  splitDays(days);
  const year = civil.year > 0 ? civil.year : 1 - civil.year;
  let next =
    year < 10_000
      ? writePair(bytes, writePair(bytes, at, (year / 100) | 0), year % 100)
      : writeUint(bytes, at, year);
  bytes[next++] = 0x2d;
  next = writePair(bytes, next, civil.month);
  bytes[next++] = 0x2d;
  return writePair(bytes, next, civil.day);
}

/** ` BC` when the date last split lies before year 1. */
export function writeEra(bytes: Uint8Array, at: number): number {
  if (civil.year > 0) return at;
  bytes[at] = 0x20;
  bytes[at + 1] = 0x42;
  bytes[at + 2] = 0x43;
  return at + 3;
}

/** `12:34:56.78`: microseconds of a day (24:00:00 included), trailing zeros of the fraction left out. */
export function writeTime(bytes: Uint8Array, at: number, micros: number): number {
  const seconds = Math.floor(micros / 1_000_000);
  const next = writeClock(bytes, at, seconds);
  return writeFraction(bytes, next, micros - seconds * 1_000_000);
}

function writeClock(bytes: Uint8Array, at: number, seconds: number): number {
  const minutes = (seconds / 60) | 0;
  const hours = (minutes / 60) | 0;
  writePair(bytes, at, hours);
  bytes[at + 2] = 0x3a;
  writePair(bytes, at + 3, minutes - hours * 60);
  bytes[at + 5] = 0x3a;
  return writePair(bytes, at + 6, seconds - minutes * 60);
}

/** `.5` of 500,000 microseconds, nothing of 0. */
export function writeFraction(bytes: Uint8Array, at: number, micros: number): number {
  if (micros === 0) return at;
  bytes[at] = 0x2e;
  let end = writePadded(bytes, at + 1, micros, 6);
  while (bytes[end - 1] === 0x30) end--;
  return end;
}

/** `+02`, `-03:30`, `+00:17:30`: an offset east of UTC in seconds. */
export function writeOffset(bytes: Uint8Array, at: number, offset: number): number {
  const size = Math.abs(offset);
  bytes[at] = offset < 0 ? 0x2d : 0x2b;
  let next = writePadded(bytes, at + 1, (size / 3600) | 0, 2);
  const rest = size % 3600;
  if (rest === 0) return next;
  bytes[next++] = 0x3a;
  next = writePadded(bytes, next, (rest / 60) | 0, 2);
  if (rest % 60 === 0) return next;
  bytes[next++] = 0x3a;
  return writePadded(bytes, next, rest % 60, 2);
}
