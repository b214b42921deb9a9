/**
 * Rows of COPY … TO STDOUT in PostgreSQL's text and csv formats, each as a CopyData message.
 *
 * Shape   text: fields by delimiter, NULL as its own string, control characters and backslash escaped by a backslash;
 *         csv: a field in quotes when it has the delimiter, a quote, a line end, or would read as NULL
 * Owns    the bytes given back are valid until the next call: one buffer serves all of them
 * Source  CopyAttributeOutText, CopyAttributeOutCSV in PostgreSQL 15's copyto.c
 */
import type { DataChunk, EngineType } from "../engine/types.js";
import { Cells, NULL_LENGTH } from "../engine/vector-cells.js";
import { openColumn } from "../engine/vectors.js";
import { writeInt32 } from "./big-endian.js";
import type { TextCopyFormat } from "./client-values.js";
import type { ColumnEncoder, EncodingOptions } from "./cell-writer.js";
import { textEncoder } from "./text-encoders.js";

const UTF8 = new TextEncoder();
const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;

const COPY_DATA = 0x64;
const HEADER_BYTES = 5;

/** Characters that text format writes as a backslash and a letter. */
const CONTROL_LETTERS: ReadonlyMap<number, number> = new Map([
  [0x08, 0x62],
  [0x0c, 0x66],
  [0x0a, 0x6e],
  [0x0d, 0x72],
  [0x09, 0x74],
  [0x0b, 0x76],
]);

interface CopyColumn {
  readonly type: EngineType;
  readonly encode: ColumnEncoder;
  readonly cells: Cells;
}

export interface CopyEncodingOptions extends EncodingOptions {
  /** By column: quoted whatever it holds, in csv. */
  readonly forceQuote?: readonly boolean[];
  /** False for the rows alone, without CopyData messages around them. */
  readonly framed?: boolean;
}

/** Encodes the rows of one COPY TO. */
export class CopyEncoder {
  readonly #columns: readonly (CopyColumn | null)[];
  readonly #out = new Cells();
  readonly #writer: FieldWriter;
  readonly #forceQuote: readonly boolean[];
  readonly #framed: boolean;

  /** Types null are columns this server makes: only `encodeText` is for those. */
  constructor(types: readonly (EngineType | null)[], format: TextCopyFormat, options: CopyEncodingOptions) {
    this.#columns = types.map((type) =>
      type === null ? null : { type, encode: textEncoder(type, options), cells: new Cells() },
    );
    this.#forceQuote = types.map((_, index) => options.forceQuote?.[index] ?? false);
    this.#framed = options.framed ?? true;
    this.#writer = new FieldWriter(format, this.#out, types.length === 1);
  }

  /** The HEADER line; names are quoted only where they must be. */
  encodeHeader(names: readonly string[]): Uint8Array {
    return this.#join(
      textColumns([names], names.length),
      1,
      names.map(() => false),
    );
  }

  encodeChunk(chunk: DataChunk): Uint8Array {
    const count = chunk.rowCount;
    const columns = this.#columns.map((column, index) => {
      if (column === null) throw new Error("a chunk has no column for a type the server made");
      column.cells.reset(count);
      column.encode(openColumn(chunk, index, column.type), 0, count, column.cells);
      return column.cells;
    });
    return this.#join(columns, count);
  }

  /** Encodes rows this server made itself. */
  encodeText(rows: readonly (readonly (string | null)[])[]): Uint8Array {
    return this.#join(textColumns(rows, this.#columns.length), rows.length);
  }

  #join(columns: readonly Cells[], count: number, forceQuote = this.#forceQuote): Uint8Array {
    const out = this.#out;
    const writer = this.#writer;
    out.reset(0);
    for (let row = 0; row < count; row++) {
      const start = out.used;
      if (this.#framed) {
        out.reserve(HEADER_BYTES)[start] = COPY_DATA;
        out.used = start + HEADER_BYTES;
      }
      for (let index = 0; index < columns.length; index++) {
        const cells = columns[index];
        if (cells === undefined) continue;
        if (index > 0) writer.writeDelimiter();
        writer.writeField(cells, row, forceQuote[index] === true);
      }
      out.push(NEWLINE);
      if (this.#framed) writeInt32(out.bytes, start + 1, out.used - start - 1);
    }
    return out.bytes.subarray(0, out.used);
  }
}

