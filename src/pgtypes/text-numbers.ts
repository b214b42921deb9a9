/** Text of numbers and booleans. Wide integers are read as 32-bit words: a BigInt per cell would cost more than the rest. */
import { isQuotient, isUnbounded, shownPlaces } from "../core/unbounded-numeric.js";
import { EngineTypeId } from "../engine/vector-values.js";
import type { ColumnVector } from "../engine/vectors.js";
import type { EngineType } from "../engine/types.js";
import { boundedEncoder, type CellWriter, type ColumnEncoder, type EncodingOptions } from "./cell-writer.js";
import {
  MAX_INT128_TEXT,
  MAX_INT64_TEXT,
  MINUS,
  insertPoint,
  writeInt,
  writeInt128,
  writeInt64,
  writeUint,
  writeUint128,
  writeUint64,
  writeUintPadded,
} from "./digits.js";
import { MAX_FLOAT_TEXT, roundedText, writeAscii, writeDouble, writeFloat } from "./float-text.js";

const ZERO = 0x30;

type DecimalType = Extract<EngineType, { typeId: EngineTypeId.DECIMAL }>;

export const booleanText: ColumnEncoder = boundedEncoder(1, (vector) => {
  const values = vector.int8();
  return (bytes, at, row) => {
    bytes[at] = values[row] === 0 ? 0x66 : 0x74;
    return at + 1;
  };
});

/** Any integer type whose values a typed array holds as plain numbers. */
function smallIntegerText(open: (vector: ColumnVector) => ArrayLike<number>): ColumnEncoder {
  return boundedEncoder(11, (vector) => {
    const values = open(vector);
    return (bytes, at, row) => writeInt(bytes, at, values[row] ?? 0);
  });
}

export const tinyintText = smallIntegerText((vector) => vector.int8());
export const utinyintText = smallIntegerText((vector) => vector.bytes(1));
export const smallintText = smallIntegerText((vector) => vector.int16());
export const usmallintText = smallIntegerText((vector) => vector.uint16());
export const integerText = smallIntegerText((vector) => vector.int32(1));
export const uintegerText = smallIntegerText((vector) => vector.uint32(1));

export const bigintText: ColumnEncoder = boundedEncoder(MAX_INT64_TEXT, (vector) => {
  const words = vector.uint32(2);
  return (bytes, at, row) => writeInt64(bytes, at, (words[2 * row + 1] ?? 0) | 0, words[2 * row] ?? 0);
});

export const ubigintText: ColumnEncoder = boundedEncoder(MAX_INT64_TEXT, (vector) => {
  const words = vector.uint32(2);
  return (bytes, at, row) => writeUint64(bytes, at, words[2 * row + 1] ?? 0, words[2 * row] ?? 0);
});

export const hugeintText: ColumnEncoder = boundedEncoder(MAX_INT128_TEXT, (vector) => {
  const words = vector.uint32(4);
  return (bytes, at, row) => writeInt128(bytes, at, words, row * 4);
});

export const uhugeintText: ColumnEncoder = boundedEncoder(MAX_INT128_TEXT, (vector) => {
  const words = vector.uint32(4);
  return (bytes, at, row) => writeUint128(bytes, at, words, row * 4);
});

/** DECIMAL(p,s) is stored as an integer of 2, 4, 8 or 16 bytes, by precision. PostgreSQL prints all s decimals. */
export function decimalText(type: DecimalType): ColumnEncoder {
  return boundedEncoder(MAX_INT128_TEXT, (vector) => openDecimal(vector, type));
}

/** Where the point of a DECIMAL stands; computed once per column. */
interface Places {
  readonly scale: number;
  /** 10^scale. */
  readonly unit: number;
}

function openDecimal(vector: ColumnVector, { width, scale }: DecimalType): CellWriter {
  const places = { scale, unit: 10 ** scale };
  if (width <= 9) {
    const values = width <= 4 ? vector.int16() : vector.int32(1);
    return (bytes, at, row) => writeSmallDecimal(bytes, at, values[row] ?? 0, places);
  }
  const words = vector.uint32(width <= 18 ? 2 : 4);
  if (width > 18) {
    const write: CellWriter = (bytes, at, row) => {
      const end = writeInt128(bytes, at, words, row * 4);
      return insertPoint(bytes, bytes[at] === MINUS ? at + 1 : at, end, scale);
    };
    if (!isUnbounded({ width, scale }) && !isQuotient({ width, scale })) return write;
    return (bytes, at, row) => shownEnd({ width, scale }, bytes, at, write(bytes, at, row));
  }
  return (bytes, at, row) => {
    const high = (words[2 * row + 1] ?? 0) | 0;
    const low = words[2 * row] ?? 0;
    if (high >= -0x100000 && high < 0x100000) {
      return writeSmallDecimal(bytes, at, high * 4294967296 + low, places);
    }
    const end = writeInt64(bytes, at, high, low);
    return insertPoint(bytes, bytes[at] === MINUS ? at + 1 : at, end, scale);
  };
}

/** Where a number with a fraction ends when only the zeros that PostgreSQL shows are left behind its last digit. */
function shownEnd(
  type: Pick<DecimalType, "width" | "scale">,
  bytes: Uint8Array,
  at: number,
  end: number,
): number {
  const point = end - 1 - type.scale;
  let last = end;
  while (bytes[last - 1] === ZERO) last -= 1;
  const first = bytes[at] === MINUS ? at + 1 : at;
  const isOne = last - 1 === point && point === first + 1 && bytes[first] === ZERO + 1;
  const whole = isOne || bytes[first] === ZERO ? 0 : point - first;
  const places = shownPlaces(type, Math.max(last - 1 - point, 0), whole);
  return places === 0 ? point : point + 1 + places;
}

/** `value` counts units of 10^-scale; |value| < 2^52, so the division below is exact enough to floor. */
function writeSmallDecimal(bytes: Uint8Array, at: number, value: number, { scale, unit }: Places): number {
  let next = at;
  let size = value;
  if (value < 0) {
    bytes[next++] = MINUS;
    size = -value;
  }
  if (scale === 0) return writeUint(bytes, next, size);
  const whole = Math.floor(size / unit);
  next = writeUint(bytes, next, whole);
  bytes[next++] = 0x2e;
  return writeUintPadded(bytes, next, size - whole * unit, scale);
}

export function doubleEncoder({ extraFloatDigits = 1 }: EncodingOptions): ColumnEncoder {
  return boundedEncoder(MAX_FLOAT_TEXT, (vector) => {
    const values = vector.float64();
    if (extraFloatDigits > 0) return (bytes, at, row) => writeDouble(bytes, at, values[row] ?? 0);
    return (bytes, at, row) =>
      writeAscii(bytes, at, roundedText(values[row] ?? 0, "float8", extraFloatDigits));
  });
}

export function floatEncoder({ extraFloatDigits = 1 }: EncodingOptions): ColumnEncoder {
  return boundedEncoder(MAX_FLOAT_TEXT, (vector) => {
    const values = vector.float32();
    if (extraFloatDigits > 0) return (bytes, at, row) => writeFloat(bytes, at, values[row] ?? 0);
    return (bytes, at, row) =>
      writeAscii(bytes, at, roundedText(values[row] ?? 0, "float4", extraFloatDigits));
  });
}
