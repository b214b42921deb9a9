import { KEYED_TYPES } from "../../core/keyed-types.js";
import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import { quoteLiteral } from "../names.js";
import { isSymbol, isWord, nameAt } from "../token-reader.js";
import { byteaLiteral, isBytea } from "./bytea-literals.js";
import { isLookUp } from "./catalog-casts.js";
import { requireKeptDecimals } from "./kept-decimals.js";
import { deeperEdits } from "./nested-arrays.js";
import { isOperand } from "./operators.js";
import type { DialectPass } from "./pass.js";

/** An element of an array's text, or an array in it. */
type Element = string | null | readonly Element[];

/**
 * Array literals, where it is certain that they are arrays.
 *
 *   '{1,2}'::int[]                    ⇒  ['1','2']::int[]
 *   CAST('{{1,2},{3,4}}' AS int[])    ⇒  CAST([['1','2'],['3','4']] AS int[][])
 *   relkind = ANY ('{r,"p q",NULL}')  ⇒  relkind IN ('r','p q',NULL)
 *   id <> ALL ('{}')                  ⇒  id <> ALL ([])
 *   j ?| '{a,"b,c"}'                  ⇒  j ?| ['a','b,c']
 *
 * Reason  DuckDB writes lists as [1, 2] and refuses PostgreSQL's form; its types say how deep a list is. A list of quoted
 *         values is one of texts, whatever it is compared to; behind IN each takes the type it needs
 */
export const arrayLiteralsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index) => {
    if (token.kind !== "string") return [];
    const type = typeIndex(tokens, index);
    const isArray = isQuantified(tokens, index) || isListOperand(tokens, index);
    if (type === undefined ? !isArray : !isArrayType(tokens, type)) return [];
    if (type !== undefined && (isKeyed(tokens, type) || isLookUp(tokens, type))) return [];
    const elements = arrayElements(token.value);
    if (elements === undefined) return [];
    if (type !== undefined && isUnbounded(tokens, type)) requireKept(elements);
    const write = type !== undefined && isBytea(tokens, type) ? byteaLiteral : quoteLiteral;
    const membership = elements.length === 0 ? undefined : membershipEdit(tokens, index);
    if (membership !== undefined) {
      const list = listText(elements, write).slice(1, -1);
      return [membership, { start: token.start, end: token.end, text: list }];
    }
    const edits: TextEdit[] = [{ start: token.start, end: token.end, text: listText(elements, write) }];
    const end = type === undefined ? undefined : typeEnd(tokens, type);
    const depth = depthOf(elements);
    const last = tokens.findIndex((other) => other.end === end);
    if (depth < 2 || last === -1) return edits;
    const isPrefix = isWord(tokens[index + 1], "as");
    const [first, behind] = isPrefix ? [index - 2, last + 1] : [index, last];
    return [...edits, ...deeperEdits(tokens, { first, last: behind, inner: tokens[last], depth })];
  });

/** An array's text as DuckDB's list of texts; undefined for what is none. */
export function listLiteral(value: string): string | undefined {
  const elements = arrayElements(value);
  // As a text it is a constant, with which DuckDB adds a column at once.
  return elements?.length === 0 ? "'[]'" : elements && listText(elements, quoteLiteral);
}

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

/** Where the type begins that the literal is cast to. */
function typeIndex(tokens: readonly Token[], index: number): number | undefined {
  if (isSymbol(tokens[index + 1], "::")) return index + 2;
  const isCast = isSymbol(tokens[index - 1], "(") && isWord(tokens[index - 2], "cast");
  return isCast && isWord(tokens[index + 1], "as") ? index + 2 : undefined;
}

function isQuantified(tokens: readonly Token[], index: number): boolean {
  const word = tokens[index - 2];
  const isQuantifier = ["any", "all", "some"].some((quantifier) => isWord(word, quantifier));
  return isQuantifier && isSymbol(tokens[index - 1], "(") && isSymbol(tokens[index + 1], ")");
}

/** Operators of jsonb whose right side is an array of texts. */
const WITH_LIST = new Set(["?|", "?&", "#>", "#>>", "#-"]);

function isListOperand(tokens: readonly Token[], index: number): boolean {
  const operator = tokens[index - 1];
  return operator?.kind === "operator" && WITH_LIST.has(operator.value) && isOperand(tokens[index - 2]);
}

