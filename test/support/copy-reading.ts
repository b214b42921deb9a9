/** COPY data read as texts, row by row: the readers alone, without a database. */
import { VARCHAR } from "../../src/engine/vector-values.js";
import { CopyBatch, type CopyColumn } from "../../src/pgtypes/copy-batch.js";
import { copyColumnInput } from "../../src/pgtypes/copy-columns.js";
import type { CopyReader } from "../../src/pgtypes/copy-reader.js";

export type CopyRow = (string | null)[];

/** Columns of type text with these names. */
export function textColumns(names: readonly string[], more: Partial<CopyColumn> = {}): CopyColumn[] {
  const input = copyColumnInput(VARCHAR, { timeZone: "UTC" });
  return names.map((name) => ({
    name,
    input,
    forceNotNull: false,
    forceNull: false,
    ...more,
  }));
}

/** Collects what a reader reads. */
export class CopyRows {
  readonly rows: CopyRow[] = [];
  readonly #reader: CopyReader;
  readonly #batch: CopyBatch;

  constructor(reader: CopyReader, columnCount: number) {
    this.#reader = reader;
    this.#batch = new CopyBatch(columnCount);
  }

  push(piece: Uint8Array): void {
    this.#reader.push(piece);
    this.#read();
  }

  finish(): CopyRow[] {
    this.#reader.finish();
    this.#read();
    return this.rows;
  }

  #read(): void {
    let state;
    do {
      state = this.#reader.read(this.#batch);
      this.#collect();
    } while (state === "full");
  }

  #collect(): void {
    const count = this.#batch.rows;
    if (count === 0) return;
    const columns = this.#batch.take().map((array): CopyRow => JSON.parse(Buffer.from(array).toString()));
    for (let row = 0; row < count; row++) this.rows.push(columns.map((column) => column[row] ?? null));
  }
}
