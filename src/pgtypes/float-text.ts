/**
 * Floating point numbers as PostgreSQL 15 writes them: the shortest digits that read back the same, laid out as
 * `%g` does (`1e+20`, `1e-05`), with `NaN`, `Infinity` and `-0`.
 *
 * Source  float8out/float4out; fixed notation for exponents -4 … 14 (float8) and -4 … 5 (float4)
 */
import { MINUS, writePadded, writeUint } from "./digits.js";
import { shortestDecimal } from "./shortest-decimal.js";
import { NOT_WRITTEN, writeShortest } from "./shortest-double.js";

/** `-2.2250738585072014e-308`. */
export const MAX_FLOAT_TEXT = 26;

const MAX_FIXED_EXPONENT = { float8: 15, float4: 6 } as const;
const MILLION = 1_000_000;
/** Below this any decimal has at most 15 digits, so at most one of them reads back as a given double. */
const UNIQUE_DECIMAL_LIMIT = 1e15;

type FloatKind = keyof typeof MAX_FIXED_EXPONENT;

/** Shortest text of a float8. A number of everyday size hardly ever becomes a string. */
export function writeDouble(bytes: Uint8Array, at: number, value: number): number {
  const scaled = Math.round(value * MILLION);
  const size = Math.abs(scaled);
  if (size < UNIQUE_DECIMAL_LIMIT && size >= 100 && scaled / MILLION === value) {
    return writeMillionths(bytes, value < 0 ? writeByte(bytes, at, MINUS) : at, size);
  }
  const start = value < 0 ? writeByte(bytes, at, MINUS) : at;
  const end = writeShortest(bytes, start, Math.abs(value));
  return end === NOT_WRITTEN ? writeAscii(bytes, at, doubleText(value)) : end;
}

/** `size` millionths: at most six decimals, no zeros at the end. */
function writeMillionths(bytes: Uint8Array, at: number, size: number): number {
  const whole = Math.floor(size / MILLION);
  const next = writeUint(bytes, at, whole);
  const fraction = size - whole * MILLION;
  if (fraction === 0) return next;
  bytes[next] = 0x2e;
  let end = writePadded(bytes, next + 1, fraction, 6);
  while (bytes[end - 1] === 0x30) end--;
  return end;
}

function writeByte(bytes: Uint8Array, at: number, byte: number): number {
  bytes[at] = byte;
  return at + 1;
}

/** Writes a string of ASCII characters. */
export function writeAscii(bytes: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}

export function doubleText(value: number): string {
  const size = Math.abs(value);
  // JavaScript's own text is the same in this range, and several times faster than taking it apart.
  if (size >= 1e-4 && size < 1e15) return String(value);
  return specialText(value) ?? layOut(shortestDouble(value), MAX_FIXED_EXPONENT.float8);
}

/** A decimal of at most 17 digits can lie in the middle between two doubles only in this range. */
function shortestDouble(value: number): string {
  const size = Math.abs(value);
  return size >= 2 ** 53 && size < 1e41 ? shortestDecimal(value, "float8") : value.toExponential();
}

/** Shortest text of a float4, given as the double it is. */
export function writeFloat(bytes: Uint8Array, at: number, value: number): number {
  const size = Math.abs(value);
  if (size >= 1e-4 && size < MILLION) {
    // At most six digits: only one such decimal reads back as this float4.
    const unit = size < 1 ? MILLION : (SIX_DIGIT_UNITS[Math.floor(Math.log10(size))] ?? 1);
    const scaled = Math.round(size * unit);
    if (scaled <= MILLION && Math.fround(scaled / unit) === size) {
      return writeMillionths(bytes, value < 0 ? writeByte(bytes, at, MINUS) : at, scaled * (MILLION / unit));
    }
  }
  return writeAscii(bytes, at, floatText(value));
}

const SIX_DIGIT_UNITS = [100_000, 10_000, 1000, 100, 10, 1] as const;

function floatText(value: number): string {
  return specialText(value) ?? layOut(shortestFloat(value), MAX_FIXED_EXPONENT.float4);
}

const floatBits = new DataView(new ArrayBuffer(4));

/** Tries 6 … 9 digits with doubles, which decides all but subnormals, powers of two, ties and exact middles. */
function shortestFloat(value: number): string {
  floatBits.setFloat32(0, value);
  const bits = floatBits.getUint32(0);
  if ((bits & 0x7fffff) === 0 || (bits & 0x7f800000) === 0) return shortestDecimal(value, "float4");
  floatBits.setUint32(0, bits + 1);
  const middle = Math.abs((value + floatBits.getFloat32(0)) / 2);
  const half = middle - Math.abs(value);
  for (let digits = 5; digits < 9; digits++) {
    const text = value.toExponential(digits);
    const distance = Math.abs(Number(text) - value);
    if (distance > half) continue;
    const isTie = Number(value.toExponential(digits + 1)) === value && distance > 0;
    return distance === half || isTie || !Number.isFinite(middle) ? shortestDecimal(value, "float4") : text;
  }
  return shortestDecimal(value, "float4");
}

/** With extra_float_digits ≤ 0: `%.*g` with 15 (float8) or 6 (float4) digits, less when it is negative. */
export function roundedText(value: number, kind: FloatKind, extraFloatDigits: number): string {
  const precision = Math.max(1, (kind === "float8" ? 15 : 6) + extraFloatDigits);
  return specialText(value) ?? layOut(value.toExponential(precision - 1), precision);
}

function specialText(value: number): string | undefined {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  if (Number.isNaN(value)) return "NaN";
  if (Number.isFinite(value)) return undefined;
  return value > 0 ? "Infinity" : "-Infinity";
}

function splitExponential(text: string): { negative: boolean; digits: string; exponent: number } {
  const negative = text.startsWith("-");
  const split = text.indexOf("e");
  return {
    negative,
    digits: text.slice(negative ? 1 : 0, split).replace(".", ""),
    exponent: Number(text.slice(split + 1)),
  };
}

/** Lays `d.ddde±x` out: plain when -4 ≤ exponent < `fixedBelow`, else with an exponent of at least two digits. */
function layOut(exponential: string, fixedBelow: number): string {
  const { negative, digits: padded, exponent } = splitExponential(exponential);
  const digits = padded.replace(/0+$/, "") || "0";
  const sign = negative ? "-" : "";
  if (exponent < -4 || exponent >= fixedBelow) {
    const mantissa = digits.length === 1 ? digits : `${digits.slice(0, 1)}.${digits.slice(1)}`;
    return `${sign}${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  const fraction = digits.slice(exponent + 1);
  return fraction === "" ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
}