function textColumns(rows: readonly (readonly (string | null)[])[], count: number): readonly Cells[] {
  return Array.from({ length: count }, (_, index) => {
    const cells = new Cells();
    cells.reset(rows.length);
    for (const [row, values] of rows.entries()) {
      const value = values[index] ?? null;
      if (value === null) cells.putNull(row);
      else cells.put(row, UTF8.encode(value));
    }
    return cells;
  });
}

class FieldWriter {
  readonly #out: Cells;
  readonly #isCsv: boolean;
  readonly #delimiter: number;
  readonly #nullText: Uint8Array;
  readonly #quote: number;
  readonly #escape: number;
  readonly #isOnlyColumn: boolean;
  /** Bytes that make a field need care: a table look-up per byte. */
  readonly #special = new Uint8Array(256);

  constructor(format: TextCopyFormat, out: Cells, isOnlyColumn: boolean) {
    this.#out = out;
    this.#isCsv = format.format === "csv";
    this.#delimiter = format.delimiter.charCodeAt(0);
    this.#nullText = UTF8.encode(format.null);
    this.#quote = format.quote.charCodeAt(0);
    this.#escape = format.escape.charCodeAt(0);
    this.#isOnlyColumn = isOnlyColumn;
    const special = this.#isCsv ? [this.#quote, 0x0a, 0x0d] : [BACKSLASH, ...CONTROL_LETTERS.keys()];
    for (const byte of [this.#delimiter, ...special]) this.#special[byte] = 1;
  }

  writeDelimiter(): void {
    this.#out.push(this.#delimiter);
  }

  writeField(cells: Cells, row: number, isQuoted: boolean): void {
    const length = cells.length(row);
    const start = cells.start(row);
    if (length === NULL_LENGTH) this.#out.append(this.#nullText, 0, this.#nullText.length);
    else if (this.#isCsv) this.#writeCsv(cells.bytes, start, start + length, isQuoted);
    else this.#writeText(cells.bytes, start, start + length);
  }

  #writeText(bytes: Uint8Array, start: number, end: number): void {
    const out = this.#out.reserve((end - start) * 2);
    let at = this.#out.used;
    for (let i = start; i < end; i++) {
      const byte = bytes[i] ?? 0;
      if (this.#special[byte] === 1) {
        out[at++] = BACKSLASH;
        out[at++] = CONTROL_LETTERS.get(byte) ?? byte;
      } else out[at++] = byte;
    }
    this.#out.used = at;
  }

  #writeCsv(bytes: Uint8Array, start: number, end: number, isQuoted: boolean): void {
    if (!isQuoted && !this.#needsQuotes(bytes, start, end)) {
      this.#out.append(bytes, start, end);
      return;
    }
    const out = this.#out.reserve((end - start) * 2 + 2);
    let at = this.#out.used;
    out[at++] = this.#quote;
    for (let i = start; i < end; i++) {
      const byte = bytes[i] ?? 0;
      if (byte === this.#quote || byte === this.#escape) out[at++] = this.#escape;
      out[at++] = byte;
    }
    out[at++] = this.#quote;
    this.#out.used = at;
  }

  /** Also a field equal to the NULL string, and `\.` alone on a line, which would end the data. */
  #needsQuotes(bytes: Uint8Array, start: number, end: number): boolean {
    for (let i = start; i < end; i++) if (this.#special[bytes[i] ?? 0] === 1) return true;
    if (this.#isOnlyColumn && end - start === 2 && bytes[start] === BACKSLASH && bytes[start + 1] === 0x2e)
      return true;
    if (end - start !== this.#nullText.length) return false;
    return this.#nullText.every((byte, i) => bytes[start + i] === byte);
  }
}
