/** Readers beside a result's own: the rows of a FETCH from a portal, and those of a portal that has no more. */
import type { FormatCode } from "../wire/frontend-messages.js";
import { BufferedRows, type EncodedRows } from "./buffered-rows.js";
import { requireBuffered, requireFormats, RowReader } from "./row-reader.js";

/**
 * A portal's next rows, as many as were asked for.
 *
 * Owns    nothing of the portal, which stays open: `close` leaves the rows that were not read to it
 * Limits  rows read ahead for a FETCH that is itself suspended are bounded like any portal's
 */
export class FetchedRows extends RowReader {
  readonly #source: RowReader;
  readonly #buffered = new BufferedRows();
  #left: number;

  constructor(source: RowReader, count: number, formats: readonly FormatCode[]) {
    super(source.columns, formats);
    this.#source = source;
    this.#left = count;
  }

  get isDetached(): boolean {
    return this.#left === 0;
  }

  async bufferRest(limitBytes: number): Promise<number> {
    for (;;) {
      const part = await this.#readOn(this.#left, false, this.formats);
      if (part === undefined) return this.#buffered.bytes;
      this.#buffered.add({ bytes: part.bytes.slice(), rows: part.rows });
      const { bytes } = this.#buffered;
      if (bytes > limitBytes) await this.close();
      requireBuffered(bytes, limitBytes);
    }
  }

  async close(): Promise<void> {
    this.#buffered.clear();
    this.#left = 0;
  }

  protected async readSlice(
    maxRows: number,
    ahead: boolean,
    formats: readonly FormatCode[],
  ): Promise<EncodedRows | undefined> {
    if (this.#buffered.bytes === 0) return await this.#readOn(maxRows, ahead, formats);
    requireFormats(this.formats, formats);
    return this.#buffered.take(maxRows);
  }

  async #readOn(
    maxRows: number,
    ahead: boolean,
    formats: readonly FormatCode[],
  ): Promise<EncodedRows | undefined> {
    if (this.#left === 0) return undefined;
    const part = await this.#source.read(Math.min(maxRows, this.#left), ahead, formats);
    this.#left = part === undefined ? 0 : this.#left - part.rows;
    return part;
  }
}

/** A reader that was read to its end, without what it held to do so. */
export class NoRows extends RowReader {
  readonly isDetached = true;

  constructor(ended: RowReader) {
    super(ended.columns, ended.formats, ended.position);
  }

  override get atEnd(): boolean {
    return true;
  }

  async bufferRest(): Promise<number> {
    return 0;
  }

  async close(): Promise<void> {}

  protected async readSlice(): Promise<undefined> {
    return undefined;
  }
}
