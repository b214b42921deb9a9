import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import { quoteLiteral } from "../names.js";
import { isSymbol, isWord, nameAt } from "../token-reader.js";
import { byteaLiteral, isBytea } from "./bytea-literals.js";
import type { DialectPass } from "./pass.js";

/**
 * Array literals of one dimension, where it is certain that they are arrays.
 *
 *   '{1,2}'::int[]                   ⇒  ['1','2']::int[]
 *   relkind = ANY ('{r,"p q",NULL}') ⇒  relkind IN ('r','p q',NULL)
 *   id <> ALL ('{}')                 ⇒  id <> ALL ([])
 *
 * Reason  DuckDB writes lists as [1, 2] and refuses PostgreSQL's form. A list of quoted values is one of texts, whatever
 *         it is compared to; behind IN each takes the type it needs. Several dimensions are left to fail
 */
export const arrayLiteralsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index) => {
    if (token.kind !== "string" || !isArrayPlace(tokens, index)) return [];
    const elements = arrayElements(token.value);
    if (elements === undefined) return [];
    const write =
      isSymbol(tokens[index + 1], "::") && isBytea(tokens, index + 2) ? byteaLiteral : quoteLiteral;
    const list = elements.map((element) => (element === null ? "NULL" : write(element))).join(",");
    const membership = elements.length === 0 ? undefined : membershipEdit(tokens, index);
    if (membership !== undefined) return [membership, { start: token.start, end: token.end, text: list }];
    return [{ start: token.start, end: token.end, text: `[${list}]` }];
  });

/** `= ANY` or `<> ALL` in front of the bracket, as IN or NOT IN. */
function membershipEdit(tokens: readonly Token[], index: number): TextEdit | undefined {
  const [operator, quantifier, bracket] = tokens.slice(Math.max(index - 3, 0), index);
  if (operator === undefined || bracket === undefined || !isSymbol(bracket, "(")) return undefined;
  // With a cast it stays a list.
  if (!isSymbol(tokens[index + 1], ")")) return undefined;
  const isAny = isSymbol(operator, "=") && ["any", "some"].some((word) => isWord(quantifier, word));
  const isNone = (isSymbol(operator, "<>") || isSymbol(operator, "!=")) && isWord(quantifier, "all");
  if (!isAny && !isNone) return undefined;
  return { start: operator.start, end: bracket.start, text: isAny ? "IN " : "NOT IN " };
}

function isArrayPlace(tokens: readonly Token[], index: number): boolean {
  if (isSymbol(tokens[index + 1], "::")) return isArrayType(tokens, index + 2);
  const word = tokens[index - 2];
  const isQuantified = ["any", "all", "some"].some((quantifier) => isWord(word, quantifier));
  return isQuantified && isSymbol(tokens[index - 1], "(") && isSymbol(tokens[index + 1], ")");
}

/** `int[]`, `pg_catalog.oid[]`, `_text`. */
function isArrayType(tokens: readonly Token[], index: number): boolean {
  const name = nameAt(tokens, index);
  if (name === undefined) return false;
  return (name.parts.at(-1) ?? "").startsWith("_") || isSymbol(tokens[name.next], "[");
}

const ELEMENT = /\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",{}\\](?:[^",{}\\]*[^\s",{}\\])?))\s*(,|$)/sy;

/** The elements of `{a,"b c",NULL}`; undefined for what is no array of one dimension. */
function arrayElements(text: string): (string | null)[] | undefined {
  const inner = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (inner === undefined) return undefined;
  if (inner.trim() === "") return [];
  const elements: (string | null)[] = [];
  ELEMENT.lastIndex = 0;
  for (;;) {
    const match = ELEMENT.exec(inner);
    if (match === null) return undefined;
    const [, quoted, plain = "", separator] = match;
    if (quoted !== undefined) elements.push(quoted.replace(/\\(.)/gs, "$1"));
    else elements.push(plain.toLowerCase() === "null" ? null : plain);
    if (separator === "") return elements;
  }
}
