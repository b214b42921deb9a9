/** PostgreSQL's text input of bit strings. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { invalidSyntax } from "./input-errors.js";

/** A bit string `0101`, also `b0101`, or in hex `x1F`. Gives the digits 0 and 1. DuckDB has no empty bit string. */
export function parseBits(text: string): string {
  const hex = /^x(.*)$/is.exec(text)?.[1];
  const digits = hex ?? text.replace(/^b/i, "");
  const bad = (hex === undefined ? /[^01]/ : /[^0-9a-f]/i).exec(digits);
  if (bad !== null) {
    const kind = hex === undefined ? "binary" : "hexadecimal";
    throw new SqlError(SQLSTATE.invalidTextRepresentation, `"${bad[0]}" is not a valid ${kind} digit`);
  }
  if (digits === "") throw invalidSyntax("bit varying", text);
  if (hex === undefined) return digits;
  return Array.from(digits, (digit) => Number.parseInt(digit, 16).toString(2).padStart(4, "0")).join("");
}
