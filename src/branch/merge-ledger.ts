/** The merges and their conflicts as rows: `duckbranch.merges` and `duckbranch.conflicts`. They outlive the branch. */
import {
  numberCell,
  optionalNumberCell,
  optionalTextCell,
  textCell,
  type Connection,
  type Row,
} from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { quoteLiteral } from "../sql/names.js";
import { conflictQuery, conflictRow, type ConflictRow, type TablePlan } from "./merge-plan.js";
import { normaliseName } from "../sql/names.js";
import type { RelationName } from "./model.js";
import type { ColumnStrategy, TableConflicts } from "./merge-types.js";
import {
  readGranularity,
  readKeyless,
  readStrategy,
  type Granularity,
  type KeylessMode,
} from "./strategy.js";
import { SYSTEM_SCHEMA } from "./system-schema.js";

const MERGES = `${DATA_CATALOG}.${SYSTEM_SCHEMA}.merges`;
const CONFLICTS = `${DATA_CATALOG}.${SYSTEM_SCHEMA}.conflicts`;

const MERGE_STATUSES = ["merged", "conflicted", "aborted", "abandoned", "undone"] as const;
export type MergeStatus = (typeof MERGE_STATUSES)[number];

export interface MergeTotals {
  readonly tables: readonly string[];
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  /** Rows that both sides changed to different values. */
  readonly conflicts: number;
  /** How many conflicts each strategy decided, and how many cells each policy settled, by their names. */
  readonly resolved: Readonly<Record<string, number>>;
}

export interface MergeRecord {
  readonly mergeId: string;
  /** Of what was merged; `main` or a branch's. */
  readonly branchId: string;
  readonly branchName: string;
  /** Id of the branch that its parent was merged into. */
  readonly syncedId: string | null;
  readonly target: string;
  readonly status: MergeStatus;
  readonly granularity: Granularity;
  readonly keyless: KeylessMode;
  readonly columns: readonly ColumnStrategy[];
  /** By what its conflicts were resolved, as RESOLVE MERGE said it: JSON. */
  readonly resolutions: string | null;
  /** Null for a merge that cannot be undone. */
  readonly undoableUntilMs: number | null;
  readonly totals: MergeTotals;
}

/** What a branch merged, or what was merged into it by its parent. */
const OF_BRANCH = "coalesce(synced_id, branch_id) = ?";

/** A table's name as people read it: schema `main` is `public` to clients and left out. */
export function displayName(relation: RelationName): string {
  return normaliseName(relation.schema) === "main" ? relation.name : `${relation.schema}.${relation.name}`;
}

/** Adds a ledger row. Atomic: the caller's transaction. */
export async function insertMerge(
  connection: Connection,
  merge: {
    readonly mergeId: string;
    readonly source: { readonly id: string; readonly name: string };
    readonly syncedId: string | null;
    readonly target: string;
    readonly strategy: string;
    readonly granularity: Granularity;
    readonly keyless: KeylessMode;
    readonly columns: readonly ColumnStrategy[];
    readonly status: MergeStatus;
    readonly undoableUntilMs: number | null;
  },
  totals: MergeTotals,
): Promise<void> {
  const tables = `[${totals.tables.map(quoteLiteral).join(", ")}]::VARCHAR[]`;
  await connection.run(
    `INSERT INTO ${MERGES} VALUES (?, ?, ?, ?, ?, ?, now(), CASE WHEN ? THEN NULL ELSE now() END, ${tables}, ?, ?, ?, ?, NULL, ?, make_timestamptz(?::BIGINT * 1000), ?, ?, ?, ?)`,
    [
      merge.mergeId,
      merge.source.id,
      merge.source.name,
      merge.target,
      merge.strategy,
      merge.status,
      merge.status === "conflicted",
      BigInt(totals.inserted),
      BigInt(totals.updated),
      BigInt(totals.deleted),
      BigInt(totals.conflicts),
      merge.granularity,
      bigintOrNull(merge.undoableUntilMs),
      merge.syncedId,
      JSON.stringify(totals.resolved),
      merge.keyless,
      columnStrategiesText(merge.columns),
    ],
  );
}

