import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import { closingBracket, isSymbol, isWord } from "../token-reader.js";
import type { DialectPass } from "./pass.js";
import { type Place, placesOf } from "./places.js";

/**
 * sum() and avg(), whose types depend on what they are given.
 *
 *   sum(x) OVER w                   ⇒  duckbranch_sum(sum(duckbranch_sum_input(x)) OVER w)
 *   avg(x)                          ⇒  duckbranch_avg(x)
 *   avg(DISTINCT x)                 ⇒  duckbranch_distinct_avg(x)
 *   avg(x) FILTER (WHERE c)         ⇒  duckbranch_filtered_avg(x, c)
 *   avg(x) OVER (PARTITION BY k)    ⇒  duckbranch_window_average(avg(x) OVER (…), sum(duckbranch_averaged(x)) OVER (…), count(x) OVER (…))
 *
 * Reason  PostgreSQL's sum of integers is a bigint, of bigints a numeric, their average a numeric; DuckDB's are HUGEINT and
 *         double precision. See src/catalog/expressions/numbers.ts
 */
export const sumsPass: DialectPass = ({ text, tokens }) => {
  const edits: TextEdit[] = [];
  let places: readonly Place[] | undefined;
  for (const [index, token] of tokens.entries()) {
    const isSum = isWord(token, "sum");
    if (!isSum && !isWord(token, "avg")) continue;
    if (isSymbol(tokens[index - 1], ".") || !isSymbol(tokens[index + 1], "(")) continue;
    const call = aggregateAt(tokens, index);
    if (call === undefined) continue;
    const written = isSum ? sumEdits(tokens, call) : avgEdits(text, tokens, call);
    places ??= placesOf(tokens);
    if (written.length > 0 && isNamedByCall(tokens, call, places))
      written.push(behindToken(tokens[call.last], ` AS ${token.value}`));
    edits.push(...written);
  }
  return edits;
};

/** A column of a view, a table or a subquery that has the function's name; the statement's own result is named elsewhere. */
export function isNamedByCall(
  tokens: readonly Token[],
  { name, last }: Pick<AggregateCall, "name" | "last">,
  places: readonly Place[],
): boolean {
  const place = places[name];
  const isInner = place?.open !== -1 || isWord(tokens[0], "create");
  const [before, after] = [tokens[name - 1], tokens[last + 1]];
  const begins = isSymbol(before, ",") || isWord(before, "select") || isWord(before, "distinct");
  const ends =
    after === undefined || [",", ")", ";"].some((end) => isSymbol(after, end)) || isWord(after, "from");
  return isInner && place?.clause === "select" && begins && ends;
}

/** Indexes of tokens. */
interface AggregateCall {
  readonly name: number;
  /** The first token of the argument, behind DISTINCT or ALL. */
  readonly argument: number;
  /** The index behind the argument: `)`, or ORDER BY. */
  readonly argumentEnd: number;
  readonly close: number;
  /** The closing bracket of FILTER (WHERE …). */
  readonly filterClose: number | undefined;
  /** The first token behind OVER, and the last of the window. */
  readonly over: number | undefined;
  readonly last: number;
}

function aggregateAt(tokens: readonly Token[], name: number): AggregateCall | undefined {
  const open = name + 1;
  const close = closingBracket(tokens, open);
  if (close === undefined) return undefined;
  const isMarked = isWord(tokens[open + 1], "distinct") || isWord(tokens[open + 1], "all");
  const argument = isMarked ? open + 2 : open + 1;
  const argumentEnd = endOfArgument(tokens, argument, close);
  const isPlain =
    argumentEnd === argument + 1 && ["parameter", "string"].includes(tokens[argument]?.kind ?? "");
  if (argumentEnd === undefined || argumentEnd === argument || isPlain) return undefined;
  const isFiltered = isWord(tokens[close + 1], "filter") && isSymbol(tokens[close + 2], "(");
  const filterClose = isFiltered ? closingBracket(tokens, close + 2) : undefined;
  const behind = (filterClose ?? close) + 1;
  const over = isWord(tokens[behind], "over") ? behind + 1 : undefined;
  const last =
    over === undefined ? behind - 1 : isSymbol(tokens[over], "(") ? closingBracket(tokens, over) : over;
  return last === undefined ? undefined : { name, argument, argumentEnd, close, filterClose, over, last };
}

