/**
 * Splits one line of COPY data into its fields.
 *
 * Shape   field i = `bytes[starts[i] .. ends[i]]`, NULL when `nulls[i]` is 1; valid until the next split
 * Source  CopyReadAttributesText and CopyReadAttributesCSV in PostgreSQL 15's copyfromparse.c
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { TextCopyFormat } from "./client-values.js";
import { decodeUtf8 } from "./utf8.js";

const BACKSLASH = 0x5c;
const LOWER_X = 0x78;
const FIRST_FIELDS = 64;

/** Letters behind a backslash that stand for a control character. */
const LETTERS: ReadonlyMap<number, number> = new Map([
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
  [0x76, 0x0b],
]);

/** One line of the data, as bytes. */
export interface CopyLine {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly length: number;
}

export class FieldSplitter {
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #escape: number;
  readonly #nullText: Uint8Array;
  readonly #isCsv: boolean;
  #scratch: Uint8Array = new Uint8Array(0);
  #hasBytes = false;
  bytes: Uint8Array = this.#scratch;
  starts = new Int32Array(FIRST_FIELDS);
  ends = new Int32Array(FIRST_FIELDS);
  nulls = new Uint8Array(FIRST_FIELDS);
  count = 0;

  constructor(format: TextCopyFormat) {
    this.#delimiter = format.delimiter.charCodeAt(0);
    this.#quote = format.quote.charCodeAt(0);
    this.#escape = format.escape.charCodeAt(0);
    this.#nullText = Buffer.from(format.null);
    this.#isCsv = format.format === "csv";
  }

  /** A line without escapes and quotes: its fields lie between its delimiters. */
  splitAt({ bytes, start, length }: CopyLine, delimiters: Int32Array, delimiterCount: number): void {
    this.bytes = bytes;
    this.#reserve(delimiterCount + 1);
    let from = start;
    for (let i = 0; i <= delimiterCount; i++) {
      const to = start + (i < delimiterCount ? (delimiters[i] ?? 0) : length);
      this.starts[i] = from;
      this.ends[i] = to;
      this.nulls[i] = this.#isNull(bytes, from, to) ? 1 : 0;
      from = to + 1;
    }
    this.count = delimiterCount + 1;
  }

  /** Any line. Errors: 22P04 a quote without its end, 22021 escapes that make no UTF-8. */
  split(line: CopyLine): void {
    if (this.#scratch.length < line.length) this.#scratch = new Uint8Array(line.length * 2);
    this.bytes = this.#scratch;
    this.count = 0;
    const end = line.start + line.length;
    let from = line.start;
    let out = 0;
    for (;;) {
      const index = this.count++;
      this.#reserve(this.count);
      this.starts[index] = out;
      const next = this.#isCsv
        ? this.#csvField(line.bytes, from, end)
        : this.#textField(line.bytes, from, end);
      out = this.ends[index] ?? 0;
      if (next > end) return;
      from = next;
    }
  }

  #reserve(count: number): void {
    if (count <= this.starts.length) return;
    const grow = (old: Int32Array): Int32Array<ArrayBuffer> => {
      const grown = new Int32Array(count * 2);
      grown.set(old);
      return grown;
    };
    this.starts = grow(this.starts);
    this.ends = grow(this.ends);
    const nulls = new Uint8Array(count * 2);
    nulls.set(this.nulls);
    this.nulls = nulls;
  }

  #isNull(bytes: Uint8Array, from: number, to: number): boolean {
    const text = this.#nullText;
    if (to - from !== text.length) return false;
    for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text[i]) return false;
    return true;
  }

  /** Ends the field at hand; gives the position behind its delimiter, one too far at the end of the line. */
  #endField(out: number, isNull: boolean, next: number): number {
    this.ends[this.count - 1] = out;
    this.nulls[this.count - 1] = isNull ? 1 : 0;
    return next;
  }

  /** NULL is told by the field as it came, before escapes are taken away. */
  #textField(bytes: Uint8Array, from: number, end: number): number {
    const scratch = this.#scratch;
    const first = this.starts[this.count - 1] ?? 0;
    let out = first;
    let at = from;
    this.#hasBytes = false;
    for (; at < end; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === this.#delimiter) break;
      if (byte !== BACKSLASH) {
        scratch[out++] = byte;
        continue;
      }
      // A backslash that ends the line is dropped, and does not count for NULL.
      if (at + 1 >= end) return this.#endField(out, this.#isNull(bytes, from, at), end + 1);
      at = this.#escaped(bytes, at + 1, end, out++);
    }
    const isNull = this.#isNull(bytes, from, at);
    if (this.#hasBytes && !isNull) decodeUtf8(scratch.subarray(first, out));
    return this.#endField(out, isNull, at + 1);
  }

  /** Writes what an escape stands for; gives the position of its last character. */
  #escaped(bytes: Uint8Array, at: number, end: number, out: number): number {
    const byte = bytes[at] ?? 0;
    let last = at;
    let value = LETTERS.get(byte) ?? byte;
    if (isOctal(byte)) {
      value = byte & 7;
      while (last + 1 < end && last < at + 2 && isOctal(bytes[last + 1] ?? 0))
        value = (value << 3) | ((bytes[++last] ?? 0) & 7);
    } else if (byte === LOWER_X && at + 1 < end && hexDigit(bytes[at + 1] ?? 0) >= 0) {
      value = 0;
      while (last + 1 < end && last < at + 2 && hexDigit(bytes[last + 1] ?? 0) >= 0)
        value = (value << 4) | hexDigit(bytes[++last] ?? 0);
    }
    if (last > at || isOctal(byte)) this.#hasBytes ||= (value & 0xff) === 0 || (value & 0x80) !== 0;
    this.#scratch[out] = value;
    return last;
  }

  /** Only a field without any quotes can be NULL. */
  #csvField(bytes: Uint8Array, from: number, end: number): number {
    const scratch = this.#scratch;
    let out = this.starts[this.count - 1] ?? 0;
    let sawQuote = false;
    let inQuotes = false;
    let at = from;
    for (; at < end; at++) {
      const byte = bytes[at] ?? 0;
      const next = at + 1 < end ? (bytes[at + 1] ?? 0) : -1;
      if (!inQuotes) {
        if (byte === this.#delimiter) break;
        if (byte === this.#quote) sawQuote = inQuotes = true;
        else scratch[out++] = byte;
      } else if (byte === this.#escape && (next === this.#escape || next === this.#quote)) {
        scratch[out++] = next;
        at++;
      } else if (byte === this.#quote) inQuotes = false;
      else scratch[out++] = byte;
    }
    if (inQuotes) throw new SqlError(SQLSTATE.badCopyFileFormat, "unterminated CSV quoted field");
    return this.#endField(out, !sawQuote && this.#isNull(bytes, from, at), at + 1);
  }
}

function isOctal(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x37;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
