/**
 * Cuts SQL text into tokens as PostgreSQL and DuckDB do; the two differ only where noted. Knows no grammar.
 *
 * Positions are UTF-16 offsets. Blanks and comments lie between tokens and are not tokens.
 * Source  https://www.postgresql.org/docs/15/sql-syntax-lexical.html
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { foldIdentifier } from "./names.js";
import { decodeEscapes, decodeUnicodeEscapes } from "./string-escapes.js";

type TokenKind =
  | "word" // unquoted name or keyword; `value` is folded
  | "quoted" // "name", U&"name"
  | "string" // 'x', E'x', U&'x', $tag$x$tag$
  | "bits" // B'101', X'1F'
  | "number"
  | "parameter" // $1; `value` is "1"
  | "operator" // any run of operator characters, ::, :=, =>
  | "symbol"; // ( ) [ ] { } , ; : .

export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  /** Folded word, unquoted name, decoded string; otherwise the text itself. */
  readonly value: string;
}

/** A token without its value: what splitting a large text needs, at a fraction of the cost. */
export interface TokenSpan {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
}

/**
 * What separates tokens: ASCII blanks, and the Unicode blanks that DuckDB 1.5.6 takes for one outside quotes (each was
 * tried) where PostgreSQL sees a letter. `plainBlanks` makes them plain before PostgreSQL's parser reads.
 */
const ODD_BLANKS = "\\v\\u00a0\\u2000-\\u200b\\u202f\\u205f\\u2060\\u3000\\ufeff";
/** A blank that is plain to one parser only. */
export const ODD_BLANK = new RegExp(`[${ODD_BLANKS}]`);
const BLANK = new RegExp(`[ \\t\\n\\r\\f${ODD_BLANKS}]`);
const LETTER = `(?:(?![${ODD_BLANKS}])[A-Za-z_\\u0080-\\uffff])`;
const WORD_START = new RegExp(LETTER);
const WORD = new RegExp(`(?:${LETTER}|[0-9$])*`, "y");
const DOLLAR_TAG = new RegExp(`\\$(?:${LETTER}(?:${LETTER}|[0-9])*)?\\$`, "y");
const NUMBER =
  /(?:0[xX](?:_?[0-9A-Fa-f])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*(?:\.(?!\.)(?:\d(?:_?\d)*)?)?|\.\d(?:_?\d)*)(?:[eE][+-]?\d+)?)/y;
const PARAMETER = /\$(\d+)/y;
const OPERATOR_CHARACTERS = "~!@#^&|`?+-*/%<>=";
const SYMBOLS = "()[]{},;.";

/** All tokens of a text, in order. Throws SqlError 42601 for an unterminated quote or comment, or a stray character. */
export function tokenise(text: string): Token[] {
  const tokens: Token[] = [];
  for (let span = nextSpan(text, 0); span !== undefined; span = nextSpan(text, span.end)) {
    tokens.push({ kind: span.kind, start: span.start, end: span.end, value: tokenValue(text, span) });
  }
  return tokens;
}

/** The first token at or behind `from`; undefined when only blanks and comments are left. */
export function nextSpan(text: string, from: number): TokenSpan | undefined {
  const start = skipBlanks(text, from);
  if (start >= text.length) return undefined;
  const character = text.charAt(start);
  if (character === "'") return { kind: "string", start, end: stringEnd(text, start, false) };
  if (character === '"') return { kind: "quoted", start, end: quoteEnd(text, start, '"') };
  if (character === "$") return dollarSpan(text, start);
  if (WORD_START.test(character)) return prefixedStringSpan(text, start) ?? wordSpan(text, start);
  const digits = match(NUMBER, text, start);
  if (digits > 0) return { kind: "number", start, end: start + digits };
  return punctuationSpan(text, start, character);
}

