/**
 * Writes planned changes into the target: deletes, then updates, then inserts, so that a unique value freed by one row
 * can be taken by another. Every count is checked against the plan: a difference aborts the merge.
 *
 * Atomic  the caller's transaction
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { numberCell, type Connection } from "../engine/connection.js";
import { quoteIdentifier } from "../sql/names.js";
import { readRowIds, rowIdsQuery, type ChangedRows } from "./changed-rows.js";
import { isKeyed, type MergeInput, type TablePlan } from "./merge-plan.js";
import { moveUp, type OverlayTable } from "./overlay.js";
import { baseRows, ROW_ID } from "./rows.js";
import { columnAlias, columnList, keyAlias } from "./row-sql.js";
import type { Transaction } from "./transaction.js";
import { sameValue } from "./value-forms.js";

/** Which plan rows are taken from the source: all changes, and conflicts if the branch wins or has more than they are about. */
export function taken({ granularity }: TablePlan, branchWins: boolean): string {
  if (branchWins) return "class IN ('change', 'conflict')";
  return granularity === "cell"
    ? "(class = 'change' OR class = 'conflict' AND main_changes)"
    : "class = 'change'";
}

/** Whether anything is taken. */
export function changesRows({ counts }: TablePlan, branchWins: boolean): boolean {
  const { inserts, updates, deletes, conflicts, partial } = counts;
  return inserts + updates + deletes + (branchWins ? conflicts : partial) > 0;
}

/** What such a row is in the merged table; NULL where it is deleted. */
function wantedRow({ granularity }: TablePlan, branchWins: boolean): string {
  if (granularity === "row") return "new_row";
  return branchWins ? "branch_row" : "CASE WHEN class = 'conflict' THEN main_row ELSE branch_row END";
}

/** Rows of a keyed plan that are taken, with `wanted`. */
export function takenRows(plan: TablePlan, branchWins: boolean): string {
  return `(SELECT *, ${wantedRow(plan, branchWins)} AS wanted FROM ${plan.planTable} WHERE ${taken(plan, branchWins)})`;
}

/** Joins a row of the target, `t`, with its row of the plan, `p`. */
export function sameKey({ key }: MergeInput): string {
  return key.map((k, i) => `t.${storedKey(k)} = p.${keyAlias(i)}`).join(" AND ");
}

function storedKey(column: string): string {
  return column === ROW_ID ? "rowid" : quoteIdentifier(column);
}

/** Rows of a table without a key that are taken. Shape: c0 … · delta BIGINT, rows more or fewer */
export function takenCounts(plan: TablePlan, branchWins: boolean): string {
  const { columns } = plan.input;
  const aliases = columns.map((_, i) => columnAlias(i)).join(", ");
  if (isKeyed(plan.input)) {
    const values = (row: string): string =>
      columns.map((c, i) => `${row}.${quoteIdentifier(c)} AS ${columnAlias(i)}`).join(", ");
    const rows = takenRows(plan, branchWins);
    return `SELECT ${aliases}, sum(n)::BIGINT AS delta FROM (
        SELECT ${values("wanted")}, 1 AS n FROM ${rows} WHERE wanted IS NOT NULL
        UNION ALL SELECT ${values("target_row")}, -1 FROM ${rows} WHERE target_row IS NOT NULL)
      GROUP BY ALL HAVING sum(n) <> 0`;
  }
  return `SELECT ${aliases}, wanted_count - target_count AS delta FROM ${plan.planTable}
    WHERE ${taken(plan, branchWins)} AND wanted_count <> target_count`;
}

/** Rows of a keyless plan of which the target has too many. */
const SURPLUS = "wanted_count < target_count";

/** The same where rows have no key. */
function sameValues(input: MergeInput): string {
  return input.columns
    .map((c, i) => `t.${quoteIdentifier(c)} IS NOT DISTINCT FROM p.${columnAlias(i)}`)
    .join(" AND ");
}

/** Moves the rows of a plan up into the target's overlay, where they can be changed. False, and nothing done, where they cannot be. */
export async function moveUpPlanned(
  transaction: Transaction,
  { input, planTable: table, counts }: TablePlan,
  overlay: OverlayTable,
): Promise<boolean> {
  if (!isKeyed(input) && counts.deletes + counts.conflicts === 0) return true;
  const base = `${baseRows(transaction.state, overlay.version)} AS t`;
  const planned = isKeyed(input)
    ? `${table} AS p WHERE ${sameKey(input)}`
    : `${table} AS p WHERE ${SURPLUS} AND ${sameValues(input)}`;
  const source = `FROM ${base} WHERE EXISTS (SELECT 1 FROM ${planned})`;
  const run = async (sql: string): Promise<number> => await transaction.connection.change(sql);
  return await moveUp(transaction, overlay, { with: "", alias: "t", source }, run, "allRows");
}

/** Rows of the target that a keyed plan changes or deletes. */
export async function rowsChanged(
  connection: Connection,
  plan: TablePlan,
  target: string,
  branchWins: boolean,
): Promise<ChangedRows> {
  const rows = `(SELECT * FROM ${takenRows(plan, branchWins)} WHERE target_row IS NOT NULL)`;
  const source = `FROM ${target} AS t JOIN ${rows} AS p ON ${sameKey(plan.input)}`;
  return readRowIds(await connection.firstRow(rowIdsQuery("t.rowid", source)));
}

