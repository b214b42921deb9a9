/** Numbers in COPY data: checked by PostgreSQL's rules, given on as a text DuckDB casts to exactly that number. */
import { isUnbounded } from "../core/unbounded-numeric.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import { EngineTypeId } from "../engine/vector-values.js";
import { integerOutOfRange, invalidSyntax } from "./input-errors.js";
import { parseFloat4, parseFloat8, parseNumeric, requireKept, trimBlanks } from "./parse-numbers.js";
import type { ExactNumber } from "./typed-value.js";

/** Bits of the magnitude, whether there are negative numbers, and what a client knows the type as. */
interface IntegerRange {
  readonly bits: number;
  readonly signed: boolean;
  readonly name: string;
}

const INTEGER_RANGES: ReadonlyMap<number, IntegerRange> = new Map([
  [EngineTypeId.TINYINT, { bits: 7, signed: true, name: "smallint" }],
  [EngineTypeId.UTINYINT, { bits: 8, signed: false, name: "smallint" }],
  [EngineTypeId.SMALLINT, { bits: 15, signed: true, name: "smallint" }],
  [EngineTypeId.USMALLINT, { bits: 16, signed: false, name: "integer" }],
  [EngineTypeId.INTEGER, { bits: 31, signed: true, name: "integer" }],
  [EngineTypeId.UINTEGER, { bits: 32, signed: false, name: "bigint" }],
  [EngineTypeId.BIGINT, { bits: 63, signed: true, name: "bigint" }],
  [EngineTypeId.UBIGINT, { bits: 64, signed: false, name: "numeric" }],
  [EngineTypeId.HUGEINT, { bits: 127, signed: true, name: "numeric" }],
  [EngineTypeId.UHUGEINT, { bits: 128, signed: false, name: "numeric" }],
]);
/** BIGNUM and its like: no end. */
const UNBOUNDED: IntegerRange = { bits: 0, signed: true, name: "numeric" };
const INTEGER = /^[+-]?\d+$/;

/** Gives it as JSON writes it: no leading zeros, no minus zero. */
export function integerReader(typeId: number): (text: string) => string {
  const { bits, signed, name } = INTEGER_RANGES.get(typeId) ?? UNBOUNDED;
  const limit = 1n << BigInt(bits);
  const smallest = signed ? -limit : 0n;
  // As many digits as cannot leave the range.
  const safeDigits = bits === 0 ? 30 : Math.floor(bits * Math.log10(2));
  const plain = new RegExp(`^(?:0|${signed ? "-?" : ""}[1-9]\\d{0,${safeDigits - 1}})$`);
  return (text) => {
    if (plain.test(text)) return text;
    const trimmed = trimBlanks(text);
    if (!INTEGER.test(trimmed)) throw invalidSyntax(name, text);
    const value = BigInt(trimmed.startsWith("+") ? trimmed.slice(1) : trimmed);
    if (bits > 0 && (value < smallest || value >= limit)) throw integerOutOfRange(name, text);
    return String(value);
  };
}

/** Rounds to the column's scale, half away from zero, as PostgreSQL does. 22003 for what does not fit then. */
export function decimalReader(width: number, scale: number): (text: string) => string {
  const whole = width - scale;
  const fraction = scale === 0 ? "" : `(?:\\.\\d{1,${scale}})?`;
  const plain = whole === 0 ? undefined : new RegExp(`^-?\\d{1,${whole}}${fraction}$`);
  return (text) => {
    if (plain?.test(text) === true) return text;
    const number = parseNumeric(text);
    if (isUnbounded({ width, scale })) requireKept(number);
    const unscaled = roundTo(number, scale);
    const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
    if (unscaled !== 0n && digits.replace(/^0+/, "").length > width) throw fieldOverflow(width, scale);
    const point = digits.length - scale;
    const sign = unscaled < 0n ? "-" : "";
    return `${sign}${digits.slice(0, point)}${scale === 0 ? "" : `.${digits.slice(point)}`}`;
  };
}

function roundTo({ unscaled, scale }: ExactNumber, wanted: number): bigint {
  if (scale <= wanted) return unscaled * 10n ** BigInt(wanted - scale);
  const unit = 10n ** BigInt(scale - wanted);
  const half = unscaled < 0n ? -unit / 2n : unit / 2n;
  return (unscaled + half) / unit;
}

function fieldOverflow(width: number, scale: number): SqlError {
  const whole = width - scale;
  return new SqlError(SQLSTATE.numericValueOutOfRange, "numeric field overflow", {
    detail:
      `A field with precision ${width}, scale ${scale} must round to an absolute value less than ` +
      `${whole === 0 ? "1" : `10^${whole}`}.`,
  });
}

/** Neither too large nor too small for a REAL, so nothing needs to be computed. */
const PLAIN_FLOAT = /^-?\d{1,15}(?:\.\d{1,15})?$/;

export function readDouble(text: string): string {
  return PLAIN_FLOAT.test(text) ? text : floatText(text, parseFloat8(text));
}

export function readReal(text: string): string {
  return PLAIN_FLOAT.test(text) ? text : floatText(text, parseFloat4(text));
}

/** The digits as they came, which DuckDB rounds once; a number read here may have been rounded already. */
function floatText(text: string, value: number): string {
  return Number.isFinite(value) ? trimBlanks(text) : String(value);
}
