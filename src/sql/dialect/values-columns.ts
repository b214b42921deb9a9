import type { TextEdit } from "../analysis.js";
import { canBeAlias } from "../builtin-names.js";
import type { Token } from "../lexer.js";
import { closingBracket, isName, isSymbol, isWord, splitAtCommas } from "../token-reader.js";
import type { DialectPass } from "./pass.js";
import { placesOf } from "./places.js";

/**
 * Names for the columns of VALUES.
 *
 *   FROM (VALUES (1, 'a')) AS v        ⇒  FROM (VALUES (1, 'a')) AS v(column1, column2)
 *   FROM (VALUES (1, 'a')) v(x)        ⇒  FROM (VALUES (1, 'a')) v(x, column2)
 *   WITH v AS (VALUES (1, 'a')) …      ⇒  WITH v(column1, column2) AS (VALUES (1, 'a')) …
 *   VALUES (1, 'a') ORDER BY column2   ⇒  SELECT * FROM (VALUES (1, 'a')) AS v(column1, column2) ORDER BY column2
 *
 * Reason  DuckDB calls them col0, col1 …
 */
export const valuesColumnsPass: DialectPass = ({ tokens }) => {
  const places = placesOf(tokens);
  return tokens.flatMap((token, index): TextEdit[] => {
    if (!isWord(token, "values")) return [];
    const count = widthOf(tokens, index + 1);
    if (count === 0) return [];
    if (index === 0) return orderedEdits(tokens, count);
    const open = index - 1;
    const close = isSymbol(tokens[open], "(") ? closingBracket(tokens, open) : undefined;
    if (close === undefined) return [];
    const clause = places[open]?.clause;
    const isItem = (clause === "from" || clause === "using") && isItemStart(tokens[open - 1]);
    return isItem ? aliasEdits(tokens, close + 1, count) : queryEdits(tokens, open, count);
  });
};

/** How many values the row that begins at this token has. */
function widthOf(tokens: readonly Token[], open: number): number {
  const close = isSymbol(tokens[open], "(") ? closingBracket(tokens, open) : undefined;
  return close === undefined ? 0 : splitAtCommas(tokens, open + 1, close).length;
}

function isItemStart(before: Token | undefined): boolean {
  return isSymbol(before, ",") || ["from", "join", "lateral", "using"].some((word) => isWord(before, word));
}

/** `names` columns have one already. */
function columnList(count: number, names = 0): string {
  return Array.from({ length: count - names }, (_, index) => `column${names + index + 1}`).join(", ");
}

function aliasEdits(tokens: readonly Token[], behind: number, count: number): TextEdit[] {
  const at = isWord(tokens[behind], "as") ? behind + 1 : behind;
  const alias = tokens[at];
  const isAlias = isName(alias) && (alias?.kind === "quoted" || canBeAlias(alias?.value ?? ""));
  if (!isAlias || alias === undefined) return [];
  if (!isSymbol(tokens[at + 1], "(")) return [insertion(alias.end, `(${columnList(count)})`)];
  const close = closingBracket(tokens, at + 1);
  const last = close === undefined ? undefined : tokens[close];
  if (close === undefined || last === undefined) return [];
  const names = splitAtCommas(tokens, at + 2, close).length;
  return names < count ? [insertion(last.start, `, ${columnList(count, names)}`)] : [];
}

/** A common table expression without a list of columns. */
function queryEdits(tokens: readonly Token[], open: number, count: number): TextEdit[] {
  let as = open - 1;
  if (isWord(tokens[as], "materialized")) as -= isWord(tokens[as - 1], "not") ? 2 : 1;
  const name = tokens[as - 1];
  const before = tokens[as - 2];
  const isFirst = isWord(before, "with") || isWord(before, "recursive") || isSymbol(before, ",");
  if (!isWord(tokens[as], "as") || !isName(name) || !isFirst || name === undefined) return [];
  return [insertion(name.end, `(${columnList(count)})`)];
}

/** Only where the names are used: those of the result are the client's anyway. */
function orderedEdits(tokens: readonly Token[], count: number): TextEdit[] {
  const order = tokens.findIndex((token) => isWord(token, "order"));
  const [first, last] = [tokens[0], tokens[order - 1]];
  if (first === undefined || last === undefined || !rowsOnly(tokens, order)) return [];
  return [
    insertion(first.start, "SELECT * FROM ("),
    insertion(last.end, `) AS duckbranch_values(${columnList(count)})`),
  ];
}

/** Nothing but rows stands between VALUES and this token. */
function rowsOnly(tokens: readonly Token[], end: number): boolean {
  return splitAtCommas(tokens, 1, end).every(
    ([from, to]) => isSymbol(tokens[from], "(") && closingBracket(tokens, from) === to - 1,
  );
}

function insertion(at: number, text: string): TextEdit {
  return { start: at, end: at, text };
}
