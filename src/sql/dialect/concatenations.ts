import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import { isSymbol, isWord } from "../token-reader.js";
import { operandEnd } from "./operand.js";
import { operandStart } from "./operand-start.js";
import type { DialectPass } from "./pass.js";

/**
 * `||` where its two sides might be documents or arrays: PostgreSQL merges jsonb, DuckDB joins the texts; an array beside
 * NULL is NULL there. The operators that stand for it (src/catalog/expressions) refuse documents and are `||` for all else.
 *
 *   a || b         ⇒  a ||@@ b          refused when both are documents
 *   a || '{"k":1}' ⇒  a ||@ '{"k":1}'   refused when the left side is one; so is a || $1
 *   '[1]' || a     ⇒  '[1]' ||<@ a      refused when the right side is one; so is $1 || a
 *
 * Only the first of a chain: what it gives is a text. Each operand is written twice, so those with a `||` of their own
 * are left alone, and so are definitions, which keep what they say.
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
  if (first === undefined || (before?.kind === "operator" && !LOOSER.has(before.value))) return undefined;
  if (isSymbol(tokens[first], "(")) return undefined;
  const last = operandEnd(tokens, index + 1);
  const end = last === undefined ? -1 : tokens.indexOf(last);
  const operands = [tokens.slice(first, index), tokens.slice(index + 1, end + 1)] as const;
  if (operands.some((operand) => operand.length === 0 || operand.some(isConcatenation))) return undefined;
  const [left, right] = operands.map(kindOf);
  if (left === "text" || right === "text") return undefined;
  if (right === "untyped") return left === "untyped" ? undefined : "||@";
  return left === "untyped" ? "||<@" : "||@@";
}

/** A literal or a parameter becomes a document beside one; a literal that is none fails in PostgreSQL, or is a text. */
function kindOf(operand: readonly Token[]): "untyped" | "text" | "any" {
  const [token, more] = operand;
  if (token === undefined || more !== undefined) return "any";
  if (token.kind === "parameter") return "untyped";
  if (token.kind !== "string") return "any";
  return /^\s*[[{]/.test(token.value) ? "untyped" : "text";
}
