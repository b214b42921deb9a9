/**
 * Reads the data of COPY … FROM STDIN, in PostgreSQL's text and csv formats, cut into pieces anywhere.
 *
 * Shape   `push` gives the rows that ended in what was pushed; `finish` gives a last row without a line end
 * Limits  one unfinished row is held, at most `maxRowLength` characters; what follows `\.` is ignored, as in PostgreSQL
 * Errors  SqlError 22P04, and what the readers of fields throw, with `COPY table, line n, column c` in `detail`; 22021 for
 *         text that is not UTF-8
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { CopyFormat } from "./client-values.js";
import type { FieldReader } from "./copy-columns.js";
import { splitCsv, splitText, type CopyRow } from "./copy-fields.js";
import { LineScanner } from "./copy-lines.js";
import { Utf8Stream } from "./utf8.js";

export type { CopyRow } from "./copy-fields.js";

/** PostgreSQL holds one line in at most 1 GB; a JavaScript string in 2^29 characters. */
const MAX_ROW_LENGTH = 2 ** 28;
const SHOWN_LENGTH = 100;

export interface CopySource {
  readonly format: CopyFormat;
  /** As it is named in errors. */
  readonly table: string;
  /** Names of the columns the data has, in order. */
  readonly columns: readonly string[];
  /** What reads the fields of each column; undefined leaves a column's fields as they are. */
  readonly readers?: readonly (FieldReader | undefined)[];
  readonly maxRowLength?: number;
}

export class CopyParser {
  readonly #source: CopySource;
  readonly #scanner: LineScanner;
  readonly #utf8 = new Utf8Stream();
  readonly #split: (line: string, format: CopyFormat) => CopyRow;
  #rows: CopyRow[] = [];
  #isHeader: boolean;

  constructor(source: CopySource) {
    const { format, header, quote, escape } = source.format;
    this.#source = source;
    this.#isHeader = header;
    this.#split = format === "csv" ? splitCsv : splitText;
    const csv = { quote: quote.charCodeAt(0), escape: escape.charCodeAt(0) };
    this.#scanner = new LineScanner(format === "csv" ? csv : undefined, (line) => this.#takeLine(line));
  }

  /** Adds bytes, which may be reused afterwards, and gives back the rows they complete. */
  push(data: Uint8Array): CopyRow[] {
    if (this.#scanner.isEnded) return [];
    return this.#collect(() => {
      this.#scanner.feed(this.#utf8.decode(data));
      if (this.#scanner.heldLength > (this.#source.maxRowLength ?? MAX_ROW_LENGTH)) {
        throw new SqlError(SQLSTATE.programLimitExceeded, "a line of COPY data is too long");
      }
    });
  }

  /** The data has ended: gives back a last row that no line end followed. */
  finish(): CopyRow[] {
    if (this.#scanner.isEnded) return [];
    return this.#collect(() => {
      this.#utf8.finish();
      this.#scanner.finish();
    });
  }

  #collect(read: () => void): CopyRow[] {
    try {
      read();
      return this.#rows;
    } catch (error) {
      throw error instanceof SqlError ? this.#located(error) : error;
    } finally {
      this.#rows = [];
    }
  }

  #takeLine(line: string): void {
    if (this.#isHeader) {
      this.#isHeader = false;
      return;
    }
    const row = this.#read(line);
    const { columns } = this.#source;
    if (row.length > columns.length) throw this.#bad("extra data after last expected column", line);
    if (row.length < columns.length) {
      throw this.#bad(`missing data for column "${columns[row.length] ?? ""}"`, line);
    }
    this.#readFields(row);
    this.#rows.push(row);
  }

  #readFields(row: CopyRow): void {
    const { readers = [] } = this.#source;
    for (let index = 0; index < readers.length; index++) {
      const read = readers[index];
      const field = row[index] ?? null;
      if (read === undefined || field === null) continue;
      try {
        row[index] = read(field);
      } catch (error) {
        throw error instanceof SqlError ? this.#located(error, field, this.#source.columns[index]) : error;
      }
    }
  }

  #read(line: string): CopyRow {
    try {
      return this.#split(line, this.#source.format);
    } catch (error) {
      throw error instanceof SqlError ? this.#located(error, line) : error;
    }
  }

  #bad(message: string, line: string): SqlError {
    return this.#located(new SqlError(SQLSTATE.badCopyFileFormat, message), line);
  }

  /** The same error, saying where in the data it was; an error that says so already stays as it is. */
  #located(error: SqlError, data?: string, column?: string): SqlError {
    if (error.detail?.startsWith("COPY ") === true) return error;
    const { table } = this.#source;
    const inColumn = column === undefined ? "" : `, column ${column}`;
    const place = `COPY ${table}, line ${this.#scanner.lineNumber}${inColumn}`;
    const shown =
      data !== undefined && data.length > SHOWN_LENGTH ? `${data.slice(0, SHOWN_LENGTH)}...` : data;
    const where = shown === undefined ? place : `${place}: "${shown}"`;
    return new SqlError(error.code, error.message, {
      detail: column === undefined || error.detail === undefined ? where : `${where}\n${error.detail}`,
      hint: error.hint,
      cause: error,
    });
  }
}
