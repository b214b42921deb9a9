/** Finds where the operand of a binary operator ends, for the forms that can be told from tokens alone. */
import { isReserved } from "../builtin-names.js";
import type { Token } from "../lexer.js";
import { closingBracket, isSymbol, isWord, nameAt } from "../token-reader.js";

/** Operators that bind tighter than `~` and `||`: behind one of them the operand would go on. */
const TIGHTER = new Set(["+", "-", "*", "/", "%", "^", "**", "//"]);

/**
 * The last token of the operand that begins at `index`: a literal, parameter, name, call or parenthesis, with casts,
 * subscripts and COLLATE. Undefined for anything else, and when a tighter operator follows.
 */
export function operandEnd(tokens: readonly Token[], index: number): Token | undefined {
  const behind = behindOperand(tokens, index);
  return behind === undefined ? undefined : tokens[behind - 1];
}

/** The index behind it. */
export function behindOperand(tokens: readonly Token[], index: number): number | undefined {
  const primary = primaryEnd(tokens, index);
  if (primary === undefined) return undefined;
  const next = postfixEnd(tokens, primary);
  const behind = tokens[next];
  const goesOn =
    (behind?.kind === "operator" && TIGHTER.has(behind.value)) ||
    isWord(behind, "at") ||
    isSymbol(behind, ".") ||
    isWord(behind, "operator");
  return goesOn ? undefined : next;
}

/**
 * The index behind the factor that begins at `index`, signs in front of it included: what `*` and `/` take as their right
 * side. Undefined for what is none, and when it is raised to a power.
 */
export function behindFactor(tokens: readonly Token[], index: number): number | undefined {
  let first = index;
  while (isSymbol(tokens[first], "-") || isSymbol(tokens[first], "+")) first += 1;
  const primary = primaryEnd(tokens, first);
  const behind = primary === undefined ? undefined : postfixEnd(tokens, primary);
  const next = behind === undefined ? undefined : tokens[behind];
  const goesOn = isSymbol(next, "^") || isSymbol(next, "**") || isSymbol(next, ".") || isWord(next, "at");
  return goesOn ? undefined : behind;
}

/** The index behind a primary expression. */
function primaryEnd(tokens: readonly Token[], index: number): number | undefined {
  const token = tokens[index];
  if (token === undefined) return undefined;
  if (token.kind === "string" || token.kind === "number" || token.kind === "parameter") return index + 1;
  if (isSymbol(token, "(")) return behindBracket(tokens, index);
  if (isWord(token, "array") && isSymbol(tokens[index + 1], "[")) return behindBracket(tokens, index + 1);
  const isCast = isWord(token, "cast") || isWord(token, "try_cast");
  if (token.kind === "word" && isReserved(token.value) && !isCast)
    return isWord(token, "null") ? index + 1 : undefined;
  const name = nameAt(tokens, index);
  if (name === undefined) return undefined;
  return isSymbol(tokens[name.next], "(") ? behindCall(tokens, name.next) : name.next;
}

/** Behind its arguments and `WITHIN GROUP (…)`, `FILTER (…)`, `OVER (…)` or `OVER w`. */
export function behindCall(tokens: readonly Token[], open: number): number | undefined {
  let next = behindBracket(tokens, open);
  while (next !== undefined) {
    const words = isWord(tokens[next], "within") && isWord(tokens[next + 1], "group") ? 2 : 1;
    const isClause = words === 2 || isWord(tokens[next], "filter") || isWord(tokens[next], "over");
    if (isClause && isSymbol(tokens[next + words], "(")) next = behindBracket(tokens, next + words);
    else return isWord(tokens[next], "over") ? (nameAt(tokens, next + 1)?.next ?? next) : next;
  }
  return undefined;
}

function postfixEnd(tokens: readonly Token[], from: number): number {
  let next = from;
  for (;;) {
    if (isSymbol(tokens[next], "::")) next = typeEnd(tokens, next + 1);
    else if (isSymbol(tokens[next], "[")) next = behindBracket(tokens, next) ?? next + 1;
    else if (isWord(tokens[next], "collate")) next = nameAt(tokens, next + 1)?.next ?? next + 1;
    else return next;
  }
}

/** Behind a type: `text`, `pg_catalog.text`, `varchar(3)`, `character varying`, `time with time zone`, `int[]`. */
export function typeEnd(tokens: readonly Token[], from: number): number {
  let next = nameAt(tokens, from)?.next ?? from + 1;
  if (isWord(tokens[next], "varying") || isWord(tokens[next], "precision")) next += 1;
  if (isSymbol(tokens[next], "(")) next = behindBracket(tokens, next) ?? next + 1;
  if (isWord(tokens[next + 1], "time") && isWord(tokens[next + 2], "zone")) next += 3;
  while (isSymbol(tokens[next], "[")) next = behindBracket(tokens, next) ?? next + 1;
  return next;
}

function behindBracket(tokens: readonly Token[], open: number): number | undefined {
  const close = closingBracket(tokens, open);
  return close === undefined ? undefined : close + 1;
}
