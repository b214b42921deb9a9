/**
 * Rows of a table without a key that main deleted since the base. Such a table was copied for its pins, and its rows may have other
 * ids by now; but where main has no row that the base does not have, it only deleted, and what it has of a row is known by the values:
 * the row itself where none of its equals is gone, nothing where all of them are.
 */
import type { Connection } from "../engine/connection.js";
import { quoteIdentifier } from "../sql/names.js";
import type { KnownRows } from "./row-identity.js";
import { ROW_ID } from "./rows.js";

const ROW_ID_SQL = quoteIdentifier(ROW_ID);
const PAIRS = "merge_pairs";
const PAIRS_SQL = `temp.main.${PAIRS}`;
/** Below the ids of rows that the source added: what main deleted has no row id any more. */
const GONE = "-2000000000000000000";

/** What is known of rows whose ids in the target are not. */
export interface RowsOfBase extends Pick<KnownRows, "base" | "source"> {
  /** All rows of the base with their ids, and all of the target with its own. */
  readonly all: { readonly base: string; readonly target: string };
}

/**
 * Calls `work` with the rows by the target's ids; not where it cannot be told what main did.
 *
 * Atomic  the caller's transaction; a temporary table while `work` runs
 */
export async function withRowsByValues(
  connection: Connection,
  { base, source, all }: RowsOfBase,
  columns: readonly string[],
  work: (known: KnownRows) => Promise<void>,
): Promise<boolean> {
  const list = columns.map(quoteIdentifier).join(", ");
  const [added] = await connection.rows(
    `SELECT 1 AS added FROM (SELECT ${list} FROM ${all.target} EXCEPT ALL SELECT ${list} FROM ${all.base}) LIMIT 1`,
  );
  if (added !== undefined) return false;
  const same = columns
    .map((c) => `r.${quoteIdentifier(c)} IS NOT DISTINCT FROM o.${quoteIdentifier(c)}`)
    .join(" AND ");
  const equals = (rows: string): string =>
    `(SELECT r.*, row_number() OVER (PARTITION BY ${list} ORDER BY ${ROW_ID_SQL}) AS nth
      FROM ${rows} AS r SEMI JOIN ${base} AS o ON ${same})`;
  await connection.run(
    `CREATE TEMP TABLE ${PAIRS} AS SELECT o.${ROW_ID_SQL} AS id, r.${ROW_ID_SQL} AS target_id,
       count(target_id) OVER (PARTITION BY ${columns.map((c) => `o.${quoteIdentifier(c)}`).join(", ")}) AS found,
       count(*) OVER (PARTITION BY ${columns.map((c) => `o.${quoteIdentifier(c)}`).join(", ")}) AS equals
     FROM ${equals(all.base)} AS o LEFT JOIN ${equals(all.target)} AS r ON ${same} AND r.nth = o.nth`,
  );
  try {
    const [unknown] = await connection.rows(
      `SELECT 1 AS unknown FROM ${PAIRS_SQL} WHERE found BETWEEN 1 AND equals - 1 LIMIT 1`,
    );
    if (unknown !== undefined) return false;
    const renumbered = (rows: string): string =>
      `(SELECT o.* REPLACE (CASE WHEN o.${ROW_ID_SQL} < 0 THEN o.${ROW_ID_SQL} ELSE coalesce(p.target_id, ${GONE} - o.${ROW_ID_SQL}) END AS ${ROW_ID_SQL})
        FROM ${rows} AS o LEFT JOIN ${PAIRS_SQL} AS p ON p.id = o.${ROW_ID_SQL})`;
    await work({ base: renumbered(base), source: renumbered(source), target: all.target });
    return true;
  } finally {
    await connection.run(`DROP TABLE ${PAIRS_SQL}`);
  }
}
