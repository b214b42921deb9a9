/** Rows of a running statement as DuckDB gives them: chunk by chunk, and what an early end means. */
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  DuckDBMaterializedResult,
  FLOAT,
  HUGEINT,
  INTEGER,
  ResultReturnType,
  SMALLINT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  UUID,
  type DuckDBResult,
} from "@duckdb/node-api";
import { SQLSTATE, SqlError } from "../core/errors.js";
import { classifyFailure } from "./failure.js";
import type { DataChunk, EngineColumn, EngineType } from "./types.js";

/** How often a connection was interrupted: a result that ends early compares it with the number at its start. */
export interface Interruptions {
  count: number;
}

/**
 * Result of one statement, read chunk by chunk: as DuckDB produces it, the first asked for at once, while the caller still
 * looks at the columns; or from a result that is all there, without a wait.
 *
 * Errors  57014 interrupted; 22000 for a failure behind the first rows, whose reason DuckDB does not tell
 */
export class ResultStream {
  readonly #result: DuckDBResult;
  readonly #interruptions: Interruptions;
  readonly #interruptionsBefore: number;
  /** True for a statement that returns rows to the client (SELECT, RETURNING, EXPLAIN …). */
  readonly hasRows: boolean;
  #first: Promise<DataChunk | null> | undefined;
  #nextOfAll = 0;

  constructor(result: DuckDBResult, interruptions: Interruptions) {
    this.#result = result;
    this.#interruptions = interruptions;
    this.#interruptionsBefore = interruptions.count;
    this.hasRows = result.returnType === ResultReturnType.QUERY_RESULT;
    if (result instanceof DuckDBMaterializedResult) return;
    this.#first = result.fetchChunk();
    // Handled by `next`; this keeps a failure before it from ending the process.
    this.#first.catch(() => undefined);
  }

  get columns(): readonly EngineColumn[] {
    const result = this.#result;
    return result.columnNames().map((name, index) => ({ name, type: columnType(result, index) }));
  }

  /** The next chunk, or undefined at the end. A chunk owns its memory: asking for the next one leaves it as it is. */
  async next(): Promise<DataChunk | undefined> {
    if (this.#result instanceof DuckDBMaterializedResult) return this.#take(this.#result);
    let chunk;
    try {
      chunk = await (this.#first ?? this.#result.fetchChunk());
      this.#first = undefined;
    } catch (error) {
      throw classifyFailure(error);
    }
    if (chunk !== null && chunk.rowCount > 0) return chunk;
    this.#refuseTruncated();
    return undefined;
  }

  /** A copy of the chunk, which outlives the result. */
  #take(all: DuckDBMaterializedResult): DataChunk | undefined {
    return this.#nextOfAll < all.chunkCount ? all.getChunk(this.#nextOfAll++) : undefined;
  }

  /** A result that failed or was interrupted ends like a complete one: only its type tells, which is invalid then. */
  #refuseTruncated(): void {
    if (this.#result.returnType !== ResultReturnType.INVALID) return;
    if (this.#interruptions.count > this.#interruptionsBefore) {
      throw new SqlError(SQLSTATE.queryCanceled, "canceling statement due to user request");
    }
    throw new SqlError(SQLSTATE.dataException, "the statement failed while its rows were being read", {
      hint: "EXPLAIN ANALYZE of the same statement says why",
    });
  }

  /** Rows a statement without a row result inserted, updated or deleted; 0 for one that changes no rows. */
  async changedRows(): Promise<number> {
    // CREATE TABLE AS returns a count too, though its type says that it returns nothing.
    const chunk = await this.next();
    const count = chunk?.getRows()[0]?.[0];
    return typeof count === "bigint" || typeof count === "number" ? Number(count) : 0;
  }
}

/** Types that are all said by their id: making one from DuckDB's description costs several calls. */
const SIMPLE_TYPES: ReadonlyMap<number, EngineType> = new Map(
  [BOOLEAN, SMALLINT, INTEGER, BIGINT, HUGEINT, FLOAT, DOUBLE, DATE, TIME, TIMESTAMP, TIMESTAMPTZ, UUID].map(
    (type) => [type.typeId, type],
  ),
);

function columnType(result: DuckDBResult, index: number): EngineType {
  return SIMPLE_TYPES.get(result.columnTypeId(index)) ?? result.columnType(index);
}
