/** PostgreSQL's text input of numbers, booleans and UUIDs. Blanks around the value do not count. */
import { UNBOUNDED_NUMERIC } from "../core/unbounded-numeric.js";
import { notSupported } from "../core/errors.js";
import { floatOutOfRange, integerOutOfRange, invalidSyntax } from "./input-errors.js";
import type { ExactNumber } from "./typed-value.js";

const INTEGER = /^[+-]?\d+$/;
const NUMBER = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i;
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;
/** An exponent beyond this cannot be a DECIMAL or BIGNUM; it also bounds the work. */
const MAX_EXPONENT = 1000;

const BLANK = 0x20;

/** What isspace() takes for a blank in the C locale. */
export function trimBlanks(text: string): string {
  // What is nearly always so is seen at its ends: no blank comes behind them.
  if (text.charCodeAt(0) > BLANK && text.charCodeAt(text.length - 1) > BLANK) return text;
  return text.replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, "");
}

const INTEGER_RANGES = {
  smallint: 15n,
  integer: 31n,
  bigint: 63n,
} as const;

export function parseInteger(text: string, typeName: keyof typeof INTEGER_RANGES): bigint {
  const trimmed = trimBlanks(text);
  if (!INTEGER.test(trimmed)) throw invalidSyntax(typeName, text);
  const value = BigInt(trimmed.startsWith("+") ? trimmed.slice(1) : trimmed);
  const limit = 1n << INTEGER_RANGES[typeName];
  if (value < -limit || value >= limit) throw integerOutOfRange(typeName, text);
  return value;
}

/** numeric. NaN and the infinities are refused: DuckDB's DECIMAL has none. */
export function parseNumeric(text: string): ExactNumber {
  const trimmed = trimBlanks(text);
  if (/^nan$/i.test(trimmed) || INFINITE.test(trimmed)) {
    throw notSupported(`numeric value "${trimmed}" is not supported`, "use double precision");
  }
  const match = NUMBER.exec(trimmed);
  const [, sign = "", whole = "", fraction = "", exponentText = "0"] = match ?? [];
  if (match === null || whole + fraction === "") throw invalidSyntax("numeric", text);
  const exponent = Number(exponentText);
  if (Math.abs(exponent) > MAX_EXPONENT) throw integerOutOfRange("numeric", text);
  const scale = fraction.length - exponent;
  const digits = BigInt(whole + fraction) * (sign === "-" ? -1n : 1n);
  return scale >= 0 ? { unscaled: digits, scale } : { unscaled: digits * 10n ** BigInt(-scale), scale: 0 };
}

/**
 * For a column of numeric without a scale, which keeps nine decimals: PostgreSQL would keep all of them.
 *
 * Errors  0A000 for a digit behind the ninth decimal, instead of rounding it away
 */
export function requireKept({ unscaled, scale }: ExactNumber): void {
  const lost = scale - UNBOUNDED_NUMERIC.scale;
  if (lost <= 0 || unscaled % 10n ** BigInt(lost) === 0n) return;
  throw notSupported(
    `numeric without a scale keeps ${UNBOUNDED_NUMERIC.scale} decimals: the value would be rounded`,
    "give the column a precision and a scale, numeric(38, 20), or round the value",
  );
}

export function parseFloat8(text: string): number {
  return parseFloatingPoint(text, "double precision", (number) => number);
}

export function parseFloat4(text: string): number {
  return parseFloatingPoint(text, "real", Math.fround);
}

function parseFloatingPoint(text: string, typeName: string, round: (number: number) => number): number {
  const trimmed = trimBlanks(text);
  if (/^nan$/i.test(trimmed)) return Number.NaN;
  const infinite = INFINITE.exec(trimmed);
  if (infinite !== null) return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (!FLOAT.test(trimmed)) throw invalidSyntax(typeName, text);
  const value = round(Number(trimmed));
  const isZero = !/[1-9]/.test(trimmed.replace(/e.*$/i, ""));
  if (!Number.isFinite(value) || (value === 0 && !isZero)) throw floatOutOfRange(typeName, text);
  return value;
}

/** Any beginning of a word that is not also the beginning of another one. */
const BOOLEAN_WORDS: readonly (readonly [word: string, shortest: number, value: boolean])[] = [
  ["true", 1, true],
  ["false", 1, false],
  ["yes", 1, true],
  ["no", 1, false],
  ["on", 2, true],
  ["off", 2, false],
  ["1", 1, true],
  ["0", 1, false],
];

export function parseBoolean(text: string): boolean {
  const word = trimBlanks(text).toLowerCase();
  for (const [full, shortest, value] of BOOLEAN_WORDS) {
    if (word.length >= shortest && full.startsWith(word)) return value;
  }
  throw invalidSyntax("boolean", text);
}

/** 32 hex digits; hyphens may follow any group of four, braces may surround it. Gives the unsigned 128-bit integer. */
export function parseUuid(text: string): bigint {
  const inner = text.startsWith("{") && text.endsWith("}") ? text.slice(1, -1) : text;
  if (!/^(?:[0-9a-f]{4}-?){7}[0-9a-f]{4}$/i.test(inner)) throw invalidSyntax("uuid", text);
  return BigInt(`0x${inner.replaceAll("-", "")}`);
}
