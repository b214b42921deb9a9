import { isSymbol } from "../token-reader.js";
import { typeNameAt } from "./cast-places.js";
import type { DialectPass } from "./pass.js";

const MOMENTS: ReadonlySet<string> = new Set(["timestamp", "timestamptz", "time", "timetz", "interval"]);
/** What a moment has anyway. */
const ALL_DIGITS = "6";

/**
 * Moments with all six digits of a second.
 *
 *   CREATE TABLE t (a timestamptz(6), b time(6) without time zone)  ⇒  CREATE TABLE t (a timestamptz, b time without time zone)
 *
 * Reason  DuckDB knows no modifier of these types
 */
export const momentModifiersPass: DialectPass = ({ tokens, types }) => {
  const starts = new Set(types.map(({ start }) => start));
  return tokens.flatMap((token, index) => {
    const isType = starts.has(token.start) || isSymbol(tokens[index - 1], "::");
    const type = isType ? typeNameAt(tokens, index) : undefined;
    if (type?.hasModifier !== true || !MOMENTS.has(type.name)) return [];
    const at = tokens.findIndex((one, other) => other > index && isSymbol(one, "("));
    const [open, digits, close] = [tokens[at], tokens[at + 1], tokens[at + 2]];
    if (open === undefined || close === undefined || digits?.value !== ALL_DIGITS) return [];
    return [{ start: open.start, end: close.end, text: "" }];
  });
};
