/** Plans for statements that make tables and views: in the session, on main, or on a branch. */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { commentsOf } from "../branch/catalog-reader.js";
import { MAIN, type RelationName } from "../branch/model.js";
import { isOf, leadsTo } from "../branch/foreign-keys.js";
import { physicalName } from "../branch/system-schema.js";
import { newPhysicalTable } from "../branch/storage.js";
import type { Transaction } from "../branch/transaction.js";
import { giveViewComments } from "../branch/view-comments.js";
import { DATA_CATALOG } from "../engine/database.js";
import {
  declaredColumns,
  declaredPrimaryKey,
  foreignKeyCheck,
  type ForeignKeyClause,
} from "../sql/foreign-keys.js";
import { tokenise } from "../sql/lexer.js";
import { nameList, normaliseName, quoteIdentifier } from "../sql/names.js";
import type { NameReference, RelationalStatement } from "../sql/analysis.js";
import { boundView, fullNames, readsTemporary, temporaryView } from "./bound-views.js";
import { kindsOf } from "./existing-objects.js";
import { planOwnedSequences, withSequenceEdits, type SequencePlace } from "./owned-sequences.js";
import { sliceStatement } from "./slice-statement.js";
import { NOTHING_TO_RUN, step, type PlanContext, type PlannedStatement } from "./plan-context.js";
import { readsOtherHeads, resolveStatement, type WriteTargets } from "./resolve.js";
import { heldByQuery, planHeldTable } from "./typed-table-as.js";
import { expandLikes } from "./table-like.js";
import { refuseLeading } from "./drop-references.js";
import { keptForeignKey, requireForeignKeys, undefinedKeyColumn } from "./foreign-key-form.js";
import type { NameScope } from "./relation-names.js";
import { likeCommentSteps, likeIndexes, likeIndexSteps, type LikeIndex } from "./like-indexes.js";
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
  if (statement.orReplace) await refuseReferred(scope, transaction, relation);
  await transaction.lock(relation, scope.head);
  const own = transaction.state.own(scope.head, relation);
  const physical = own?.physical ?? newPhysicalTable(transaction.state, relation, scope.head);
  const targets = new Map([[name.start, physicalName(physical)]]);
  const place = { catalog: DATA_CATALOG, schema: physical.schema };
  const afterwards = (): void => {
    if (own !== undefined) transaction.endVersion(own);
    transaction.addVersion({ head: scope.head, ...relation, kind: "table", physical, definition: null });
  };
  const held = await heldByQuery(context, statement);
  if (held !== undefined && existing === undefined) {
    const [made, filled] = await planHeldTable(context, transaction, statement, physical, held);
    return [made, { ...filled, afterwards }];
  }
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
  const keyed = await withForeignKeys(context, transaction, written);
  const likes = await expandLikes(context, transaction, place, table, keyed);
  const { statement } = likes;
  const { sequences, edits, notes } = await planOwnedSequences(
    transaction.connection,
    place,
    table,
    statement,
  );
  for (const note of notes) context.notice("DEBUG", SQLSTATE.successfulCompletion, note);
  const sql = await resolveStatement(services, scope, withSequenceEdits(statement, edits), targets);
  const guard =
    written.temporary || written.foreignKeys.length === 0
      ? undefined
      : requireKeys(context, transaction, written);
  const indexes: LikeIndex[] = [];
  const comments: PlannedStatement[] = [];
  const target = targets.get(createdName(written).start) ?? quoteIdentifier(table);
  for (const like of written.likes) {
    indexes.push(...(await likeIndexes(context, transaction, like)));
    comments.push(...(await likeCommentSteps(context, transaction, like, target)));
  }
  return [
    ...[...likes.sequences, ...sequences].map(step),
    { sql, afterwards, guard },
    ...comments,
    ...(await likeIndexSteps(transaction, place, { target, table }, indexes)),
  ];
}

