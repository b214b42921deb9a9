import { closingBracket, isSymbol, isWord } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/**
 * What percentile_cont() lies between.
 *
 *   percentile_cont(0.25) WITHIN GROUP (ORDER BY x DESC)
 *     ⇒  percentile_cont(0.25) WITHIN GROUP (ORDER BY duckbranch_continuous(x) DESC)
 *
 * Reason  DuckDB keeps the type of x: between 1.5 and 2.5 it finds 1.7
 */
export const continuousPercentilesPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index) => {
    if (!isWord(token, "percentile_cont") || !isSymbol(tokens[index + 1], "(")) return [];
    const open = (closingBracket(tokens, index + 1) ?? index) + 3;
    const isWithin = isWord(tokens[open - 2], "within") && isSymbol(tokens[open], "(");
    const close = isWithin ? closingBracket(tokens, open) : undefined;
    if (close === undefined || !isWord(tokens[open + 1], "order")) return [];
    let end = open + 3;
    while (end < close && !ENDS.has(tokens[end]?.value ?? ""))
      end = isSymbol(tokens[end], "(") ? (closingBracket(tokens, end) ?? close) + 1 : end + 1;
    const [first, last] = [tokens[open + 3], tokens[end - 1]];
    if (first === undefined || last === undefined) return [];
    return [
      { start: first.start, end: first.start, text: "duckbranch_continuous(", around: "opens" },
      { start: last.end, end: last.end, text: ")", around: "closes" },
    ];
  });

const ENDS: ReadonlySet<string> = new Set(["asc", "desc", "nulls", "using", ","]);
