/**
 * Cuts the data of COPY … FROM STDIN into lines, as PostgreSQL does: a backslash makes the next character data (text), a
 * line end inside quotes is data (csv), and all lines must end alike. On the way it notes where delimiters are.
 *
 * Shape   `scan` looks on from where it stopped, so no byte is looked at twice; then `length` bytes of the window from its
 *         start are the line, and `consumed` of them go with it
 * Source  CopyReadLineText in PostgreSQL 15's copyfromparse.c
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { TextCopyFormat } from "./client-values.js";
import type { CopyWindow } from "./copy-window.js";

const LF = 0x0a;
const CR = 0x0d;
const BACKSLASH = 0x5c;
const DOT = 0x2e;

/** What a byte may be, for one look-up per byte. */
const PLAIN = 0;
const DELIMITER = 1;
const SPECIAL = 2;

type LineEnd = "unknown" | "lf" | "crlf" | "cr";

/** `line`: one is complete. `more`: it needs more data. `end`: data and lines have ended, `length` bytes are left. */
export type ScanResult = "line" | "more" | "end";

export class LineScanner {
  readonly #isCsv: boolean;
  readonly #quote: number;
  /** -1 when it is the quote: doubling a quote needs no care then. */
  readonly #escape: number;
  readonly #kinds = new Uint8Array(256);
  #lineEnd: LineEnd = "unknown";
  #at = 0;
  #inQuotes = false;
  #lastWasEscape = false;
  #newlines = 0;
  #isLast = false;
  /** Offsets of delimiters in the line, as far as `delimiterCount`; of no use when `hasEscapes`. */
  delimiters = new Int32Array(64);
  delimiterCount = 0;
  /** A backslash (text) or a quote (csv) was seen: the fields are to be split with care. */
  hasEscapes = false;
  length = 0;
  consumed = 0;

  constructor({ format, delimiter, quote, escape }: TextCopyFormat) {
    this.#isCsv = format === "csv";
    this.#quote = quote.charCodeAt(0);
    this.#escape = escape === quote ? -1 : escape.charCodeAt(0);
    for (const byte of [LF, CR, this.#isCsv ? this.#quote : BACKSLASH]) this.#kinds[byte] = SPECIAL;
    this.#kinds[delimiter.charCodeAt(0)] = DELIMITER;
  }

  /** Line ends inside quotes of the line under way: they count as lines. */
  get newlines(): number {
    return this.#newlines;
  }

  /** Forgets the line that was given last. */
  next(): void {
    this.#at = 0;
    this.#newlines = 0;
    this.delimiterCount = 0;
    this.hasEscapes = false;
  }

  /** Errors: 22P04. `isLast`: no more data will come. */
  scan(window: CopyWindow, isLast: boolean): ScanResult {
    this.#isLast = isLast;
    const { bytes, start, end } = window;
    return this.#isCsv ? this.#scanCsv(bytes, start, end) : this.#scanText(bytes, start, end);
  }

  #scanText(bytes: Uint8Array, start: number, end: number): ScanResult {
    const kinds = this.#kinds;
    let at = start + this.#at;
    while (at < end) {
      const byte = bytes[at] ?? 0;
      const kind = kinds[byte];
      if (kind === PLAIN) {
        at++;
        continue;
      }
      if (kind === DELIMITER) {
        this.#note(at - start);
        at++;
        continue;
      }
      this.#at = at - start;
      if (byte !== BACKSLASH) return this.#endLine(bytes, start, end, byte);
      this.hasEscapes = true;
      if (at + 1 >= end) break;
      if (bytes[at + 1] === DOT) return this.#readMarker(bytes, start, end) ?? "more";
      at += 2;
    }
    this.#at = Math.min(at, end) - start;
    return this.#runOut(end - start);
  }

  #scanCsv(bytes: Uint8Array, start: number, end: number): ScanResult {
    const kinds = this.#kinds;
    let at = start + this.#at;
    if (this.#at === 0 && bytes[start] === BACKSLASH && at < end) {
      if (at + 1 >= end) return this.#runOut(end - start);
      const result = bytes[at + 1] === DOT ? this.#readMarker(bytes, start, end) : undefined;
      if (result !== undefined) return result;
      // Data that begins with a backslash; it may be the delimiter or the quote all the same.
    }
    while (at < end) {
      if (this.#inQuotes) {
        at = this.#passQuoted(bytes, at, end);
        continue;
      }
      const byte = bytes[at] ?? 0;
      const kind = kinds[byte];
      if (kind === DELIMITER) this.#note(at - start);
      else if (kind === SPECIAL) {
        this.#at = at - start;
        if (byte !== this.#quote) return this.#endLine(bytes, start, end, byte);
        this.#inQuotes = true;
        this.hasEscapes = true;
      }
      at++;
    }
    this.#at = at - start;
    return this.#runOut(end - start);
  }

  /** Runs over quoted data to the byte behind the quote that ends it. */
  #passQuoted(bytes: Uint8Array, from: number, end: number): number {
    const embedded = this.#lineEnd === "lf" ? LF : CR;
    for (let at = from; at < end; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === this.#escape) this.#lastWasEscape = !this.#lastWasEscape;
      else {
        const isEnd = byte === this.#quote && !this.#lastWasEscape;
        this.#lastWasEscape = false;
        if (isEnd) {
          this.#inQuotes = false;
          return at + 1;
        }
      }
      if (byte === embedded) this.#newlines++;
    }
    return end;
  }

