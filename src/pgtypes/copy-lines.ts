/**
 * Cuts the data of COPY … FROM STDIN into lines, as PostgreSQL does: a backslash makes the next character data (text), a
 * line end inside quotes is data (csv), and all lines must end alike.
 *
 * Shape   `feed` calls back with every line that ended; `finish` with a last one that no line end followed
 * Limits  holds one unfinished line, as pieces: nothing is scanned twice
 * Source  CopyReadLineText in PostgreSQL 15's copyfromparse.c
 */
import { SQLSTATE, SqlError } from "../core/errors.js";

const LF = 0x0a;
const CR = 0x0d;
const BACKSLASH = 0x5c;
const DOT = 0x2e;

/** What the scanner is in the middle of, when the data is cut there. */
type ScanState = "data" | "afterBackslash" | "afterCr" | "afterMarker" | "afterMarkerCr";
type LineEnd = "unknown" | "lf" | "crlf" | "cr";

/** Quoting of csv; absent for the text format. */
export interface CsvQuoting {
  readonly quote: number;
  readonly escape: number;
}

export class LineScanner {
  readonly #csv: CsvQuoting | undefined;
  readonly #onLine: (line: string) => void;
  #state: ScanState = "data";
  #lineEnd: LineEnd = "unknown";
  #pieces: string[] = [];
  #heldLength = 0;
  #inQuotes = false;
  #lastWasEscape = false;
  #isEnded = false;
  /** 1-based number of the line at hand; line ends inside quotes count too. */
  lineNumber = 1;

  constructor(csv: CsvQuoting | undefined, onLine: (line: string) => void) {
    this.#csv = csv;
    this.#onLine = onLine;
  }

  /** True once `\.` was read: what follows is ignored. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Characters of the unfinished line. */
  get heldLength(): number {
    return this.#heldLength;
  }

