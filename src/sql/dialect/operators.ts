import { notSupported } from "../../core/errors.js";
import type { TextEdit } from "../analysis.js";
import { isReserved } from "../builtin-names.js";
import type { Token } from "../lexer.js";
import { quoteLiteral } from "../names.js";
import { isSymbol, isWord } from "../token-reader.js";
import { operandEnd } from "./operand.js";
import type { DialectPass } from "./pass.js";

/** An operator as PostgreSQL means it; `start`‥`end` covers OPERATOR(schema.op) when it is written so. */
interface WrittenOperator {
  readonly name: string;
  readonly isSpelt: boolean;
  readonly start: number;
  readonly end: number;
  /** The index behind it. */
  readonly next: number;
}

const REGEX_OPERATORS = new Set(["~", "~*", "!~", "!~*"]);

/**
 * Operators written with their schema, and regular expressions, which PostgreSQL searches for and DuckDB matches whole.
 * The operators stay where they are, so that nothing binds differently; the pattern is widened instead.
 *
 *   a OPERATOR(pg_catalog.+) b  ⇒  a OPERATOR(+) b
 *   a ~ 'x'                     ⇒  a ~ '(?s:.*)(?s:x)(?s:.*)'
 *   a !~* b.p                   ⇒  a !~ ('(?s:.*)(?si:' || b.p || ')(?s:.*)')
 *
 * Reason  DuckDB's ~ is regexp_full_match, `~*` does not exist, and it takes a schema inside OPERATOR() for a function
 */
export const operatorsPass: DialectPass = ({ tokens }) => {
  const edits: TextEdit[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const operator = operatorAt(tokens, index);
    if (operator === undefined) continue;
    // quantified-patterns.ts
    if (["any", "all", "some"].some((word) => isWord(tokens[operator.next], word))) continue;
    if (REGEX_OPERATORS.has(operator.name) && isOperand(tokens[index - 1])) {
      edits.push(...regexEdits(tokens, operator));
    } else if (operator.isSpelt) {
      edits.push({ start: operator.start, end: operator.end, text: `OPERATOR(${operator.name})` });
    }
    index = operator.next - 1;
  }
  return edits;
};

function operatorAt(tokens: readonly Token[], index: number): WrittenOperator | undefined {
  const token = tokens[index];
  if (token === undefined) return undefined;
  if (token.kind === "operator") {
    return { name: token.value, isSpelt: false, start: token.start, end: token.end, next: index + 1 };
  }
  if (!isWord(token, "operator") || !isSymbol(tokens[index + 1], "(")) return undefined;
  let at = index + 2;
  while (isSymbol(tokens[at + 1], ".")) at += 2;
  const [name, close] = [tokens[at], tokens[at + 1]];
  if (name?.kind !== "operator" || close === undefined || !isSymbol(close, ")")) return undefined;
  return { name: name.value, isSpelt: true, start: token.start, end: close.end, next: at + 2 };
}

/** True for a token that can end an operand: `~` behind it has two sides, otherwise it is the bitwise complement. */
export function isOperand(token: Token | undefined): boolean {
  if (token === undefined) return false;
  if (token.kind === "word")
    return !isReserved(token.value) || ["null", "true", "false", "end"].includes(token.value);
  if (token.kind === "symbol") return [")", "]", "}"].includes(token.value);
  return token.kind !== "operator";
}

function regexEdits(tokens: readonly Token[], operator: WrittenOperator): TextEdit[] {
  const last = operandEnd(tokens, operator.next);
  if (last === undefined) {
    throw notSupported(
      `the right side of the operator ${operator.name} is not supported`,
      "Put the pattern in parentheses.",
    );
  }
  const options = operator.name.endsWith("*") ? "si" : "s";
  const plain = operator.name.startsWith("!") ? "!~" : "~";
  const [before, behind] = [`(?s:.*)(?${options}:`, ")(?s:.*)"];
  const pattern = tokens[operator.next];
  if (pattern !== undefined && pattern === last && pattern.kind === "string") {
    return [
      { start: operator.start, end: operator.end, text: plain },
      { start: last.start, end: last.end, text: quoteLiteral(before + wordEnds(pattern.value) + behind) },
    ];
  }
  return [
    { start: operator.start, end: operator.end, text: `${plain} ('${before}' ||` },
    { start: last.end, end: last.end, text: ` || '${behind}')` },
  ];
}

/** RE2 has one escape for both ends of a word. */
function wordEnds(pattern: string): string {
  return pattern.replace(/\\[\s\S]/g, (escape) => (/[mMy]/.test(escape.charAt(1)) ? "\\b" : escape));
}
