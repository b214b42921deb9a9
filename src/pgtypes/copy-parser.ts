/**
 * Reads the data of COPY … FROM STDIN, in PostgreSQL's text and csv formats, cut into pieces anywhere.
 *
 * Shape   `push` takes a piece; `read` puts the rows that are complete into a batch until that is full; after `finish` also
 *         a last row without a line end
 * Limits  one unfinished row is held, at most `maxRowBytes`; what follows `\.` is ignored, as in PostgreSQL
 * Errors  SqlError 22P04, 22021 for text that is not UTF-8, 23502, and what readers of fields throw, all with PostgreSQL's
 *         `COPY t, line n, column c: "x"` in `where`; the rows before are in the batch
 * Source  NextCopyFrom in PostgreSQL 15's copyfromparse.c
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { TextCopyFormat } from "./client-values.js";
import { requireValues, type CopyBatch, type CopyColumn, type RequiredColumn } from "./copy-batch.js";
import { FieldSplitter } from "./copy-fields.js";
import { LineScanner } from "./copy-lines.js";
import { atLine, clipped, type CopyReader } from "./copy-reader.js";
import { CopyWindow } from "./copy-window.js";
import { badSequence, validLength } from "./utf8.js";

/** PostgreSQL holds one line in at most 1 GB; here it is held several times over until it is stored. */
const MAX_ROW_BYTES = 2 ** 28;

export interface CopySource {
  readonly format: TextCopyFormat;
  /** As it is named in errors. */
  readonly table: string;
  /** The columns the data has, in order. */
  readonly columns: readonly CopyColumn[];
  readonly required: readonly RequiredColumn[];
  readonly maxRowBytes?: number;
}

export class TextCopyReader implements CopyReader {
  readonly #source: CopySource;
  readonly #window = new CopyWindow();
  readonly #scanner: LineScanner;
  readonly #fields: FieldSplitter;
  readonly #nullText: Uint8Array;
  readonly #line = { bytes: new Uint8Array(0) as Uint8Array, start: 0, length: 0 };
  /** Line ends seen before the line under way, plus one for the line itself. */
  #lineNumber = 1;
  /** The line under way can be shown. */
  #lineIsRead = false;
  #isHeader: boolean;
  #isLast = false;
  #isDone = false;
  /** Bytes behind the window: the beginning of a character, or no UTF-8. */
  #unverified: Uint8Array = new Uint8Array(0);
  #isBroken = false;

  constructor(source: CopySource) {
    this.#source = source;
    this.#scanner = new LineScanner(source.format);
    this.#fields = new FieldSplitter(source.format);
    this.#nullText = Buffer.from(source.format.null);
    this.#isHeader = source.format.header !== "none";
  }

