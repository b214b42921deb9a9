import { notSupported } from "../../core/errors.js";
import type { Token } from "../lexer.js";
import { quoteLiteral } from "../names.js";
import { castTypeOf } from "./cast-places.js";
import { castableToDouble, MOST_DECIMAL_DIGITS, type PlainNumber, SAFE_DIGITS } from "./exact-doubles.js";
import type { DialectPass } from "./pass.js";

/**
 * Numbers to the base 16, 8 or 2, as PostgreSQL has them since version 16, and numbers with an exponent, which are numeric.
 *
 *   0x1F    ⇒  31
 *   1.5e-3  ⇒  0.0015        1e3  ⇒  CAST(1000 AS DECIMAL(4, 0))        1e300  ⇒  CAST('1e300' AS DOUBLE)
 *   0.0038151074951834475  ⇒  0.00381510749518344750                    0.1e-9::float8  ⇒  '0.1e-9'::float8
 *
 * Errors  0A000 for more digits than its decimals have: DuckDB makes a double of them, and rounds without a word. One with an
 *         exponent that a double tells by its digits is one: it is what is compared with columns of double precision
 * Reason  DuckDB reads `0 AS x1F`, and answers 0; an exponent makes a number one of double precision, which is rounded otherwise;
 *         of a decimal it makes a double's neighbour (exact-doubles.ts)
 */
export const numberLiteralsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap(({ kind, start, end, value }, index) => {
    if (kind !== "number") return [];
    const text = numberText(tokens, index, value.replaceAll("_", ""));
    return text === undefined ? [] : [{ start, end, text }];
  });

const DOUBLES = new Set(["float8", "float4", "float", "double"]);

function numberText(tokens: readonly Token[], index: number, value: string): string | undefined {
  if (/^0[xob]/i.test(value)) return BigInt(value).toString();
  const hasExponent = /e/i.test(value);
  if (!hasExponent && !value.includes(".")) return refuseLarge(tokens, index, value);
  const type = castTypeOf(tokens, index);
  const isCast = type !== undefined && DOUBLES.has(type.name) && !type.isArray;
  if (isCast) return hasExponent || value.length > SAFE_DIGITS ? quoteLiteral(value) : undefined;
  const number = plainNumber(value);
  if (number === undefined || !fits(number)) return doubleText(value, hasExponent);
  const { whole, fraction } = type?.name === "numeric" ? number : castableToDouble(number);
  const isAsWritten = !hasExponent && fraction === number.fraction && fraction.length < MOST_DECIMAL_DIGITS;
  if (isAsWritten) return undefined;
  return fraction === "" ? `CAST(${whole} AS DECIMAL(${whole.length}, 0))` : decimalText(whole, fraction);
}

/** DuckDB counts the zero in front of the point. */
function decimalText(whole: string, fraction: string): string {
  return fraction.length < MOST_DECIMAL_DIGITS
    ? `${whole}.${fraction}`
    : `CAST('0.${fraction}' AS DECIMAL(${fraction.length}, ${fraction.length}))`;
}

/** DuckDB's largest integer. */
const LARGEST = 2n ** 128n - 1n;

function refuseLarge(tokens: readonly Token[], index: number, value: string): undefined {
  const isLarge = value.length > MOST_DECIMAL_DIGITS && (value.length > 1000 || BigInt(value) > LARGEST);
  if (isLarge && !DOUBLES.has(castTypeOf(tokens, index)?.name ?? "")) throw tooManyDigits();
  return undefined;
}

/** A double of 17 digits is no other's. */
const DOUBLE_DIGITS = 17;

/** Beyond the widest decimal. */
function doubleText(value: string, hasExponent: boolean): string {
  const digits = value.replace(/e.*/i, "").replace(".", "").replace(/^0+/, "");
  const double = Number(value);
  const isKept = Number.isFinite(double) && (double !== 0 || digits === "");
  if (!hasExponent || digits.length > DOUBLE_DIGITS || !isKept) throw tooManyDigits();
  return `CAST('${value}' AS DOUBLE)`;
}

function tooManyDigits(): Error {
  return notSupported(
    "numbers of more than 38 digits are not supported",
    "write it as text, or cast it to double precision",
  );
}

function fits({ whole, fraction }: PlainNumber): boolean {
  return whole.replace(/^0$/, "").length + fraction.length <= MOST_DECIMAL_DIGITS;
}

/** Without its exponent; undefined for one that says more digits than any type has. */
function plainNumber(value: string): PlainNumber | undefined {
  const [, before = "", behind = "", exponent = "0"] =
    /^(\d*)\.?(\d*)(?:e([+-]?\d{1,3}))?$/i.exec(value) ?? [];
  const digits = before + behind;
  if (digits === "") return undefined;
  const point = before.length + Number(exponent);
  const padded = point <= 0 ? "0".repeat(1 - point) + digits : digits.padEnd(point, "0");
  const at = Math.max(point, 1);
  return { whole: padded.slice(0, at).replace(/^0+(?=\d)/, ""), fraction: padded.slice(at) };
}