/** `int[]`, `pg_catalog.oid[]`, `_text`. */
function isArrayType(tokens: readonly Token[], index: number): boolean {
  const name = nameAt(tokens, index);
  if (name === undefined) return false;
  return (name.parts.at(-1) ?? "").startsWith("_") || isSymbol(tokens[name.next], "[");
}

/** `numeric[]`; with a modifier it rounds as PostgreSQL does. */
function isUnbounded(tokens: readonly Token[], index: number): boolean {
  const name = nameAt(tokens, index);
  return (
    name !== undefined &&
    NUMERICS.has(name.parts.at(-1) ?? "") &&
    (tokens[name.next]?.value === "[" || name.parts.at(-1) === "_numeric")
  );
}

const NUMERICS = new Set(["numeric", "decimal", "dec", "_numeric"]);

function requireKept(elements: readonly Element[]): void {
  for (const element of elements) {
    if (typeof element === "string") requireKeptDecimals(element);
    else if (element !== null) requireKept(element);
  }
}

/** Read where the values can be: see query/keyed-literals.ts. */
function isKeyed(tokens: readonly Token[], index: number): boolean {
  const name = nameAt(tokens, index)?.parts.at(-1) ?? "";
  return KEYED_TYPES.has(name.startsWith("_") ? name.slice(1) : name);
}

/** Behind the first pair of brackets; undefined where more are written already. */
function typeEnd(tokens: readonly Token[], index: number): number | undefined {
  const name = nameAt(tokens, index);
  const close = name === undefined ? undefined : tokens[name.next + 1];
  return name !== undefined && isSymbol(close, "]") && !isSymbol(tokens[name.next + 2], "[")
    ? close?.end
    : undefined;
}

function depthOf(elements: readonly Element[]): number {
  const [first] = elements;
  return 1 + (Array.isArray(first) ? depthOf(first) : 0);
}

function listText(elements: readonly Element[], write: (text: string) => string): string {
  const texts = elements.map((element) => {
    if (element === null) return "NULL";
    return typeof element === "string" ? write(element) : listText(element, write);
  });
  return `[${texts.join(",")}]`;
}

const ELEMENT = /\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",{}\\](?:[^",{}\\]*[^\s",{}\\])?))\s*/sy;

/** The elements of `{a,"b c",NULL}` or `{{1},{2}}`; undefined for what is no array. */
export function arrayElements(text: string): readonly Element[] | undefined {
  const trimmed = text.trim();
  const read = elementsAt(trimmed, 0);
  return read?.next === trimmed.length ? read.elements : undefined;
}

/** PostgreSQL's limit; what is deeper is left to fail. */
const MAX_DIMENSIONS = 6;

function elementsAt(
  text: string,
  open: number,
  depth = 1,
): { readonly elements: readonly Element[]; readonly next: number } | undefined {
  if (text.charAt(open) !== "{" || depth > MAX_DIMENSIONS) return undefined;
  if (/^\{\s*\}/.test(text.slice(open))) return { elements: [], next: text.indexOf("}", open) + 1 };
  const elements: Element[] = [];
  for (let at = open + 1; ; at += 1) {
    const read = elementAt(text, at, depth);
    if (read === undefined) return undefined;
    elements.push(read.element);
    at = read.next;
    if (text.charAt(at) === "}") return isRegular(elements) ? { elements, next: at + 1 } : undefined;
    if (text.charAt(at) !== ",") return undefined;
  }
}

function elementAt(
  text: string,
  from: number,
  depth: number,
): { readonly element: Element; readonly next: number } | undefined {
  const start = from + (/^\s*/.exec(text.slice(from, from + 64))?.[0].length ?? 0);
  if (text.charAt(start) === "{") {
    const inner = elementsAt(text, start, depth + 1);
    return inner === undefined ? undefined : { element: inner.elements, next: inner.next };
  }
  ELEMENT.lastIndex = from;
  const match = ELEMENT.exec(text);
  if (match === null) return undefined;
  const [, quoted, plain = ""] = match;
  if (quoted !== undefined) return { element: quoted.replace(/\\(.)/gs, "$1"), next: ELEMENT.lastIndex };
  return { element: plain.toLowerCase() === "null" ? null : plain, next: ELEMENT.lastIndex };
}

/** Arrays inside an array are all of one length. */
function isRegular(elements: readonly Element[]): boolean {
  const lengths = new Set(elements.map((element) => (Array.isArray(element) ? element.length : -1)));
  return lengths.size === 1;
}
