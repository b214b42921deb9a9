/**
 * Where the rows of cursors are: temporary tables of a connection of their own, which nobody else names, no transaction
 * of the session takes back, and DuckDB moves to disk when they are large.
 *
 * Shape   one table per cursor, `c<number>`, one row per row of the result in its order: `rowid` counts them from 0
 */
import type { Connection } from "../engine/connection.js";
import type { ResultStream } from "../engine/result-stream.js";
import type { Database } from "../engine/database.js";
import { EngineTypeId } from "../engine/vector-values.js";
import type { ResultColumn, RowBatch } from "./types.js";

export class CursorStore implements Disposable {
  readonly #database: Database;
  #connection: Connection | undefined;
  #lastTable = 0;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Keeps all rows of a result; gives the table and how many there are. */
  async keep(
    columns: readonly ResultColumn[],
    batches: AsyncIterable<RowBatch>,
  ): Promise<{ readonly table: string; readonly rows: number }> {
    const connection = (this.#connection ??= await this.#database.connect("void"));
    const table = `c${(this.#lastTable += 1)}`;
    const list = columns.map((column, index) => `c${index} ${storedType(column)}`);
    // A table has at least one column; a row without columns is a row all the same.
    await connection.run(
      `CREATE TEMP TABLE ${table} (${list.length === 0 ? "none BOOLEAN" : list.join(", ")})`,
    );
    try {
      const rows = await this.#fill(connection, table, batches);
      return { table, rows };
    } catch (error) {
      await this.drop(table);
      throw error;
    }
  }

  async #fill(connection: Connection, table: string, batches: AsyncIterable<RowBatch>): Promise<number> {
    const appender = await connection.appendChunks({ catalog: "temp", schema: "main", name: table });
    let rows = 0;
    try {
      for await (const batch of batches) {
        if (batch.kind !== "chunk") throw new Error("a cursor's rows are DuckDB's");
        appender.append(batch.chunk);
        rows += batch.chunk.rowCount;
      }
    } finally {
      appender.close();
    }
    return rows;
  }

  /** Rows `from`‥`to` (exclusive), counted from 0. */
  async read(table: string, from: number, to: number, backward: boolean): Promise<ResultStream> {
    const order = backward ? " ORDER BY rowid DESC" : "";
    const range = `rowid >= ${from} AND rowid < ${to}`;
    if (this.#connection === undefined) throw new Error("no cursor was ever kept");
    return await this.#connection.stream(`SELECT * FROM temp.main.${table} WHERE ${range}${order}`);
  }

  async drop(table: string): Promise<void> {
    await this.#connection?.run(`DROP TABLE IF EXISTS temp.main.${table}`);
  }

  /** Stops what is being read. */
  interrupt(): void {
    this.#connection?.interrupt();
  }

  [Symbol.dispose](): void {
    this.#connection?.close();
  }
}

/** A column's type in a table that keeps its rows. As DuckDB prints a type, it reads it, but for fields without names. A column of NULLs without a type is kept as text. */
export function storedType({ type }: ResultColumn): string {
  if (type === null || type.typeId === EngineTypeId.SQLNULL) return "VARCHAR";
  let field = 0;
  return type.toString().replaceAll(/(?<=[(, ])""(?= )/g, () => `"f${(field += 1)}"`);
}
