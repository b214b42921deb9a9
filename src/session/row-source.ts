/** One open result: its rows as DataRow messages, from where the client stopped reading. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { EncodingOptions } from "../pgtypes/cell-writer.js";
import { RowEncoder } from "../pgtypes/row-encoder.js";
import type { ResultColumn, RowBatch } from "../query/types.js";
import type { FormatCode } from "../wire/frontend-messages.js";
import { BufferedRows, type EncodedRows } from "./buffered-rows.js";

/** Rows are encoded in slices of about this size: what is held for a slow reader. */
const SLICE_BYTES = 262_144;
/** A rest this much larger than a slice still goes as one: two slices of a chunk cost more than one. */
const SLICE_TOLERANCE = 1.5;
/** Rows of the first slice, before anything is known of their size. */
const FIRST_SLICE_ROWS = 256;
const MAX_SLICE_ROWS = 2048;

/**
 * Reads a result in slices. Rows go out in order, each exactly once, whatever mix of `read` and `bufferRest`.
 *
 * Owns    the batches: read to the end, or returned by `close`
 * Limits  a slice is about SLICE_BYTES, and one row may be as large as DuckDB allows
 */
export class RowSource {
  readonly #columns: readonly ResultColumn[];
  readonly #formats: readonly FormatCode[];
  readonly #batches: AsyncIterator<RowBatch>;
  readonly #encoder: RowEncoder;
  readonly #buffered = new BufferedRows();
  /** The batch behind `#batch`. */
  #fetching: Promise<IteratorResult<RowBatch>> | undefined;
  #batch: RowBatch | undefined;
  #nextRow = 0;
  #sliceRows = FIRST_SLICE_ROWS;
  #ended = false;

  constructor(
    result: { readonly columns: readonly ResultColumn[]; readonly batches: AsyncIterator<RowBatch> },
    formats: readonly FormatCode[],
    encoding: EncodingOptions,
  ) {
    this.#columns = result.columns;
    this.#formats = formats;
    this.#batches = result.batches;
    const types = result.columns.map((column) => column.type);
    const valueFormats = formats.map((format) => (format === 1 ? "binary" : "text"));
    this.#encoder = new RowEncoder(types, valueFormats, encoding);
  }

  /**
   * At most `maxRows` rows, undefined at the end; their bytes are valid until the next call. `ahead` fetches the next
   * batch while these are encoded and on their way.
   */
  async read(maxRows: number, ahead: boolean): Promise<EncodedRows | undefined> {
    const kept = this.#buffered.take(maxRows);
    if (kept !== undefined) return kept;
    if (!(await this.#load())) return undefined;
    if (ahead) void this.#startFetch();
    return this.#encodeSlice(maxRows);
  }

  /**
   * Moves the rows not read yet into memory, so that the session can run something else.
   *
   * Errors  54000 beyond `limitBytes`; the source is closed then
   */
  async bufferRest(limitBytes: number): Promise<number> {
    while (await this.#load()) {
      const { bytes, rows } = this.#encodeSlice(MAX_SLICE_ROWS);
      this.#buffered.add({ bytes: bytes.slice(), rows });
      if (this.#buffered.bytes > limitBytes) {
        await this.close();
        throw new SqlError(SQLSTATE.programLimitExceeded, "too many unread rows in a suspended portal", {
          detail: `Another statement was sent while more than ${limitBytes} bytes of its rows were unread.`,
          hint: "read the portal to its end or close it first",
        });
      }
    }
    return this.#buffered.bytes;
  }

  /** Ends the result. Safe to call twice, and after the end. */
  async close(): Promise<void> {
    this.#buffered.clear();
    this.#batch = undefined;
    if (this.#ended) return;
    this.#ended = true;
    // Its failure, if any, has nobody left to tell: the rows are not wanted any more.
    this.#fetching?.catch(() => undefined);
    await this.#batches.return?.();
  }

  /** Makes sure that a batch with unread rows is there; false at the end. */
  async #load(): Promise<boolean> {
    while (this.#batch === undefined && !this.#ended) {
      const next = await this.#startFetch();
      this.#fetching = undefined;
      if (next.done === true) this.#ended = true;
      else if (rowCount(next.value) > 0) this.#batch = next.value;
    }
    return this.#batch !== undefined;
  }

  #startFetch(): Promise<IteratorResult<RowBatch>> {
    if (this.#fetching === undefined) {
      this.#fetching = this.#batches.next();
      // Handled by whoever awaits it; this keeps a failure between two reads from ending the process.
      this.#fetching.catch(() => undefined);
    }
    return this.#fetching;
  }

  #encodeSlice(maxRows: number): EncodedRows {
    const batch = this.#batch;
    if (batch === undefined) throw new Error("no batch to encode");
    const available = rowCount(batch) - this.#nextRow;
    const fits = available <= this.#sliceRows * SLICE_TOLERANCE;
    const rows = Math.min(maxRows, fits ? available : this.#sliceRows);
    const bytes = this.#encode(batch, this.#nextRow, rows);
    this.#sliceRows = Math.max(1, Math.min(MAX_SLICE_ROWS, Math.floor((SLICE_BYTES * rows) / bytes.length)));
    this.#nextRow += rows;
    if (rows === available) {
      this.#batch = undefined;
      this.#nextRow = 0;
    }
    return { bytes, rows };
  }

  #encode(batch: RowBatch, firstRow: number, rows: number): Uint8Array {
    switch (batch.kind) {
      case "chunk":
        return this.#encoder.encodeChunk(batch.chunk, firstRow, rows);
      case "text":
        this.#requireTextFormats();
        return this.#encoder.encodeText(batch.rows.slice(firstRow, firstRow + rows));
      default:
        return batch satisfies never;
    }
  }

  /** Rows made as text can go out in binary only where binary is the same bytes: in columns of type text. */
  #requireTextFormats(): void {
    const bad = this.#columns.find((column, index) => column.type !== null && this.#formats[index] === 1);
    if (bad === undefined) return;
    throw new SqlError(SQLSTATE.featureNotSupported, `column "${bad.name}" is available in text format only`);
  }
}

function rowCount(batch: RowBatch): number {
  return batch.kind === "chunk" ? batch.chunk.rowCount : batch.rows.length;
}
