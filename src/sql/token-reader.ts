/**
 * Reads a statement's tokens from left to right: what the hand-written grammars (session, branch, COPY) are made of.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { characterPosition, tokenise, type Token } from "./lexer.js";

/** A possibly qualified name as written. */
export interface NameSpan {
  readonly parts: readonly string[];
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export class TokenReader {
  readonly text: string;
  readonly tokens: readonly Token[];
  private index = 0;

  constructor(text: string, tokens: readonly Token[] = tokenise(text)) {
    this.text = text;
    this.tokens = tokens;
  }

  get atEnd(): boolean {
    return this.index >= this.tokens.length;
  }

  /** The index of the next token, for reading on elsewhere or going back. */
  get position(): number {
    return this.index;
  }

  moveTo(position: number): void {
    this.index = position;
  }

  peek(ahead = 0): Token | undefined {
    return this.tokens[this.index + ahead];
  }

  next(): Token {
    const token = this.tokens[this.index];
    if (token === undefined) throw this.syntaxError();
    this.index += 1;
    return token;
  }

  /** True when the next tokens are these unquoted words. */
  isAt(...words: readonly string[]): boolean {
    return words.every((word, ahead) => isWord(this.peek(ahead), word));
  }

  /** Steps over these words when they come next. */
  accept(...words: readonly string[]): boolean {
    if (!this.isAt(...words)) return false;
    this.index += words.length;
    return true;
  }

  /** Steps over the next token when it is one of these words; the word. */
  acceptAny(words: readonly string[]): string | undefined {
    const found = words.find((word) => this.isAt(word));
    if (found !== undefined) this.index += 1;
    return found;
  }

  expect(...words: readonly string[]): void {
    for (const word of words) if (!this.accept(word)) throw this.syntaxError();
  }

  isAtSymbol(symbol: string, ahead = 0): boolean {
    return isSymbol(this.peek(ahead), symbol);
  }

  /** Also for operators such as `=` and `=>`. */
  acceptSymbol(symbol: string): boolean {
    if (!this.isAtSymbol(symbol)) return false;
    this.index += 1;
    return true;
  }

  expectSymbol(symbol: string): void {
    if (!this.acceptSymbol(symbol)) throw this.syntaxError();
  }

  expectEnd(): void {
    if (!this.atEnd) throw this.syntaxError();
  }

  /** One name, quoted or not. */
  identifier(): string {
    if (!isName(this.peek())) throw this.syntaxError();
    return this.next().value;
  }

  string(): string {
    if (this.peek()?.kind !== "string") throw this.syntaxError();
    return this.next().value;
  }

  qualifiedName(): NameSpan {
    const name = nameAt(this.tokens, this.index);
    if (name === undefined) throw this.syntaxError();
    this.index = name.next;
    return { parts: name.parts, start: name.start, end: name.end };
  }

  /** Steps over a balanced `( … )`; the indexes of its two brackets. */
  parenthesised(): { readonly open: number; readonly close: number } {
    const open = this.index;
    if (!this.isAtSymbol("(")) throw this.syntaxError();
    const close = closingBracket(this.tokens, open);
    if (close === undefined) throw this.syntaxError(this.tokens.length);
    this.index = close + 1;
    return { open, close };
  }

  /** The texts between commas at the outermost level of tokens `from`‥`to` (exclusive). */
  listTexts(from: number, to: number): string[] {
    return splitAtCommas(this.tokens, from, to).map(([first, last]) =>
      sliceTokens(this.text, this.tokens, first, last),
    );
  }

  /** 42601 at the next token, or at the one given. */
  syntaxError(index = this.index): SqlError {
    const token = this.tokens[index];
    const where =
      token === undefined ? "at end of input" : `at or near "${this.text.slice(token.start, token.end)}"`;
    const position = characterPosition(this.text, token?.start ?? this.text.length);
    return new SqlError(SQLSTATE.syntaxError, `syntax error ${where}`, { position });
  }
}

export function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === "word" && token.value === word;
}

export function isSymbol(token: Token | undefined, symbol: string): boolean {
  return (token?.kind === "symbol" || token?.kind === "operator") && token.value === symbol;
}

export function isName(token: Token | undefined): boolean {
  return token?.kind === "word" || token?.kind === "quoted";
}

/** The name that begins at token `index`, with all its parts, and the index behind it. */
export function nameAt(
  tokens: readonly Token[],
  index: number,
): (NameSpan & { readonly next: number }) | undefined {
  const first = tokens[index];
  if (first === undefined || !isName(first)) return undefined;
  const parts = [first.value];
  let last = first;
  let next = index + 1;
  for (;;) {
    const part = tokens[next + 1];
    if (!isSymbol(tokens[next], ".") || part === undefined || !isName(part)) break;
    parts.push(part.value);
    last = part;
    next += 2;
  }
  return { parts, start: first.start, end: last.end, next };
}

/** The index of the bracket that closes the one at `open`. */
export function closingBracket(tokens: readonly Token[], open: number): number | undefined {
  let depth = 0;
  for (let index = open; index < tokens.length; index += 1) {
    const token = tokens[index];
    if (token?.kind !== "symbol") continue;
    if ("([{".includes(token.value)) depth += 1;
    else if (")]}".includes(token.value)) depth -= 1;
    if (depth === 0) return index;
  }
  return undefined;
}

/** The ranges between commas outside brackets, `[from, to)` each; [] for an empty range. */
export function splitAtCommas(tokens: readonly Token[], from: number, to: number): [number, number][] {
  if (from >= to) return [];
  const ranges: [number, number][] = [];
  let first = from;
  for (let index = from; index < to; index += 1) {
    const token = tokens[index];
    if (token?.kind !== "symbol") continue;
    if ("([{".includes(token.value)) index = Math.min(closingBracket(tokens, index) ?? to, to);
    else if (token.value === ",") {
      ranges.push([first, index]);
      first = index + 1;
    }
  }
  ranges.push([first, to]);
  return ranges;
}

/** The text from token `first` to token `end` (exclusive). */
export function sliceTokens(text: string, tokens: readonly Token[], first: number, end: number): string {
  const from = tokens[first];
  const to = tokens[end - 1];
  return from === undefined || to === undefined || end <= first ? "" : text.slice(from.start, to.end);
}

/** The index of the last token of a call with FILTER and OVER behind it. */
export function callEnd(tokens: readonly Token[], open: number): number | undefined {
  let close = closingBracket(tokens, open);
  if (close !== undefined && isWord(tokens[close + 1], "filter")) close = closingBracket(tokens, close + 2);
  if (close !== undefined && isWord(tokens[close + 1], "over"))
    close = isSymbol(tokens[close + 2], "(") ? closingBracket(tokens, close + 2) : close + 2;
  return close;
}
