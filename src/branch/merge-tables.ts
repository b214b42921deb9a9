/** What a merge does to definitions of the target: small changes in place; other tables are made anew with their merged rows. */
import { DATA_CATALOG } from "../engine/database.js";
import { formatName, normaliseName, quoteIdentifier } from "../sql/names.js";
import { commentStatements } from "./comments.js";
import { markCopied } from "./copied-tables.js";
import type { MergeTable } from "./merge-input.js";
import { countTaken, mergedRows, type RowCounts } from "./merge-image.js";
import { isKeyed, type TablePlan } from "./merge-plan.js";
import { type Remake } from "./merge-remake.js";
import type { MergeAttempt } from "./merge-types.js";
import { MAIN, type HeadId, type PhysicalTable, type RelationName } from "./model.js";
import { requirePhysical } from "./rows.js";
import type { Strategy } from "./strategy.js";
import { physicalName } from "./system-schema.js";
import { type TableDefinition } from "./table-definition.js";
import { defaultText } from "./table-properties.js";
import { createIndexOn, indexName } from "./table-rebuild.js";
import type { Transaction } from "./transaction.js";
import { updatesFitMemory } from "./update-memory.js";

/** Changes that need no row: before any is written, for DuckDB indexes no table with changed rows. */
export async function changeInPlace({ transaction, target, tables }: MergeAttempt): Promise<void> {
  const { connection } = transaction;
  for (const { target: version, schema } of tables) {
    if (schema.remakes || schema.changes.length === 0) continue;
    const place = await redefinedPlace(transaction, version, target);
    transaction.markDefinitionsChanged();
    for (const { before, after } of schema.changes) {
      const { kind, column = null } = after ?? before ?? { kind: "comment" as const };
      if (kind === "default") await connection.run(setDefault(place, schema.merged.definition, column ?? ""));
      if (kind === "comment")
        for (const sql of commentStatements([{ column, comment: after?.statement ?? null }], place))
          await connection.run(sql);
      if (kind !== "index") continue;
      const old = before?.statement === undefined ? undefined : indexName(before.statement);
      if (old !== undefined)
        await connection.run(`DROP INDEX ${formatName([DATA_CATALOG, place.schema, old])}`);
      if (after?.statement !== undefined) await connection.run(createIndexOn(after.statement, place));
    }
  }
}

async function redefinedPlace(
  transaction: Transaction,
  relation: RelationName,
  head: HeadId,
): Promise<PhysicalTable> {
  if (head === MAIN) return await transaction.writableTable(relation, head);
  return requirePhysical(transaction.renewVersion(await transaction.writableVersion(relation, head)));
}

function setDefault(place: PhysicalTable, { elements }: TableDefinition, column: string): string {
  const element = elements.find(
    (own) => own.column !== undefined && normaliseName(own.column.name) === normaliseName(column),
  );
  const expression = element && defaultText(element);
  const action = expression === undefined ? "DROP DEFAULT" : `SET DEFAULT ${expression}`;
  return `ALTER TABLE ${physicalName(place)} ALTER COLUMN ${quoteIdentifier(column)} ${action}`;
}

export interface Remakes {
  readonly tables: readonly Remake[];
  /** Plans whose rows come with them. */
  readonly plans: ReadonlyMap<TablePlan, RowCounts>;
}

interface PlannedTable {
  readonly table: MergeTable;
  readonly plan: TablePlan;
  readonly branchWins: boolean;
}

/** Tables to be made anew: those whose definition changes, and those of main with more changed rows than an UPDATE can hold. */
export async function remakesOf(
  attempt: MergeAttempt,
  strategyOf: (table: RelationName) => Strategy,
): Promise<Remakes> {
  const { transaction, target } = attempt;
  const all = attempt.plans.flatMap((plan, index): PlannedTable[] => {
    const table = attempt.tables[index];
    return table === undefined
      ? []
      : [{ table, plan, branchWins: strategyOf(table.target) === "branch_wins" }];
  });
  const needed: PlannedTable[] = [];
  for (const one of all)
    if (one.table.schema.remakes || (target === MAIN && !(await canUpdate(transaction, one))))
      needed.push(one);
  if (needed.length === 0) return { tables: [], plans: new Map() };
  return await (target === MAIN ? onMain(transaction, needed) : onBranch(transaction, needed, target));
}

async function canUpdate(
  { connection }: Transaction,
  { plan: { input, counts }, branchWins }: PlannedTable,
): Promise<boolean> {
  if (!isKeyed(input)) return true;
  const rows = counts.updates + (branchWins ? counts.conflicts : counts.partial);
  return await updatesFitMemory(connection, rows * (input.columns.length - input.key.length));
}

async function onBranch(
  transaction: Transaction,
  needed: readonly PlannedTable[],
  head: HeadId,
): Promise<Remakes> {
  const tables: Remake[] = [];
  const plans = new Map<TablePlan, RowCounts>();
  for (const one of needed) {
    await transaction.writableTable(one.table.target, head);
    const version = transaction.renewVersion(await transaction.writableVersion(one.table.target, head));
    transaction.markDefinitionsChanged();
    const elements = one.table.schema.merged.definition.elements.map(({ text }) => text);
    const counts = await countTaken(transaction.connection, one.plan, one.branchWins);
    tables.push(plannedRemake(one, requirePhysical(version), elements, counts));
    plans.set(one.plan, counts);
  }
  return { tables, plans };
}

async function onMain(transaction: Transaction, needed: readonly PlannedTable[]): Promise<Remakes> {
  const tables: Remake[] = [];
  const plans = new Map<TablePlan, RowCounts>();
  for (const one of needed) {
    const { schema, name } = one.table.target;
    const elements = one.table.schema.merged.definition.elements.map(({ text }) => text);
    const counts = await countTaken(transaction.connection, one.plan, one.branchWins);
    tables.push(plannedRemake(one, { schema, name }, elements, counts));
    plans.set(one.plan, counts);
  }
  markCopied(
    transaction,
    tables.map(({ place }) => place),
  );
  return { tables, plans };
}

function plannedRemake(
  { table, plan, branchWins }: PlannedTable,
  place: PhysicalTable,
  elements: readonly string[],
  { inserted, deleted }: RowCounts,
): Remake {
  const rows = (from: string): string => mergedRows(plan, table.schema.columns, branchWins, from);
  const growth = inserted - deleted;
  return { place, name: table.target.name, becomes: table.schema.merged, elements, rows, growth };
}
