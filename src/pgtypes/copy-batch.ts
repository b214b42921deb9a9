/** What COPY FROM reads into: rows as columns of JSON, until they are stored. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { CopyColumnInput } from "./copy-columns.js";
import { JsonColumn } from "./copy-json-column.js";

/** A column the data has. */
export interface CopyColumn {
  readonly name: string;
  readonly input: CopyColumnInput;
  /** FORCE_NOT_NULL and FORCE_NULL of csv. */
  readonly forceNotNull: boolean;
  readonly forceNull: boolean;
}

/** A column of the table that must have a value. */
export interface RequiredColumn {
  readonly name: string;
  /** Its place in the data; -1 when the data does not have it, and it has no default. */
  readonly index: number;
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

/**
 * Looks whether the row put last has all it must have, behind all conversions, as PostgreSQL does; `required` is in the
 * table's order. Otherwise the row is taken away and the error is 23502.
 */
export function requireValues(batch: CopyBatch, required: readonly RequiredColumn[], table: string): void {
  for (const { name, index } of required) {
    if (index >= 0 && batch.columns[index]?.lastIsNull !== true) continue;
    for (const column of batch.columns) column.dropLast();
    throw new SqlError(
      SQLSTATE.notNullViolation,
      `null value in column "${name}" of relation "${table}" violates not-null constraint`,
    );
  }
}
