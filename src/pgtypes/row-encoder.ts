/**
 * Encodes result rows as DataRow messages, straight from DuckDB's vectors.
 *
 * Shape   DataRow = `D` · length i32 BE · columns i16 · per column: length i32 (-1 = NULL) · bytes
 * Order   column by column into cells, then the cells into rows: loops over one type at a time
 * Owns    the bytes given back are the caller's; the column buffers are reused by the next call
 * Limits  the column types must be those of the chunk; a batch over 2 GB is SqlError 54000
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { DataChunk, EngineType } from "../engine/types.js";
import { Cells, NULL_LENGTH } from "../engine/vector-cells.js";
import { openColumn } from "../engine/vectors.js";
import { writeInt32 } from "./big-endian.js";
import { binaryEncoder } from "./binary-encoders.js";
import type { ColumnEncoder, EncodingOptions } from "./cell-writer.js";
import { textEncoder } from "./text-encoders.js";

const DATA_ROW = 0x44;
const HEADER_BYTES = 7;
const MAX_BATCH_BYTES = 2 ** 31 - 1;
/** Below this a byte loop is faster than the call of a copy. */
const SMALL_COPY = 48;
const UTF8 = new TextEncoder();

export type ValueFormat = "text" | "binary";

interface EncodedColumn {
  readonly type: EngineType;
  readonly encode: ColumnEncoder;
  readonly cells: Cells;
}

/** Encodes the rows of one result. Types null are columns this server makes: only `encodeText` is for those. */
export class RowEncoder {
  readonly #columns: readonly (EncodedColumn | null)[];

  constructor(
    types: readonly (EngineType | null)[],
    formats: readonly ValueFormat[],
    options: EncodingOptions,
  ) {
    this.#columns = types.map((type, index) => {
      if (type === null) return null;
      const format = formats[index] ?? "text";
      const encode = format === "text" ? textEncoder(type, options) : binaryEncoder(type, options);
      return { type, encode, cells: new Cells() };
    });
  }

  /** Encodes rows `firstRow` … of a chunk, at most `rowLimit`. */
  encodeChunk(chunk: DataChunk, firstRow = 0, rowLimit = Number.POSITIVE_INFINITY): Uint8Array {
    const count = Math.max(0, Math.min(chunk.rowCount - firstRow, rowLimit));
    if (count === 0) return new Uint8Array(0);
    const columns = this.#columns.map((column, index) => {
      if (column === null) throw new Error("a chunk has no column for a type the server made");
      column.cells.reset(count);
      column.encode(openColumn(chunk, index, column.type), firstRow, count, column.cells);
      return column.cells;
    });
    return interleave(columns, count);
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
      return cells;
    });
    return interleave(columns, rows.length);
  }
}

/** Lays the columns' cells out as rows: sizes first, then one pass per column, each row at its own cursor. */
function interleave(columns: readonly Cells[], count: number): Uint8Array {
  const cursors = new Int32Array(count);
  const out = writeHeaders(columns, cursors);
  for (const cells of columns) writeColumn(cells, out, cursors);
  return out;
}

/** Writes every row's header and leaves the cursors behind them. */
function writeHeaders(columns: readonly Cells[], cursors: Int32Array): Uint8Array {
  const sizes = rowSizes(columns, cursors.length);
  let total = 0;
  for (const size of sizes) total += size;
  if (total > MAX_BATCH_BYTES) {
    throw new SqlError(SQLSTATE.programLimitExceeded, "one batch of rows exceeds 2 GB", {
      hint: "fetch fewer rows at a time",
    });
  }
  const out = Buffer.allocUnsafe(total);
  let at = 0;
  for (let row = 0; row < cursors.length; row++) {
    const size = sizes[row] ?? 0;
    out[at] = DATA_ROW;
    writeInt32(out, at + 1, size - 1);
    out[at + 5] = columns.length >> 8;
    out[at + 6] = columns.length;
    cursors[row] = at + HEADER_BYTES;
    at += size;
  }
  return out;
}

function rowSizes(columns: readonly Cells[], count: number): Float64Array {
  const sizes = new Float64Array(count).fill(HEADER_BYTES + 4 * columns.length);
  for (const { lengths } of columns) {
    for (let row = 0; row < count; row++) {
      const length = lengths[row] ?? NULL_LENGTH;
      if (length > 0) sizes[row] = (sizes[row] ?? 0) + length;
    }
  }
  return sizes;
}

function writeColumn({ bytes, starts, lengths }: Cells, out: Uint8Array, cursors: Int32Array): void {
  for (let row = 0; row < cursors.length; row++) {
    const at = cursors[row] ?? 0;
    const length = lengths[row] ?? NULL_LENGTH;
    writeInt32(out, at, length);
    if (length === NULL_LENGTH) {
      cursors[row] = at + 4;
      continue;
    }
    const start = starts[row] ?? 0;
    if (length < SMALL_COPY) for (let i = 0; i < length; i++) out[at + 4 + i] = bytes[start + i] ?? 0;
    else out.set(bytes.subarray(start, start + length), at + 4);
    cursors[row] = at + 4 + length;
  }
}
