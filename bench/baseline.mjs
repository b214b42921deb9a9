/** DuckDB without a server: @duckdb/node-api in this process, over a file made by the same SQL. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";

export async function openBaseline(initSql) {
  const directory = mkdtempSync(join(tmpdir(), "duckbranch-baseline-"));
  const instance = await DuckDBInstance.create(join(directory, "baseline.db"));
  const connection = await instance.connect();
  await connection.run(initSql);
  await connection.run("CHECKPOINT");
  return {
    connection,
    /** Fetches all chunks and looks at none; gives the number of rows. */
    drain: async (sql) => await drainChunks(await connection.stream(sql)),
    close: () => {
      connection.closeSync();
      instance.closeSync();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function drainChunks(result) {
  let rows = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return rows;
    rows += chunk.rowCount;
  }
}
