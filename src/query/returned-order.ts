/**
 * The order of what INSERT … ON CONFLICT … RETURNING gives: PostgreSQL's is that of the rows to insert, by which clients tell
 * which row became which; DuckDB joins them with the table and gives them as they come. They are put in order by their key.
 */
import { SNAPSHOT_PREFIX } from "../catalog/names.js";
import type { Connection } from "../engine/connection.js";
import type { DataChunk, EngineColumn } from "../engine/types.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { quoteIdentifier } from "../sql/names.js";
import { storedType } from "./cursor-store.js";
import { fillTable } from "./filled-table.js";
import type { InsertStage } from "./insert-stage.js";
import { readAll } from "./results.js";

export interface ReturnedOrder {
  /** Behind the statement's text: the columns that tell its rows apart, returned as well. */
  readonly suffix: string;
  /** How many columns these are: the last ones, but for those of a capture. */
  readonly width: number;
  /** The first `shown` columns of the rows, in order; those that tell the rows apart stand behind them. */
  sort(connection: Connection, rows: ReturnedRows, shown: number): Promise<DataChunk[]>;
}

interface ReturnedRows {
  readonly columns: readonly EngineColumn[];
  readonly chunks: readonly DataChunk[];
}

const TABLE = `${SNAPSHOT_PREFIX}returned`;
const LOST = "a row that was returned is none of those to insert";

/** True for a statement of several rows that come back in another order than they went. */
export function losesOrder({ returning, insert }: RelationalStatement): boolean {
  if (!returning || insert === undefined || insert.rows === 1) return false;
  return insert.conflict === "nothing" || (insert.conflict === "update" && insert.conflictColumns.length > 0);
}

/** Undefined where nothing has to be put in order. */
export function returnedOrder(statement: RelationalStatement, stage: InsertStage): ReturnedOrder | undefined {
  if (!losesOrder(statement) || statement.insert === undefined) return undefined;
  const { conflict, conflictColumns } = statement.insert;
  // What was inserted and nothing else is as it was in the stage; what was changed has its key from there.
  const columns = (conflict === "update" ? conflictColumns : stage.columns).map(quoteIdentifier);
  return {
    suffix: `\n, ${columns.join(", ")}`,
    width: columns.length,
    sort: async (connection, rows, shown) => await sortRows(connection, stage.sql, columns, rows, shown),
  };
}

/** Of rows that are equal in these columns the first is meant: another of its key is not inserted. */
async function sortRows(
  connection: Connection,
  stage: string,
  keys: readonly string[],
  { columns, chunks }: ReturnedRows,
  shown: number,
): Promise<DataChunk[]> {
  const table = `temp.main.${quoteIdentifier(TABLE)}`;
  const definitions = columns.map((column, index) => `c${index} ${storedType(column)}`);
  await connection.run(`CREATE OR REPLACE TEMP TABLE ${table} (${definitions.join(", ")})`);
  await fillTable(connection, TABLE, chunks);
  const list = columns.slice(0, shown).map((_, index) => `r.c${index}`);
  const same = keys.map((key, index) => `r.c${shown + index} IS NOT DISTINCT FROM s.${key}`);
  const first = `SELECT ${keys.join(", ")}, min(rowid) AS place FROM ${stage} GROUP BY ${keys.join(", ")}`;
  const sorted = await readAll(
    await connection.stream(
      `SELECT ${list.join(", ")} FROM ${table} AS r LEFT JOIN (${first}) AS s ON ${same.join(" AND ")}
       ORDER BY CASE WHEN s.place IS NULL THEN error('${LOST}') ELSE s.place END`,
    ),
  );
  await connection.run(`DROP TABLE ${table}`);
  return sorted;
}
