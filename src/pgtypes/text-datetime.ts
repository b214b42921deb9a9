/** Text of dates, times and intervals: DateStyle ISO, IntervalStyle postgres. */
import type { ColumnVector } from "../engine/vectors.js";
import { boundedEncoder, type CellWriter, type ColumnEncoder } from "./cell-writer.js";
import {
  INFINITE_DAYS,
  MAX_TIMESTAMP_TEXT,
  MICROS_PER_DAY,
  writeDate,
  writeEra,
  writeFraction,
  writeOffset,
  writeTime,
} from "./calendar.js";
import { writePadded, writeInt, writeUint, MINUS } from "./digits.js";
import { writeAscii } from "./float-text.js";
import { instant, readInstant, type TimeUnit } from "./instants.js";
import { zoneOffsets } from "./zone-offsets.js";

const SPACE = 0x20;
const TWO_32 = 4294967296;
/** Offset of a TIMETZ is stored inverted, above this. */
const TIMETZ_MAX_OFFSET = 57_599;

export const dateText: ColumnEncoder = boundedEncoder(MAX_TIMESTAMP_TEXT, (vector) => {
  const days = vector.int32(1);
  return (bytes, at, row) => {
    const day = days[row] ?? 0;
    if (day === INFINITE_DAYS) return writeAscii(bytes, at, "infinity");
    if (day === -INFINITE_DAYS) return writeAscii(bytes, at, "-infinity");
    return writeEra(bytes, writeDate(bytes, at, day));
  };
});

/** TIMESTAMP of any unit; `separator` is a space, or `T` inside JSON. */
export function timestampText(unit: TimeUnit, separator: number = SPACE): ColumnEncoder {
  return boundedEncoder(MAX_TIMESTAMP_TEXT, (vector) => {
    const words = vector.uint32(2);
    return (bytes, at, row) => {
      const special = readInstant(words, row, unit);
      if (special !== null) return writeAscii(bytes, at, special);
      let next = writeDate(bytes, at, instant.days);
      bytes[next++] = separator;
      next = writeTime(bytes, next, instant.micros);
      return writeEra(bytes, next);
    };
  });
}

/** TIMESTAMPTZ in a time zone. `fullOffset`: always with minutes, as PostgreSQL writes it inside JSON. */
export function timestamptzText(
  timeZone: string,
  separator: number = SPACE,
  fullOffset = false,
): ColumnEncoder {
  const zone = zoneOffsets(timeZone);
  return boundedEncoder(MAX_TIMESTAMP_TEXT, (vector) => {
    const words = vector.uint32(2);
    return (bytes, at, row) => {
      const special = readInstant(words, row, "us");
      if (special !== null) return writeAscii(bytes, at, special);
      const offset = zone.offsetAt(instant.days * 86_400 + Math.floor(instant.micros / 1_000_000));
      const micros = instant.micros + offset * 1_000_000;
      const shift = Math.floor(micros / MICROS_PER_DAY);
      let next = writeDate(bytes, at, instant.days + shift);
      bytes[next++] = separator;
      next = writeTime(bytes, next, micros - shift * MICROS_PER_DAY);
      next = writeOffset(bytes, next, offset);
      if (fullOffset && offset % 3600 === 0) next = writeAscii(bytes, next, ":00");
      return writeEra(bytes, next);
    };
  });
}

function openTime(vector: ColumnVector, divisor: number): CellWriter {
  const words = vector.uint32(2);
  return (bytes, at, row) => {
    const value = (words[2 * row + 1] ?? 0) * TWO_32 + (words[2 * row] ?? 0);
    return writeTime(bytes, at, Math.floor(value / divisor));
  };
}

export const timeText: ColumnEncoder = boundedEncoder(16, (vector) => openTime(vector, 1));
/** TIME_NS: PostgreSQL has microseconds; the rest is cut off, as DuckDB's own cast to TIME does. */
export const timeNanosText: ColumnEncoder = boundedEncoder(16, (vector) => openTime(vector, 1000));

