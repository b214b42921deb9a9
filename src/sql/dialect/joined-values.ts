import { KEYED_TYPES } from "../../core/keyed-types.js";
import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import { closingBracket, isSymbol, isWord, splitAtCommas } from "../token-reader.js";
import { operandEnd } from "./operand.js";
import { operandStart } from "./operand-start.js";
import type { DialectPass } from "./pass.js";
import { isDefinition } from "./checked-casts.js";

const JOINERS = new Set(["concat", "concat_ws"]);

/**
 * Values that are joined to texts.
 *
 *   concat(a, b)  ⇒  concat(duckbranch_output(a), duckbranch_output(b))
 *   'x' || a      ⇒  'x' || duckbranch_joined(a)
 *
 * Reason  DuckDB joins its own text of a float, an interval or an array. Literals and parameters are texts already
 */
export const joinedValuesPass: DialectPass = ({ tokens }) => {
  if (isDefinition(tokens)) return [];
  return tokens.flatMap((token, index) => {
    if (token.kind === "operator" && token.value === "||") return sides(tokens, index);
    const isCall = token.kind === "word" && JOINERS.has(token.value) && isSymbol(tokens[index + 1], "(");
    return isCall && !isSymbol(tokens[index - 1], ".") ? callArguments(tokens, index + 1) : [];
  });
};

function callArguments(tokens: readonly Token[], open: number): TextEdit[] {
  const close = closingBracket(tokens, open) ?? open;
  return splitAtCommas(tokens, open + 1, close).flatMap(([from, to]) =>
    isWord(tokens[from], "variadic") ? [] : wrapped(tokens, from, to, "duckbranch_output("),
  );
}

function sides(tokens: readonly Token[], index: number): TextEdit[] {
  const last = operandEnd(tokens, index + 1);
  const end = last === undefined ? index : tokens.indexOf(last, index) + 1;
  const first = operandStart(tokens, index - 1);
  // The left side of a chain is the right side of the operator before.
  const isFirst = first !== undefined && !(tokens[first - 1]?.kind === "operator");
  return [
    ...(isFirst ? joined(tokens, first, index) : []),
    ...(end > index + 1 ? joined(tokens, index + 1, end) : []),
  ];
}

/** `'10.0.0.1'::inet`: the types DuckDB has nothing like are STRUCTs to it. */
function isKeyedCast(tokens: readonly Token[], from: number, to: number): boolean {
  return to - from > 2 && isSymbol(tokens[to - 2], "::") && KEYED_TYPES.has(tokens[to - 1]?.value ?? "");
}

/** Names and calls; what a cast or a bracket gives says itself what it is. */
function joined(tokens: readonly Token[], from: number, to: number): TextEdit[] {
  const isName = tokens
    .slice(from, to)
    .every((token) => token.kind === "word" || token.kind === "quoted" || isSymbol(token, "."));
  // date '2020-01-01' is a literal.
  const isJoined = isKeyedCast(tokens, from, to) || (isName && tokens[to]?.kind !== "string");
  return isJoined ? wrapped(tokens, from, to, "duckbranch_joined(") : [];
}

export function wrapped(tokens: readonly Token[], from: number, to: number, macro: string): TextEdit[] {
  const [first, last] = [tokens[from], tokens[to - 1]];
  if (first === undefined || last === undefined) return [];
  if (to === from + 1 && ["string", "parameter", "number"].includes(first.kind)) return [];
  if (isWord(first, "null") && to === from + 1) return [];
  return [
    { start: first.start, end: first.start, text: macro, around: "opens" },
    { start: last.end, end: last.end, text: ")", around: "closes" },
  ];
}