export async function applyDeletes(
  connection: Connection,
  plan: TablePlan,
  target: string,
  branchWins: boolean,
): Promise<number> {
  const { input, planTable: table } = plan;
  if (isKeyed(input)) {
    const rows = takenRows(plan, branchWins);
    const where = "wanted IS NULL AND target_row IS NOT NULL";
    const expected = await countWhere(connection, rows, where);
    if (expected === 0) return 0;
    const sql = `DELETE FROM ${target} AS t USING (SELECT * FROM ${rows} WHERE ${where}) AS p WHERE ${sameKey(input)}`;
    return await changeExactly(connection, sql, expected);
  }
  const where = `${taken(plan, branchWins)} AND ${SURPLUS}`;
  const expected = await sumWhere(connection, table, "target_count - wanted_count", where);
  if (expected === 0) return 0;
  return await changeExactly(
    connection,
    `DELETE FROM ${target} WHERE rowid IN (
       SELECT row_id FROM (SELECT t.rowid AS row_id, p.surplus, row_number() OVER (PARTITION BY p.plan_row ORDER BY t.rowid DESC) AS n
         FROM ${target} AS t JOIN (SELECT rowid AS plan_row, *, target_count - wanted_count AS surplus FROM ${table} WHERE ${where}) AS p
         ON ${sameValues(input)}) WHERE n <= surplus)`,
    expected,
  );
}

export async function applyUpdates(
  connection: Connection,
  plan: TablePlan,
  target: string,
  branchWins: boolean,
): Promise<number> {
  const { input } = plan;
  if (!isKeyed(input)) return 0;
  const rows = `(SELECT * FROM ${takenRows(plan, branchWins)} WHERE wanted IS NOT NULL AND target_row IS NOT NULL)`;
  const expected = await countWhere(connection, rows, "true");
  if (expected === 0) return 0;
  const changed = await changedColumns(connection, plan, rows);
  const set = changed.map((c) => assignment(input, c)).join(", ");
  const sql = `UPDATE ${target} AS t SET ${set} FROM ${rows} AS p WHERE ${sameKey(input)}`;
  return await changeExactly(connection, sql, expected);
}

export async function applyInserts(
  connection: Connection,
  plan: TablePlan,
  target: string,
  branchWins: boolean,
): Promise<number> {
  const { input, planTable: table } = plan;
  const into = `INSERT INTO ${target} (${columnList(input.columns)})`;
  if (isKeyed(input)) {
    const rows = takenRows(plan, branchWins);
    const where = "target_row IS NULL AND wanted IS NOT NULL";
    const expected = await countWhere(connection, rows, where);
    if (expected === 0) return 0;
    const values = input.columns.map((c) => `p.wanted.${quoteIdentifier(c)}`).join(", ");
    const added = `SELECT ${values} FROM ${rows} AS p WHERE ${where}`;
    return await changeExactly(connection, `${into} ${added}`, expected);
  }
  const where = `${taken(plan, branchWins)} AND wanted_count > target_count`;
  const expected = await sumWhere(connection, table, "wanted_count - target_count", where);
  if (expected === 0) return 0;
  const values = input.columns.map((_, i) => `p.${columnAlias(i)}`).join(", ");
  return await changeExactly(
    connection,
    `${into} SELECT ${values} FROM ${table} AS p, range(p.wanted_count - p.target_count) AS copies WHERE ${where}`,
    expected,
  );
}

/** What is the same in another form (an interval of '30 days') keeps the target's: the plan's, or DuckDB reads the column again. */
function assignment({ forms }: MergeInput, column: string): string {
  const name = quoteIdentifier(column);
  const isSame = sameValue(forms, column, `p.target_row.${name}`, `p.wanted.${name}`);
  return `${name} = CASE WHEN ${isSame} THEN p.target_row.${name} ELSE p.wanted.${name} END`;
}

/** Columns that some row really changes: the others are left alone (DuckDB rewrites rows whose indexed columns are set). */
async function changedColumns(connection: Connection, plan: TablePlan, rows: string): Promise<string[]> {
  const candidates = plan.input.columns.filter((column) => !plan.input.key.includes(column));
  if (candidates.length === 0) return [];
  const tests = candidates.map((c, i) => {
    const name = quoteIdentifier(c);
    const isSame = sameValue(plan.input.forms, c, `target_row.${name}`, `wanted.${name}`);
    return `coalesce(bool_or(NOT ${isSame}), FALSE) AS ${columnAlias(i)}`;
  });
  const [row] = await connection.rows(`SELECT ${tests.join(", ")} FROM ${rows}`);
  return candidates.filter((_, i) => row?.[columnAlias(i)] === true);
}

async function countWhere(connection: Connection, table: string, where: string): Promise<number> {
  return await sumWhere(connection, table, "1", where);
}

async function sumWhere(
  connection: Connection,
  table: string,
  expression: string,
  where: string,
): Promise<number> {
  const [row] = await connection.rows(
    `SELECT coalesce(sum(${expression}), 0)::BIGINT AS total FROM ${table} WHERE ${where}`,
  );
  return row === undefined ? 0 : numberCell(row, "total");
}

async function changeExactly(connection: Connection, sql: string, expected: number): Promise<number> {
  return exactly(await connection.change(sql), expected);
}

function exactly(changed: number, expected: number): number {
  if (changed !== expected) {
    throw new SqlError(
      SQLSTATE.internalError,
      `merge aborted: ${changed} rows changed where ${expected} were planned`,
    );
  }
  return changed;
}