/** The position of the first character that is neither blank nor part of a comment. */
export function skipBlanks(text: string, from: number): number {
  let position = from;
  for (;;) {
    if (BLANK.test(text.charAt(position))) position += 1;
    else if (text.startsWith("--", position)) position = lineEnd(text, position);
    else if (text.startsWith("/*", position)) position = commentEnd(text, position);
    else return position;
  }
}

function lineEnd(text: string, from: number): number {
  for (let position = from; position < text.length; position += 1) {
    const character = text.charAt(position);
    if (character === "\n" || character === "\r") return position;
  }
  return text.length;
}

/** Block comments nest. */
function commentEnd(text: string, start: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  let depth = 0;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    depth += mark[0] === "/*" ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  throw lexicalError("unterminated /* comment", text, start);
}

/** The end of a quoted text in which the quote is written twice. */
function quoteEnd(text: string, start: number, quote: string): number {
  let position = start + 1;
  for (;;) {
    const found = text.indexOf(quote, position);
    if (found < 0) throw unterminated(text, start, quote);
    if (text.charAt(found + 1) !== quote) return found + 1;
    position = found + 2;
  }
}

/** The end of an E'…' string: a backslash takes the next character with it. */
function escapeQuoteEnd(text: string, start: number): number {
  for (let position = start + 1; position < text.length; position += 1) {
    const character = text.charAt(position);
    if (character === "\\") position += 1;
    else if (character === "'") {
      if (text.charAt(position + 1) !== "'") return position + 1;
      position += 1;
    }
  }
  throw unterminated(text, start, "'");
}

/** The end of a string literal whose opening quote is at `quote`, with its continuations on later lines. */
function stringEnd(text: string, quote: number, escapes: boolean): number {
  return stringPieces(text, quote, escapes).end;
}

/** 'a' newline 'b' is one string; on one line it is not. */
function stringPieces(text: string, quote: number, escapes: boolean): { end: number; body: string } {
  let body = "";
  let end = quote;
  for (let open: number | undefined = quote; open !== undefined; open = continuation(text, end)) {
    end = escapes ? escapeQuoteEnd(text, open) : quoteEnd(text, open, "'");
    body += text.slice(open + 1, end - 1);
  }
  return { end, body };
}

function continuation(text: string, end: number): number | undefined {
  let position = end;
  let sawNewline = false;
  for (;;) {
    const character = text.charAt(position);
    if (BLANK.test(character)) {
      sawNewline ||= character === "\n" || character === "\r";
      position += 1;
    } else if (text.startsWith("--", position)) position = lineEnd(text, position);
    else return sawNewline && character === "'" ? position : undefined;
  }
}

function prefixedStringSpan(text: string, start: number): TokenSpan | undefined {
  const prefix = text.slice(start, start + 3).toLowerCase();
  if (prefix.startsWith("e'")) return { kind: "string", start, end: stringEnd(text, start + 1, true) };
  if (prefix.startsWith("n'")) return { kind: "string", start, end: stringEnd(text, start + 1, false) };
  if (prefix.startsWith("b'") || prefix.startsWith("x'")) {
    return { kind: "bits", start, end: stringEnd(text, start + 1, false) };
  }
  if (prefix === "u&'") return { kind: "string", start, end: stringEnd(text, start + 2, false) };
  if (prefix === 'u&"') return { kind: "quoted", start, end: quoteEnd(text, start + 2, '"') };
  return undefined;
}

function wordSpan(text: string, start: number): TokenSpan {
  return { kind: "word", start, end: start + match(WORD, text, start) };
}

function dollarSpan(text: string, start: number): TokenSpan {
  const parameter = match(PARAMETER, text, start);
  if (parameter > 0) return { kind: "parameter", start, end: start + parameter };
  const tagLength = match(DOLLAR_TAG, text, start);
  if (tagLength === 0) throw lexicalError('syntax error at or near "$"', text, start);
  const close = text.indexOf(text.slice(start, start + tagLength), start + tagLength);
  if (close < 0) throw lexicalError("unterminated dollar-quoted string", text, start);
  return { kind: "string", start, end: close + tagLength };
}

