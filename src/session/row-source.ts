/** One open result: its rows as DataRow messages, from where the client stopped reading. */
import { notSupported } from "../core/errors.js";
import type { EncodingOptions } from "../pgtypes/cell-writer.js";
import { RowEncoder } from "../pgtypes/row-encoder.js";
import type { ResultColumn, RowBatch } from "../query/types.js";
import type { FormatCode } from "../wire/frontend-messages.js";
import { BufferedRows, type EncodedRows } from "./buffered-rows.js";
import { requireBuffered, requireFormats, RowReader, sameFormats } from "./row-reader.js";

/** Rows are encoded in slices of about this size: what is held for a slow reader. */
const SLICE_BYTES = 262_144;
/** A rest this much larger than a slice still goes as one: two slices of a chunk cost more than one. */
const SLICE_TOLERANCE = 1.5;
/** Rows of the first slice, before anything is known of their size. */
const FIRST_SLICE_ROWS = 256;
const MAX_SLICE_ROWS = 2048;

/** The rows of a result; see StatementResult. */
interface OpenedRows {
  readonly columns: readonly ResultColumn[];
  readonly batches: AsyncIterator<RowBatch>;
  readonly held?: readonly RowBatch[];
}

/**
 * Reads a result in slices. Rows go out in order, each exactly once, whatever mix of `read` and `bufferRest`.
 *
 * Owns    the batches: read to the end, or returned by `close`
 * Limits  a slice is about SLICE_BYTES, and one row may be as large as DuckDB allows
 */
export class RowSource extends RowReader {
  readonly #batches: AsyncIterator<RowBatch>;
  readonly #encoding: EncodingOptions;
  readonly #encoder: RowEncoder;
  /** For rows a FETCH wants in other formats. */
  #other: { readonly formats: readonly FormatCode[]; readonly encoder: RowEncoder } | undefined;
  /** All batches, if they are here, and the next of them. */
  readonly #held: readonly RowBatch[];
  readonly #isHeld: boolean;
  #nextHeld = 0;
  readonly #buffered = new BufferedRows();
  /** The batch behind `#batch`. */
  #fetching: Promise<IteratorResult<RowBatch>> | undefined;
  #batch: RowBatch | undefined;
  #nextRow = 0;
  #sliceRows = FIRST_SLICE_ROWS;
  #ended = false;

  constructor(
    result: OpenedRows,
    formats: readonly FormatCode[],
    encoding: EncodingOptions,
    encoder = encoderFor(result.columns, formats, encoding),
  ) {
    super(result.columns, formats);
    this.#batches = result.batches;
    this.#held = result.held ?? [];
    this.#isHeld = result.held !== undefined;
    this.#encoding = encoding;
    this.#encoder = encoder;
  }

  get isDetached(): boolean {
    return this.#ended;
  }

  async bufferRest(limitBytes: number): Promise<number> {
    while (await this.#load()) {
      const { bytes, rows } = this.#encodeSlice(MAX_SLICE_ROWS, this.formats);
      this.#buffered.add({ bytes: bytes.slice(), rows });
      const kept = this.#buffered.bytes;
      if (kept > limitBytes) await this.close();
      requireBuffered(kept, limitBytes);
    }
    return this.#buffered.bytes;
  }

  async close(): Promise<void> {
    this.#buffered.clear();
    this.#batch = undefined;
    if (this.#ended) return;
    this.#ended = true;
    // Its failure, if any, has nobody left to tell: the rows are not wanted any more.
    this.#fetching?.catch(() => undefined);
    await this.#batches.return?.();
  }

  protected async readSlice(
    maxRows: number,
    ahead: boolean,
    formats: readonly FormatCode[],
  ): Promise<EncodedRows | undefined> {
    if (this.#buffered.bytes > 0) {
      requireFormats(this.formats, formats);
      return this.#buffered.take(maxRows);
    }
    if (!this.#takeHeld() && !(await this.#load())) return undefined;
    if (ahead && !this.#isHeld) void this.#startFetch();
    return this.#encodeSlice(maxRows, formats);
  }

  /** As `#load`, of the batches that need not be waited for; false also where there are others. */
  #takeHeld(): boolean {
    while (this.#batch === undefined && this.#nextHeld < this.#held.length) {
      const batch = this.#held[this.#nextHeld++];
      if (batch !== undefined && rowCount(batch) > 0) this.#batch = batch;
    }
    if (this.#batch === undefined && this.#isHeld) this.#ended = true;
    return this.#batch !== undefined;
  }

  /** Makes sure that a batch with unread rows is there; false at the end. */
  async #load(): Promise<boolean> {
    if (this.#isHeld) return this.#takeHeld();
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

  #encodeSlice(maxRows: number, formats: readonly FormatCode[]): EncodedRows {
    const batch = this.#batch;
    if (batch === undefined) throw new Error("no batch to encode");
    const available = rowCount(batch) - this.#nextRow;
    const fits = available <= this.#sliceRows * SLICE_TOLERANCE;
    const rows = Math.min(maxRows, fits ? available : this.#sliceRows);
    const bytes = this.#encode(batch, this.#nextRow, rows, formats);
    this.#sliceRows = Math.max(1, Math.min(MAX_SLICE_ROWS, Math.floor((SLICE_BYTES * rows) / bytes.length)));
    this.#nextRow += rows;
    if (rows === available) {
      this.#batch = undefined;
      this.#nextRow = 0;
    }
    return { bytes, rows };
  }

  #encode(batch: RowBatch, firstRow: number, rows: number, formats: readonly FormatCode[]): Uint8Array {
    switch (batch.kind) {
      case "chunk":
        return this.#encoderOf(formats).encodeChunk(batch.chunk, firstRow, rows);
      case "text":
        this.#requireTextFormats(formats);
        return this.#encoder.encodeText(batch.rows.slice(firstRow, firstRow + rows));
      default:
        return batch satisfies never;
    }
  }

  #encoderOf(formats: readonly FormatCode[]): RowEncoder {
    if (sameFormats(formats, this.formats)) return this.#encoder;
    if (this.#other === undefined || !sameFormats(formats, this.#other.formats))
      this.#other = { formats, encoder: encoderFor(this.columns, formats, this.#encoding) };
    return this.#other.encoder;
  }

  /** Rows made as text can go out in binary only where binary is the same bytes: in columns of type text and json. */
  #requireTextFormats(formats: readonly FormatCode[]): void {
    const bad = this.columns.find(
      ({ type }, index) => type !== null && type.alias !== "JSON" && formats[index] === 1,
    );
    if (bad !== undefined) throw notSupported(`column "${bad.name}" is available in text format only`);
  }
}

/** An encoder of rows with these columns. */
export function encoderFor(
  columns: readonly ResultColumn[],
  formats: readonly FormatCode[],
  encoding: EncodingOptions,
): RowEncoder {
  const types = columns.map((column) => column.type);
  const valueFormats = formats.map((format) => (format === 1 ? "binary" : "text"));
  return new RowEncoder(types, valueFormats, encoding);
}

function rowCount(batch: RowBatch): number {
  return batch.kind === "chunk" ? batch.chunk.rowCount : batch.rows.length;
}
