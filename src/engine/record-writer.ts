/** Rows of this program's own on their way into a table, without a statement: for one row that takes a third of an INSERT's time. */
import { BIGINT, BOOLEAN, DuckDBDataChunk, TIMESTAMPTZ, VARCHAR, timestampTZValue } from "@duckdb/node-api";
import type { Connection } from "./connection.js";
import type { EngineType, EngineValue } from "./types.js";

/** Types of columns of such tables; JSON is written as text. */
export type RecordType = "bigint" | "text" | "boolean" | "instant";
/** A bigint column takes whole numbers, an instant milliseconds since 1970. */
export type RecordValue = number | string | boolean | null;

export interface RecordTable {
  readonly catalog: string;
  readonly schema: string;
  readonly name: string;
  /** All columns of the table, in its order. */
  readonly columns: readonly RecordType[];
}

const MAX_ROWS_PER_CHUNK = 2_048;

/**
 * Adds rows. Constraints are checked, defaults are not taken. Blocks this thread while DuckDB takes the rows.
 *
 * Atomic  the caller's transaction
 */
export async function appendRecords(
  connection: Connection,
  table: RecordTable,
  records: readonly (readonly RecordValue[])[],
): Promise<void> {
  const appender = await connection.appendChunks(table);
  try {
    for (let start = 0; start < records.length; start += MAX_ROWS_PER_CHUNK) {
      const some = records.slice(start, start + MAX_ROWS_PER_CHUNK);
      const chunk = DuckDBDataChunk.create(table.columns.map(engineType));
      chunk.setColumns(table.columns.map((type, at) => some.map((record) => engineValue(type, record[at]))));
      appender.append(chunk);
    }
  } finally {
    appender.close();
  }
}

function engineType(type: RecordType): EngineType {
  switch (type) {
    case "bigint":
      return BIGINT;
    case "text":
      return VARCHAR;
    case "boolean":
      return BOOLEAN;
    case "instant":
      return TIMESTAMPTZ;
    default:
      return type satisfies never;
  }
}

function engineValue(type: RecordType, value: RecordValue | undefined): EngineValue {
  if (value === null || value === undefined) return null;
  if (typeof value !== "number") return value;
  return type === "instant" ? timestampTZValue(BigInt(value) * 1000n) : BigInt(value);
}
