import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import { isSymbol, isWord } from "../token-reader.js";
import { operandEnd } from "./operand.js";
import { operandStart } from "./operand-start.js";
import type { DialectPass } from "./pass.js";

/**
 * `||` where its two sides might be documents or arrays: PostgreSQL merges jsonb, DuckDB joins the texts; an array beside
 * NULL is NULL there. The operators that stand for it (src/catalog/expressions) merge documents and are `||` for all else.
 *
 *   a || b         ⇒  a ||@@ b          merged when both are documents
 *   a || '{"k":1}' ⇒  a ||@ '{"k":1}'   merged when the left side is one; so is a || $1
 *   '[1]' || a     ⇒  '[1]' ||<@ a      merged when the right side is one; so is $1 || a
 *   a || b || c    ⇒  a ||@@ b ||@@| c  which writes its sides once, the others several times; so does (a || b) || c
 *
 * A chain with a text in it is one of texts. Definitions keep what they say.
 */
export const concatenationsPass: DialectPass = ({ tokens }) => {
  if (isWord(tokens[0], "create") || isWord(tokens[0], "alter")) return [];
  return tokens.flatMap((token, index) => {
    const operator = isConcatenation(token) ? checkedOperator(tokens, index) : undefined;
    return operator === undefined ? [] : [edit(token, operator)];
  });
};

function edit({ start, end }: Token, text: string): TextEdit {
  return { start, end, text };
}

function isConcatenation(token: Token | undefined): boolean {
  return token?.kind === "operator" && token.value === "||";
}

/** Operators that take all of a chain as their right side. */
const LOOSER = new Set(["=", "<>", "!=", "<", ">", "<=", ">="]);

function checkedOperator(tokens: readonly Token[], index: number): string | undefined {
  const first = operandStart(tokens, index - 1);
  const before = first === undefined ? undefined : tokens[first - 1];
  if (first === undefined) return undefined;
  const isChained = isConcatenation(before);
  if (before?.kind === "operator" && !LOOSER.has(before.value) && !isChained) return undefined;
  const last = operandEnd(tokens, index + 1);
  const end = last === undefined ? -1 : tokens.indexOf(last);
  const operands = [tokens.slice(first, index), tokens.slice(index + 1, end + 1)] as const;
  if (operands.some((operand) => operand.length === 0)) return undefined;
  const [left, right] = operands.map(kindOf);
  if (left === "text" || right === "text") return undefined;
  if (isChained) return isChainOfTexts(tokens, first - 1) ? undefined : "||@@|";
  if (operands.some((operand) => operand.some(isConcatenation)))
    return operands.some((operand) => operand.some((token) => kindOf([token]) === "text"))
      ? undefined
      : "||@@|";
  if (isSymbol(tokens[first], "(")) return undefined;
  if (right === "untyped") return left === "untyped" ? undefined : "||@";
  return left === "untyped" ? "||<@" : "||@@";
}

/** What stands before the `||` at `index`, down to the beginning of the chain, has a text in it, or cannot be read. */
function isChainOfTexts(tokens: readonly Token[], index: number): boolean {
  for (let at = index; isConcatenation(tokens[at]);) {
    const first = operandStart(tokens, at - 1);
    if (first === undefined || kindOf(tokens.slice(first, at)) === "text") return true;
    at = first - 1;
  }
  return false;
}

/** A literal or a parameter becomes a document beside one; a literal that is none fails in PostgreSQL, or is a text. */
function kindOf(operand: readonly Token[]): "untyped" | "text" | "any" {
  const [token, more] = operand;
  if (token === undefined || more !== undefined) return "any";
  if (token.kind === "parameter") return "untyped";
  if (token.kind !== "string") return "any";
  return /^\s*[[{]/.test(token.value) ? "untyped" : "text";
}