/** Ends an open merge. Atomic: the caller's transaction. Returns false when it was not open any more. */
export async function finishMerge(
  connection: Connection,
  mergeId: string,
  status: "merged" | "abandoned",
  totals: MergeTotals | undefined,
  resolutions: Readonly<Record<string, string>>,
  undoableUntilMs: number | null = null,
): Promise<boolean> {
  const tables =
    totals === undefined ? "tables_merged" : `[${totals.tables.map(quoteLiteral).join(", ")}]::VARCHAR[]`;
  const changed = await connection.change(
    `UPDATE ${MERGES} SET status = $1, finished_at = now(), tables_merged = ${tables}, rows_inserted = $2, rows_updated = $3,
       rows_deleted = $4, resolutions = $5, undoable_until = make_timestamptz($7::BIGINT * 1000), resolved = $8 WHERE merge_id = $6 AND status = 'conflicted'`,
    [
      status,
      BigInt(totals?.inserted ?? 0),
      BigInt(totals?.updated ?? 0),
      BigInt(totals?.deleted ?? 0),
      JSON.stringify(resolutions),
      mergeId,
      bigintOrNull(undoableUntilMs),
      JSON.stringify(totals?.resolved ?? {}),
    ],
  );
  return changed === 1;
}

/** Atomic: the caller's transaction. Returns false when it was not merged any more. */
export async function markUndone(connection: Connection, mergeId: string): Promise<boolean> {
  const sql = `UPDATE ${MERGES} SET status = 'undone' WHERE merge_id = ? AND status = 'merged'`;
  return (await connection.change(sql, [mergeId])) === 1;
}

function bigintOrNull(value: number | null): bigint | null {
  return value === null ? null : BigInt(value);
}

/** Gives up what waits for a resolution when its branch ends. Atomic: the caller's transaction. */
export async function abandonOpenMerges(connection: Connection, branchId: string): Promise<void> {
  await connection.run(
    `UPDATE ${MERGES} SET status = 'abandoned', finished_at = now() WHERE ${OF_BRANCH} AND status = 'conflicted'`,
    [branchId],
  );
}

/** Conflicts of a plan that were not reported with these values. */
export async function countUnreportedConflicts(
  connection: Connection,
  mergeId: string,
  plan: TablePlan,
): Promise<number> {
  const reported = `SELECT kind, key, base_value, main_value, branch_value FROM ${CONFLICTS}
    WHERE merge_id = ${quoteLiteral(mergeId)} AND table_name = ${quoteLiteral(displayName(plan.input.relation))}`;
  const [row] = await connection.rows(
    `SELECT count(*) AS conflicts FROM (
       (SELECT kind, key::VARCHAR, base_value::VARCHAR, main_value::VARCHAR, branch_value::VARCHAR FROM (${conflictQuery(plan)}))
       EXCEPT ALL (SELECT kind, key::VARCHAR, base_value::VARCHAR, main_value::VARCHAR, branch_value::VARCHAR FROM (${reported})))`,
  );
  return row === undefined ? 0 : numberCell(row, "conflicts");
}

/** Replaces the report of an open merge. Atomic: the caller's transaction. */
export async function replaceConflicts(
  connection: Connection,
  mergeId: string,
  plans: readonly TablePlan[],
): Promise<void> {
  await deleteConflicts(connection, mergeId);
  for (const plan of plans) await insertConflicts(connection, mergeId, plan);
  const count = plans.reduce((sum, plan) => sum + plan.counts.conflicts, 0);
  await connection.run(`UPDATE ${MERGES} SET conflict_count = ? WHERE merge_id = ?`, [
    BigInt(count),
    mergeId,
  ]);
}

/** Records every conflict of a plan. Atomic: the caller's transaction. */
export async function insertConflicts(
  connection: Connection,
  mergeId: string,
  plan: TablePlan,
): Promise<void> {
  const table = quoteLiteral(displayName(plan.input.relation));
  await connection.run(
    `INSERT INTO ${CONFLICTS} SELECT ${quoteLiteral(mergeId)}, ${table}, kind, key, base_value, main_value, branch_value
     FROM (${conflictQuery(plan)})`,
  );
}

