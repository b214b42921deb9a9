import { notSupported } from "../../core/errors.js";
import type { Token } from "../lexer.js";
import { isWord } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/** A decimal of so many digits becomes the same double where it is cast to one. */
const MOST_DIGITS = 15;

/**
 * Numbers to the base 16, 8 or 2, as PostgreSQL has them since version 16, and numbers with an exponent, which are numeric.
 *
 *   0x1F    ⇒  31
 *   1.5e-3  ⇒  0.0015        1e3  ⇒  CAST(1000 AS DECIMAL(4, 0))
 *
 * Errors  0A000 for more digits than its decimals have: DuckDB makes a double of them, and rounds without a word
 * Reason  DuckDB reads `0 AS x1F`, and answers 0; an exponent makes a number one of double precision, which is rounded otherwise
 */
export const numberLiteralsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap(({ kind, start, end, value }, index) => {
    if (kind !== "number") return [];
    if (!isDouble(tokens, index)) refuseLong(value);
    if (/^0[xob]/i.test(value)) return [{ start, end, text: BigInt(value.replaceAll("_", "")).toString() }];
    const text = plainNumber(value);
    return text === undefined ? [] : [{ start, end, text }];
  });

/** Of DuckDB's widest decimal, and its largest integer. */
const MOST_DECIMAL_DIGITS = 38;
const LARGEST = 2n ** 128n - 1n;

function refuseLong(value: string): void {
  if (!/^[\d._]+$/.test(value)) return;
  const digits = value.replaceAll(/[._]/g, "").replace(/^0+/, "");
  const isTooLong = value.includes(".")
    ? digits.length > MOST_DECIMAL_DIGITS
    : digits.length > String(LARGEST).length || BigInt(`0${digits}`) > LARGEST;
  if (!isTooLong) return;
  throw notSupported(
    "numbers of more than 38 digits are not supported",
    "write it as text, or cast it to double precision",
  );
}

/** `…::float8`: it is meant to be rounded. */
function isDouble(tokens: readonly Token[], index: number): boolean {
  const type = tokens[index + 2];
  const isCast = tokens[index + 1]?.value === "::";
  return isCast && ["float8", "double", "float", "float4", "real"].some((name) => isWord(type, name));
}

function plainNumber(value: string): string | undefined {
  const [, whole = "", fraction = "", exponent = ""] = /^(\d*)\.?(\d*)e([+-]?\d{1,3})$/i.exec(value) ?? [];
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  const length = Math.max(digits.length, point) - Math.min(point, 0);
  if (exponent === "" || digits === "" || length > MOST_DIGITS) return undefined;
  const padded = point <= 0 ? "0".repeat(1 - point) + digits : digits.padEnd(point, "0");
  const at = Math.max(point, 1);
  const [before, behind] = [padded.slice(0, at), padded.slice(at)];
  return behind === "" ? `CAST(${before} AS DECIMAL(${before.length}, 0))` : `${before}.${behind}`;
}
