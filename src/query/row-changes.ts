/** In which of DuckDB's two ways a statement changes rows: see branch/row-races.ts. */
import { constraintsOf, mentionedColumns } from "../branch/constraint-names.js";
import { MAIN, type RelationName, type Version } from "../branch/model.js";
import { enterAlone, noteRowChanges, noteUpsert, type RowChange } from "../branch/row-races.js";
import type { TableDefinition } from "../branch/table-definition.js";
import { indexParts } from "../branch/table-rebuild.js";
import type { Transaction } from "../branch/transaction.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { normaliseName } from "../sql/names.js";
import type { PlanContext } from "./plan-context.js";
import type { NameScope } from "./relation-names.js";
import { writableName } from "./writable-names.js";

const IN_PLACE: readonly RowChange[] = ["in place"];
const REPLACED: readonly RowChange[] = ["replaced"];
/** Where it cannot be told. */
const EITHER: readonly RowChange[] = ["in place", "replaced"];

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

function waysOf(
  { verb, returning, assignments, names }: RelationalStatement,
  definition: TableDefinition,
  table: string,
): readonly RowChange[] {
  if (names.filter(({ role }) => role === "write").length !== 1) return EITHER;
  if (verb === "delete" || returning) return REPLACED;
  const assigned = new Set(assignments.map(({ column }) => normaliseName(column)));
  if (assigned.size === 0) return EITHER;
  const touches = (columns: readonly string[]): boolean =>
    columns.some((column) => assigned.has(normaliseName(column)));
  const keyed = keyedColumns(definition, table);
  if (touches(keyed)) return REPLACED;
  // A check brings its other columns along.
  const isKeyed = new Set(keyed.map(normaliseName));
  const brought = definition.elements
    .map(({ tokens }) => mentionedColumns(tokens, definition))
    .filter((columns) => touches(columns) && columns.some((column) => isKeyed.has(normaliseName(column))));
  const nested = definition.columns.filter(({ name, type }) => touches([name]) && isNested(type));
  return brought.length > 0 || nested.length > 0 || hasExpressions(definition) ? EITHER : IN_PLACE;
}

function keyedColumns(definition: TableDefinition, table: string): readonly string[] {
  const constraints = constraintsOf(definition, table).flatMap(({ type, columns }) =>
    type === "primary" || type === "unique" ? columns : [],
  );
  const indexes = definition.indexes.flatMap((sql) => indexParts(sql).flatMap(({ column }) => column ?? []));
  return [...definition.primaryKey, ...constraints, ...indexes];
}

function hasExpressions({ indexes }: TableDefinition): boolean {
  return indexes.some((sql) => indexParts(sql).some(({ column }) => column === undefined));
}

/** What DuckDB cannot change where it is, and structures that may hold such. */
function isNested(type: string): boolean {
  return /[[(]/.test(type.replace(/^(?:DECIMAL|ENUM)\(.*\)$/i, ""));
}
