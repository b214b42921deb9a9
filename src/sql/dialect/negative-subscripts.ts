import type { Token } from "../lexer.js";
import { closingBracket, isSymbol } from "../token-reader.js";
import { operandStart } from "./operand-start.js";
import type { DialectEdit, DialectPass } from "./pass.js";

/**
 * An array has no element before its first.
 *
 *   a[-1]    ⇒  negative_subscript(a, -1)
 *   a[-1:i]  ⇒  duckbranch_slice(a, -1, i)
 *
 * Reason  DuckDB counts from the list's end; of JSON and texts it does so still
 */
export const negativeSubscriptsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index) => {
    const slice = sliceAt(tokens, index);
    if (slice !== undefined) return sliceEdits(tokens, slice);
    const [minus, number, close] = [tokens[index + 1], tokens[index + 2], tokens[index + 3]];
    if (!isSymbol(token, "[") || minus?.value !== "-" || number?.kind !== "number" || !isSymbol(close, "]"))
      return [];
    const first = operandStart(tokens, index - 1);
    const begin = first === undefined ? undefined : tokens[first];
    if (begin === undefined || begin === token || close === undefined) return [];
    return [
      { start: begin.start, end: begin.start, text: "negative_subscript(", reach: close.end },
      { start: token.start, end: close.end, text: `, -${number.value})` },
    ];
  });

/** The indexes of a slice's brackets and colon. */
interface Slice {
  readonly open: number;
  readonly colon: number;
  readonly close: number;
}

/** A slice of which a bound may be negative. */
function sliceAt(tokens: readonly Token[], open: number): Slice | undefined {
  if (!isSymbol(tokens[open], "[")) return undefined;
  const close = closingBracket(tokens, open);
  const colon = close === undefined ? undefined : colonBetween(tokens, open, close);
  if (close === undefined || colon === undefined) return undefined;
  const isPlain = [tokens.slice(open + 1, colon), tokens.slice(colon + 1, close)].every(
    (bound) => bound.length === 0 || (bound.length === 1 && bound[0]?.kind === "number"),
  );
  return isPlain ? undefined : { open, colon, close };
}

/** DuckDB's slices of three parts, and its `[-]`, are left to it. */
function colonBetween(tokens: readonly Token[], open: number, close: number): number | undefined {
  const colons: number[] = [];
  for (let index = open + 1; index < close; index += 1) {
    const token = tokens[index];
    if (token?.kind === "symbol" && "([{".includes(token.value))
      index = closingBracket(tokens, index) ?? close;
    else if (isSymbol(token, ":")) colons.push(index);
  }
  return colons.length === 1 ? colons[0] : undefined;
}

function sliceEdits(tokens: readonly Token[], { open, colon, close }: Slice): DialectEdit[] {
  const first = operandStart(tokens, open - 1);
  const begin = first === undefined ? undefined : tokens[first];
  const [bracket, middle, end] = [tokens[open], tokens[colon], tokens[close]];
  if (begin === undefined || bracket === undefined || middle === undefined || end === undefined) return [];
  const [low, high] = [colon === open + 1 ? "1" : "", close === colon + 1 ? "2147483647" : ""];
  return [
    { start: begin.start, end: begin.start, text: "duckbranch_slice(", reach: end.end },
    { start: bracket.start, end: bracket.end, text: `, ${low}` },
    { start: middle.start, end: middle.end, text: `, ${high}` },
    { start: end.start, end: end.end, text: ")" },
  ];
}
