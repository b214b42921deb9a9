import type { DialectPass } from "./pass.js";

/** A decimal of so many digits becomes the same double where it is cast to one. */
const MOST_DIGITS = 15;

/**
 * Numbers to the base 16, 8 or 2, as PostgreSQL has them since version 16, and numbers with an exponent, which are numeric.
 *
 *   0x1F    ⇒  31
 *   1.5e-3  ⇒  0.0015        1e3  ⇒  CAST(1000 AS DECIMAL(4, 0))
 *
 * Reason  DuckDB reads `0 AS x1F`, and answers 0; an exponent makes a number one of double precision, which is rounded otherwise
 */
export const numberLiteralsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap(({ kind, start, end, value }) => {
    if (kind !== "number") return [];
    if (/^0[xob]/i.test(value)) return [{ start, end, text: BigInt(value.replaceAll("_", "")).toString() }];
    const text = plainNumber(value);
    return text === undefined ? [] : [{ start, end, text }];
  });

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
