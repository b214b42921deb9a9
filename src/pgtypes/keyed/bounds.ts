/**
 * The types that ranges are over: how one bound is read, written, counted on and put in order.
 *
 * Shape   int4, int8, date, timestamp and timestamptz are whole numbers (days and microseconds since 1970); numeric is
 *         an unscaled number and its scale
 */
import { SQLSTATE, SqlError } from "../../core/errors.js";
import { INFINITE_DAYS, MICROS_PER_DAY, writeDate, writeEra, writeOffset, writeTime } from "../calendar.js";
import { parseDate, parseTimestamp, parseTimestamptz } from "../parse-datetime.js";
import { parseInteger, parseNumeric } from "../parse-numbers.js";
import type { InputOptions } from "../parse-value.js";
import type { ExactNumber } from "../typed-value.js";
import { zoneOffsets } from "../zone-offsets.js";
import { readWhole } from "../value-reader.js";
import { numericBytes, numericFrom } from "./numeric-bytes.js";

export interface BoundType<T> {
  readonly read: (text: string, options: InputOptions) => T;
  readonly text: (value: T, options: InputOptions) => string;
  readonly readBinary: (bytes: Uint8Array) => T;
  readonly binary: (value: T) => Uint8Array;
  /** In the order of the values, compared byte by byte; none begins another. */
  readonly key: (value: T) => string;
  /** The next value, of types that have one; none comes after infinity. Errors: 22003, 22008 behind the last. */
  readonly next?: (value: T) => T | undefined;
}

const EPOCH_DAYS = 10_957n;
const EPOCH_MICROS = 946_684_800_000_000n;
const MAX_INT64 = 9_223_372_036_854_775_807n;
const KEY_DIGITS = 16;

function integerKey(value: bigint): string {
  return (value + MAX_INT64 + 1n).toString(16).padStart(KEY_DIGITS, "0");
}

function bigEndian(value: bigint, size: 4 | 8): Uint8Array {
  const bytes = Buffer.alloc(size);
  if (size === 4) bytes.writeInt32BE(Number(value));
  else bytes.writeBigInt64BE(value);
  return bytes;
}

function readBigEndian(bytes: Uint8Array, size: 4 | 8): bigint {
  return readWhole(bytes, (reader) => (size === 4 ? BigInt(reader.int32()) : reader.int64()));
}

function integerBound(name: "integer" | "bigint"): BoundType<bigint> {
  const size = name === "integer" ? 4 : 8;
  const most = name === "integer" ? 2_147_483_647n : MAX_INT64;
  return {
    read: (text) => parseInteger(text, name),
    text: String,
    readBinary: (bytes) => readBigEndian(bytes, size),
    binary: (value) => bigEndian(value, size),
    key: integerKey,
    next: (value) => {
      if (value < most) return value + 1n;
      throw new SqlError(SQLSTATE.numericValueOutOfRange, `${name} out of range`);
    },
  };
}

/** PostgreSQL's infinite dates and times lie at the ends of its integers, ours one further in at the lower end. */
function fromEpoch(value: bigint, epoch: bigint, infinite: bigint): bigint {
  if (value === infinite) return infinite;
  return value === -infinite - 1n ? -infinite : value + epoch;
}

function toEpoch(value: bigint, epoch: bigint, infinite: bigint): bigint {
  if (value === infinite) return infinite;
  return value === -infinite ? -infinite - 1n : value - epoch;
}

const LAST_DAY = BigInt(INFINITE_DAYS);

const dateBound: BoundType<bigint> = {
  read: (text) => BigInt(parseDate(text)),
  text: (days) =>
    infiniteText(days, LAST_DAY) ?? written((bytes) => writeEra(bytes, writeDate(bytes, 0, Number(days)))),
  readBinary: (bytes) => fromEpoch(readBigEndian(bytes, 4), EPOCH_DAYS, LAST_DAY),
  binary: (days) => bigEndian(toEpoch(days, EPOCH_DAYS, LAST_DAY), 4),
  key: integerKey,
  next: (days) => {
    if (days === LAST_DAY || days === -LAST_DAY) return undefined;
    if (days + 1n < LAST_DAY) return days + 1n;
    throw new SqlError(SQLSTATE.datetimeFieldOverflow, "date out of range");
  },
};

