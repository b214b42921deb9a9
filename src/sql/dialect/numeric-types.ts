import { UNBOUNDED_NUMERIC } from "../../core/unbounded-numeric.js";
import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import { isSymbol, nameAt } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

const NAMES = new Set(["numeric", "decimal", "dec"]);
const { width: WIDTH, scale: SCALE } = UNBOUNDED_NUMERIC;
const UNBOUNDED = `DECIMAL(${WIDTH}, ${SCALE})`;

/**
 * numeric and decimal without a precision, and of more digits than DuckDB's have.
 *
 *   CREATE TABLE t (n numeric)          ⇒  CREATE TABLE t (n DECIMAL(38, 9))        x::numeric  ⇒  x::DECIMAL(38, 9)
 *   CREATE TABLE t (n numeric(65, 30))  ⇒  CREATE TABLE t (n DECIMAL(38, 9))        numeric(65, 2)  ⇒  DECIMAL(38, 2)
 *
 * Reason  DuckDB takes it for DECIMAL(18, 3) and rounds to three digits; see docs/decisions/0014. Prisma makes each Decimal a
 *         numeric(65, 30): a value that is not kept whole is refused where it is stored, as in a column without a precision
 */
export const numericTypesPass: DialectPass = ({ tokens, types }) => {
  const starts = new Set(types.map(({ start }) => start));
  return tokens.flatMap((token, index) => {
    if (token.kind !== "word" || !NAMES.has(nameAt(tokens, index)?.parts.at(-1) ?? "")) return [];
    const name = nameAt(tokens, index);
    if (name === undefined || isSymbol(tokens[index - 1], ".")) return [];
    const isType = starts.has(token.start) || isSymbol(tokens[index - 1], "::");
    if (!isType) return [];
    if (isSymbol(tokens[name.next], "(")) return wideType(tokens, name.start, name.next);
    return [{ start: name.start, end: name.end, text: UNBOUNDED }];
  });
};

/** `open` is the bracket behind the name. */
function wideType(tokens: readonly Token[], start: number, open: number): TextEdit[] {
  const [digits, comma, places] = [tokens[open + 1], tokens[open + 2], tokens[open + 3]];
  const hasPlaces = isSymbol(comma, ",");
  const close = tokens[open + (hasPlaces ? 4 : 2)];
  const scale = hasPlaces ? Number(places?.value) : 0;
  if (close === undefined || !isSymbol(close, ")") || !(Number(digits?.value) > WIDTH)) return [];
  if (Number(digits?.value) > MOST_DIGITS || !(scale >= 0)) return [];
  return [{ start, end: close.end, text: scale > SCALE ? UNBOUNDED : `DECIMAL(${WIDTH}, ${scale})` }];
}

/** PostgreSQL's own limit. */
const MOST_DIGITS = 1000;
