import { isReserved } from "../builtin-names.js";
import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import { closingBracket, isSymbol, isWord, splitAtCommas } from "../token-reader.js";
import type { DialectPass } from "./pass.js";
import { placesOf, type Place } from "./places.js";

/** Operator ⇒ the macro that compares so: src/catalog/expressions/rows.ts. */
const ROW_OPERATORS: ReadonlyMap<string, string> = new Map([
  ["=", "equal"],
  ["<>", "unequal"],
  ["!=", "unequal"],
  ["<", "less"],
  ["<=", "least"],
  [">", "greater"],
  [">=", "greatest"],
]);
/** Columns of a row that is compared. */
export const MOST_COLUMNS = 8;

/**
 * Rows written as such, tested for NULL and compared with each other.
 *
 *   ROW(a, b) IS NOT NULL  ⇒  ((a) IS NOT NULL AND (b) IS NOT NULL)
 *   (a, b) < (c, 1)        ⇒  duckbranch_row_less_2(a, b, c, 1)
 *
 * Reason  DuckDB's row is a STRUCT: never NULL itself, and NULL in it equals NULL and is greater than anything else
 */
export const rowTestsPass: DialectPass = ({ tokens }) => {
  let places: readonly Place[] | undefined;
  return tokens.flatMap((token, index) => {
    if (!isSymbol(token, "(")) return [];
    const row = rowAt(tokens, index);
    if (row === undefined) return [];
    if (isWord(tokens[row.close + 1], "is")) return nullTest(tokens, row);
    const operator = tokens[row.close + 1];
    const macro = operator?.kind === "operator" ? ROW_OPERATORS.get(operator.value) : undefined;
    if (macro === undefined) return [];
    places ??= placesOf(tokens);
    return places[row.first]?.clause === "set" ? [] : comparison(tokens, row, macro);
  });
};

interface Row {
  /** The word ROW, or the bracket. */
  readonly first: number;
  readonly open: number;
  readonly close: number;
  readonly items: readonly (readonly [number, number])[];
}

/** A row constructor at its bracket; one on the left is tested or compared. */
function rowAt(tokens: readonly Token[], open: number, isRightSide = false): Row | undefined {
  const before = tokens[open - 1];
  const isNamed = isWord(before, "row");
  const isCall = before?.kind === "quoted" || (before?.kind === "word" && !isReserved(before.value));
  if ((isCall && !isNamed) || isWord(before, "in") || isWord(before, "values")) return undefined;
  const close = closingBracket(tokens, open);
  if (close === undefined || isWord(tokens[open + 1], "select") || isWord(tokens[open + 1], "with"))
    return undefined;
  const behind = tokens[close + 1];
  if (!isWord(behind, "is") && !(isRightSide || ROW_OPERATORS.has(behind?.value ?? ""))) return undefined;
  const items = splitAtCommas(tokens, open + 1, close);
  if (items.some(([from, to]) => to <= from || isSymbol(tokens[to - 1], "*"))) return undefined;
  return items.length < 2 && !isNamed ? undefined : { first: isNamed ? open - 1 : open, open, close, items };
}

function nullTest(tokens: readonly Token[], { first, open, close, items }: Row): TextEdit[] {
  const isNot = isWord(tokens[close + 2], "not");
  const last = tokens[close + (isNot ? 3 : 2)];
  const [begin, bracket, end] = [tokens[first], tokens[open], tokens[close]];
  if (last === undefined || !isWord(last, "null")) return [];
  if (begin === undefined || bracket === undefined || end === undefined) return [];
  const test = isNot ? " IS NOT NULL" : " IS NULL";
  return [
    { start: begin.start, end: bracket.end, text: "((" },
    ...items.slice(1).flatMap(([from]) => replaced(tokens[from - 1], `)${test} AND (`)),
    { start: end.start, end: last.end, text: `)${test})` },
  ];
}

function comparison(tokens: readonly Token[], left: Row, macro: string): TextEdit[] {
  const open = isWord(tokens[left.close + 2], "row") ? left.close + 3 : left.close + 2;
  const right = isSymbol(tokens[open], "(") ? rowAt(tokens, open, true) : undefined;
  const count = left.items.length;
  if (right?.items.length !== count || count > MOST_COLUMNS || isContinued(tokens[right.close + 1]))
    return [];
  const [begin, bracket] = [tokens[left.first], tokens[left.open]];
  const [middle, behind] = [tokens[left.close], tokens[right.open]];
  if (begin === undefined || bracket === undefined || middle === undefined || behind === undefined) return [];
  return [
    { start: begin.start, end: bracket.end, text: `duckbranch_row_${macro}_${count}(` },
    { start: middle.start, end: behind.end, text: ", " },
  ];
}

/** What follows belongs to the right row alone. */
function isContinued(token: Token | undefined): boolean {
  return isSymbol(token, "::") || isSymbol(token, ".") || isSymbol(token, "[");
}

function replaced(token: Token | undefined, text: string): TextEdit[] {
  return token === undefined ? [] : [{ start: token.start, end: token.end, text }];
}
