/** A table whose columns get other names, as a view goes on reading it. */
import type { RenamedColumns } from "../branch/definition-texts.js";
import type { NameReference } from "../sql/analysis.js";
import type { Token } from "../sql/lexer.js";
import { isSameName, quoteIdentifier } from "../sql/names.js";

/**
 * `t` ⇒ `(SELECT "id", "b" AS "a" FROM t)`, with the columns that the text may mean: others may be dropped afterwards. Undefined
 * where it means none that gets another name, and nothing that is called as one now is. A column that there was not before was "".
 */
export function columnsUnderOldNames(
  tokens: readonly Token[],
  { parts, alias, end }: NameReference,
  columns: RenamedColumns,
  rows: string,
): string | undefined {
  const words = tokens.filter(({ kind }) => kind === "word" || kind === "quoted");
  const isMentioned = (column: string): boolean => words.some(({ value }) => isSameName(value, column));
  const called = alias ?? parts.at(-1) ?? "";
  const meansAll =
    tokens.some(({ value }) => value === "*") ||
    isMentioned("natural") ||
    isMentioned("columns") ||
    isRowMeant(tokens, called) ||
    isListed(tokens, end, alias);
  const had = columns.filter(([was]) => was !== "");
  const mentioned = meansAll ? had : had.filter(([was]) => isMentioned(was));
  // What the text calls so is something else, and must not become the column; NATURAL would join by it.
  const isJoined = isMentioned("natural") && isJoinedNaturally(tokens, end);
  const isHidden = columns.some(([was, is]) => !isSameName(was, is) && (isJoined || isMentioned(is)));
  if (!isHidden && mentioned.every(([was, is]) => isSameName(was, is))) return undefined;
  const meant = mentioned.length === 0 ? had : mentioned;
  const list = meant.map(([was, is]) =>
    isSameName(was, is) ? quoteIdentifier(is) : `${quoteIdentifier(is)} AS ${quoteIdentifier(was)}`,
  );
  return `(SELECT ${list.join(", ")} FROM ${rows})`;
}

/**
 * NATURAL stands in the FROM clause of the name that ends here, in its parentheses or in those around it: from its FROM on, and
 * behind it. What is found behind the clause, in a query beside it, is taken for one too.
 */
function isJoinedNaturally(tokens: readonly Token[], end: number): boolean {
  const is = (at: number, word: string): boolean =>
    tokens[at]?.kind === "word" && isSameName(tokens[at].value, word);
  const place = tokens.findIndex((token) => token.end === end);
  let [depth, around] = [0, 0];
  for (let at = place; at >= 0; at--) {
    const { value } = tokens[at] ?? {};
    if (depth === 0 && is(at, "natural")) return true;
    if (depth === 0 && is(at, "from") && !is(at - 1, "distinct")) break;
    if (value === ")") depth++;
    if (value === "(" && depth-- === 0) [depth, around] = [0, around + 1];
  }
  depth = 0;
  for (let at = place + 1; at < tokens.length && depth >= -around; at++) {
    const { value } = tokens[at] ?? {};
    if (depth <= 0 && is(at, "natural")) return true;
    if (value === "(") depth++;
    if (value === ")") depth--;
  }
  return false;
}

/** The table stands for a whole row: `SELECT t FROM t`. */
function isRowMeant(tokens: readonly Token[], called: string): boolean {
  const places = tokens.flatMap((token, at) =>
    (token.kind === "word" || token.kind === "quoted") && isSameName(token.value, called) ? [at] : [],
  );
  return places.filter((at) => tokens[at + 1]?.value !== ".").length > 1;
}

/** Its alias gives names to its columns, by their places: `t AS x(a, b)`. */
function isListed(tokens: readonly Token[], end: number, alias: string | undefined): boolean {
  if (alias === undefined) return false;
  const behind = tokens.filter(({ start }) => start >= end);
  const at = behind.findIndex(({ value }) => isSameName(value, alias));
  return behind[at + 1]?.value === "(";
}
