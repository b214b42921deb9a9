/**
 * Floating point numbers as PostgreSQL 15 writes them: the shortest digits that read back the same, laid out as
 * `%g` does (`1e+20`, `1e-05`), with `NaN`, `Infinity` and `-0`.
 *
 * Source  float8out/float4out; fixed notation for exponents -4 … 14 (float8) and -4 … 5 (float4)
 */
import { MINUS, writePadded, writeUint } from "./digits.js";

/** `-2.2250738585072014e-308`. */
export const MAX_FLOAT_TEXT = 26;

const MAX_FIXED_EXPONENT = { float8: 15, float4: 6 } as const;
const MILLION = 1_000_000;
/** Below this any decimal has at most 15 digits, so at most one of them reads back as a given double. */
const UNIQUE_DECIMAL_LIMIT = 1e15;

type FloatKind = keyof typeof MAX_FIXED_EXPONENT;

/** Shortest text of a float8. Integers and numbers of up to six decimals never become a string. */
export function writeDouble(bytes: Uint8Array, at: number, value: number): number {
  const scaled = Math.round(value * MILLION);
  const size = Math.abs(scaled);
  if (size < UNIQUE_DECIMAL_LIMIT && size >= 100 && scaled / MILLION === value) {
    return writeMillionths(bytes, value < 0 ? writeByte(bytes, at, MINUS) : at, size);
  }
  return writeAscii(bytes, at, doubleText(value));
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
  return specialText(value) ?? layOut(value.toExponential(), MAX_FIXED_EXPONENT.float8);
}

export function floatText(value: number): string {
  return specialText(value) ?? layOut(shortestFloat(value), MAX_FIXED_EXPONENT.float4);
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

/** The shortest `d.ddde±x` that reads back as this float32. */
function shortestFloat(value: number): string {
  for (let digits = 0; digits < 8; digits++) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === value) return text;
    const above = roundedAway(text);
    // Only just above a power of two, where the gap upwards is twice the one downwards, can this one still read back.
    if (Math.fround(Number(above)) === value) return above;
  }
  return value.toExponential(8);
}

/** The next number away from zero with as many digits. */
function roundedAway(text: string): string {
  const { negative, digits, exponent } = splitExponential(text);
  const next = String(Number(digits) + 1);
  const carry = next.length - digits.length;
  return `${negative ? "-" : ""}${next.slice(0, 1)}.${next.slice(1)}e${exponent + carry}`;
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
