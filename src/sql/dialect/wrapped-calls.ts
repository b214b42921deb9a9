import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import { closingBracket, isSymbol, isWord, nameAt } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

const AGGREGATES = new Set(["json_agg", "jsonb_agg"]);

/**
 * json_agg is DuckDB's list, turned into JSON.
 *
 *   json_agg(x ORDER BY y) FILTER (WHERE z)  ⇒  to_json(json_agg(x ORDER BY y) FILTER (WHERE z))
 *
 * Reason  DuckDB's json_group_array gives [] where there are no rows, PostgreSQL NULL. The name is replaced by its
 *         resolver: src/catalog/functions.ts
 */
export const wrappedCallsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((_, index) => {
    const name = isSymbol(tokens[index - 1], ".") ? undefined : nameAt(tokens, index);
    if (name === undefined || !AGGREGATES.has(name.parts.at(-1) ?? "")) return [];
    const last = isSymbol(tokens[name.next], "(") ? callEnd(tokens, name.next) : undefined;
    return last === undefined ? [] : around(name.start, last.end);
  });

function around(start: number, end: number): TextEdit[] {
  return [
    { start, end: start, text: "to_json(" },
    { start: end, end, text: ")" },
  ];
}

/** The last token of a call with FILTER and OVER behind it. */
function callEnd(tokens: readonly Token[], open: number): Token | undefined {
  let close = closingBracket(tokens, open);
  if (close !== undefined && isWord(tokens[close + 1], "filter")) close = closingBracket(tokens, close + 2);
  if (close !== undefined && isWord(tokens[close + 1], "over"))
    close = isSymbol(tokens[close + 2], "(") ? closingBracket(tokens, close + 2) : close + 2;
  return close === undefined ? undefined : tokens[close];
}
