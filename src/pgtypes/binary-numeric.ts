/**
 * PostgreSQL's binary numeric.
 *
 * Shape   digits i16 · weight i16 · sign i16 (0x4000 negative) · display scale i16 · base-10000 digits i16 each; the
 *         first digit counts 10000^weight; zeros at both ends are left out
 * Source  measured: DECIMALs of up to 15 digits by arithmetic instead of through their text, a million in 0.04 s
 *         instead of 0.27 s
 */
import { isQuotient, isUnbounded, shownPlaces } from "../core/unbounded-numeric.js";
import type { EngineType } from "../engine/types.js";
import { Cells, NULL_LENGTH } from "../engine/vector-cells.js";
import type { EngineTypeId } from "../engine/vector-values.js";
import type { ColumnVector } from "../engine/vectors.js";
import { writeInt16 } from "./big-endian.js";
import { boundedEncoder, type CellWriter, type ColumnEncoder } from "./cell-writer.js";
import { MAX_INT128_TEXT, MINUS, writeInt64, writeInt128, writeUint64, writeUint128 } from "./digits.js";

type DecimalType = Extract<EngineType, { typeId: EngineTypeId.DECIMAL }>;

const NEGATIVE = 0x4000;
const BASE = 10_000;
/** 10000^k. */
const BASE_POWERS = [1, 1e4, 1e8, 1e12, 1e16] as const;
const POWERS = [1, 10, 100, 1000] as const;
const HEADER_BYTES = 8;
const ZERO = 0x30;
/** The header and as many groups as 39 digits can touch. */
const MAX_NUMERIC_BYTES = HEADER_BYTES + 2 * 11;
/** A fraction of this many digits, filled up to whole groups, is still exact in a double. */
const MAX_PLAIN_SCALE = 12;
const TWO_32 = 4294967296;

/** DECIMAL(p,s) is stored as an integer of 2, 4, 8 or 16 bytes, by precision. */
export function decimalBinary(type: DecimalType): ColumnEncoder {
  return boundedEncoder(MAX_NUMERIC_BYTES, (vector) => openDecimal(vector, type));
}

function openDecimal(vector: ColumnVector, { width, scale }: DecimalType): CellWriter {
  const places = placesOf(scale);
  if (width <= 9) {
    const values = width <= 4 ? vector.int16() : vector.int32(1);
    return (bytes, at, row) => writePlain(bytes, at, values[row] ?? 0, places);
  }
  const words = vector.uint32(width <= 18 ? 2 : 4);
  if (width > 18) {
    const type = isUnbounded({ width, scale }) || isQuotient({ width, scale }) ? { width, scale } : undefined;
    return wideWriter((text, row) => writeInt128(text, 0, words, row * 4), scale, type);
  }
  const writeWide = wideWriter(
    (text, row) => writeInt64(text, 0, (words[2 * row + 1] ?? 0) | 0, words[2 * row] ?? 0),
    scale,
  );
  return (bytes, at, row) => {
    const high = (words[2 * row + 1] ?? 0) | 0;
    if (scale > MAX_PLAIN_SCALE || high < -0x100000 || high >= 0x100000) return writeWide(bytes, at, row);
    return writePlain(bytes, at, high * TWO_32 + (words[2 * row] ?? 0), places);
  };
}

export const ubigintBinary: ColumnEncoder = boundedEncoder(MAX_NUMERIC_BYTES, (vector) => {
  const words = vector.uint32(2);
  return wideWriter((text, row) => writeUint64(text, 0, words[2 * row + 1] ?? 0, words[2 * row] ?? 0), 0);
});

export const hugeintBinary: ColumnEncoder = boundedEncoder(MAX_NUMERIC_BYTES, (vector) => {
  const words = vector.uint32(4);
  return wideWriter((text, row) => writeInt128(text, 0, words, row * 4), 0);
});

export const uhugeintBinary: ColumnEncoder = boundedEncoder(MAX_NUMERIC_BYTES, (vector) => {
  const words = vector.uint32(4);
  return wideWriter((text, row) => writeUint128(text, 0, words, row * 4), 0);
});

/** Integers of any size, through their text. */
export function integersBinary(digits: ColumnEncoder): ColumnEncoder {
  const text = new Cells();
  return (vector, first, count, cells) => {
    text.reset(count);
    digits(vector, first, count, text);
    for (let i = 0; i < count; i++) {
      const length = text.length(i);
      if (length === NULL_LENGTH) {
        cells.putNull(i);
        continue;
      }
      const from = text.start(i);
      const start = cells.used;
      const bytes = cells.reserve(HEADER_BYTES + 2 * (Math.ceil(length / 4) + 1));
      cells.used = writeNumeric(bytes, start, text.bytes, { from, to: from + length, scale: 0 });
      cells.finish(i, start);
    }
  };
}

/** Where the point of a DECIMAL stands; computed once per column. */
interface Places {
  readonly scale: number;
  /** 10^scale. */
  readonly unit: number;
  /** Groups of the fraction, and what fills its digits up to them. */
  readonly groups: number;
  readonly filler: number;
}