/** Behind the only argument; undefined for several, and for stars, which stand for several. */
function endOfArgument(tokens: readonly Token[], from: number, close: number): number | undefined {
  let depth = 0;
  for (let index = from; index < close; index += 1) {
    const token = tokens[index];
    if (isWord(token, "columns") || (isSymbol(token, "*") && index === from)) return undefined;
    if (token?.kind === "symbol" && "([{".includes(token.value)) depth += 1;
    else if (token?.kind === "symbol" && ")]}".includes(token.value)) depth -= 1;
    else if (depth === 0 && isSymbol(token, ",")) return undefined;
    else if (depth === 0 && isWord(token, "order") && isWord(tokens[index + 1], "by")) return index;
  }
  return close;
}

function sumEdits(tokens: readonly Token[], call: AggregateCall): TextEdit[] {
  return [beforeToken(tokens[call.name], "duckbranch_sum("), behindToken(tokens[call.last], ")")];
}

/** What sum() adds up, around all that other passes make of it. */
export const sumArgumentsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index) => {
    const isSum =
      isWord(token, "sum") && isSymbol(tokens[index + 1], "(") && !isSymbol(tokens[index - 1], ".");
    const call = isSum ? aggregateAt(tokens, index) : undefined;
    if (call === undefined) return [];
    return [
      beforeToken(tokens[call.argument], "duckbranch_sum_input("),
      behindToken(tokens[call.argumentEnd - 1], ")"),
    ];
  });

function avgEdits(text: string, tokens: readonly Token[], call: AggregateCall): TextEdit[] {
  const [name, close] = [tokens[call.name], tokens[call.close]];
  if (name === undefined || close === undefined || call.argumentEnd !== call.close) return [];
  const isDistinct = isWord(tokens[call.argument - 1], "distinct");
  if (call.over !== undefined) return isDistinct ? [] : windowEdits(text, tokens, call);
  const marked = call.argument > call.name + 2 ? tokens[call.argument - 1] : undefined;
  const edits = marked === undefined ? [] : [{ start: marked.start, end: marked.end, text: "" }];
  const distinct = isDistinct ? "distinct_" : "";
  if (call.filterClose === undefined) return [beforeToken(name, `duckbranch_${distinct}`), ...edits];
  const where = tokens[call.close + 3];
  if (where === undefined || !isWord(where, "where")) return [];
  return [
    beforeToken(name, `duckbranch_${distinct}filtered_`),
    ...edits,
    { start: close.start, end: where.end, text: "," },
  ];
}

/** Words whose meaning is in the text alone: the window and the argument are written twice, and no pass sees the copy. */
const COPIED = /^(?:[a-z_][a-z0-9_]*|"[^"]*"|'[^'\\]*'|\d+|[().,+\-*=<>]|\s+)*$/i;

function windowEdits(text: string, tokens: readonly Token[], call: AggregateCall): TextEdit[] {
  const [name, open, first, last, close] = [
    tokens[call.name],
    tokens[call.name + 1],
    tokens[call.argument],
    tokens[call.last],
    tokens[call.close],
  ];
  if (name === undefined || open === undefined || first === undefined || last === undefined) return [];
  if (close === undefined) return [];
  const copy = text.slice(first.start, last.end);
  if (!COPIED.test(copy) || /\b(?:select|from)\b/i.test(copy)) return [];
  const [argument, behind] = [
    copy.slice(0, close.start - first.start),
    copy.slice(close.start - first.start),
  ];
  return [
    beforeToken(name, "duckbranch_window_average("),
    behindToken(last, `, sum(duckbranch_averaged(${argument})${behind}, count(${argument}${behind})`),
  ];
}

function beforeToken(token: Token | undefined, text: string): TextEdit {
  return { start: token?.start ?? 0, end: token?.start ?? 0, text };
}

function behindToken(token: Token | undefined, text: string): TextEdit {
  return { start: token?.end ?? 0, end: token?.end ?? 0, text };
}
