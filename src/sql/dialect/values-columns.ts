import type { TextEdit } from "../analysis.js";
import { canBeAlias } from "../builtin-names.js";
import type { Token } from "../lexer.js";
import { closingBracket, isName, isSymbol, isWord, splitAtCommas } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/**
 * Columns of VALUES that nobody named.
 *
 *   FROM (VALUES (1, 'a')) AS t       ⇒  FROM (VALUES (1, 'a')) AS t(column1, column2)
 *   FROM (VALUES (1, 'a')) AS t(id)   ⇒  FROM (VALUES (1, 'a')) AS t(id, column2)
 *   WITH v AS (VALUES (1)) …          ⇒  WITH v(column1) AS (VALUES (1)) …
 *
 * Reason  DuckDB calls them col0, col1 …
 */
export const valuesColumnsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index): TextEdit[] => {
    const open = index - 1;
    if (!isWord(token, "values") || !isSymbol(tokens[open], "(") || !isSymbol(tokens[index + 1], "("))
      return [];
    const [close, row] = [closingBracket(tokens, open), closingBracket(tokens, index + 1)];
    if (close === undefined || row === undefined) return [];
    const count = splitAtCommas(tokens, index + 2, row).length;
    return isWord(tokens[open - 1], "as")
      ? commonTableEdits(tokens, open - 2, count)
      : sourceEdits(tokens, open, close, count);
  });

function sourceEdits(tokens: readonly Token[], open: number, close: number, count: number): TextEdit[] {
  const before = tokens[open - 1];
  const isSource = isSymbol(before, ",") || ["from", "join", "lateral"].some((word) => isWord(before, word));
  const at = isWord(tokens[close + 1], "as") ? close + 2 : close + 1;
  const alias = tokens[at];
  const isAlias = isName(alias) && (alias?.kind === "quoted" || canBeAlias(alias?.value ?? ""));
  if (!isSource || !isAlias || alias === undefined) return [];
  if (!isSymbol(tokens[at + 1], "(")) return [insertion(alias.end, `(${columns(0, count)})`)];
  const end = closingBracket(tokens, at + 1);
  const last = end === undefined ? undefined : tokens[end];
  const named = end === undefined ? count : splitAtCommas(tokens, at + 2, end).length;
  return last === undefined || named >= count ? [] : [insertion(last.start, `, ${columns(named, count)}`)];
}

/** `name` is the index of the query's name, when it has no columns of its own. */
function commonTableEdits(tokens: readonly Token[], name: number, count: number): TextEdit[] {
  const [before, token] = [tokens[name - 1], tokens[name]];
  const isCommon = isWord(before, "with") || isWord(before, "recursive") || isSymbol(before, ",");
  return isCommon && isName(token) && token !== undefined
    ? [insertion(token.end, `(${columns(0, count)})`)]
    : [];
}

/** Those behind the first `named`. */
function columns(named: number, count: number): string {
  return Array.from({ length: count - named }, (_, index) => `column${named + index + 1}`).join(", ");
}

function insertion(at: number, text: string): TextEdit {
  return { start: at, end: at, text };
}
