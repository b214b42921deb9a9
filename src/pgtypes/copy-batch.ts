/** What COPY FROM reads into: rows as columns of JSON, until they are stored. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { CopyColumnInput } from "./copy-columns.js";
import { JsonColumn } from "./copy-json-column.js";

/** A column the data has. */
export interface CopyColumn {
  readonly name: string;
  readonly input: CopyColumnInput;
  readonly notNull: boolean;
  /** FORCE_NOT_NULL and FORCE_NULL of csv. */
  readonly forceNotNull: boolean;
  readonly forceNull: boolean;
}

/** Small enough to stay near the processor while DuckDB reads it; measured. */
const BATCH_ROWS = 10_240;
const BATCH_BYTES = 4 * 1024 * 1024;

export class CopyBatch {
  readonly columns: readonly JsonColumn[];
  rows = 0;
  #bytes = 0;

  constructor(columnCount: number) {
    this.columns = Array.from({ length: columnCount }, () => new JsonColumn());
  }

  get isFull(): boolean {
    return this.rows >= BATCH_ROWS || this.#bytes >= BATCH_BYTES;
  }

  /** Counts a row whose items are all put; `bytes` is its size in the client's data. */
  endRow(bytes: number): void {
    this.rows++;
    this.#bytes += bytes;
  }

  /** The arrays of the complete rows, which the batch forgets. Bytes are valid until the next row is put. */
  take(): Uint8Array[] {
    this.rows = 0;
    this.#bytes = 0;
    return this.columns.map((column) => column.take());
  }
}

/** 23502, for a column that must have a value. */
export function nullInColumn(table: string, column: string): SqlError {
  return new SqlError(
    SQLSTATE.notNullViolation,
    `null value in column "${column}" of relation "${table}" violates not-null constraint`,
  );
}
