/** Plans for statements that make tables and views: in the session, on main, or on a branch. */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { MAIN, type RelationName } from "../branch/model.js";
import { physicalName } from "../branch/system-schema.js";
import type { Transaction } from "../branch/transaction.js";
import { quoteIdentifier } from "../sql/names.js";
import type { NameReference, RelationalStatement } from "../sql/analysis.js";
import type { PlanContext, PlannedStatement } from "./plan-context.js";
import { readsOtherHeads, resolveStatement } from "./resolve.js";
import { creatableName, createdName, mainObjectName } from "./write-targets.js";

/** Nothing to do: the statement is answered with its tag alone. */
export const NOTHING_TO_RUN: PlannedStatement = { sql: "SELECT 1 WHERE false", afterwards: undefined };

/** CREATE TABLE and CREATE TABLE AS. */
export async function planCreateTable(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement> {
  const { scope } = context;
  const name = createdName(statement);
  if (statement.temporary) return await planCreateTemporary(context, statement, name);
  const relation = creatableName(scope, name);
  if (scope.head === MAIN) return await planCreateOnMain(context, transaction, statement, relation);
  const existing = scope.state.find(scope.head, relation);
  if (existing !== undefined && statement.ifNotExists) return NOTHING_TO_RUN;
  if (existing !== undefined && !statement.orReplace) throw alreadyExists(relation);
  await transaction.lock(relation, scope.head);
  const own = transaction.state.own(scope.head, relation);
  const physical = own?.physical ?? transaction.newPhysicalTable(relation, scope.head);
  const targets = new Map([[name.start, physicalName(physical)]]);
  const afterwards = (): void => {
    if (own !== undefined) transaction.endVersion(own);
    transaction.addVersion({ head: scope.head, ...relation, kind: "table", physical, definition: null });
  };
  return { sql: await resolveStatement(context.services, scope, statement, targets), afterwards };
}

/** On main the catalogue says at commit what was made. */
async function planCreateOnMain(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  relation: RelationName,
): Promise<PlannedStatement> {
  refuseOtherHeads(context, statement);
  transaction.markCreated(relation);
  if (statement.orReplace) transaction.markReplaced(relation);
  const name = createdName(statement);
  const targets = new Map([[name.start, mainObjectName(context.scope, name)]]);
  const sql = await resolveStatement(context.services, context.scope, statement, targets);
  return { sql, afterwards: undefined };
}

/** A view of main is kept as text that only main understands: it cannot mean another head's table. */
function refuseOtherHeads(context: PlanContext, statement: RelationalStatement): void {
  if (statement.verb === "createView" && readsOtherHeads(context.scope, statement)) {
    throw notSupported("a view on main cannot read a branch");
  }
}

function alreadyExists(relation: RelationName): SqlError {
  return new SqlError(SQLSTATE.duplicateTable, `relation "${relation.name}" already exists`);
}

async function planCreateTemporary(
  context: PlanContext,
  statement: RelationalStatement,
  name: NameReference,
): Promise<PlannedStatement> {
  const table = name.parts.at(-1) ?? "";
  const targets = new Map([[name.start, `temp.main.${quoteIdentifier(table)}`]]);
  const sql = await resolveStatement(context.services, context.scope, statement, targets);
  return { sql, afterwards: () => context.temporary.add(table) };
}

/** CREATE VIEW. */
export async function planCreateView(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement> {
  const name = createdName(statement);
  if (statement.temporary) return await planCreateTemporary(context, statement, name);
  const relation = creatableName(context.scope, name);
  if (context.scope.head === MAIN) return await planCreateOnMain(context, transaction, statement, relation);
  return await planBranchView(context, transaction, statement, relation);
}

/** A branch's view is kept as its text and resolved each time it is read, so it always shows the branch's rows. */
async function planBranchView(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  relation: RelationName,
): Promise<PlannedStatement> {
  const { scope } = context;
  const existing = scope.state.find(scope.head, relation);
  if (existing !== undefined && statement.ifNotExists) return NOTHING_TO_RUN;
  if (existing !== undefined && !(statement.orReplace && existing.kind === "view")) {
    throw alreadyExists(relation);
  }
  await transaction.lock(relation, scope.head);
  const own = transaction.state.own(scope.head, relation);
  const afterwards = (): void => {
    if (own !== undefined) transaction.endVersion(own);
    transaction.addVersion({
      head: scope.head,
      ...relation,
      kind: "view",
      physical: null,
      definition: statement.text,
    });
  };
  return { sql: await checkQuery(context, statement), afterwards };
}

/** A SELECT of no rows from the view's query: proves that every name in it resolves before the view is recorded. */
async function checkQuery(context: PlanContext, statement: RelationalStatement): Promise<string> {
  const { query } = statement;
  if (query === undefined) throw notSupported("this view cannot be created on a branch");
  const inside = <T extends { readonly start: number; readonly end: number }>(items: readonly T[]): T[] =>
    items.filter((item) => item.start >= query.start && item.end <= query.end);
  const shift = <T extends { readonly start: number; readonly end: number }>(item: T): T => ({
    ...item,
    start: item.start - query.start,
    end: item.end - query.start,
  });
  const names = inside(statement.names).map((name) => {
    const moved = shift(name);
    return { ...moved, aliasAt: name.aliasAt === undefined ? undefined : name.aliasAt - query.start };
  });
  const text = statement.text.slice(query.start, query.end);
  const sql = await resolveStatement(context.services, context.scope, {
    ...statement,
    text,
    names,
    edits: inside(statement.edits).map(shift),
  });
  const columns = query.columns.length === 0 ? "" : `(${query.columns.map(quoteIdentifier).join(", ")})`;
  return `SELECT * FROM (${sql}) AS view_query${columns} LIMIT 0`;
}
