/**
 * The three-way comparison of one table: base, source (the branch) and target, by the table of MERGE rules 1–6. A plan is a
 * temporary table of the rows the source changed, each with its class; rows the source did not change are not in it, so the
 * target keeps them whatever happens.
 *
 *   class agreed    the target has what would be merged: nothing to do
 *         change    only the source changed it, or, cell by cell, each cell was changed by one side: take the merged row
 *         conflict  both changed it, differently: the strategy decides
 */
import { numberCell, optionalTextCell, textCell, type Connection, type Row } from "../engine/connection.js";
import { cellwiseRows, type CellPolicies } from "./merge-cells.js";
import type { RelationName } from "./model.js";
import { objectJson, structJson } from "./row-json.js";
import {
  columnAlias,
  countedDifference,
  countedRow,
  keyAlias,
  keyedDifference,
  rowStruct,
  sameRow,
} from "./row-sql.js";
import type { KnownRows } from "./row-identity.js";
import { withRowsByValues, type RowsOfBase } from "./rows-by-values.js";
import { ROW_ID } from "./rows.js";
import { multisetPlan } from "./merge-multisets.js";
import type { Granularity, KeylessMode, Strategy } from "./strategy.js";
import type { CellRule } from "./merge-policy-values.js";
import type { ValueForms } from "./value-forms.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";

const ROW_ID_SQL = quoteIdentifier(ROW_ID);

/** One table's three states as SQL relations, and the columns they share. */
export interface MergeInput {
  readonly relation: RelationName;
  /** Primary key columns; empty for a table without one. */
  readonly key: readonly string[];
  /** Stored columns, key included. */
  readonly columns: readonly string[];
  /** How their values are compared in tables with a key; without one as they are. */
  readonly forms: ValueForms;
  /** Rows of base and source may be left out where both have them. */
  readonly base: string;
  readonly source: string;
  readonly target: string;
  /** What settles cells that both sides changed, in a merge by cells. */
  readonly policies: CellPolicies;
  /** All rows with row ids, for tables without a key. */
  readonly baseWithIds: string;
  readonly targetWithIds: string;
  /** The states as they are compared if rows without a key are known one by one, by ROW_ID. */
  readonly known?: KnownRows;
  /** The same where the target's row ids are not the base's. */
  readonly byValues?: RowsOfBase;
  /** The source is what is there now, the target what comes back: reports call them main's and the branch's all the same. */
  readonly isReversed?: true;
}

export interface TablePlan {
  readonly input: MergeInput;
  /** Temporary table of this connection that holds the plan. */
  readonly planTable: string;
  readonly counts: PlanCounts;
  readonly granularity: Granularity;
  readonly settled: readonly SettledCells[];
  /** How many of its rows somebody has decided, one by one, by strategy. */
  readonly chosen?: ReadonlyMap<Strategy, number>;
  /** A strategy may decide its conflicts: it is known what each side made of the rows in them. */
  readonly isDecidable: boolean;
}

interface PlanCounts {
  /** Rows to insert, update and delete in the target without any conflict. */
  readonly inserts: number;
  readonly updates: number;
  readonly deletes: number;
  readonly agreed: number;
  readonly conflicts: number;
  /** Conflicts in which the branch's other cells go into the target even where main wins. */
  readonly partial: number;
  /** Conflicts that no strategy may decide, for a column's policy says so. */
  readonly failing: number;
}

/** Cells of a column that its policy settled. */
interface SettledCells {
  readonly column: string;
  readonly policy: CellRule;
  readonly cells: number;
}

/** One conflict. Values are JSON texts as DuckDB wrote them: a JavaScript number would lose digits. */
export interface ConflictRow {
  readonly pk: string | null;
  readonly kind: string;
  readonly main_value: string | null;
  readonly branch_value: string | null;
  readonly base_value: string | null;
}

/** Rows are compared one by one: by a primary key or, in a plan, by ROW_ID. */
export function isKeyed(input: MergeInput): boolean {
  return input.key.length > 0;
}

/** The rows' key is their own, and clients can name them by it. */
export function hasPrimaryKey({ key }: MergeInput): boolean {
  return key.length > 0 && key[0] !== ROW_ID;
}

function asKnown(input: MergeInput, known: KnownRows): MergeInput {
  return { ...input, ...known, key: [ROW_ID] };
}

