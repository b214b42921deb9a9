/** In which of DuckDB's two ways a statement changes rows: see branch/row-races.ts. */
import { MAIN, type RelationName, type Version } from "../branch/model.js";
import { enterAlone, noteRowChanges, noteUpsert, type RowChange } from "../branch/row-races.js";
import { EITHER, REPLACED, waysOfUpdate } from "../branch/row-ways.js";
import type { TableDefinition } from "../branch/table-definition.js";
import type { Transaction } from "../branch/transaction.js";
import type { RelationalStatement } from "../sql/analysis.js";
import type { PlanContext } from "./plan-context.js";
import type { NameScope } from "./relation-names.js";
import { writableName } from "./writable-names.js";

/** Before a statement is planned, and waits for locks with the snapshot it has. Errors: 40001, see row-rooms.ts */
export function expectChangedRows(
  { scope }: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): void {
  const upserts = statement.insert !== undefined && statement.insert.conflict !== "none";
  if (!upserts && (scope.head === MAIN || !changesRows(statement))) return;
  for (const { relation } of targetsOf(scope, statement)) {
    if (upserts) noteUpsert(transaction, relation, scope.head);
    else enterAlone(transaction, relation, scope.head);
  }
}

/** `asWritten`: the statement is run as one of its kind, not as several others. */
export async function noteChangedRows(
  { scope }: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  asWritten: boolean,
): Promise<void> {
  if (!changesRows(statement)) return;
  for (const { relation, version } of targetsOf(scope, statement)) {
    const definition = asWritten ? await transaction.definitionOf(version) : undefined;
    const ways = definition === undefined ? EITHER : waysOf(statement, definition, relation.name);
    noteRowChanges(transaction, relation, ways, scope.head);
  }
}

function targetsOf(
  scope: NameScope,
  { names }: RelationalStatement,
): readonly { readonly relation: RelationName; readonly version: Version }[] {
  return names.flatMap((name) => {
    const meaning = name.role === "write" ? writableName(scope, name) : undefined;
    return meaning?.kind === "relation" ? [meaning] : [];
  });
}

function changesRows({ verb, insert }: RelationalStatement): boolean {
  return verb === "update" || verb === "delete" || verb === "merge" || insert?.conflict === "update";
}

/** Every row that the statement changes stays where it is: none leaves its table. */
export async function changesInPlace(
  transaction: Transaction,
  statement: RelationalStatement,
  { relation, version }: { readonly relation: RelationName; readonly version: Version },
): Promise<boolean> {
  if (statement.verb !== "update") return false;
  const ways = waysOf(statement, await transaction.definitionOf(version), relation.name);
  return ways.every((way) => way === "in place");
}

function waysOf(
  { verb, returning, assignments, names }: RelationalStatement,
  definition: TableDefinition,
  table: string,
): readonly RowChange[] {
  if (names.filter(({ role }) => role === "write").length !== 1) return EITHER;
  if (verb === "delete" || returning) return REPLACED;
  return waysOfUpdate(
    definition,
    table,
    assignments.map(({ column }) => column),
  );
}