function momentBound(read: BoundType<bigint>["read"], hasZone: boolean): BoundType<bigint> {
  return {
    read,
    text: (micros, { timeZone }) =>
      infiniteText(micros, MAX_INT64) ?? momentText(micros, hasZone ? timeZone : undefined),
    readBinary: (bytes) => fromEpoch(readBigEndian(bytes, 8), EPOCH_MICROS, MAX_INT64),
    binary: (micros) => bigEndian(toEpoch(micros, EPOCH_MICROS, MAX_INT64), 8),
    key: integerKey,
  };
}

function infiniteText(value: bigint, infinite: bigint): string | undefined {
  if (value === infinite) return "infinity";
  return value === -infinite ? "-infinity" : undefined;
}

function momentText(micros: bigint, timeZone: string | undefined): string {
  const seconds = Number(floorDivide(micros, 1_000_000n));
  const offset = timeZone === undefined ? 0 : zoneOffsets(timeZone).offsetAt(seconds);
  const local = micros + BigInt(offset) * 1_000_000n;
  const days = floorDivide(local, BigInt(MICROS_PER_DAY));
  return written((bytes) => {
    let at = writeDate(bytes, 0, Number(days));
    bytes[at++] = 0x20;
    at = writeTime(bytes, at, Number(local - days * BigInt(MICROS_PER_DAY)));
    return writeEra(bytes, timeZone === undefined ? at : writeOffset(bytes, at, offset));
  });
}

function floorDivide(value: bigint, by: bigint): bigint {
  return (value - (((value % by) + by) % by)) / by;
}

function written(write: (bytes: Uint8Array) => number): string {
  const bytes = Buffer.alloc(64);
  return bytes.toString("latin1", 0, write(bytes));
}

const numericBound: BoundType<ExactNumber> = {
  read: (text) => withoutZeros(parseNumeric(text)),
  text: ({ unscaled, scale }) => {
    const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
    const whole = digits.slice(0, digits.length - scale);
    return `${unscaled < 0n ? "-" : ""}${whole}${scale === 0 ? "" : `.${digits.slice(-scale)}`}`;
  },
  readBinary: (bytes) => withoutZeros(numericFrom(bytes)),
  binary: numericBytes,
  key: numericKey,
};

/** 1.50 and 1.5 are one value: kept with the fewest digits, as numerics without a scale are shown everywhere here. */
function withoutZeros({ unscaled, scale }: ExactNumber): ExactNumber {
  let [digits, places] = [unscaled, scale];
  while (places > 0 && digits % 10n === 0n) [digits, places] = [digits / 10n, places - 1];
  return { unscaled: digits, scale: places };
}

/** Sign, number of whole digits, digits, an end that sorts below them; of a negative number all turned round. */
function numericKey({ unscaled, scale }: ExactNumber): string {
  if (unscaled === 0n) return "1";
  const digits = String(unscaled < 0n ? -unscaled : unscaled);
  const exponent = String(digits.length - scale + 50_000).padStart(6, "0");
  const plain = exponent + digits.replace(/0+$/, "");
  if (unscaled > 0n) return `2${plain}!`;
  return `0${plain.replaceAll(/\d/g, (digit) => String(9 - Number(digit)))}~`;
}

export const BOUNDS = {
  int4: integerBound("integer"),
  int8: integerBound("bigint"),
  date: dateBound,
  ts: momentBound((text) => parseTimestamp(text), false),
  tstz: momentBound((text, { timeZone }) => parseTimestamptz(text, timeZone), true),
  num: numericBound,
} as const;
