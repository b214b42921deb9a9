/** The rows an INSERT is about to make, computed once into a temporary table with the target's columns and defaults. */
import { optionalTextCell, textCell, type Connection } from "../engine/connection.js";
import { SNAPSHOT_PREFIX } from "../catalog/names.js";
import { quoteIdentifier } from "../sql/names.js";

/** The table the rows go to. */
export interface StageTarget {
  /** Its name in full. */
  readonly sql: string;
  /** Columns that hold values of their own. */
  readonly columns: readonly string[];
}

/** A row per row that is to be inserted, in their order: `rowid` counts them. */
export interface InsertStage {
  /** Its name in full. */
  readonly sql: string;
  /** Columns that can be inserted into the target. */
  readonly columns: readonly string[];
  drop(): Promise<void>;
}

/**
 * `rows` is what stands behind the target's name: columns and VALUES or a query; `with` what stands before INSERT.
 *
 * Atomic  the caller's transaction
 */
export async function makeStage(
  connection: Connection,
  target: StageTarget,
  run: (sql: string) => Promise<number>,
  source: { readonly with: string; readonly rows: string },
): Promise<InsertStage> {
  const rows = await connection.rows(
    `SELECT column_name AS name, column_type AS type, "default" AS value FROM (DESCRIBE ${target.sql})`,
  );
  const names = new Set(target.columns);
  const stored = rows.filter((row) => names.has(textCell(row, "name")));
  const definitions = stored.map((row) => {
    const value = optionalTextCell(row, "value");
    const column = `${quoteIdentifier(textCell(row, "name"))} ${textCell(row, "type")}`;
    return value === null ? column : `${column} DEFAULT (${value})`;
  });
  const sql = `temp.main.${quoteIdentifier(`${SNAPSHOT_PREFIX}stage`)}`;
  await connection.run(`CREATE OR REPLACE TEMP TABLE ${sql} (${definitions.join(", ")})`);
  await run(`${source.with} INSERT INTO ${sql} ${source.rows}`);
  return {
    sql,
    columns: stored.map((row) => textCell(row, "name")),
    drop: async () => await connection.run(`DROP TABLE ${sql}`),
  };
}
