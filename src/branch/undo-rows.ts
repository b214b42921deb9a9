/**
 * What merges changed, kept so that they can be undone: each row before and after. All merges into a table, while it has the
 * same columns, share a table of the store. Written in the merge's transaction; rows go when the merge has been undone, or when
 * nobody may undo it any more.
 */
import { createHash } from "node:crypto";
import { numberCell, textCell, type Connection } from "../engine/connection.js";
import { appendRecords } from "../engine/record-writer.js";
import { normaliseName, quoteIdentifier as quote, quoteLiteral } from "../sql/names.js";
import type { BranchContext } from "./branch-context.js";
import { changesRows, takenCounts, takenRows } from "./merge-apply.js";
import { hasPrimaryKey, type MergeInput } from "./merge-plan.js";
import type { MergeAttempt } from "./merge-types.js";
import type { HeadId, RelationName } from "./model.js";
import { columnAlias } from "./row-sql.js";
import type { Strategy } from "./strategy.js";
import { STORE_SCHEMA, SYSTEM, UNDO_TABLES } from "./system-names.js";
import { physicalName } from "./system-schema.js";
import { storedColumns, type TableDefinition } from "./table-definition.js";

/** One table that a merge changed. */
export interface UndoTable extends RelationName {
  readonly objectId: number;
  /** Where they are kept. */
  readonly store: string;
  /** Keyed: before, after STRUCT. Keyless: c0 …, delta BIGINT. As SQL that stands where a table name may stand. */
  readonly rows: string;
  /** What the table had to be like for its rows to be compared. */
  readonly shape: string;
}

/**
 * Keeps what the plans are about to change in tables whose definition stays.
 *
 * Atomic  the caller's transaction
 */
export async function keepUndoRows(
  { transaction, target: head, tables, plans }: MergeAttempt,
  mergeId: string,
  strategyOf: (table: RelationName) => Strategy,
): Promise<void> {
  const { connection } = transaction;
  for (const [index, plan] of plans.entries()) {
    const { target, schema: { steps = [] } = {} } = tables[index] ?? {};
    const branchWins = strategyOf(plan.input.relation) === "branch_wins";
    if (target === undefined || steps.length > 0 || !changesRows(plan, branchWins)) continue;
    const definition = await transaction.definitionOf(target);
    const { schema, name: table, objectId } = target;
    const name = `undo_${head}_${objectId}_${fingerprint(definition)}`;
    const changed = hasPrimaryKey(plan.input)
      ? `SELECT target_row AS before, wanted AS after FROM ${takenRows(plan, branchWins)}`
      : takenCounts(plan, branchWins);
    const rows = `SELECT ${quoteLiteral(mergeId)} AS merge_id, * FROM (${changed})`;
    await connection.run(`CREATE TABLE IF NOT EXISTS ${storeName(name)} AS ${rows} LIMIT 0`);
    await connection.run(`INSERT INTO ${storeName(name)} ${rows}`);
    const shape = shapeOf(definition);
    await appendRecords(connection, UNDO_TABLES, [
      {
        merge_id: mergeId,
        schema_name: schema,
        table_name: table,
        object_id: objectId,
        store_table: name,
        shape,
      },
    ]);
  }
}

/**
 * Says of a table that is altered that no merge into it can be undone any more: a column of the same name and type may be
 * another one afterwards. Atomic: the caller's transaction
 */
export async function markAltered(connection: Connection, head: HeadId, objectId: number): Promise<void> {
  await connection.run(
    `UPDATE ${SYSTEM}.undo_tables SET shape = '' WHERE object_id = ${objectId} AND starts_with(store_table, 'undo_${head}_')`,
  );
}

