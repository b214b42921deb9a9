/**
 * Reads the data of COPY … FROM STDIN in binary format, cut into pieces anywhere.
 *
 * Shape   header: signature (11 bytes) · flags i32 · length of extension i32 · extension; per row: fields i16, per field
 *         length i32 (-1 = NULL), bytes; at the end fields -1, which may also be left out
 * Limits  one unfinished row is held, at most `maxRowBytes`
 * Errors  22P04 with PostgreSQL's messages, and what readers of fields throw, with the place in `where`
 * Source  CopyReadBinaryAttribute, ReceiveCopyBinaryHeader in PostgreSQL 15's copyfromparse.c
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { requireValues, type CopyBatch, type CopyColumn, type RequiredColumn } from "./copy-batch.js";
import { atLine, type CopyReader } from "./copy-reader.js";
import { CopyWindow } from "./copy-window.js";

/** What every binary COPY file begins with. */
export const SIGNATURE = Buffer.from("PGCOPY\n\xff\r\n\0", "latin1");
const OIDS_FLAG = 1 << 16;
const END_MARKER = -1;
const MAX_ROW_BYTES = 2 ** 28;

export interface BinaryCopySource {
  readonly table: string;
  readonly columns: readonly CopyColumn[];
  readonly required: readonly RequiredColumn[];
  readonly maxRowBytes?: number;
}

type Part = "signature" | "flags" | "extensionLength" | "extension" | "rows" | "end";

export class BinaryCopyReader implements CopyReader {
  readonly #source: BinaryCopySource;
  readonly #window = new CopyWindow();
  #view: DataView = new DataView(new ArrayBuffer(0));
  #part: Part = "signature";
  #extensionLeft = 0;
  #lineNumber = 1;
  #isLast = false;

  constructor(source: BinaryCopySource) {
    this.#source = source;
  }

  push(piece: Uint8Array): void {
    this.#window.add(piece);
    const { bytes } = this.#window;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  finish(): void {
    this.#isLast = true;
  }

