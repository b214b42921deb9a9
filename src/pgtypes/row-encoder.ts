/**
 * Encodes result rows as DataRow messages, straight from DuckDB's vectors.
 *
 * Shape   DataRow = `D` · length i32 BE · columns i16 · per column: length i32 (-1 = NULL) · bytes
 * Order   columns of unbounded values into cells first; then row by row, each value written where it is sent from
 * Owns    the bytes given back are valid until the next call: one buffer serves all of them
 * Limits  the column types must be those of the chunk; a batch over 2 GB is SqlError 54000
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { DataChunk, EngineType } from "../engine/types.js";
import { Cells, NULL_LENGTH } from "../engine/vector-cells.js";
import { openColumn } from "../engine/vectors.js";
import { writeInt32 } from "./big-endian.js";
import { binaryEncoder } from "./binary-encoders.js";
import { isBounded, type CellWriter, type ColumnEncoder, type EncodingOptions } from "./cell-writer.js";
import { copierFrom } from "./copy-bytes.js";
import { textEncoder } from "./text-encoders.js";

const DATA_ROW = 0x44;
const HEADER_BYTES = 7;
const MAX_BATCH_BYTES = 2 ** 31 - 1;
/** Above this the buffer is given back after use: one batch of large rows must not pin its memory. */
const KEPT_BYTES = 2 * 1024 * 1024;
/** A writer's answer for NULL. */
const IS_NULL = -1;
const UTF8 = new TextEncoder();

export type ValueFormat = "text" | "binary";

interface EncodedColumn {
  readonly type: EngineType;
  readonly encode: ColumnEncoder;
  /** Only for values of any size; the others are written into their rows at once. */
  readonly cells: Cells | null;
}

/** One column of the rows being encoded. */
interface OpenColumn {
  /** At most this many bytes in all rows together. */
  readonly maxBytes: number;
  /** Rows that are NULL, as DuckDB marks them; null when `write` says so itself or no row is. */
  readonly validity: Uint8Array | null;
  /** Gives IS_NULL for NULL. */
  readonly write: CellWriter;
}

/** Encodes the rows of one result. Types null are columns this server makes: only `encodeText` is for those. */
export class RowEncoder {
  readonly #columns: readonly (EncodedColumn | null)[];
  readonly #tag: number;
  #out: Uint8Array = new Uint8Array(0);

  /** `tag` is that of each message: rows of binary COPY data look like DataRow. */
  constructor(
    types: readonly (EngineType | null)[],
    formats: readonly ValueFormat[],
    options: EncodingOptions,
    tag = DATA_ROW,
  ) {
    this.#tag = tag;
    this.#columns = types.map((type, index) => {
      if (type === null) return null;
      const format = formats[index] ?? "text";
      const encode = format === "text" ? textEncoder(type, options) : binaryEncoder(type, options);
      return { type, encode, cells: isBounded(encode) ? null : new Cells() };
    });
  }

  /** Encodes rows `firstRow` … of a chunk, at most `rowLimit`. */
  encodeChunk(chunk: DataChunk, firstRow = 0, rowLimit = Number.POSITIVE_INFINITY): Uint8Array {
    const count = Math.max(0, Math.min(chunk.rowCount - firstRow, rowLimit));
    if (count === 0) return new Uint8Array(0);
    const columns = this.#columns.map((column, index) => {
      if (column === null) throw new Error("a chunk has no column for a type the server made");
      return openRows(column, chunk, { index, firstRow, count });
    });
    return this.#writeRows(columns, firstRow, count);
  }

  /** Encodes rows this server made itself. */
  encodeText(rows: readonly (readonly (string | null)[])[]): Uint8Array {
    const columns = this.#columns.map((_, index) => {
      const cells = new Cells();
      cells.reset(rows.length);
      for (const [row, values] of rows.entries()) {
        const value = values[index] ?? null;
        if (value === null) cells.putNull(row);
        else cells.put(row, UTF8.encode(value));
      }
      return openCells(cells, 0, rows.length);
    });
    return this.#writeRows(columns, 0, rows.length);
  }

  /** Bytes it holds between two batches. */
  get heldBytes(): number {
    let bytes = this.#out.length;
    for (const column of this.#columns) bytes += column?.cells?.heldBytes ?? 0;
    return bytes;
  }

  #writeRows(columns: readonly OpenColumn[], firstRow: number, count: number): Uint8Array {
    let maxBytes = count * (HEADER_BYTES + 4 * columns.length);
    for (const column of columns) maxBytes += column.maxBytes;
    const out = this.#reserve(maxBytes);
    const end = writeRows(columns, out, { firstRow, count, tag: this.#tag });
    return out.subarray(0, end);
  }

  #reserve(size: number): Uint8Array {
    if (size > MAX_BATCH_BYTES) {
      throw new SqlError(SQLSTATE.programLimitExceeded, "one batch of rows exceeds 2 GB", {
        hint: "fetch fewer rows at a time",
      });
    }
    if (size > KEPT_BYTES) {
      this.#out = new Uint8Array(0);
      return allocate(size);
    }
    if (this.#out.length < size) {
      const grown = Math.min(KEPT_BYTES, Math.max(size, this.#out.length * 2));
      this.#out = allocate(grown);
    }
    return this.#out;
  }
}

/** Not zeroed, and not a Buffer: `slice` of one would not copy. */
function allocate(size: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
}

interface RowRange {
  readonly index: number;
  readonly firstRow: number;
  readonly count: number;
}

function openRows(column: EncodedColumn, chunk: DataChunk, { index, firstRow, count }: RowRange): OpenColumn {
  const { encode, cells } = column;
  const vector = openColumn(chunk, index, column.type);
  if (isBounded(encode)) {
    return { maxBytes: count * encode.maxBytes, validity: vector.validity, write: encode.open(vector) };
  }
  if (cells === null) throw new Error("an encoder of unbounded values has no cells");
  cells.reset(count);
  encode(vector, firstRow, count, cells);
  return openCells(cells, firstRow, count);
}

/** Copies cells 0 … `count - 1` into the rows from `firstRow` on. */
function openCells({ bytes, starts, lengths }: Cells, firstRow: number, count: number): OpenColumn {
  let maxBytes = 0;
  for (let i = 0; i < count; i++) maxBytes += Math.max(0, lengths[i] ?? 0);
  const copy = copierFrom(bytes);
  const write: CellWriter = (out, at, row) => {
    const length = lengths[row - firstRow] ?? NULL_LENGTH;
    if (length === NULL_LENGTH) return IS_NULL;
    copy(out, at, starts[row - firstRow] ?? 0, length);
    return at + length;
  };
  return { maxBytes, validity: null, write };
}

/** Writes whole messages from the buffer's start on; gives the position after the last. */
function writeRows(
  columns: readonly OpenColumn[],
  out: Uint8Array,
  { firstRow, count, tag }: { readonly firstRow: number; readonly count: number; readonly tag: number },
): number {
  let at = 0;
  for (let row = firstRow; row < firstRow + count; row++) {
    const start = at;
    out[at] = tag;
    out[at + 5] = columns.length >> 8;
    out[at + 6] = columns.length;
    at += HEADER_BYTES;
    for (const { validity, write } of columns) {
      const isNull = validity !== null && ((validity[row >> 3] ?? 0) & (1 << (row & 7))) === 0;
      const end = isNull ? IS_NULL : write(out, at + 4, row);
      if (end === IS_NULL) {
        at = writeInt32(out, at, NULL_LENGTH);
      } else {
        writeInt32(out, at, end - at - 4);
        at = end;
      }
    }
    writeInt32(out, start + 1, at - start - 1);
  }
  return at;
}