/** Compares one table. Atomic: reads in the caller's transaction; writes only a temporary table. */
export async function planTable(
  connection: Connection,
  table: MergeInput,
  index: number,
  asked: { readonly granularity: Granularity; readonly keyless: KeylessMode },
): Promise<TablePlan> {
  const byIdentity = asked.keyless === "row_identity";
  const input = table.known !== undefined && byIdentity ? asKnown(table, table.known) : table;
  const granularity = hasPrimaryKey(input) ? asked.granularity : "row";
  const name = `temp.main.merge_plan_${index}`;
  if (isKeyed(input)) await planKeyed(connection, input, index, granularity);
  else await planCounted(connection, input, index, asked.keyless);
  const plan = {
    input,
    planTable: name,
    counts: await countPlan(connection, input, name, granularity),
    granularity,
    settled: granularity === "cell" ? await settledCells(connection, input, name) : [],
    isDecidable: isKeyed(input) || !byIdentity,
  };
  if (plan.isDecidable || plan.counts.conflicts === 0) return plan;
  return (await planByValues(connection, plan, index)) ?? plan;
}

/** The plan of a table whose conflicts are known row by row after all. */
async function planByValues(
  connection: Connection,
  { input: table, ...plan }: TablePlan,
  index: number,
): Promise<TablePlan | undefined> {
  if (table.byValues === undefined) return undefined;
  let input = table;
  const isKnown = await withRowsByValues(connection, table.byValues, table.columns, async (known) => {
    input = asKnown(table, known);
    await connection.run(`DROP TABLE ${plan.planTable}`);
    await planKeyed(connection, input, index, "row");
  });
  if (!isKnown) return undefined;
  const counts = await countPlan(connection, input, plan.planTable, "row");
  return { ...plan, input, counts, isDecidable: true };
}

/** The plan once its rows have changed. */
export async function recounted(connection: Connection, plan: TablePlan): Promise<TablePlan> {
  return { ...plan, counts: await countPlan(connection, plan.input, plan.planTable, plan.granularity) };
}

async function settledCells(
  connection: Connection,
  { policies }: MergeInput,
  plan: string,
): Promise<readonly SettledCells[]> {
  if (policies.size === 0) return [];
  const rows = await connection.rows(
    `SELECT name, count(*) AS cells FROM (SELECT unnest(settled) AS name FROM ${plan}) GROUP BY name ORDER BY name`,
  );
  return rows.flatMap((row) => {
    const column = textCell(row, "name");
    const policy = policies.get(normaliseName(column))?.policy;
    return policy === undefined ? [] : [{ column, policy, cells: numberCell(row, "cells") }];
  });
}

/** A plan whose rows the caller has; for a table without a key. */
export async function planFrom(
  connection: Connection,
  input: MergeInput,
  index: number,
  rows: string,
): Promise<TablePlan> {
  const name = `temp.main.merge_plan_${index}`;
  await connection.run(`CREATE TEMP TABLE merge_plan_${index} AS ${rows}`);
  return {
    input,
    planTable: name,
    counts: await countPlan(connection, input, name, "row"),
    granularity: "row",
    settled: [],
    isDecidable: false,
  };
}

/**
 * One join at a time: two in one statement hold both their tables in memory, and three million rows in conflict did not fit
 * into 300 MB; so they do.
 */
async function planKeyed(
  connection: Connection,
  input: MergeInput,
  index: number,
  granularity: Granularity,
): Promise<void> {
  const { key, columns, forms, base, source } = input;
  const difference = `merge_difference_${index}`;
  await connection.run(
    `CREATE TEMP TABLE ${difference} AS ${keyedDifference(key, columns, forms, base, source)};
     CREATE TEMP TABLE merge_plan_${index} AS ${keyedPlan(input, difference, granularity)};
     DROP TABLE temp.main.${difference}`,
  );
}

/** Shape: k0 … · old_row, new_row, target_row · class · kind; and what `cellwiseRows` adds */
function keyedPlan(input: MergeInput, difference: string, granularity: Granularity): string {
  const { key, columns, forms } = input;
  const join = key.map((k, i) => `t.${quoteIdentifier(k)} = d.${keyAlias(i)}`).join(" AND ");
  const present = `t.${quoteIdentifier(key[0] ?? "")} IS NOT NULL`;
  const rows = `SELECT d.*, CASE WHEN ${present} THEN ${rowStruct(columns, "t")} END AS target_row
          FROM temp.main.${difference} AS d
          LEFT JOIN ${input.target} AS t ON ${join}`;
  const { main, branch } = reportedSides(input);
  const plan = `SELECT *,
      CASE WHEN ${sameRow(columns, forms, "target_row", "new_row")} THEN 'agreed'
           WHEN ${sameRow(columns, forms, "target_row", "old_row")} THEN 'change' ELSE 'conflict' END AS class,
      CASE WHEN old_row IS NULL THEN 'insert/insert' WHEN ${main} IS NULL THEN 'delete/update'
           WHEN ${branch} IS NULL THEN 'update/delete' ELSE 'update/update' END AS kind
    FROM (${rows})`;
  return granularity === "cell" ? cellwiseRows(plan, input) : plan;
}