  get place(): string {
    return atLine(this.#source.table, this.#lineNumber);
  }

  read(batch: CopyBatch): "full" | "more" {
    while (this.#part !== "rows" && this.#part !== "end") if (!this.#readHeader()) return "more";
    try {
      while (!batch.isFull) if (!this.#readRow(batch)) return "more";
      return "full";
    } catch (error) {
      throw error instanceof SqlError ? placed(error, this.place) : error;
    }
  }

  get #available(): number {
    return this.#window.end - this.#window.start;
  }

  /** One part of the header; false when it is not all there. Errors here have no place: no row has begun. */
  #readHeader(): boolean {
    const window = this.#window;
    switch (this.#part) {
      case "signature": {
        if (!this.#has(SIGNATURE.length, "COPY file signature not recognized")) return false;
        const given = window.bytes.subarray(window.start, window.start + SIGNATURE.length);
        if (!SIGNATURE.equals(given)) throw bad("COPY file signature not recognized");
        window.start += SIGNATURE.length;
        this.#part = "flags";
        return true;
      }
      case "flags":
        if (!this.#has(4, "invalid COPY file header (missing flags)")) return false;
        checkFlags(this.#int32());
        this.#part = "extensionLength";
        return true;
      case "extensionLength":
        if (!this.#has(4, "invalid COPY file header (missing length)")) return false;
        this.#extensionLeft = this.#int32();
        if (this.#extensionLeft < 0) throw bad("invalid COPY file header (missing length)");
        this.#part = "extension";
        return true;
      case "extension":
        return this.#skipExtension();
      case "rows":
      case "end":
        return false;
      default:
        return this.#part satisfies never;
    }
  }

  #skipExtension(): boolean {
    const skipped = Math.min(this.#available, this.#extensionLeft);
    this.#window.start += skipped;
    this.#extensionLeft -= skipped;
    if (this.#extensionLeft === 0) this.#part = "rows";
    else if (this.#isLast) throw bad("invalid COPY file header (wrong length)");
    return this.#extensionLeft === 0;
  }

  #has(count: number, message: string): boolean {
    if (this.#available >= count) return true;
    if (this.#isLast) throw bad(message);
    return false;
  }

  #int32(): number {
    const value = this.#view.getInt32(this.#window.start);
    this.#window.start += 4;
    return value;
  }

  /** False when the row needs more data, or there is none. */
  #readRow(batch: CopyBatch): boolean {
    const window = this.#window;
    if (this.#part === "end") {
      if (this.#available > 0) throw bad("received copy data after EOF marker");
      return false;
    }
    // PostgreSQL takes a cut-off number of fields for the end of the data.
    if (this.#available < 2) return false;
    const { columns } = this.#source;
    const count = this.#view.getInt16(window.start);
    if (count === END_MARKER) {
      window.start += 2;
      this.#part = "end";
      return true;
    }
    if (count !== columns.length) throw bad(`row field count is ${count}, expected ${columns.length}`);
    const end = this.#rowEnd(count);
    if (end < 0) return false;
    this.#putFields(batch, window.start + 2);
    batch.endRow(end - window.start);
    window.start = end;
    this.#lineNumber++;
    return true;
  }

  /** Where the row ends; -1 when it is not all there. What is wrong with it is told field by field, by `#putFields`. */
  #rowEnd(count: number): number {
    const { start, end } = this.#window;
    let at = start + 2;
    for (let i = 0; i < count; i++) {
      if (at + 4 > end) return this.#incomplete(start, end);
      const length = this.#view.getInt32(at);
      at += 4;
      if (length < -1) return at;
      if (length > 0) at += length;
      if (at > end) return this.#incomplete(start, end);
    }
    return at;
  }

  #incomplete(start: number, end: number): number {
    if (end - start > (this.#source.maxRowBytes ?? MAX_ROW_BYTES))
      throw new SqlError(SQLSTATE.programLimitExceeded, "a row of COPY data is too long");
    return this.#isLast ? end : -1;
  }

  #putFields(batch: CopyBatch, first: number): void {
    const { columns, required, table } = this.#source;
    let at = first;
    let index = 0;
    try {
      for (; index < columns.length; index++) at = this.#putField(batch, index, at);
    } catch (error) {
      for (let before = 0; before < index; before++) batch.columns[before]?.dropLast();
      const name = columns[index]?.name ?? "";
      throw error instanceof SqlError ? placed(error, `${this.place}, column ${name}`) : error;
    }
    requireValues(batch, required, table);
  }

  #putField(batch: CopyBatch, index: number, at: number): number {
    const { bytes, end } = this.#window;
    const out = batch.columns[index];
    const column = this.#source.columns[index];
    if (out === undefined || column === undefined) throw new Error("a batch has the columns of its source");
    if (at + 4 > end) throw bad("unexpected EOF in COPY data");
    const length = this.#view.getInt32(at);
    const start = at + 4;
    if (length === -1) {
      out.putNull();
      return start;
    }
    if (length < 0) throw bad("invalid field size");
    if (start + length > end) throw bad("unexpected EOF in COPY data");
    column.input.readBinary(bytes, start, start + length, out);
    return start + length;
  }
}

function checkFlags(flags: number): void {
  if ((flags & OIDS_FLAG) !== 0) throw bad("invalid COPY file header (WITH OIDS)");
  if (flags >> 16 !== 0) throw bad("unrecognized critical flags in COPY file header");
}

function bad(message: string): SqlError {
  return new SqlError(SQLSTATE.badCopyFileFormat, message);
}

/** The same error with its place, unless it has one. */
function placed(error: SqlError, where: string): SqlError {
  if (error.where !== undefined) return error;
  return new SqlError(error.code, error.message, {
    detail: error.detail,
    hint: error.hint,
    where,
    cause: error,
  });
}