/** The report of a merge as it was answered: the first conflicts of each table. */
export async function storedConflicts(
  connection: Connection,
  mergeId: string,
  limit: number,
): Promise<TableConflicts[]> {
  const rows = await connection.rows(
    `SELECT table_name, count(*) OVER (PARTITION BY table_name) AS row_count, kind, key, base_value, main_value, branch_value
     FROM ${CONFLICTS} WHERE merge_id = ? QUALIFY row_number() OVER (PARTITION BY table_name ORDER BY rowid) <= ${limit} ORDER BY rowid`,
    [mergeId],
  );
  const tables = new Map<string, { readonly row_count: number; readonly rows: ConflictRow[] }>();
  for (const row of rows) {
    const table = textCell(row, "table_name");
    const report = tables.get(table) ?? { row_count: numberCell(row, "row_count"), rows: [] };
    tables.set(table, report);
    report.rows.push(conflictRow(row));
  }
  return [...tables].map(([table, report]) => ({ table, ...report }));
}

export async function deleteConflicts(connection: Connection, mergeId: string): Promise<void> {
  await connection.run(`DELETE FROM ${CONFLICTS} WHERE merge_id = ?`, [mergeId]);
}

export async function readMerge(connection: Connection, mergeId: string): Promise<MergeRecord | undefined> {
  const [row] = await connection.rows(`${SELECT_MERGE} WHERE merge_id = ?`, [mergeId]);
  return row === undefined ? undefined : recordOf(row);
}

/** The merge of a branch that waits for RESOLVE or ABANDON. */
export async function openMergeOf(
  connection: Connection,
  branchId: string,
): Promise<MergeRecord | undefined> {
  const [row] = await connection.rows(`${SELECT_MERGE} WHERE ${OF_BRANCH} AND status = 'conflicted'`, [
    branchId,
  ]);
  return row === undefined ? undefined : recordOf(row);
}

const SELECT_MERGE = `SELECT * REPLACE (system.main.to_json(tables_merged)::VARCHAR AS tables_merged, epoch_ms(undoable_until) AS undoable_until) FROM ${MERGES}`;

function recordOf(row: Row): MergeRecord {
  const status = textCell(row, "status");
  const tables: unknown = JSON.parse(optionalTextCell(row, "tables_merged") ?? "[]");
  return {
    mergeId: textCell(row, "merge_id"),
    branchId: textCell(row, "branch_id"),
    branchName: textCell(row, "branch_name"),
    syncedId: optionalTextCell(row, "synced_id"),
    target: textCell(row, "target"),
    status: MERGE_STATUSES.find((known) => known === status) ?? "aborted",
    resolutions: optionalTextCell(row, "resolutions"),
    undoableUntilMs: optionalNumberCell(row, "undoable_until"),
    granularity: readGranularity(optionalTextCell(row, "granularity") ?? "row"),
    keyless: readKeyless(optionalTextCell(row, "keyless") ?? "row_identity"),
    columns: readColumnStrategies(optionalTextCell(row, "column_strategies") ?? "[]"),
    totals: {
      tables: Array.isArray(tables) ? tables.map(String) : [],
      inserted: numberCell(row, "rows_inserted"),
      updated: numberCell(row, "rows_updated"),
      deleted: numberCell(row, "rows_deleted"),
      conflicts: numberCell(row, "conflict_count"),
      resolved: readResolved(optionalTextCell(row, "resolved") ?? "{}"),
    },
  };
}

/** JSON: [schema, table, column, strategy] of each. */
function columnStrategiesText(columns: readonly ColumnStrategy[]): string {
  return JSON.stringify(
    columns.map(({ table: { schema, name }, column, strategy }) => [schema, name, column, strategy]),
  );
}

function readColumnStrategies(text: string): readonly ColumnStrategy[] {
  const all: unknown = JSON.parse(text);
  return (Array.isArray(all) ? all : []).map((one: unknown) => {
    const [schema = "", name = "", column = "", strategy = ""] = Array.isArray(one) ? one.map(String) : [];
    return { table: { schema, name }, column, strategy: readStrategy(strategy) };
  });
}

function readResolved(text: string): Readonly<Record<string, number>> {
  const counts: unknown = JSON.parse(text);
  const entries = typeof counts === "object" && counts !== null ? Object.entries(counts) : [];
  return Object.fromEntries(entries.map(([by, count]) => [by, Number(count)]));
}
