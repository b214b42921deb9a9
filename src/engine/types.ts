/** DuckDB's own types as the rest of the program names them: `engine/` is the only importer of the binding. */
import type { DuckDBDataChunk, DuckDBType, DuckDBValue } from "@duckdb/node-api";

/** A logical type: `typeId`, and for nested, decimal and enum types their parts. */
export type EngineType = DuckDBType;
/** Up to 2,048 rows as column vectors. Its memory belongs to the binding, for as long as the chunk is there. */
export type DataChunk = DuckDBDataChunk;
/** A value as bound to a parameter. */
export type EngineValue = DuckDBValue;

export interface EngineColumn {
  readonly name: string;
  readonly type: EngineType;
}
