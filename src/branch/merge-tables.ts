/** What a merge does to definitions of the target: small changes in place; other tables are made anew with their merged rows. */
import type { Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { formatName, normaliseName, quoteIdentifier } from "../sql/names.js";
import { commentsOf, physicalDefinition } from "./catalog-reader.js";
import { commentStatements } from "./comments.js";
import { markCopied } from "./copied-tables.js";
import type { MergeTable } from "./merge-input.js";
import { countTaken, mergedRows, type RowCounts } from "./merge-image.js";
import type { TablePlan } from "./merge-plan.js";
import { referencesAbout } from "./merge-references.js";
import { withReferrers, type Remake } from "./merge-remake.js";
import type { MergeAttempt } from "./merge-types.js";
import {
  MAIN,
  relationKey,
  type HeadId,
  type PhysicalTable,
  type RelationKey,
  type RelationName,
} from "./model.js";
import { ownReferences, renamedReference, type Renaming } from "./referrers.js";
import { requirePhysical } from "./rows.js";
import type { Strategy } from "./strategy.js";
import { physicalName } from "./system-schema.js";
import { storedColumns, type TableDefinition, type TableElement } from "./table-definition.js";
import { defaultText, type DescribedTable } from "./table-properties.js";
import { createIndexOn, indexName } from "./table-rebuild.js";
import type { Transaction } from "./transaction.js";
import { undefinedTable } from "./undefined-table.js";

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
  /** Each before those that it refers to. */
  readonly tables: readonly Remake[];
  /** Plans whose rows come with them. */
  readonly plans: ReadonlyMap<TablePlan, RowCounts>;
}

interface PlannedTable {
  readonly table: MergeTable;
  readonly plan: TablePlan;
  readonly branchWins: boolean;
}

type PlannedTables = ReadonlyMap<RelationKey, PlannedTable>;

/** Tables to be made anew: those whose definition changes, those that keep others from going, and what refers to them. */
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
  const held = attempt.isCareful && target === MAIN ? await rewritten(transaction.connection, all) : [];
  const needed = all.filter(
    (one) => one.table.schema.remakes || held.includes(one) || (target === MAIN && holdsOthers(one, all)),
  );
  if (needed.length === 0) return { tables: [], plans: new Map() };
  if (target !== MAIN) return await onBranch(transaction, needed, target);
  const byPlace: PlannedTables = new Map(all.map((one) => [relationKey(one.table.target), one]));
  return await onMain(transaction, byPlace, needed);
}

/** DuckDB takes a row for referred to until COMMIT, although the transaction has deleted those that did. */
function holdsOthers({ table, plan, branchWins }: PlannedTable, all: readonly PlannedTable[]): boolean {
  if (removals(plan, branchWins) + plan.counts.updates === 0) return false;
  const referred = new Set(table.references.map(normaliseName));
  return all.some(
    (other) =>
      other.table.target.schema === table.target.schema &&
      referred.has(normaliseName(other.table.target.name)) &&
      removals(other.plan, other.branchWins) > 0,
  );
}

/** DuckDB deletes and inserts a row whose indexed column it sets, which it refuses for one that others refer to. */
async function rewritten(
  connection: Connection,
  all: readonly PlannedTable[],
): Promise<readonly PlannedTable[]> {
  const keys = await referencesAbout(
    connection,
    all.map(({ table }) => table.target),
  );
  const referred = new Set(keys.map(({ schema, to }) => relationKey({ schema, name: to })));
  return all.filter(
    (one) =>
      removals(one.plan, one.branchWins) + one.plan.counts.updates + one.plan.counts.partial > 0 &&
      referred.has(relationKey(one.table.target)),
  );
}

/** Rows that may go. */
function removals({ counts }: TablePlan, branchWins: boolean): number {
  return counts.deletes + (branchWins ? counts.conflicts : 0);
}

/** Branches have no foreign keys. */
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

async function onMain(
  transaction: Transaction,
  planned: PlannedTables,
  needed: readonly PlannedTable[],
): Promise<Remakes> {
  const { connection } = transaction;
  const places = await withReferrers(
    connection,
    needed.map(({ table: { target } }) => ({ schema: target.schema, name: target.name })),
  );
  const renamings = places.map((place): Renaming => {
    const columns = planned.get(relationKey(place))?.table.schema.renamed;
    return { from: place, to: place, columns: columns ?? new Map<string, string>() };
  });
  const tables: Remake[] = [];
  const plans = new Map<TablePlan, RowCounts>();
  for (const [index, place] of places.entries()) {
    const one = planned.get(relationKey(place));
    const becomes = one?.table.schema.merged ?? (await describedTable(connection, place));
    const [renaming = { from: place, to: place, columns: new Map<string, string>() }] =
      renamings.slice(index);
    const elements = [
      ...becomes.definition.elements.map((element) => withRenamedTarget(element, renamings)),
      ...(await ownReferences(connection, place, renaming)),
    ];
    if (one === undefined) tables.push(unchangedRemake(place, becomes, elements));
    else {
      const counts = await countTaken(connection, one.plan, one.branchWins);
      tables.push(plannedRemake(one, place, elements, counts));
      plans.set(one.plan, counts);
    }
  }
  markCopied(transaction, places);
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

function unchangedRemake(place: PhysicalTable, becomes: DescribedTable, elements: readonly string[]): Remake {
  const columns = storedColumns(becomes.definition).map(({ name }) => quoteIdentifier(name));
  const rows = (from: string): string => `SELECT ${columns.join(", ")} FROM ${from}`;
  return { place, name: place.name, becomes, elements, rows, growth: 0 };
}

async function describedTable(connection: Connection, place: PhysicalTable): Promise<DescribedTable> {
  const definition = await physicalDefinition(connection, place);
  if (definition === undefined) throw undefinedTable(place);
  return { definition, comments: await commentsOf(connection, place) };
}

/** A foreign key by the names that the columns it leads to have afterwards. */
function withRenamedTarget(element: TableElement, renamings: readonly Renaming[]): string {
  const texts = renamings
    .filter(({ columns }) => columns.size > 0)
    .map((renaming) => renamedReference(element, renaming));
  return texts.find((text) => text !== element.text) ?? element.text;
}
