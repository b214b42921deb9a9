/** DuckDB in memory and its results through the RowEncoder, for the tests of this folder. */
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import type { DataChunk, EngineType } from "../../src/engine/types.js";
import { RowEncoder, type ValueFormat } from "../../src/pgtypes/row-encoder.js";
import type { EncodingOptions } from "../../src/pgtypes/cell-writer.js";
import { readDataRows, type RawRow } from "./data-rows.js";

const UTC: EncodingOptions = { timeZone: "UTC" };

export class TestEngine {
  readonly connection: DuckDBConnection;
  readonly #instance: DuckDBInstance;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.connection = connection;
  }

  static async open(): Promise<TestEngine> {
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    return new TestEngine(instance, connection);
  }

  async chunks(sql: string): Promise<{ types: EngineType[]; chunks: DataChunk[] }> {
    const result = await this.connection.run(sql);
    return { types: result.columnTypes(), chunks: await result.fetchAllChunks() };
  }

  /** All rows of a query, as they would go over the wire. */
  async rows(sql: string, format: ValueFormat = "text", options: EncodingOptions = UTC): Promise<RawRow[]> {
    const { types, chunks } = await this.chunks(sql);
    const encoder = new RowEncoder(types, Array<ValueFormat>(types.length).fill(format), options);
    return chunks.flatMap((chunk) => readDataRows(encoder.encodeChunk(chunk)));
  }

  close(): void {
    this.connection.closeSync();
    this.#instance.closeSync();
  }
}