function punctuationSpan(text: string, start: number, character: string): TokenSpan {
  if (character === ":") {
    const isPair = text.startsWith("::", start) || text.startsWith(":=", start);
    return { kind: isPair ? "operator" : "symbol", start, end: start + (isPair ? 2 : 1) };
  }
  if (SYMBOLS.includes(character)) return { kind: "symbol", start, end: start + 1 };
  if (OPERATOR_CHARACTERS.includes(character))
    return { kind: "operator", start, end: operatorEnd(text, start) };
  throw lexicalError(`syntax error at or near "${character}"`, text, start);
}

/** A run of operator characters ends before a comment; + and - end it only behind one of ~ ! @ # % ^ & | ` ?. */
function operatorEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && OPERATOR_CHARACTERS.includes(text.charAt(end))) {
    if (end > start && (text.startsWith("--", end) || text.startsWith("/*", end))) break;
    end += 1;
  }
  while (
    end - start > 1 &&
    /[+-]$/.test(text.slice(start, end)) &&
    !/[~!@#%^&|`?]/.test(text.slice(start, end))
  ) {
    end -= 1;
  }
  return end;
}

/** What a token stands for: see `Token.value`. */
function tokenValue(text: string, span: TokenSpan): string {
  const raw = text.slice(span.start, span.end);
  switch (span.kind) {
    case "word":
      return foldIdentifier(raw);
    case "quoted":
      return quotedValue(raw, text, span.start);
    case "string":
      return stringValue(raw, text, span.start);
    case "parameter":
      return raw.slice(1);
    case "bits":
    case "number":
    case "operator":
    case "symbol":
      break;
  }
  return raw;
}

function quotedValue(raw: string, text: string, start: number): string {
  const isUnicode = raw.charAt(0) !== '"';
  const name = raw.slice(isUnicode ? 3 : 1, -1).replaceAll('""', '"');
  const value = isUnicode ? decoded(decodeUnicodeEscapes(name), text, start) : name;
  if (value === "") throw lexicalError("zero-length delimited identifier", text, start);
  return value;
}

function stringValue(raw: string, text: string, start: number): string {
  const first = raw.charAt(0).toLowerCase();
  if (first === "$") {
    const tagLength = raw.indexOf("$", 1) + 1;
    return raw.slice(tagLength, -tagLength);
  }
  const body = stringPieces(raw, raw.indexOf("'"), first === "e").body;
  if (first === "e") return decoded(decodeEscapes(body), text, start);
  const plain = body.replaceAll("''", "'");
  return first === "u" ? decoded(decodeUnicodeEscapes(plain), text, start) : plain;
}

function decoded(value: string | undefined, text: string, start: number): string {
  if (value === undefined) throw lexicalError("invalid escape in a string literal", text, start);
  return value;
}

/** The length of a sticky match at `position`; 0 for none. */
function match(pattern: RegExp, text: string, position: number): number {
  pattern.lastIndex = position;
  return pattern.exec(text)?.[0].length ?? 0;
}

function unterminated(text: string, start: number, quote: string): SqlError {
  return lexicalError(`unterminated quoted ${quote === '"' ? "identifier" : "string"}`, text, start);
}

function lexicalError(message: string, text: string, start: number): SqlError {
  return new SqlError(SQLSTATE.syntaxError, message, { position: characterPosition(text, start) });
}

/** PostgreSQL's error position: 1-based, in characters (code points), not UTF-16 units. */
export function characterPosition(text: string, offset: number): number {
  let position = 1;
  for (let index = 0; index < offset && index < text.length; index += 1) {
    const isPair = text.charCodeAt(index) >> 10 === 0x36 && text.charCodeAt(index + 1) >> 10 === 0x37;
    if (isPair) index += 1;
    position += 1;
  }
  return position;
}