/** Which of a plan's rows reports call main's and the branch's. */
function reportedSides({ isReversed }: MergeInput): { readonly main: string; readonly branch: string } {
  return isReversed === true
    ? { main: "new_row", branch: "target_row" }
    : { main: "target_row", branch: "new_row" };
}

/** Where the branch only added rows nobody has to look at base and target. */
async function planCounted(
  connection: Connection,
  input: MergeInput,
  index: number,
  mode: KeylessMode,
): Promise<void> {
  const name = `temp.main.merge_plan_${index}`;
  const difference = `merge_difference_${index}`;
  await connection.run(
    `CREATE TEMP TABLE ${difference} AS SELECT row_number() OVER () AS plan_row, *, new_count - old_count AS delta
     FROM (${countedDifference(input.columns, input.base, input.source)})`,
  );
  if (mode !== "row_identity") {
    await connection.run(`CREATE TEMP TABLE merge_plan_${index} AS ${multisetPlan(input, difference, mode)}`);
    await connection.run(`DROP TABLE temp.main.${difference}`);
    return;
  }
  const [removed] = await connection.rows(`SELECT 1 AS removed FROM ${difference} WHERE delta < 0 LIMIT 1`);
  const plan = removed === undefined ? addedPlan(input, difference) : countedPlan(input, difference);
  await connection.run(`CREATE TEMP TABLE merge_plan_${index} AS ${plan}`);
  await connection.run(`DROP TABLE temp.main.${difference}`);
  if (removed !== undefined) await agreeOnPureDeletes(connection, input, name);
}

/** As `countedPlan`; how often the rows were there before does not matter. */
function addedPlan({ columns }: MergeInput, difference: string): string {
  const aliases = columns.map((_, i) => columnAlias(i)).join(", ");
  return `SELECT ${aliases}, 0::BIGINT AS old_count, delta AS new_count, 0::BIGINT AS target_count, delta AS wanted_count,
      'change' AS class, 'row count' AS kind FROM ${difference}`;
}

/**
 * Rows of a keyless table are matched by their values. What the branch added is added. What it removed is removed only if
 * every equal row of the base is untouched in the target: the same row id still holds the same values. Anything else might
 * be two changes of one row and is a conflict. (A row id that DuckDB renumbered makes a conflict too many, never one too few.)
 *
 * Shape: c0 … · old_count, new_count, target_count, wanted_count · class · kind
 */
function countedPlan(input: MergeInput, difference: string): string {
  const aliases = input.columns.map((_, i) => columnAlias(i));
  const sameAsPlan = (alias: string): string =>
    input.columns
      .map((c, i) => `${alias}.${quoteIdentifier(c)} IS NOT DISTINCT FROM d.${columnAlias(i)}`)
      .join(" AND ");
  const rowsOf = (relation: string): string =>
    `SELECT d.plan_row, t.${ROW_ID_SQL} AS row_id FROM (SELECT * FROM ${difference} WHERE delta < 0) AS d
      JOIN ${relation} AS t ON ${sameAsPlan("t")}`;
  return `WITH present AS MATERIALIZED (${rowsOf(input.targetWithIds)}),
    kept AS MATERIALIZED (${rowsOf(input.baseWithIds)}),
    before AS (SELECT plan_row, count(*) AS old_count FROM kept GROUP BY plan_row),
    counted AS (SELECT p.plan_row, count(*) AS target_count, count(k.row_id) AS untouched_count
      FROM present AS p LEFT JOIN kept AS k ON k.plan_row = p.plan_row AND k.row_id = p.row_id GROUP BY p.plan_row)
    SELECT * EXCLUDE (delta), old_count + delta AS new_count, target_count + delta AS wanted_count,
      CASE WHEN delta > 0 OR untouched_count = old_count THEN 'change' ELSE 'conflict' END AS class,
      'row count' AS kind
    FROM (SELECT ${aliases.map((a) => `d.${a}`).join(", ")}, d.delta, coalesce(before.old_count, 0) AS old_count,
            coalesce(target_count, 0) AS target_count, coalesce(untouched_count, 0) AS untouched_count
          FROM ${difference} AS d LEFT JOIN before USING (plan_row) LEFT JOIN counted USING (plan_row))`;
}

