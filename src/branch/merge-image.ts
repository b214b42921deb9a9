/** The rows of a merged table, as a query over the target's table and the plan. */
import { numberCell, type Connection } from "../engine/connection.js";
import { quoteIdentifier } from "../sql/names.js";
import { sameKey, taken, takenCounts, takenRows } from "./merge-apply.js";
import { labelsOfColumn } from "./merge-head-objects.js";
import { hasPrimaryKey, isKeyed, type TablePlan } from "./merge-plan.js";
import type { MergedColumn } from "./merge-schema.js";
import { columnAlias, columnList } from "./row-sql.js";

const NTH = quoteIdentifier("#nth");

/** Rows that a merge inserts, updates and deletes. */
export interface RowCounts {
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

/** SELECT of the merged columns in order, as they are written. `from` has the target's own columns. */
export function mergedRows(
  plan: TablePlan,
  columns: readonly MergedColumn[],
  branchWins: boolean,
  from: string,
): string {
  return writtenRows(comparedRows(plan, columns, branchWins, from), columns);
}

/** Rows that are compared by types with more labels, with those that they are written with. */
export function writtenRows(rows: string, columns: readonly MergedColumn[]): string {
  if (columns.every(({ written }) => written === undefined)) return rows;
  const values = columns.map(({ name, written }) => {
    const own = quoteIdentifier(name);
    if (written === undefined) return own;
    // Labels that are gone were looked for; DuckDB also casts rows that are left out in the end.
    const cast = labelsOfColumn(written) === undefined ? "CAST" : "TRY_CAST";
    return `${cast}(${own} AS ${written}) AS ${own}`;
  });
  return `SELECT ${values.join(", ")} FROM (${rows}) AS w`;
}

/** The same as the plan compares them. */
export function comparedRows(
  plan: TablePlan,
  columns: readonly MergedColumn[],
  branchWins: boolean,
  from: string,
): string {
  const list = columns.map((column) => `${column.from.target} AS ${quoteIdentifier(column.name)}`).join(", ");
  const { input, planTable } = plan;
  const isNumbered = isKeyed(input) && !hasPrimaryKey(input);
  const rows = `(SELECT ${list}${isNumbered ? ", rowid" : ""} FROM ${from} AS r)`;
  const names = input.columns;
  if (isKeyed(input)) {
    const chosen = takenRows(plan, branchWins);
    const added = names.map((name) => `p.wanted.${quoteIdentifier(name)}`).join(", ");
    return `SELECT ${columnList(names, "t")} FROM ${rows} AS t ANTI JOIN ${chosen} AS p ON ${sameKey(input)}
      UNION ALL SELECT ${added} FROM ${chosen} AS p WHERE p.wanted IS NOT NULL`;
  }
  const same = names
    .map((name, i) => `t.${quoteIdentifier(name)} IS NOT DISTINCT FROM p.${columnAlias(i)}`)
    .join(" AND ");
  const chosen = `(SELECT * FROM ${planTable} WHERE ${taken(plan, branchWins)})`;
  const numbered = `(SELECT *, row_number() OVER (PARTITION BY ${columnList(names)}) AS ${NTH} FROM ${rows})`;
  const added = names.map((_, i) => `p.${columnAlias(i)}`).join(", ");
  return `SELECT ${columnList(names, "t")} FROM ${numbered} AS t
      ANTI JOIN ${chosen} AS p ON ${same} AND t.${NTH} <= p.target_count - p.wanted_count
    UNION ALL SELECT ${added} FROM ${chosen} AS p, range(greatest(p.wanted_count - p.target_count, 0)) AS copies`;
}

/** What of a plan is taken. */
export async function countTaken(
  connection: Connection,
  plan: TablePlan,
  branchWins: boolean,
): Promise<RowCounts> {
  if (!isKeyed(plan.input)) return await countTakenRows(connection, plan, branchWins);
  const [row] = await connection.rows(
    `SELECT count(*) FILTER (target_row IS NULL AND wanted IS NOT NULL) AS inserted,
       count(*) FILTER (target_row IS NOT NULL AND wanted IS NOT NULL) AS updated,
       count(*) FILTER (target_row IS NOT NULL AND wanted IS NULL) AS deleted FROM ${takenRows(plan, branchWins)}`,
  );
  if (row === undefined) throw new Error("an aggregate returned no row");
  return {
    inserted: numberCell(row, "inserted"),
    updated: numberCell(row, "updated"),
    deleted: numberCell(row, "deleted"),
  };
}

async function countTakenRows(
  connection: Connection,
  plan: TablePlan,
  branchWins: boolean,
): Promise<RowCounts> {
  const [row] = await connection.rows(
    `SELECT coalesce(sum(delta) FILTER (delta > 0), 0)::BIGINT AS inserted, coalesce(-sum(delta) FILTER (delta < 0), 0)::BIGINT AS deleted
     FROM (${takenCounts(plan, branchWins)})`,
  );
  if (row === undefined) throw new Error("an aggregate returned no row");
  return { inserted: numberCell(row, "inserted"), updated: 0, deleted: numberCell(row, "deleted") };
}
