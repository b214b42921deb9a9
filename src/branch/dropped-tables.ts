/**
 * Tables that are dropped each for itself, also where their schema goes: of a table that was altered and written to the file
 * since, DuckDB (1.5.6) forgets in DROP SCHEMA … CASCADE to log that it is dropped. If the process then dies, the log cannot
 * be replayed and the file not be opened any more (a test holds it).
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Connection } from "../engine/connection.js";

/**
 * Those that others refer to go after these. Errors: 40001 for one that another session has written
 *
 * Atomic  the caller's transaction
 */
export async function dropTables(connection: Connection, names: readonly string[]): Promise<void> {
  for (let left = names; left.length > 0;) {
    const refused: string[] = [];
    let failure: SqlError | undefined;
    for (const name of left) {
      try {
        await connection.run(`DROP TABLE ${name}`);
      } catch (error) {
        // Behind a lost race DuckDB runs nothing more.
        if (!(error instanceof SqlError) || error.code === SQLSTATE.serializationFailure) throw error;
        failure = error;
        refused.push(name);
      }
    }
    if (failure !== undefined && refused.length === left.length) throw failure;
    left = refused;
  }
}