/** A row deleted on both sides is gone, if nothing was added on either side that could be its changed form. */
async function agreeOnPureDeletes(connection: Connection, input: MergeInput, plan: string): Promise<void> {
  const [facts] = await connection.rows(
    `SELECT count(*) FILTER (class = 'conflict' AND target_count = 0 AND new_count = 0) AS both_gone,
       count(*) FILTER (new_count > old_count) AS source_added FROM ${plan}`,
  );
  if (facts === undefined || numberCell(facts, "both_gone") === 0 || numberCell(facts, "source_added") > 0)
    return;
  const list = input.columns.map(quoteIdentifier).join(", ");
  const [added] = await connection.rows(
    `SELECT count(*) AS rows FROM (SELECT ${list} FROM ${input.target} EXCEPT ALL SELECT ${list} FROM ${input.baseWithIds})`,
  );
  if (added === undefined || numberCell(added, "rows") > 0) return;
  await connection.run(
    `UPDATE ${plan} SET class = 'agreed' WHERE class = 'conflict' AND target_count = 0 AND new_count = 0`,
  );
}

async function countPlan(
  connection: Connection,
  input: MergeInput,
  plan: string,
  granularity: Granularity,
): Promise<PlanCounts> {
  const conflictsThat = (test: string): string =>
    granularity === "cell" ? `count(*) FILTER (class = 'conflict' AND ${test})` : "0";
  const changes = isKeyed(input)
    ? `count(*) FILTER (class = 'change' AND target_row IS NULL) AS inserts,
       count(*) FILTER (class = 'change' AND target_row IS NOT NULL AND new_row IS NOT NULL) AS updates,
       count(*) FILTER (class = 'change' AND new_row IS NULL) AS deletes`
    : `coalesce(sum(wanted_count - target_count) FILTER (class = 'change' AND wanted_count > target_count), 0)::BIGINT AS inserts,
       0 AS updates,
       coalesce(sum(target_count - wanted_count) FILTER (class = 'change' AND wanted_count < target_count), 0)::BIGINT AS deletes`;
  const [row] = await connection.rows(
    `SELECT ${changes}, ${conflictsThat("main_changes")} AS partial, ${conflictsThat("fails")} AS failing, count(*) FILTER (class = 'agreed') AS agreed, count(*) FILTER (class = 'conflict') AS conflicts FROM ${plan}`,
  );
  if (row === undefined) throw new Error("an aggregate returned no row");
  return {
    inserts: numberCell(row, "inserts"),
    updates: numberCell(row, "updates"),
    deletes: numberCell(row, "deletes"),
    agreed: numberCell(row, "agreed"),
    conflicts: numberCell(row, "conflicts"),
    partial: numberCell(row, "partial"),
    failing: numberCell(row, "failing"),
  };
}

/** SELECT of a plan's conflicts. Shape: kind · key, base_value, main_value, branch_value as JSON text */
export function conflictQuery(plan: TablePlan): string {
  const { input, planTable: table } = plan;
  if (isKeyed(input)) {
    const names = input.key.map((column, index) => [column, keyAlias(index)] as const);
    const key = hasPrimaryKey(input) ? objectJson(names) : "NULL::VARCHAR";
    const row = (struct: string): string => structJson(input.columns, struct);
    const { main, branch } = reportedSides(input);
    return `SELECT kind, ${key} AS key, ${row("old_row")} AS base_value, ${row(main)} AS main_value,
      ${row(branch)} AS branch_value FROM ${table} AS p WHERE class = 'conflict' ORDER BY ${input.key.map((_, i) => keyAlias(i)).join(", ")}`;
  }
  const counted = (count: string): string =>
    `concat('{"row":', ${objectJson(countedRow(input.columns, "p"))}, ',"count":', ${count}, '}')`;
  return `SELECT kind, NULL::VARCHAR AS key, ${counted("old_count")} AS base_value, ${counted("target_count")} AS main_value,
    ${counted("new_count")} AS branch_value FROM ${table} AS p WHERE class = 'conflict'`;
}

/** The first conflicts of a plan, for a report. */
export async function readConflicts(
  connection: Connection,
  plan: TablePlan,
  limit: number,
): Promise<ConflictRow[]> {
  const rows = await connection.rows(`${conflictQuery(plan)} LIMIT ${limit}`);
  return rows.map(conflictRow);
}

/** A row of `conflictQuery`. */
export function conflictRow(row: Row): ConflictRow {
  return {
    pk: optionalTextCell(row, "key"),
    kind: textCell(row, "kind"),
    main_value: optionalTextCell(row, "main_value"),
    branch_value: optionalTextCell(row, "branch_value"),
    base_value: optionalTextCell(row, "base_value"),
  };
}