/** Foreign keys in the words that the table's definition keeps; those of temporary tables are DuckDB's own. */
async function withForeignKeys(
  { scope }: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<RelationalStatement> {
  const { foreignKeys, text, edits, temporary } = statement;
  if (foreignKeys.length === 0) return statement;
  const name = createdName(statement);
  const texts = new Map<number, string>();
  requireDeclared(statement);
  const taken = new Set(foreignKeys.flatMap((clause) => clause.name ?? []));
  for (const clause of foreignKeys) {
    if (temporary) {
      texts.set(clause.start, temporaryForeignKey(scope, name.parts.at(-1) ?? "", clause));
      continue;
    }
    const relation = creatableName(scope, name);
    const primaryKey = declaredPrimaryKey(tokenise(text));
    const key = await keptForeignKey(scope, transaction, { relation, primaryKey, taken }, clause);
    taken.add(key.name);
    texts.set(clause.start, foreignKeyCheck(key));
  }
  const written = edits.map((edit) => ({ ...edit, text: texts.get(edit.start) ?? edit.text }));
  return { ...statement, edits: written };
}

/** Errors: 42703 for a foreign key of a column that the table does not get */
function requireDeclared({ foreignKeys, likes, text }: RelationalStatement): void {
  const declared = declaredColumns(tokenise(text)).map(normaliseName);
  const named = likes.length > 0 ? [] : foreignKeys.flatMap(({ columns }) => columns);
  const missing = named.find((name) => !declared.includes(normaliseName(name)));
  if (missing !== undefined) throw undefinedKeyColumn(missing);
}

function requireKeys(
  { scope }: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): NonNullable<PlannedStatement["guard"]> {
  const relation = creatableName(scope, createdName(statement));
  return async () => {
    await requireForeignKeys({ ...scope, state: transaction.state }, transaction, relation);
  };
}

/** Errors: 2BP01 where another table refers to the one that is replaced */
async function refuseReferred(
  { head }: NameScope,
  { context, view, state }: Transaction,
  relation: RelationName,
): Promise<void> {
  const keys = await context.definitions.foreignKeys(view, state, head);
  refuseLeading(
    keys.filter((key) => leadsTo(key, relation) && !isOf(key, relation)),
    `cannot replace table ${relation.name} because other objects depend on it`,
    `table ${relation.name}`,
  );
}

/** IF NOT EXISTS met something of that name. */
function skipExisting(
  context: PlanContext,
  { verb, materialized }: RelationalStatement,
  name: string,
): PlannedStatement {
  context.notice("NOTICE", SQLSTATE.duplicateTable, `relation "${name}" already exists, skipping`);
  if (materialized !== undefined)
    return { ...NOTHING_TO_RUN, tag: "CREATE MATERIALIZED VIEW", finished: true };
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
  if (statement.orReplace) await refuseReferred(context.scope, transaction, relation);
  const held = statement.verb === "createTableAs" ? await heldByQuery(context, statement) : undefined;
  if (held !== undefined) {
    const kinds = await kindsOf(transaction.connection, { catalog: DATA_CATALOG, ...relation });
    if (kinds.size > 0) throw alreadyExists(relation);
    return await planHeldTable(context, transaction, statement, relation, held);
  }
  const planned = await withSequences(context, transaction, place, statement, targets);
  if (statement.verb !== "createView" || !statement.orReplace) return planned;
  const comments = await commentsOf(transaction.connection, relation, "view");
  const guard = async (): Promise<void> => await giveViewComments(transaction.connection, relation, comments);
  return [...planned, { ...NOTHING_TO_RUN, guard }];
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
  const own = quoteIdentifier(table);
  // DuckDB takes a foreign key between temporary tables for one across databases where a name is qualified.
  const targets =
    context.scope.head === MAIN && statement.verb === "createView"
      ? fullNames(context.scope, statement)
      : new Map<number, string>();
  targets.set(name.start, statement.foreignKeys.length === 0 ? `temp.main.${own}` : own);
  const place = { catalog: "temp", schema: "main" };
  const afterwards = (): void => context.temporary.add(table, statement.onCommit);
  return await withSequences(context, transaction, place, statement, targets, afterwards);
}

/** Errors: 42P16 for a table that is not temporary, 0A000 for actions */
function temporaryForeignKey(scope: NameScope, table: string, clause: ForeignKeyClause): string {
  const { parent, columns, target, inColumn, onDelete, onUpdate } = clause;
  const name = parent.at(-1) ?? "";
  const isTemporary = parent.length === 1 || parent.at(-2) === "pg_temp";
  if (!isTemporary || (name !== table && !scope.temporary.has(normaliseName(name))))
    throw new SqlError(
      SQLSTATE.invalidTableDefinition,
      "constraints on temporary tables may reference only temporary tables",
    );
  if (!/^[ar]{2}$/.test(onDelete + onUpdate))
    throw notSupported(
      "foreign keys of temporary tables with CASCADE, SET NULL or SET DEFAULT are not supported",
    );
  const to = `REFERENCES ${quoteIdentifier(name)}${target.length === 0 ? "" : `(${nameList(target)})`}`;
  return inColumn ? to : `FOREIGN KEY (${nameList(columns)}) ${to}`;
}

/** CREATE VIEW. */
export async function planCreateView(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement[]> {
  const { scope } = context;
  const name = createdName(statement);
  if (statement.temporary) return await planCreateTemporary(context, transaction, statement, name);
  if (readsTemporary(scope, statement)) {
    noticeTemporaryView(context, name);
    return await planCreateTemporary(context, transaction, temporaryView(statement), name);
  }
  const relation = creatableName(scope, name);
  const bound = boundView(scope, relation, statement);
  if (scope.head === MAIN) return await planCreateOnMain(context, transaction, bound.statement, relation);
  return await planBranchView(context, transaction, bound.statement, relation, bound.text);
}

function noticeTemporaryView({ notice }: PlanContext, { parts }: NameReference): void {
  const name = parts.at(-1) ?? "";
  notice("NOTICE", SQLSTATE.successfulCompletion, `view "${name}" will be a temporary view`);
  if (parts.length > 1)
    throw new SqlError(
      SQLSTATE.invalidTableDefinition,
      "cannot create temporary relation in non-temporary schema",
    );
}

/** A branch's view is kept as its text and resolved each time it is read, so it always shows the branch's rows. */
async function planBranchView(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  relation: RelationName,
  definition: string,
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
      definition,
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