/** Of what the rows look like, in the order of the columns. */
function fingerprint(definition: TableDefinition): string {
  const columns = storedColumns(definition).map(({ name, type }) => [name, type]);
  const text = JSON.stringify([columns, definition.primaryKey]);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** Stored columns with their types, in any order, and the key: what must be equal for rows to be comparable. */
export function shapeOf(definition: TableDefinition): string {
  const columns = storedColumns(definition).map(({ name, type }) =>
    JSON.stringify([normaliseName(name), type]),
  );
  return JSON.stringify([columns.toSorted(), definition.primaryKey.map(normaliseName)]);
}

/** What is kept of a merge; nothing for one that changed no rows. */
export async function undoTablesOf(connection: Connection, mergeId: string): Promise<readonly UndoTable[]> {
  const rows = await connection.rows(
    `SELECT * FROM ${SYSTEM}.undo_tables WHERE merge_id = ? ORDER BY store_table`,
    [mergeId],
  );
  return rows.map((row) => ({
    schema: textCell(row, "schema_name"),
    name: textCell(row, "table_name"),
    objectId: numberCell(row, "object_id"),
    store: textCell(row, "store_table"),
    rows: `(SELECT * EXCLUDE (merge_id) FROM ${storeName(textCell(row, "store_table"))} WHERE merge_id = ${quoteLiteral(mergeId)})`,
    shape: textCell(row, "shape"),
  }));
}

/** Forgets what is kept of a merge. Atomic: the caller's transaction. */
export async function dropUndoRows(connection: Connection, mergeId: string): Promise<void> {
  const tables = await undoTablesOf(connection, mergeId);
  const ofMerge = `WHERE merge_id = ${quoteLiteral(mergeId)}`;
  await connection.run(`DELETE FROM ${SYSTEM}.undo_tables ${ofMerge}`);
  for (const { store } of tables) {
    const [other] = await connection.rows(
      `SELECT 1 AS other FROM ${SYSTEM}.undo_tables WHERE store_table = ? LIMIT 1`,
      [store],
    );
    await connection.run(
      other === undefined ? `DROP TABLE ${storeName(store)}` : `DELETE FROM ${storeName(store)} ${ofMerge}`,
    );
  }
}

/** Drops what is kept of merges that can no longer be undone. Each in a transaction of its own. */
export async function sweepUndoRows(
  context: BranchContext,
  nowMs: number,
  signal: AbortSignal,
): Promise<void> {
  for (const mergeId of await context.registry.database.onSpare(async (c) => await overdue(c, nowMs))) {
    if (signal.aborted) return;
    await context.registry.maintain(async (connection) => await dropUndoRows(connection, mergeId));
  }
}

async function overdue(connection: Connection, nowMs: number): Promise<readonly string[]> {
  const rows = await connection.rows(
    `SELECT DISTINCT merge_id FROM ${SYSTEM}.undo_tables JOIN ${SYSTEM}.merges USING (merge_id)
     WHERE undoable_until IS NULL OR undoable_until < make_timestamptz(?::BIGINT * 1000)`,
    [BigInt(nowMs)],
  );
  return rows.map((row) => textCell(row, "merge_id"));
}

/** The state that the merge left, and the one that it found, of the rows that it changed. Keyed tables only. */
export function undoStates(
  { rows }: UndoTable,
  columns: readonly string[],
): Pick<MergeInput, "base" | "source"> {
  const state = (which: "before" | "after"): string =>
    `(SELECT ${columns.map((c) => `${which}.${quote(c)} AS ${quote(c)}`).join(", ")} FROM ${rows} WHERE ${which} IS NOT NULL)`;
  return { base: state("after"), source: state("before") };
}

/** A plan, as merge-plan.ts has it for tables without a key, that takes back the counts of a merge. */
export function countedUndo({ rows }: UndoTable, { columns, target }: MergeInput): string {
  const aliases = columns.map((_, i) => columnAlias(i));
  const same = columns.map((c, i) => `t.${quote(c)} IS NOT DISTINCT FROM u.${columnAlias(i)}`).join(" AND ");
  return `WITH u AS MATERIALIZED (SELECT row_number() OVER () AS plan_row, * FROM ${rows}),
      found AS (SELECT u.plan_row, count(*) AS n FROM u JOIN ${target} AS t ON ${same} GROUP BY u.plan_row)
    SELECT ${aliases.join(", ")}, greatest(delta, 0)::BIGINT AS old_count, greatest(-delta, 0)::BIGINT AS new_count,
      coalesce(n, 0) AS target_count, coalesce(n, 0) - delta AS wanted_count,
      CASE WHEN coalesce(n, 0) >= delta THEN 'change' ELSE 'conflict' END AS class, 'row count' AS kind
    FROM u LEFT JOIN found USING (plan_row)`;
}

function storeName(name: string): string {
  return physicalName({ schema: STORE_SCHEMA, name });
}
