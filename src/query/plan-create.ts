/** Plans for statements that make tables and views: in the session, on main, or on a branch. */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { MAIN, relationKey, type RelationName } from "../branch/model.js";
import { refersToOthers } from "../branch/referrers.js";
import { physicalName } from "../branch/system-schema.js";
import { newPhysicalTable } from "../branch/storage.js";
import type { Transaction } from "../branch/transaction.js";
import { DATA_CATALOG } from "../engine/database.js";
import { tokenise } from "../sql/lexer.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import type { NameReference, RelationalStatement } from "../sql/analysis.js";
import { kindsOf } from "./existing-objects.js";
import { planOwnedSequences, withSequenceEdits, type SequencePlace } from "./owned-sequences.js";
import { sliceStatement } from "./slice-statement.js";
import { NOTHING_TO_RUN, step, type PlanContext, type PlannedStatement } from "./plan-context.js";
import { readsOtherHeads, resolveStatement, type WriteTargets } from "./resolve.js";
import { expandLikes } from "./table-like.js";
import { mainRelationText } from "./head-relations.js";
import { resolveName } from "./relation-names.js";
import { creatableName, createdName, mainObjectName } from "./write-targets.js";

/** CREATE TABLE and CREATE TABLE AS. */
export async function planCreateTable(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement[]> {
  const { scope } = context;
  const name = createdName(statement);
  if (statement.temporary) return await planCreateTemporary(context, transaction, statement, name);
  const relation = creatableName(scope, name);
  if (scope.head === MAIN) return await planCreateOnMain(context, transaction, statement, relation);
  const existing = scope.state.find(scope.head, relation);
  if (existing !== undefined && statement.ifNotExists)
    return [skipExisting(context, statement, relation.name)];
  if (existing !== undefined && !statement.orReplace) throw alreadyExists(relation);
  refuseForeignKeys(statement);
  await transaction.lock(relation, scope.head);
  const own = transaction.state.own(scope.head, relation);
  const physical = own?.physical ?? newPhysicalTable(transaction.state, relation, scope.head);
  const targets = new Map([[name.start, physicalName(physical)]]);
  const place = { catalog: DATA_CATALOG, schema: physical.schema };
  const afterwards = (): void => {
    if (own !== undefined) transaction.endVersion(own);
    transaction.addVersion({ head: scope.head, ...relation, kind: "table", physical, definition: null });
  };
  return await withSequences(context, transaction, place, statement, targets, afterwards);
}

/** The statement behind the sequences its serial and identity columns need. */
async function withSequences(
  context: PlanContext,
  transaction: Transaction,
  place: SequencePlace,
  written: RelationalStatement,
  targets: WriteTargets,
  afterwards?: () => void,
): Promise<PlannedStatement[]> {
  const { services, scope } = context;
  const table = createdName(written).parts.at(-1) ?? "";
  const likes = await expandLikes(context, transaction, place, table, written);
  const { statement } = likes;
  const { sequences, edits, notes } = await planOwnedSequences(
    transaction.connection,
    place,
    table,
    statement,
  );
  for (const note of notes) context.notice("DEBUG", SQLSTATE.successfulCompletion, note);
  const sql = await resolveStatement(services, scope, withSequenceEdits(statement, edits), targets);
  return [...[...likes.sequences, ...sequences].map(step), { sql, afterwards }];
}

/** Those to another table DuckDB refuses itself; with one to itself, the table could not be written. */
function refuseForeignKeys({ verb, text }: RelationalStatement): void {
  const declares = tokenise(text).some(({ kind, value }) => kind === "word" && value === "references");
  if (verb === "createTable" && declares)
    throw notSupported(
      "foreign keys cannot be declared on a branch: they are enforced on main when it is merged",
    );
}

/** IF NOT EXISTS met something of that name. */
function skipExisting(context: PlanContext, { verb }: RelationalStatement, name: string): PlannedStatement {
  context.notice("NOTICE", SQLSTATE.duplicateTable, `relation "${name}" already exists, skipping`);
  return verb === "createTableAs" ? { ...NOTHING_TO_RUN, tag: "CREATE TABLE AS" } : NOTHING_TO_RUN;
}

/** On main the catalogue says at commit what was made. */
async function planCreateOnMain(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  relation: RelationName,
): Promise<PlannedStatement[]> {
  refuseOtherHeads(context, statement);
  if (statement.ifNotExists) {
    const kinds = await kindsOf(transaction.connection, { catalog: DATA_CATALOG, ...relation });
    if (kinds.size > 0) return [skipExisting(context, statement, relation.name)];
  }
  transaction.markCreated(relation);
  if (statement.orReplace) transaction.markReplaced(relation);
  const name = createdName(statement);
  const targets = new Map([[name.start, mainObjectName(context.scope, name)]]);
  const place = { catalog: DATA_CATALOG, schema: relation.schema };
  const freed = statement.orReplace ? await dropReferring(context, transaction, statement, relation) : [];
  return [...freed, ...(await withSequences(context, transaction, place, statement, targets))];
}

/**
 * DuckDB replaces a table that refers to another without telling that one: its next DELETE would look for the old rows, and end
 * the whole engine. So the table is dropped first.
 */
async function dropReferring(
  { scope }: PlanContext,
  { connection }: Transaction,
  { names }: RelationalStatement,
  relation: RelationName,
): Promise<PlannedStatement[]> {
  if (!(await refersToOthers(connection, relation))) return [];
  const isRead = names.some((name) => {
    const meaning = name.role === "read" ? resolveName(scope, name.parts) : undefined;
    const isNamed = meaning?.kind === "relation" || meaning?.kind === "unknown";
    return isNamed && relationKey(meaning.relation) === relationKey(relation);
  });
  if (isRead)
    throw notSupported(
      `replacing table "${relation.name}", which has foreign keys, by its own rows is not supported`,
    );
  return [step(`DROP TABLE ${mainRelationText(scope, relation)}`)];
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
  transaction: Transaction,
  statement: RelationalStatement,
  name: NameReference,
): Promise<PlannedStatement[]> {
  const table = name.parts.at(-1) ?? "";
  if (statement.ifNotExists && context.scope.temporary.has(normaliseName(table)))
    return [skipExisting(context, statement, table)];
  const referred = referredTables(context, statement, table);
  const own = quoteIdentifier(table);
  // DuckDB takes a foreign key between temporary tables for one across databases where a name is qualified.
  const targets = new Map([[name.start, referred.size === 0 ? `temp.main.${own}` : own], ...referred]);
  const place = { catalog: "temp", schema: "main" };
  const afterwards = (): void => context.temporary.add(table, statement.onCommit);
  return await withSequences(context, transaction, place, statement, targets, afterwards);
}

/** What the foreign keys of a new temporary table refer to, by place. Errors: 42P16 for a table that is not temporary. */
function referredTables(
  { scope }: PlanContext,
  { names, text, verb }: RelationalStatement,
  table: string,
): Map<number, string> {
  const referred = new Map<number, string>();
  if (verb !== "createTable") return referred;
  const tokens = tokenise(text);
  for (const { start, parts } of names) {
    const before = tokens[tokens.findIndex((token) => token.start === start) - 1];
    if (before?.kind !== "word" || before.value !== "references") continue;
    const name = parts.at(-1) ?? "";
    const isTemporary = parts.length === 1 || parts.at(-2) === "pg_temp";
    if (!isTemporary || (name !== table && !scope.temporary.has(normaliseName(name))))
      throw new SqlError(
        SQLSTATE.invalidTableDefinition,
        "constraints on temporary tables may reference only temporary tables",
      );
    referred.set(start, quoteIdentifier(name));
  }
  return referred;
}

/** CREATE VIEW. */
export async function planCreateView(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement[]> {
  const name = createdName(statement);
  if (statement.temporary) return await planCreateTemporary(context, transaction, statement, name);
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
): Promise<PlannedStatement[]> {
  const { scope } = context;
  const existing = scope.state.find(scope.head, relation);
  if (existing !== undefined && statement.ifNotExists)
    return [skipExisting(context, statement, relation.name)];
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
  return [{ sql: await checkQuery(context, statement), afterwards }];
}

/** A SELECT of no rows from the view's query: proves that every name in it resolves before the view is recorded. */
async function checkQuery(context: PlanContext, statement: RelationalStatement): Promise<string> {
  const { query } = statement;
  if (query === undefined) throw notSupported("this view cannot be created on a branch");
  const sql = await resolveStatement(context.services, context.scope, sliceStatement(statement, query));
  const columns = query.columns.length === 0 ? "" : `(${query.columns.map(quoteIdentifier).join(", ")})`;
  return `SELECT * FROM (${sql}) AS view_query${columns} LIMIT 0`;
}
