import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import { closingBracket, isSymbol, isWord } from "../token-reader.js";
import { typeNameAt } from "./cast-places.js";
import type { DialectPass } from "./pass.js";

/**
 * Arrays of arrays, where they are written out.
 *
 *   ARRAY[ARRAY[1,2]]::int[]          ⇒  ARRAY[ARRAY[1,2]]::int[][]
 *   CAST(ARRAY[[1],[2]] AS text[])    ⇒  CAST(ARRAY[[1],[2]] AS text[][])
 *   unnest(ARRAY[[1,2],[3,4]])        ⇒  unnest(flatten(ARRAY[[1,2],[3,4]]))
 *   3 = ANY (ARRAY[[1,2]]::int[])     ⇒  3 = ANY (flatten(ARRAY[[1,2]]::int[][]))
 *
 * Reason  PostgreSQL's int[] has any number of dimensions, and unnest and ANY go through them all; DuckDB's types say how deep a
 *         list is, and as texts it would take the inner lists for ones: '[1, 2]'
 * Limits  an array that a name stands for is as deep as its column says
 */
export const nestedArraysPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index) => {
    const depth = isWord(token, "array") ? depthAt(tokens, index) : 0;
    const close = depth < 2 ? undefined : closingBracket(tokens, index + 1);
    if (close === undefined) return [];
    const isPrefix = isWord(tokens[index - 2], "cast") && isSymbol(tokens[index - 1], "(");
    const isCast = isSymbol(tokens[close + 1], "::") || (isPrefix && isWord(tokens[close + 1], "as"));
    const type = isCast ? arrayTypeAt(tokens, close + 2) : undefined;
    const first = isPrefix ? index - 2 : index;
    const last = (type?.last ?? close) + (isPrefix ? 1 : 0);
    const inner = type === undefined || type.isDeep ? undefined : tokens[type.last];
    return deeperEdits(tokens, { first, last, inner, depth });
  });

/** A value of several dimensions, and the end of its type if that says one. */
interface DeepArray {
  readonly first: number;
  readonly last: number;
  readonly inner: Token | undefined;
  readonly depth: number;
}

/** Its type says how deep it is, and what goes through all elements is given them in one list. */
export function deeperEdits(tokens: readonly Token[], { first, last, inner, depth }: DeepArray): TextEdit[] {
  const [start, end] = [tokens[first]?.start ?? 0, tokens[last]?.end ?? 0];
  const brackets = "[]".repeat(depth - 1);
  const isEnd = isSymbol(tokens[last + 1], ")") || isSymbol(tokens[last + 1], ",");
  const isWhole = isSymbol(tokens[first - 1], "(") && isEnd;
  const goesThrough = ["unnest", "any", "all", "some"].some((word) => isWord(tokens[first - 2], word));
  const deep = inner === undefined ? [] : [{ start: inner.end, end: inner.end, text: brackets }];
  if (!isWhole || !goesThrough) return deep;
  const closing = ")".repeat(depth - 1);
  const isAtEnd = inner?.end === end;
  return [
    { start, end: start, text: "flatten(".repeat(depth - 1) },
    ...(isAtEnd ? [] : deep),
    { start: end, end, text: isAtEnd ? brackets + closing : closing },
  ];
}

/** How deep the array is that begins at this token; 0 where none is written out. */
function depthAt(tokens: readonly Token[], index: number): number {
  const open = isWord(tokens[index], "array") ? index + 1 : index;
  return isSymbol(tokens[open], "[") ? 1 + depthAt(tokens, open + 1) : 0;
}

/** The bracket that ends `int[]`, and whether other dimensions are written in front of it. */
function arrayTypeAt(
  tokens: readonly Token[],
  index: number,
): { readonly last: number; readonly isDeep: boolean } | undefined {
  const from = typeNameAt(tokens, index)?.behind ?? -1;
  let last = from - 1;
  while (isSymbol(tokens[last + 1], "[") && isSymbol(tokens[last + 2], "]")) last += 2;
  return last < from ? undefined : { last, isDeep: last > from + 1 };
}
