/**
 * The shortest decimal that reads back as a double, written without making a string, for the sizes in which doubles are
 * written without an exponent.
 *
 * Shape   size·10^n, a number of 17 digits, is computed exactly as the sum of two doubles. What reads back as the same
 *         double lies less than half a step (the distance of two doubles) from it: 0.55 … 11.2 units of digit 17. So
 *         the answer is the multiple of 100 there, else the nearest multiple of 10, else the nearest unit
 * Limits  comparisons closer than MARGIN, and powers of two (whose steps differ by side), are left to the caller
 * Source  two-product by Dekker and Veltkamp; 10^n is a double up to n = 22
 */
import { writePadded } from "./digits.js";

/** Nothing final was written: the caller must find the text another way. */
export const NOT_WRITTEN = -1;

const MIN_SIZE = 1e-4;
const MAX_SIZE = 1e15;
/** Far above the rounding errors of what is compared (below 1e-7), far below what is common. */
const MARGIN = 1e-6;
const DIGITS = 17;
const LOW_UNIT = 100_000_000;
const LOW_DIGITS = 8;
const HIGH_DIGITS = DIGITS - LOW_DIGITS;
/** 2^27 + 1: splits a double into two halves of 26 bits. */
const SPLITTER = 134_217_729;
const ZERO = 0x30;
const POINT = 0x2e;
/** Biased exponents from that of MIN_SIZE to that of MAX_SIZE. */
const FIRST_EXPONENT = 1009;
const LAST_EXPONENT = 1072;

/** Literals: a computed power could be off by one bit. */
const POWERS = Float64Array.of(
  1,
  1e1,
  1e2,
  1e3,
  1e4,
  1e5,
  1e6,
  1e7,
  1e8,
  1e9,
  1e10,
  1e11,
  1e12,
  1e13,
  1e14,
  1e15,
  1e16,
  1e17,
  1e18,
  1e19,
  1e20,
  1e21,
);
const POWER_HIGHS = POWERS.map(highHalf);
/** Half the distance of neighbouring doubles, by exponent. */
const HALF_STEPS = Float64Array.from(
  { length: LAST_EXPONENT - FIRST_EXPONENT + 1 },
  (_, i) => 2 ** (FIRST_EXPONENT + i - 1023 - 53),
);
/** Digits before the point of 2^exponent; 0 for 0.1 …, -1 for 0.01 …: its successors may have one more. */
const WHOLE_DIGITS = Int32Array.from({ length: LAST_EXPONENT - FIRST_EXPONENT + 1 }, (_, i) => {
  let digits = -3;
  while (2 ** (FIRST_EXPONENT + i - 1023) >= limitOf(digits)) digits++;
  return digits;
});
/** The least number with more digits before the point than this. */
const LIMITS = Float64Array.from({ length: 19 }, (_, i) => limitOf(i - 3));

const scratch = new Float64Array(1);
const scratchWords = new Uint32Array(scratch.buffer);

function highHalf(value: number): number {
  const big = SPLITTER * value;
  return big - (big - value);
}

/** 10^digits, by division when negative: nearest, as the literal would be. */
function limitOf(digits: number): number {
  return digits >= 0 ? (POWERS[digits] ?? 0) : 1 / (POWERS[-digits] ?? 1);
}

/** Writes the shortest decimal of `size`, or gives NOT_WRITTEN. */
export function writeShortest(bytes: Uint8Array, at: number, size: number): number {
  if (!(size >= MIN_SIZE && size < MAX_SIZE)) return NOT_WRITTEN;
  scratch[0] = size;
  const highWord = scratchWords[1] ?? 0;
  if (scratchWords[0] === 0 && (highWord & 0xfffff) === 0) return NOT_WRITTEN;
  const exponent = (highWord >>> 20) - FIRST_EXPONENT;
  let whole = WHOLE_DIGITS[exponent] ?? 0;
  if (size >= (LIMITS[whole + 3] ?? 0)) whole++;
  const power = DIGITS - whole;
  const factor = POWERS[power] ?? 0;
  // size·factor = product + error, exactly.
  const product = size * factor;
  const sizeHigh = highHalf(size);
  const sizeLow = size - sizeHigh;
  const factorHigh = POWER_HIGHS[power] ?? 0;
  const factorLow = factor - factorHigh;
  const error =
    sizeLow * factorLow - (product - sizeHigh * factorHigh - sizeLow * factorHigh - sizeHigh * factorLow);
  const high = Math.floor(product / LOW_UNIT);
  const low = nearestInside(product - high * LOW_UNIT + error, (HALF_STEPS[exponent] ?? 0) * factor);
  if (low === NOT_WRITTEN || low < 0) return NOT_WRITTEN;
  const carry = low >= LOW_UNIT ? 1 : 0;
  return layOut(bytes, at, whole, { high: high + carry, low: low - carry * LOW_UNIT });
}

/** The roundest integer nearer to `target` than `half`. */
function nearestInside(target: number, half: number): number {
  const hundreds = Math.round(target / 100) * 100;
  const offset = Math.abs(target - hundreds) - half;
  if (offset < -MARGIN) return hundreds;
  if (offset < MARGIN) return NOT_WRITTEN;
  const tens = Math.round(target / 10) * 10;
  const distance = Math.abs(target - tens);
  if (distance < half - MARGIN) return distance > 5 - MARGIN ? NOT_WRITTEN : tens;
  if (distance < half + MARGIN) return NOT_WRITTEN;
  const unit = Math.round(target);
  return Math.abs(target - unit) > 0.5 - MARGIN ? NOT_WRITTEN : unit;
}

/** The 17 digits with `whole` of them before the point, without zeros at the end. */
function layOut(
  bytes: Uint8Array,
  at: number,
  whole: number,
  { high, low }: { readonly high: number; readonly low: number },
): number {
  const digits = at + (whole > 0 ? 1 : 2 - whole);
  writePadded(bytes, digits, high, HIGH_DIGITS);
  let end = writePadded(bytes, digits + HIGH_DIGITS, low, LOW_DIGITS);
  let point = at + whole;
  if (whole > 0) {
    for (let i = at; i < point; i++) bytes[i] = bytes[i + 1] ?? 0;
  } else {
    point = at + 1;
    bytes.fill(ZERO, at, digits);
  }
  bytes[point] = POINT;
  while (bytes[end - 1] === ZERO) end--;
  return end - 1 === point ? point : end;
}
