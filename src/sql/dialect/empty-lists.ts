import type { Token } from "../lexer.js";
import { isSymbol, isWord } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/** What may follow a SELECT without columns. */
const BEHIND = new Set("from where group having order limit offset fetch window for".split(" "));

/**
 * SELECT without columns.
 *
 *   SELECT FROM t                  ⇒  SELECT NULL::BOOLEAN FROM t
 *   WHERE EXISTS (SELECT FROM t)   ⇒  WHERE EXISTS (SELECT NULL::BOOLEAN FROM t)
 *
 * Reason  DuckDB wants one. Only where nobody sees it: of a statement's own result its names take it away
 */
export const emptyListsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index) => {
    const isHidden = index === 0 || (isSymbol(tokens[index - 1], "(") && isWord(tokens[index - 2], "exists"));
    if (!isWord(token, "select") || !isHidden || !endsList(tokens[index + 1])) return [];
    return [{ start: token.end, end: token.end, text: " NULL::BOOLEAN" }];
  });

function endsList(token: Token | undefined): boolean {
  if (token === undefined || isSymbol(token, ")")) return true;
  return token.kind === "word" && BEHIND.has(token.value);
}
