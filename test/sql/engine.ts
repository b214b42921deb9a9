/** A DuckDB in memory for the tests of this folder, and what the analyser asks of one. */
import { DuckDBInstance, type DuckDBConnection, type Json } from "@duckdb/node-api";

export async function openDuckdb(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(":memory:");
  return instance.connect();
}

/** json_serialize_sql, as the server injects it. */
export function serializerOf(connection: DuckDBConnection): (sql: string) => Promise<string> {
  return async (sql) => {
    const reader = await connection.runAndReadAll("SELECT json_serialize_sql($1::VARCHAR)", [sql]);
    return String(reader.getRows()[0]?.[0]);
  };
}

export async function rowsOf(connection: DuckDBConnection, sql: string): Promise<Json[][]> {
  return (await connection.runAndReadAll(sql)).getRowsJson();
}
