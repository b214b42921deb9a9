import { UNBOUNDED_NUMERIC } from "../../core/unbounded-numeric.js";
import { isSymbol, nameAt } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

const NAMES = new Set(["numeric", "decimal", "dec"]);
const UNBOUNDED = `DECIMAL(${UNBOUNDED_NUMERIC.width}, ${UNBOUNDED_NUMERIC.scale})`;

/**
 * numeric and decimal without a precision.
 *
 *   CREATE TABLE t (n numeric)  ⇒  CREATE TABLE t (n DECIMAL(38, 9))        x::numeric  ⇒  x::DECIMAL(38, 9)
 *
 * Reason  DuckDB takes it for DECIMAL(18, 3) and rounds to three digits; see docs/decisions/0014
 */
export const numericTypesPass: DialectPass = ({ tokens, types }) => {
  const starts = new Set(types.map(({ start }) => start));
  return tokens.flatMap((token, index) => {
    if (token.kind !== "word" || !NAMES.has(nameAt(tokens, index)?.parts.at(-1) ?? "")) return [];
    const name = nameAt(tokens, index);
    if (name === undefined || isSymbol(tokens[index - 1], ".") || isSymbol(tokens[name.next], "(")) return [];
    const isType = starts.has(token.start) || isSymbol(tokens[index - 1], "::");
    return isType ? [{ start: name.start, end: name.end, text: UNBOUNDED }] : [];
  });
};
