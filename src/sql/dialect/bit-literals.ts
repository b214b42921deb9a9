import { SQLSTATE, SqlError } from "../../core/errors.js";
import type { DialectPass } from "./pass.js";

/**
 * Bit strings.
 *
 *   B'101'  ⇒  '101'::BIT          X'1F'  ⇒  '00011111'::BIT
 *
 * Reason  DuckDB keeps the letter as part of a text: b'101' is 'b101'
 */
export const bitLiteralsPass: DialectPass = ({ text, tokens }) =>
  tokens.flatMap(({ kind, start, end }) => {
    if (kind !== "bits") return [];
    const digits = text.slice(start + 2, end - 1);
    const isHex = text.charAt(start).toLowerCase() === "x";
    const wrong = (isHex ? /[^0-9a-f]/i : /[^01]/).exec(digits)?.[0];
    if (wrong !== undefined) {
      throw new SqlError(
        SQLSTATE.invalidTextRepresentation,
        `"${wrong}" is not a valid ${isHex ? "hexadecimal" : "binary"} digit`,
      );
    }
    const bits = isHex
      ? Array.from(digits, (digit) => Number.parseInt(digit, 16).toString(2).padStart(4, "0")).join("")
      : digits;
    return [{ start, end, text: `'${bits}'::BIT` }];
  });
