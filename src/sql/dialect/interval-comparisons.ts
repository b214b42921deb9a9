import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import { isSymbol, isWord } from "../token-reader.js";
import { behindFactor } from "./operand.js";
import { operandStart } from "./operand-start.js";
import type { DialectPass } from "./pass.js";

const COMPARISONS: ReadonlySet<string> = new Set(["=", "<>", "!=", "<", ">", "<=", ">="]);
const MAYBE = /\binterval\b/i;

/**
 * Intervals that are compared, where the text says that a side is one.
 *
 *   '-1 day 23:59:59'::interval = x  ⇒  duckbranch_span('-1 day 23:59:59'::interval) = x
 *   '1 day'::interval < $1           ⇒  duckbranch_span('1 day'::interval) < duckbranch_span($1)
 *
 * Reason  PostgreSQL compares their lengths, a month as 30 days. DuckDB does not set days off against hours of the other
 *         sign; its own comparison is right where a side's parts have one sign, as those of duckbranch_span() have
 */
export const intervalComparisonsPass: DialectPass = ({ text, tokens }) =>
  MAYBE.test(text) ? tokens.flatMap((_, index) => comparisonEdits(tokens, index)) : [];

/** Indexes of the first token of an operand and of the one behind it. */
type Span = readonly [first: number, behind: number];

function comparisonEdits(tokens: readonly Token[], index: number): TextEdit[] {
  const sign = tokens[index];
  if (sign?.kind !== "operator" || !COMPARISONS.has(sign.value)) return [];
  const first = operandStart(tokens, index - 1);
  const behind = behindFactor(tokens, index + 1);
  if (first === undefined || behind === undefined) return [];
  if (!isEdge(tokens[first - 1]) || !isEdge(tokens[behind])) return [];
  const sides: readonly Span[] = [
    [first, index],
    [index + 1, behind],
  ];
  if (!sides.some((side) => isInterval(tokens, side))) return [];
  return sides.flatMap((side) =>
    isInterval(tokens, side) || isParameter(tokens, side) ? spanEdits(tokens, side) : [],
  );
}

function spanEdits(tokens: readonly Token[], [first, behind]: Span): TextEdit[] {
  const [begin, end] = [tokens[first], tokens[behind - 1]];
  if (begin === undefined || end === undefined) return [];
  return [
    { start: begin.start, end: begin.start, text: "duckbranch_span(" },
    { start: end.end, end: end.end, text: ")" },
  ];
}

/** `'…'::interval`, `CAST(… AS interval)`: a text of a literal in front of its type is read by others. */
function isInterval(tokens: readonly Token[], [first, behind]: Span): boolean {
  const [last, before] = [tokens[behind - 1], tokens[behind - 2]];
  if (isWord(last, "interval")) return isSymbol(before, "::");
  return isSymbol(last, ")") && isWord(before, "interval") && isWord(tokens[first], "cast");
}

function isParameter(tokens: readonly Token[], [first, behind]: Span): boolean {
  return behind === first + 1 && tokens[first]?.kind === "parameter";
}

/** Nothing that would belong to the operand. */
function isEdge(token: Token | undefined): boolean {
  if (token === undefined || [",", "(", ")", ";"].some((symbol) => isSymbol(token, symbol))) return true;
  return token.kind === "word" && EDGE_WORDS.has(token.value);
}

const EDGE_WORDS: ReadonlySet<string> = new Set(
  "select where and or not on when then else end case having as from group order limit union".split(" "),
);
