/** Rows that came from DuckDB, put into a temporary table as they are. */
import { setImmediate } from "node:timers/promises";
import type { Connection } from "../engine/connection.js";
import type { DataChunk } from "../engine/types.js";

const CHUNKS_AT_ONCE = 16;

/** Adds them to the temporary table of this name, which has their columns. */
export async function fillTable(
  connection: Connection,
  name: string,
  chunks: readonly DataChunk[],
): Promise<void> {
  const appender = await connection.appendChunks({ catalog: "temp", schema: "main", name });
  try {
    for (const [at, chunk] of chunks.entries()) {
      appender.append(chunk);
      // The appender works on this thread, which others wait for.
      if (at % CHUNKS_AT_ONCE === CHUNKS_AT_ONCE - 1) await setImmediate();
    }
  } finally {
    appender.close();
  }
}
