/**
 * One column of a batch of COPY FROM, as the JSON array that DuckDB reads it from: `[1,null,2]`, `["a","b"]`.
 *
 * Shape   one item per row, in order; `take` gives the array, whose bytes are valid until the next item is put
 * Owns    one growable buffer; a batch of large values does not keep its memory
 */
import { Cells } from "../engine/vector-cells.js";
import { MAX_INT64_TEXT, writeInt } from "./digits.js";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const LOWER_N = 0x6e;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const FIRST_PRINTABLE = 0x20;
const NULL_ITEM = Buffer.from("null,");
const HEX = Buffer.from("0123456789abcdef");
const UNICODE_ESCAPE = Buffer.from(String.raw`\u00`);
/** An escaped byte is at most this long. */
const MAX_ESCAPED = 6;
/** Longer texts are looked through first: room for the worst case would be six times their size. */
const SHORT_TEXT = 4096;
/** Where short strings of ASCII are written down, one at a time. */
const SHORT = new Uint8Array(64);

export class JsonColumn {
  readonly #cells = new Cells();
  #lastItem = 1;
  #encoded = 0;

  constructor() {
    this.#begin();
  }

  /** Bytes so far. */
  get size(): number {
    return this.#cells.used;
  }

  putNull(): void {
    this.#lastItem = this.#cells.used;
    this.#cells.append(NULL_ITEM, 0, NULL_ITEM.length);
  }

  get lastIsNull(): boolean {
    return this.#cells.bytes[this.#lastItem] === LOWER_N;
  }

  /** Takes the item put last away again. */
  dropLast(): void {
    this.#cells.used = this.#lastItem;
  }

  /** Any integer up to 2^53. */
  putInteger(value: number): void {
    const cells = this.#cells;
    const out = cells.reserve(MAX_INT64_TEXT + 1);
    this.#lastItem = cells.used;
    const at = writeInt(out, cells.used, value);
    out[at] = COMMA;
    cells.used = at + 1;
  }

  /** A number, or any other JSON, as it is written. */
  putRaw(bytes: Uint8Array, start: number, end: number): void {
    const cells = this.#cells;
    const out = cells.reserve(end - start + 1);
    let at = cells.used;
    this.#lastItem = at;
    for (let i = start; i < end; i++) out[at++] = bytes[i] ?? 0;
    out[at++] = COMMA;
    cells.used = at;
  }

  /** A string, given as UTF-8. */
  putText(bytes: Uint8Array, start: number, end: number): void {
    const cells = this.#cells;
    const out = cells.reserve(roomFor(bytes, start, end) + 3);
    let at = cells.used;
    this.#lastItem = at;
    out[at++] = QUOTE;
    for (let i = start; i < end; i++) {
      const byte = bytes[i] ?? 0;
      if (byte === QUOTE || byte === BACKSLASH) out[at++] = BACKSLASH;
      else if (byte < FIRST_PRINTABLE) {
        out.set(UNICODE_ESCAPE, at);
        out[at + 4] = HEX[byte >> 4] ?? 0;
        out[at + 5] = HEX[byte & 15] ?? 0;
        at += MAX_ESCAPED;
        continue;
      }
      out[at++] = byte;
    }
    out[at++] = QUOTE;
    out[at++] = COMMA;
    cells.used = at;
  }

  putRawString(json: string): void {
    const bytes = this.#encode(json);
    this.putRaw(bytes, 0, this.#encoded);
  }

  putString(text: string): void {
    const bytes = this.#encode(text);
    this.putText(bytes, 0, this.#encoded);
  }

  /** The text in UTF-8, `#encoded` bytes of what is given back: short ones without a buffer of their own. */
  #encode(text: string): Uint8Array {
    this.#encoded = text.length;
    if (text.length > SHORT.length) return this.#encodeLong(text);
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) return this.#encodeLong(text);
      SHORT[i] = code;
    }
    return SHORT;
  }

  #encodeLong(text: string): Uint8Array {
    const bytes = Buffer.from(text);
    this.#encoded = bytes.length;
    return bytes;
  }

  /** Ends the array and begins the next one. */
  take(): Uint8Array {
    const cells = this.#cells;
    const { bytes, used } = cells;
    bytes[used - 1] = CLOSE;
    this.#begin();
    return bytes.subarray(0, used);
  }

  #begin(): void {
    this.#cells.reset(0);
    this.#cells.reserve(1);
    this.#cells.used = 1;
    this.#cells.bytes[0] = OPEN;
  }
}

function roomFor(bytes: Uint8Array, start: number, end: number): number {
  if (end - start <= SHORT_TEXT) return (end - start) * MAX_ESCAPED;
  let room = end - start;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte < FIRST_PRINTABLE) room += MAX_ESCAPED - 1;
    else if (byte === QUOTE || byte === BACKSLASH) room++;
  }
  return room;
}