  feed(text: string): void {
    let start = 0;
    let at = 0;
    while (at < text.length && !this.#isEnded) {
      if (this.#state === "data") at = this.#passData(text, at, at === start && this.#heldLength === 0);
      if (at >= text.length) break;
      const code = text.charCodeAt(at);
      const end = this.#step(code);
      if (end === "again") continue;
      at++;
      if (end === "inside") continue;
      // A lone CR ended the line before this character.
      const next = end === "before" ? at - 1 : at;
      this.#endLine(text.slice(start, next));
      start = next;
      at = next;
    }
    if (this.#isEnded || start >= text.length) return;
    this.#pieces.push(text.slice(start));
    this.#heldLength += text.length - start;
  }

  finish(): void {
    if (this.#isEnded) return;
    if (this.#state === "afterCr" && this.#lineEnd === "crlf") throw this.#lineEndInData("carriage return");
    if (this.#state === "afterMarkerCr" || (this.#state === "afterMarker" && this.#csv === undefined)) {
      throw this.#badMarker();
    }
    const endedByCr = this.#state === "afterCr";
    this.#isEnded = true;
    const line = this.#takeHeld("");
    if (line !== "") this.#onLine(endedByCr ? line.slice(0, -1) : line);
  }

  /** Runs over plain data to the next character that `#step` must look at. */
  #passData(text: string, from: number, isLineStart: boolean): number {
    if (this.#csv !== undefined) return this.#passCsv(text, from, isLineStart, this.#csv);
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === LF || code === CR || code === BACKSLASH) return at;
    }
    return text.length;
  }

  #passCsv(text: string, from: number, isLineStart: boolean, { quote, escape }: CsvQuoting): number {
    if (isLineStart && text.charCodeAt(from) === BACKSLASH) return from;
    const embedded = this.#lineEnd === "lf" ? LF : CR;
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (!this.#inQuotes) {
        if (code === quote) this.#inQuotes = true;
        else if (code === LF || code === CR) return at;
        continue;
      }
      if (code === escape && escape !== quote) this.#lastWasEscape = !this.#lastWasEscape;
      else {
        if (code === quote && !this.#lastWasEscape) this.#inQuotes = false;
        this.#lastWasEscape = false;
      }
      if (this.#inQuotes && code === embedded) this.lineNumber++;
    }
    return text.length;
  }

  /** Takes one character that may be special. `again`: look at it once more in the new state. */
  #step(code: number): "inside" | "again" | "before" | "after" {
    switch (this.#state) {
      case "data":
        return this.#stepData(code);
      case "afterBackslash":
        return this.#stepAfterBackslash(code);
      case "afterCr":
        return this.#stepAfterCr(code);
      case "afterMarker":
      case "afterMarkerCr":
        return this.#stepMarker(code, this.#state);
      default:
        return this.#state satisfies never;
    }
  }

  #stepData(code: number): "inside" | "after" {
    if (code === BACKSLASH) {
      this.#state = "afterBackslash";
      return "inside";
    }
    if (code === LF) {
      if (this.#lineEnd === "cr" || this.#lineEnd === "crlf") throw this.#lineEndInData("newline");
      this.#lineEnd = "lf";
      return "after";
    }
    if (this.#lineEnd === "lf") throw this.#lineEndInData("carriage return");
    if (this.#lineEnd === "cr") return "after";
    this.#state = "afterCr";
    return "inside";
  }

  #stepAfterBackslash(code: number): "inside" | "again" {
    this.#state = code === DOT ? "afterMarker" : "data";
    // In csv a backslash that starts no marker is data like any other.
    return code === DOT || this.#csv === undefined ? "inside" : "again";
  }

  #stepAfterCr(code: number): "before" | "after" {
    this.#state = "data";
    if (code === LF) {
      this.#lineEnd = "crlf";
      return "after";
    }
    if (this.#lineEnd === "crlf") throw this.#lineEndInData("carriage return");
    this.#lineEnd = "cr";
    return "before";
  }

  /** After `\.`: the line must end here, the way the lines before did. */
  #stepMarker(code: number, state: "afterMarker" | "afterMarkerCr"): "inside" | "again" | "after" {
    if (code !== LF && code !== CR) {
      if (this.#csv === undefined || state === "afterMarkerCr") throw this.#badMarker();
      this.#state = "data";
      return "again";
    }
    if (this.#lineEnd === "crlf" && state === "afterMarker" && code === CR) {
      this.#state = "afterMarkerCr";
      return "inside";
    }
    const isSame =
      this.#lineEnd === "unknown" ||
      (this.#lineEnd === "crlf"
        ? state === "afterMarkerCr" && code === LF
        : code === (this.#lineEnd === "lf" ? LF : CR));
    if (!isSame) throw this.#bad("end-of-copy marker does not match previous newline style");
    this.#isEnded = true;
    return "after";
  }

  /** `tail`: the last piece, with its line end or end marker. */
  #endLine(tail: string): void {
    const line = this.#takeHeld(tail);
    if (this.#isEnded) {
      const data = line.replace(/\\\.\r?[\r\n]$/, "");
      if (data !== "") this.#onLine(data);
      return;
    }
    this.#onLine(line.slice(0, this.#lineEnd === "crlf" ? -2 : -1));
    this.lineNumber++;
  }

  #takeHeld(tail: string): string {
    const line = this.#pieces.length === 0 ? tail : this.#pieces.join("") + tail;
    this.#pieces = [];
    this.#heldLength = 0;
    return line;
  }

  #lineEndInData(name: "newline" | "carriage return"): SqlError {
    const isCsv = this.#csv !== undefined;
    const letter = name === "newline" ? String.raw`\n` : String.raw`\r`;
    return this.#bad(`${isCsv ? "unquoted" : "literal"} ${name} found in data`, {
      hint: isCsv ? `Use quoted CSV field to represent ${name}.` : `Use "${letter}" to represent ${name}.`,
    });
  }

  #badMarker(): SqlError {
    return this.#bad("end-of-copy marker corrupt");
  }

  #bad(message: string, fields: { hint?: string } = {}): SqlError {
    return new SqlError(SQLSTATE.badCopyFileFormat, message, {
      detail: `line ${this.lineNumber}`,
      ...fields,
    });
  }
}