function placesOf(scale: number): Places {
  const groups = Math.ceil(scale / 4);
  return { scale, unit: 10 ** scale, groups, filler: 10 ** (groups * 4 - scale) };
}

/** `value` counts units of 10^-scale; |value| < 2^52, and the scale is at most MAX_PLAIN_SCALE. */
function writePlain(bytes: Uint8Array, at: number, value: number, places: Places): number {
  const size = Math.abs(value);
  let whole = Math.floor(size / places.unit);
  let fraction = (size - whole * places.unit) * places.filler;
  let wholeGroups = groupsOf(whole);
  let fractionGroups = fraction === 0 ? 0 : places.groups;
  let weight = wholeGroups - 1;
  if (wholeGroups === 0) {
    while (fractionGroups > 0 && fraction < (BASE_POWERS[fractionGroups - 1] ?? 0)) {
      fractionGroups--;
      weight--;
    }
    if (fractionGroups === 0) weight = 0;
  }
  for (; fractionGroups > 0 && fraction % BASE === 0; fractionGroups--) fraction /= BASE;
  if (fractionGroups === 0) for (; wholeGroups > 0 && whole % BASE === 0; wholeGroups--) whole /= BASE;
  let next = writeInt16(bytes, at, wholeGroups + fractionGroups);
  next = writeInt16(bytes, next, weight);
  next = writeInt16(bytes, next, value < 0 ? NEGATIVE : 0);
  next = writeInt16(bytes, next, places.scale);
  next = writeGroups(bytes, next, whole, wholeGroups);
  return writeGroups(bytes, next, fraction, fractionGroups);
}

function groupsOf(value: number): number {
  let groups = 0;
  while (groups < BASE_POWERS.length && value >= (BASE_POWERS[groups] ?? 0)) groups++;
  return groups;
}

/** The lowest `count` base-10000 digits of a value. */
function writeGroups(bytes: Uint8Array, at: number, value: number, count: number): number {
  let rest = value;
  for (let i = count - 1; i >= 0; i--) {
    const higher = Math.floor(rest / BASE);
    writeInt16(bytes, at + 2 * i, rest - higher * BASE);
    rest = higher;
  }
  return at + 2 * count;
}

/** A writer for integers that a double does not hold: it goes through their digits. `type` if values differ in what they show. */
function wideWriter(
  writeDigits: (text: Uint8Array, row: number) => number,
  scale: number,
  type?: { readonly width: number; readonly scale: number },
): CellWriter {
  const text = new Uint8Array(MAX_INT128_TEXT);
  return (bytes, at, row) => {
    const to = writeDigits(text, row);
    const end = writeNumeric(bytes, at, text, { from: 0, to, scale });
    if (type !== undefined) writeInt16(bytes, at + HEADER_BYTES - 2, shownScale(text, to, type));
    return end;
  };
}

/** The display scale of the integer whose ASCII digits, with sign, end at `to`. */
function shownScale(
  text: Uint8Array,
  to: number,
  type: { readonly width: number; readonly scale: number },
): number {
  const first = text[0] === MINUS ? 1 : 0;
  let last = to;
  while (last > first && text[last - 1] === ZERO) last -= 1;
  const digits = to - first - type.scale;
  const isOne = digits === 1 && last === first + 1 && text[first] === ZERO + 1;
  const whole = isOne ? 0 : Math.max(digits, 0);
  return shownPlaces(type, last === first ? 0 : Math.max(type.scale - (to - last), 0), whole);
}

/** Writes the integer whose ASCII digits (with sign) lie at `from` … `to` of `text`, as units of 10^-scale. */
function writeNumeric(
  bytes: Uint8Array,
  at: number,
  text: Uint8Array,
  { from, to, scale }: { readonly from: number; readonly to: number; readonly scale: number },
): number {
  const negative = text[from] === MINUS;
  let first = negative ? from + 1 : from;
  while (first < to && text[first] === ZERO) first++;
  if (first === to) return writeHeader(bytes, at, { groups: 0, weight: 0, sign: 0, scale });
  // Where the first digit stands in its group of four, counted from the decimal point.
  const weight = Math.floor((to - first - 1 - scale) / 4);
  let position = to - first - 1 - scale - weight * 4;
  let next = at + HEADER_BYTES;
  let group = 0;
  let end = next;
  for (let i = first; i < to; i++) {
    group += ((text[i] ?? 0x30) - 0x30) * (POWERS[position] ?? 1);
    if (position > 0 && i + 1 < to) {
      position--;
      continue;
    }
    next = writeInt16(bytes, next, group);
    if (group !== 0) end = next;
    group = 0;
    position = 3;
  }
  const groups = (end - at - HEADER_BYTES) / 2;
  writeHeader(bytes, at, { groups, weight, sign: negative ? NEGATIVE : 0, scale });
  return end;
}

interface NumericHeader {
  readonly groups: number;
  readonly weight: number;
  readonly sign: number;
  readonly scale: number;
}

function writeHeader(bytes: Uint8Array, at: number, { groups, weight, sign, scale }: NumericHeader): number {
  return writeInt16(
    bytes,
    writeInt16(bytes, writeInt16(bytes, writeInt16(bytes, at, groups), weight), sign),
    scale,
  );
}