  #note(offset: number): void {
    if (this.delimiterCount === this.delimiters.length) {
      const grown = new Int32Array(this.delimiters.length * 2);
      grown.set(this.delimiters);
      this.delimiters = grown;
    }
    this.delimiters[this.delimiterCount++] = offset;
  }

  #runOut(length: number): ScanResult {
    if (!this.#isLast) return "more";
    return this.#finish(length, length, "end");
  }

  #finish(length: number, consumed: number, result: ScanResult): ScanResult {
    this.length = length;
    this.consumed = consumed;
    return result;
  }

  /** At a line end outside quotes. */
  #endLine(bytes: Uint8Array, start: number, end: number, byte: number): ScanResult {
    const length = this.#at;
    if (byte === LF) {
      if (this.#lineEnd === "cr" || this.#lineEnd === "crlf") throw this.#lineEndInData("newline");
      this.#lineEnd = "lf";
      return this.#finish(length, length + 1, "line");
    }
    if (this.#lineEnd === "lf") throw this.#lineEndInData("carriage return");
    if (this.#lineEnd === "cr") return this.#finish(length, length + 1, "line");
    const next = start + length + 1;
    if (next >= end && !this.#isLast) return "more";
    if (next < end && bytes[next] === LF) {
      this.#lineEnd = "crlf";
      return this.#finish(length, length + 2, "line");
    }
    if (this.#lineEnd === "crlf") throw this.#lineEndInData("carriage return");
    this.#lineEnd = "cr";
    return this.#finish(length, length + 1, "line");
  }

  /** At `\.`: the end of the data, if the line ends here the way the lines before did. Undefined: it is data (csv). */
  #readMarker(bytes: Uint8Array, start: number, end: number): ScanResult | undefined {
    const length = this.#at;
    let at = start + length + 2;
    if (this.#lineEnd === "crlf") {
      if (at >= end && !this.#isLast) return "more";
      const byte = at < end ? bytes[at] : undefined;
      if (byte !== CR) {
        if (this.#isCsv) return undefined;
        throw byte === LF ? this.#otherLineEnd() : this.#bad("end-of-copy marker corrupt");
      }
      at++;
    }
    if (at >= end && !this.#isLast) return "more";
    const byte = at < end ? bytes[at] : undefined;
    if (byte !== LF && byte !== CR) {
      if (this.#isCsv) return undefined;
      throw this.#bad("end-of-copy marker corrupt");
    }
    if (this.#lineEnd !== "unknown" && byte !== (this.#lineEnd === "cr" ? CR : LF))
      throw this.#otherLineEnd();
    return this.#finish(length, end - start, "end");
  }

  #otherLineEnd(): SqlError {
    return this.#bad("end-of-copy marker does not match previous newline style");
  }

  #lineEndInData(name: "newline" | "carriage return"): SqlError {
    const letter = name === "newline" ? String.raw`\n` : String.raw`\r`;
    return this.#bad(
      `${this.#isCsv ? "unquoted" : "literal"} ${name} found in data`,
      this.#isCsv ? `Use quoted CSV field to represent ${name}.` : `Use "${letter}" to represent ${name}.`,
    );
  }

  #bad(message: string, hint?: string): SqlError {
    return new SqlError(SQLSTATE.badCopyFileFormat, message, { hint });
  }
}
