import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import { isSymbol, isWord } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/**
 * Two spans of time.
 *
 *   (a, b) OVERLAPS (c, d)  ⇒  "overlaps"(a, b , c, d)
 *
 * Reason  DuckDB's grammar sends it to a function that it does not have; ours is in src/catalog/expressions/moments.ts
 */
export const overlapsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index): TextEdit[] => {
    if (!isWord(token, "overlaps") || !isSymbol(tokens[index - 1], ")")) return [];
    const row = isWord(tokens[index + 1], "row") ? index + 2 : index + 1;
    const open = openingOf(tokens, index - 1);
    const [first, close, second] = [tokens[open], tokens[index - 1], tokens[row]];
    if (first === undefined || close === undefined || second === undefined || !isSymbol(second, "("))
      return [];
    const word = tokens[open - 1];
    const start = word !== undefined && isWord(word, "row") ? word.start : first.start;
    return [
      { start, end: first.start, text: '"overlaps"' },
      { start: close.start, end: second.end, text: " , " },
    ];
  });

/** -1 where there is none. */
function openingOf(tokens: readonly Token[], close: number): number {
  let depth = 0;
  for (let at = close; at >= 0; at -= 1) {
    if (isSymbol(tokens[at], ")")) depth += 1;
    else if (isSymbol(tokens[at], "(") && --depth === 0) return at;
  }
  return -1;
}