  push(piece: Uint8Array): void {
    if (this.#isDone || this.#isBroken) return;
    const bytes = this.#unverified.length === 0 ? piece : Buffer.concat([this.#unverified, piece]);
    const valid = validLength(bytes);
    this.#unverified = bytes.slice(valid.length);
    this.#isBroken = valid.isBroken;
    this.#window.add(bytes.subarray(0, valid.length));
  }

  finish(): void {
    this.#isLast = true;
  }

  get place(): string {
    const { newlines } = this.#scanner;
    return atLine(this.#source.table, this.#lineNumber + newlines);
  }

  read(batch: CopyBatch): "full" | "more" {
    try {
      while (!batch.isFull) if (this.#isDone || !this.#readLine(batch)) return "more";
      return "full";
    } catch (error) {
      throw error instanceof SqlError ? this.#place(error) : error;
    }
  }

  /** False when the line needs more data, or there is none. */
  #readLine(batch: CopyBatch): boolean {
    const window = this.#window;
    const hasAll = this.#isLast && this.#unverified.length === 0;
    const result = this.#scanner.scan(window, hasAll);
    if (result === "more") {
      this.#refuseEndless();
      return false;
    }
    const { length, consumed } = this.#scanner;
    if (result === "end") this.#isDone = true;
    // PostgreSQL compares the header even of no data at all.
    if (result === "line" || length > 0 || this.#isHeader) this.#takeLine(batch, length);
    window.start += consumed;
    this.#lineNumber += 1 + this.#scanner.newlines;
    this.#scanner.next();
    return true;
  }

  #refuseEndless(): void {
    const { start, end } = this.#window;
    const isBroken = this.#isBroken || (this.#isLast && this.#unverified.length > 0);
    if (isBroken) throw badSequence(this.#unverified, 0);
    if (end - start > (this.#source.maxRowBytes ?? MAX_ROW_BYTES))
      throw new SqlError(SQLSTATE.programLimitExceeded, "a line of COPY data is too long");
  }

  #takeLine(batch: CopyBatch, length: number): void {
    const line = this.#line;
    line.bytes = this.#window.bytes;
    line.start = this.#window.start;
    line.length = length;
    this.#lineIsRead = true;
    const isHeader = this.#isHeader;
    this.#isHeader = false;
    if (!isHeader || this.#source.format.header === "match") {
      this.#split();
      if (isHeader) this.#checkHeader();
      else this.#readRow(batch, length);
    }
    this.#lineIsRead = false;
  }

  #split(): void {
    const { hasEscapes, delimiters, delimiterCount } = this.#scanner;
    if (hasEscapes) this.#fields.split(this.#line);
    else this.#fields.splitAt(this.#line, delimiters, delimiterCount);
  }

  #checkHeader(): void {
    const { columns, format } = this.#source;
    const { count, nulls } = this.#fields;
    if (count !== columns.length) {
      throw bad(`wrong number of fields in header line: got ${count}, expected ${columns.length}`);
    }
    for (const [index, { name }] of columns.entries()) {
      const isNull = nulls[index] === 1;
      const field = this.#fieldText(index);
      if (!isNull && field === name) continue;
      const got = isNull ? `null value ("${format.null}")` : `"${field}"`;
      throw bad(`column name mismatch in header line field ${index + 1}: got ${got}, expected "${name}"`);
    }
  }

  #readRow(batch: CopyBatch, length: number): void {
    const { columns } = this.#source;
    if (this.#fields.count > columns.length) throw bad("extra data after last expected column");
    for (let index = 0; index < columns.length; index++) {
      try {
        this.#readField(batch, index);
      } catch (error) {
        for (let before = 0; before < index; before++) batch.columns[before]?.dropLast();
        throw error;
      }
    }
    requireValues(batch, this.#source.required, this.#source.table);
    batch.endRow(length);
  }

  #readField(batch: CopyBatch, index: number): void {
    const { columns, format } = this.#source;
    const fields = this.#fields;
    const column = columns[index];
    const out = batch.columns[index];
    if (column === undefined || out === undefined) throw new Error("a batch has the columns of its source");
    if (index >= fields.count) throw bad(`missing data for column "${column.name}"`);
    const start = fields.starts[index] ?? 0;
    const end = fields.ends[index] ?? 0;
    try {
      if (fields.nulls[index] === 1) {
        if (column.forceNotNull) column.input.readText(this.#nullText, 0, this.#nullText.length, out);
        else out.putNull();
      } else if (column.forceNull && this.#fieldText(index) === format.null) out.putNull();
      else column.input.readText(fields.bytes, start, end, out);
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      throw this.#place(error, `, column ${column.name}: "${clipped(fields.bytes, start, end)}"`);
    }
  }

  #fieldText(index: number): string {
    const { bytes, starts, ends } = this.#fields;
    return Buffer.from(bytes.subarray(starts[index], ends[index])).toString();
  }

  /** The same error, saying where in the data it was; an error that says so already stays as it is. */
  #place(error: SqlError, detail?: string): SqlError {
    if (error.where !== undefined) return error;
    const { bytes, start, length } = this.#line;
    const line = this.#lineIsRead ? `: "${clipped(bytes, start, start + length)}"` : "";
    return new SqlError(error.code, error.message, {
      detail: error.detail,
      hint: error.hint,
      where: `${this.place}${detail ?? line}`,
      cause: error,
    });
  }
}

function bad(message: string): SqlError {
  return new SqlError(SQLSTATE.badCopyFileFormat, message);
}
