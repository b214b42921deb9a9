/**
 * Decimal digits of integers, written as ASCII bytes: no string is made per cell.
 *
 * Shape   every writer takes the position and gives back the one after what it wrote; the caller reserved the room
 */

export const MINUS = 0x2d;
const ZERO = 0x30;
const BILLION = 1e9;
const TWO_32 = 4294967296;

/** Longest texts: of a signed 64-bit integer, and of a signed 128-bit one with sign, point and leading zero. */
export const MAX_INT64_TEXT = 20;
export const MAX_INT128_TEXT = 43;

function digitCount(value: number): number {
  if (value < 100) return value < 10 ? 1 : 2;
  if (value < 10_000) return value < 1000 ? 3 : 4;
  if (value < 1_000_000) return value < 100_000 ? 5 : 6;
  if (value < 100_000_000) return value < 10_000_000 ? 7 : 8;
  return value < 1_000_000_000 ? 9 : 10;
}

/** `00` … `99`: two digits for one division. */
const PAIRS = Uint8Array.from({ length: 200 }, (_, i) =>
  i % 2 === 0 ? ZERO + Math.floor(i / 20) : ZERO + (((i - 1) / 2) % 10),
);

/** `value` < 2^31, exactly `width` digits, zeros in front. */
export function writePadded(bytes: Uint8Array, at: number, value: number, width: number): number {
  let rest = value | 0;
  let i = at + width;
  while (i - 2 >= at) {
    const hundredth = (rest / 100) | 0;
    const pair = (rest - hundredth * 100) << 1;
    bytes[--i] = PAIRS[pair + 1] ?? 0;
    bytes[--i] = PAIRS[pair] ?? 0;
    rest = hundredth;
  }
  if (i > at) bytes[at] = ZERO + rest;
  return at + width;
}

/** 0 … 99 as two digits. */
export function writePair(bytes: Uint8Array, at: number, value: number): number {
  const pair = value << 1;
  bytes[at] = PAIRS[pair] ?? 0;
  bytes[at + 1] = PAIRS[pair + 1] ?? 0;
  return at + 2;
}

/** Any integer from 0 to 2^53. */
export function writeUint(bytes: Uint8Array, at: number, value: number): number {
  if (value < BILLION) return writePadded(bytes, at, value, digitCount(value));
  const high = Math.floor(value / BILLION);
  return writePadded(bytes, writeUint(bytes, at, high), value - high * BILLION, 9);
}

/** Any integer from 0 to 2^53, at least `width` digits, zeros in front. */
export function writeUintPadded(bytes: Uint8Array, at: number, value: number, width: number): number {
  if (width <= 9 && value < BILLION) return writePadded(bytes, at, value, Math.max(width, digitCount(value)));
  const high = Math.floor(value / BILLION);
  return writePadded(
    bytes,
    writeUintPadded(bytes, at, high, Math.max(1, width - 9)),
    value - high * BILLION,
    9,
  );
}

export function writeInt(bytes: Uint8Array, at: number, value: number): number {
  if (value >= 0) return writeUint(bytes, at, value);
  bytes[at] = MINUS;
  return writeUint(bytes, at + 1, -value);
}

/** The unsigned 64-bit integer `high`:`low`, both unsigned words. */
export function writeUint64(bytes: Uint8Array, at: number, high: number, low: number): number {
  if (high < 0x200000) return writeUint(bytes, at, high * TWO_32 + low);
  // Long division by 10^9 in 16-bit steps: each partial dividend stays below 2^46, exact in a double.
  const q0 = Math.floor(high / BILLION);
  const step1 = (high - q0 * BILLION) * 65536 + (low >>> 16);
  const q1 = Math.floor(step1 / BILLION);
  const step2 = (step1 - q1 * BILLION) * 65536 + (low & 0xffff);
  const q2 = Math.floor(step2 / BILLION);
  const next = writeUint(bytes, at, q0 * TWO_32 + q1 * 65536 + q2);
  return writePadded(bytes, next, step2 - q2 * BILLION, 9);
}

/** The signed 64-bit integer `high`:`low`; `high` is a signed word, `low` an unsigned one. */
export function writeInt64(bytes: Uint8Array, at: number, high: number, low: number): number {
  if (high >= 0) return writeUint64(bytes, at, high, low);
  bytes[at] = MINUS;
  const carry = low === 0 ? 1 : 0;
  return writeUint64(bytes, at + 1, (~high + carry) >>> 0, -low >>> 0);
}

/** Scratch of `writeUint128`: JavaScript runs one encode at a time. */
const halves = new Float64Array(8);
const groups = new Int32Array(5);

/** An unsigned 128-bit integer as four words, the lowest at `index`. */
export function writeUint128(bytes: Uint8Array, at: number, words: Uint32Array, index: number): number {
  const w2 = words[index + 2] ?? 0;
  const w3 = words[index + 3] ?? 0;
  if ((w2 | w3) === 0) return writeUint64(bytes, at, words[index + 1] ?? 0, words[index] ?? 0);
  for (let i = 0; i < 4; i++) {
    const word = words[index + 3 - i] ?? 0;
    halves[2 * i] = word >>> 16;
    halves[2 * i + 1] = word & 0xffff;
  }
  let count = 0;
  let first = 0;
  while (first < 8) {
    let remainder = 0;
    for (let i = first; i < 8; i++) {
      const dividend = remainder * 65536 + (halves[i] ?? 0);
      const quotient = Math.floor(dividend / BILLION);
      halves[i] = quotient;
      remainder = dividend - quotient * BILLION;
    }
    groups[count++] = remainder;
    while (first < 8 && halves[first] === 0) first++;
  }
  let end = writeUint(bytes, at, groups[count - 1] ?? 0);
  for (let i = count - 2; i >= 0; i--) end = writePadded(bytes, end, groups[i] ?? 0, 9);
  return end;
}

const magnitude = new Uint32Array(4);

/** A signed 128-bit integer as four words (two's complement), the lowest at `index`. */
export function writeInt128(bytes: Uint8Array, at: number, words: Uint32Array, index: number): number {
  if ((words[index + 3] ?? 0) < 0x80000000) return writeUint128(bytes, at, words, index);
  bytes[at] = MINUS;
  let carry = 1;
  for (let i = 0; i < 4; i++) {
    const sum = (~(words[index + i] ?? 0) >>> 0) + carry;
    magnitude[i] = sum >>> 0;
    carry = sum > 0xffffffff ? 1 : 0;
  }
  return writeUint128(bytes, at + 1, magnitude, 0);
}

/**
 * Puts the decimal point into the digits at `from` … `end` (no sign): `scale` digits behind it, at least one before.
 * `5` with scale 2 ⇒ `0.05`
 */
export function insertPoint(bytes: Uint8Array, from: number, end: number, scale: number): number {
  if (scale === 0) return end;
  const missing = scale + 1 - (end - from);
  let last = end;
  if (missing > 0) {
    bytes.copyWithin(from + missing, from, end);
    bytes.fill(ZERO, from, from + missing);
    last += missing;
  }
  bytes.copyWithin(last - scale + 1, last - scale, last);
  bytes[last - scale] = 0x2e;
  return last + 1;
}