/** TIMETZ: 40 bits of microseconds above 24 bits of inverted offset. */
export const timetzText: ColumnEncoder = boundedEncoder(26, (vector) => {
  const words = vector.uint32(2);
  return (bytes, at, row) => {
    const { micros, offset } = splitTimetz(words, row);
    return writeOffset(bytes, writeTime(bytes, at, micros), offset);
  };
});

/** Microseconds and offset east of UTC in seconds of a TIMETZ. */
export function splitTimetz(words: Uint32Array, row: number): { micros: number; offset: number } {
  const low = words[2 * row] ?? 0;
  return {
    micros: (words[2 * row + 1] ?? 0) * 256 + (low >>> 24),
    offset: TIMETZ_MAX_OFFSET - (low & 0xffffff),
  };
}

/** `1 year 2 mons -3 days +04:05:06.5`: months and days i32, then microseconds i64. */
export const intervalText: ColumnEncoder = boundedEncoder(96, (vector) => {
  const words = vector.int32(4);
  return (bytes, at, row) => {
    const months = words[4 * row] ?? 0;
    const days = words[4 * row + 1] ?? 0;
    const high = words[4 * row + 3] ?? 0;
    const low = (words[4 * row + 2] ?? 0) >>> 0;
    return writeInterval(bytes, at, { months, days, high, low });
  };
});

interface IntervalParts {
  readonly months: number;
  readonly days: number;
  readonly high: number;
  readonly low: number;
}

function writeInterval(bytes: Uint8Array, at: number, { months, days, high, low }: IntervalParts): number {
  const years = Math.trunc(months / 12);
  const part: IntervalPart = { at, start: at, afterNegative: false };
  writeIntervalPart(bytes, part, years, " year");
  writeIntervalPart(bytes, part, months - years * 12, " mon");
  writeIntervalPart(bytes, part, days, " day");
  if (part.at !== at && high === 0 && low === 0) return part.at;
  let next = part.at;
  if (next !== at) bytes[next++] = SPACE;
  if (high < 0) bytes[next++] = MINUS;
  else if (part.afterNegative) bytes[next++] = 0x2b;
  return writeIntervalTime(bytes, next, high, low);
}

interface IntervalPart {
  at: number;
  readonly start: number;
  /** A positive part after a negative one gets a plus sign, so that it is not read as negative too. */
  afterNegative: boolean;
}

function writeIntervalPart(bytes: Uint8Array, part: IntervalPart, value: number, unit: string): void {
  if (value === 0) return;
  let next = part.at;
  if (next !== part.start) bytes[next++] = SPACE;
  if (part.afterNegative && value > 0) bytes[next++] = 0x2b;
  next = writeAscii(bytes, writeInt(bytes, next, value), unit);
  if (value !== 1) bytes[next++] = 0x73;
  part.at = next;
  part.afterNegative = value < 0;
}

/** The absolute time `HH:MM:SS.ffffff`; hours may have more than two digits. */
function writeIntervalTime(bytes: Uint8Array, at: number, high: number, low: number): number {
  const { seconds, micros } = splitSeconds(high, low);
  const hours = Math.floor(seconds / 3600);
  let next = hours < 100 ? writePadded(bytes, at, hours, 2) : writeUint(bytes, at, hours);
  bytes[next++] = 0x3a;
  next = writePadded(bytes, next, Math.floor(seconds / 60) % 60, 2);
  bytes[next++] = 0x3a;
  next = writePadded(bytes, next, seconds % 60, 2);
  return writeFraction(bytes, next, micros);
}

/** |high:low| microseconds as seconds and microseconds, exact over the whole 64-bit range. */
function splitSeconds(high: number, low: number): { seconds: number; micros: number } {
  if (high >= -0x100000 && high < 0x100000) {
    const size = Math.abs(high * TWO_32 + low);
    const seconds = Math.floor(size / 1_000_000);
    return { seconds, micros: size - seconds * 1_000_000 };
  }
  const value = (BigInt(high) << 32n) | BigInt(low);
  const size = value < 0n ? -value : value;
  return { seconds: Number(size / 1_000_000n), micros: Number(size % 1_000_000n) };
}
