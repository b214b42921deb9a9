import { isSymbol } from "../token-reader.js";
import { typeNameAt } from "./cast-places.js";
import { isDefinition } from "./checked-casts.js";
import type { DialectPass } from "./pass.js";

const MOMENTS: ReadonlySet<string> = new Set(["timestamp", "timestamptz", "time", "timetz", "interval"]);
/** What a moment has anyway. */
const ALL_DIGITS = 6;
const DIGITS = /^[0-6]$/;
/** TIMESTAMP_S and TIMESTAMP_MS. */
const OWN_TIMESTAMPS: ReadonlySet<string> = new Set(["0", "3"]);

/**
 * Moments with all six digits of a second, and columns of fewer, which a check holds to them: see sql/held-types.ts.
 *
 *   CREATE TABLE t (a timestamptz(6), b time(3) without time zone)  ⇒  CREATE TABLE t (a timestamptz, b time without time zone)
 *
 * Reason  DuckDB knows no modifier of these types, but timestamp(0) and timestamp(3)
 */
export const momentModifiersPass: DialectPass = ({ tokens, types }) => {
  const isColumn = isDefinition(tokens);
  const starts = new Set(types.map(({ start }) => start));
  return tokens.flatMap((token, index) => {
    const isType = starts.has(token.start) || isSymbol(tokens[index - 1], "::");
    const type = isType ? typeNameAt(tokens, index) : undefined;
    if (type?.hasModifier !== true || !MOMENTS.has(type.name)) return [];
    const at = tokens.findIndex((one, other) => other > index && isSymbol(one, "("));
    const [open, digits, close] = [tokens[at], tokens[at + 1], tokens[at + 2]];
    if (open === undefined || close === undefined || digits === undefined) return [];
    const isOwn = type.name === "timestamp" && OWN_TIMESTAMPS.has(digits.value);
    const isHeld = isColumn && DIGITS.test(digits.value) && !isOwn && !isSymbol(tokens[type.behind], "[");
    // PostgreSQL takes more for as many as there are.
    if (!(Number(digits.value) >= ALL_DIGITS) && (!isHeld || type.name === "timetz")) return [];
    return [{ start: open.start, end: close.end, text: "" }];
  });
};
