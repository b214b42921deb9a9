/**
 * Runs one statement over relations inside a transaction: decides where it writes, splices its names, executes it, and
 * records what it made. One function per kind of change; whatever has none is refused on a branch.
 */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { MAIN, type RelationName, type Version } from "../branch/model.js";
import { isInternalSchema, physicalName } from "../branch/system-schema.js";
import { undefinedTable, type Transaction } from "../branch/transaction.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import type { NameReference, RelationalStatement } from "../sql/analysis.js";
import type { NameScope } from "./relation-names.js";
import { resolveStatement, targetText, writableName, type ResolveServices } from "./resolve.js";

/** SQL ready for DuckDB, and what to record once it has run. */
export interface PlannedStatement {
  readonly sql: string;
  readonly afterwards: (() => void) | undefined;
}

/** Names a temporary table makes or drops are the session's business. */
export interface TemporaryTables {
  add(name: string): void;
  delete(name: string): void;
}

export interface PlanContext {
  readonly services: ResolveServices;
  readonly scope: NameScope;
  readonly temporary: TemporaryTables;
}

/** Verbs a branch can take: their target is one table or view of the branch. */
const BRANCH_VERBS = new Set([
  "select",
  "explain",
  "insert",
  "update",
  "delete",
  "merge",
  "truncate",
  "createTable",
  "createTableAs",
  "createView",
  "createIndex",
  "alterTable",
  "drop",
]);

/**
 * Plans a statement that may write. Returns one or more statements to run in order (DROP a, b becomes two).
 *
 * Errors  0A000 on a branch for a target that is not certain, 42501 for relations of other heads
 */
export async function planStatement(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement[]> {
  if (statement.writes) refuseUncertainWrite(context.scope, statement);
  switch (statement.verb) {
    case "truncate":
      return await eachTarget(statement, async (name) => ({
        sql: `TRUNCATE ${await writeTarget(context, transaction, name)}`,
        afterwards: undefined,
      }));
    case "drop":
      return await planDrops(context, transaction, statement);
    case "createTable":
    case "createTableAs":
      return [await planCreateTable(context, transaction, statement)];
    case "createView":
      return [await planCreateView(context, transaction, statement)];
    default:
      return [await planInPlace(context, transaction, statement)];
  }
}

function refuseUncertainWrite(scope: NameScope, statement: RelationalStatement): void {
  if (scope.head === MAIN) return;
  if (!BRANCH_VERBS.has(statement.verb))
    throw notSupported(`${statement.tag} is not supported on a branch yet`, "run it on main");
  if (!statement.certain) {
    throw notSupported(
      "this statement cannot be run on a branch: what it writes could not be determined safely",
    );
  }
}

/** Statements whose targets are replaced where they stand. */
async function planInPlace(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement> {
  const targets = new Map<number, string>();
  for (const name of statement.names) {
    if (name.role === "write") targets.set(name.start, await writeTarget(context, transaction, name));
    if (name.role === "alter")
      targets.set(name.start, await alterTarget(context, transaction, statement, name));
    if (name.role === "create") targets.set(name.start, createdObjectName(context.scope, name));
  }
  if (context.scope.head === MAIN && statement.writes) markMain(transaction, statement);
  // Reads of a table forked just now are reads of the fork: its rowids are the ones the target has.
  const scope = { ...context.scope, state: transaction.state };
  return {
    sql: await resolveStatement(context.services, scope, statement, targets),
    afterwards: undefined,
  };
}

const ROW_VERBS = new Set(["insert", "update", "delete", "merge", "truncate"]);

/** On main the catalogue says after the fact what DDL did; what a statement hides is taken to be everything. */
function markMain(transaction: Transaction, statement: RelationalStatement): void {
  if (!statement.certain) transaction.markAllWritten();
  else if (!ROW_VERBS.has(statement.verb)) transaction.markCatalogChanged();
}

async function writeTarget(
  context: PlanContext,
  transaction: Transaction,
  name: NameReference,
): Promise<string> {
  const meaning = writableName(context.scope, name);
  if (meaning.kind === "temporary") return `temp.main.${quoteIdentifier(meaning.name)}`;
  if (context.scope.head === MAIN) {
    transaction.markWritten(meaning.relation);
    return mainTargetText(meaning.relation);
  }
  if (meaning.kind === "unknown") throw undefinedTable(meaning.relation);
  return targetText(name, await transaction.writableTable(meaning.relation));
}

/** Always with its schema: what was recorded as written must be what DuckDB writes, whatever the search path says. */
function mainTargetText(relation: RelationName): string {
  return `${quoteIdentifier(relation.schema)}.${quoteIdentifier(relation.name)}`;
}

async function alterTarget(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  name: NameReference,
): Promise<string> {
  const onBranch = context.scope.head !== MAIN;
  if (onBranch && (name.object === "view" || /\brename\s+to\b/i.test(statement.text))) {
    throw notSupported("renaming or altering views and renaming tables is not supported on a branch yet");
  }
  return await writeTarget(context, transaction, name);
}

async function planCreateTable(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement> {
  const { scope } = context;
  const name = createdName(statement);
  if (statement.temporary) return await planCreateTemporary(context, statement, name);
  const relation = creatableName(scope, name);
  if (scope.head === MAIN) {
    transaction.markCatalogChanged();
    if (statement.orReplace) transaction.markWritten(relation);
    return {
      sql: await resolveStatement(
        context.services,
        scope,
        statement,
        new Map([[name.start, mainObjectName(scope, name)]]),
      ),
      afterwards: undefined,
    };
  }
  const existing = scope.state.find(scope.head, relation);
  if (existing !== undefined && statement.ifNotExists)
    return { sql: "SELECT 1 WHERE false", afterwards: undefined };
  if (existing !== undefined && !statement.orReplace) {
    throw new SqlError(SQLSTATE.duplicateTable, `relation "${relation.name}" already exists`);
  }
  await transaction.lock(relation, scope.head);
  const own = transaction.state.own(scope.head, relation);
  const physical = own?.physical ?? transaction.newPhysicalTable(relation, scope.head);
  const sql = await resolveStatement(
    context.services,
    scope,
    statement,
    new Map([[name.start, physicalName(physical)]]),
  );
  const afterwards = (): void => {
    if (own !== undefined) transaction.endVersion(own);
    transaction.addVersion({ head: scope.head, ...relation, kind: "table", physical, definition: null });
  };
  return { sql, afterwards };
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

async function planCreateView(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement> {
  const { scope } = context;
  const name = createdName(statement);
  if (scope.head === MAIN || statement.temporary) {
    if (statement.temporary) return await planCreateTemporary(context, statement, name);
    transaction.markCatalogChanged();
    const relation = creatableName(scope, name);
    if (statement.orReplace) transaction.markWritten(relation);
    return {
      sql: await resolveStatement(
        context.services,
        scope,
        statement,
        new Map([[name.start, mainObjectName(scope, name)]]),
      ),
      afterwards: undefined,
    };
  }
  return await planBranchView(context, transaction, statement, creatableName(scope, name));
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
  if (existing !== undefined && statement.ifNotExists)
    return { sql: "SELECT 1 WHERE false", afterwards: undefined };
  if (existing !== undefined && !(statement.orReplace && existing.kind === "view")) {
    throw new SqlError(SQLSTATE.duplicateTable, `relation "${relation.name}" already exists`);
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

async function planDrops(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement[]> {
  const drops = statement.names.filter((name) => name.role === "drop");
  const isRelation = drops.every((name) => name.object === "table" || name.object === "view");
  if (!isRelation || drops.length === 0) {
    if (context.scope.head !== MAIN)
      throw notSupported(`${statement.tag} is not supported on a branch yet`, "run it on main");
    return [await planMainDropOfOther(context, transaction, statement, drops)];
  }
  const planned: PlannedStatement[] = [];
  for (const name of drops) planned.push(await planDrop(context, transaction, statement, name));
  return planned;
}

async function planMainDropOfOther(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  drops: readonly NameReference[],
): Promise<PlannedStatement> {
  transaction.markCatalogChanged();
  for (const name of drops) {
    if (name.object === "schema" && name.parts.some(isInternalSchema)) {
      throw new SqlError(
        SQLSTATE.insufficientPrivilege,
        `permission denied for schema "${name.parts.join(".")}"`,
        { hint: "use DROP BRANCH" },
      );
    }
  }
  const targets = new Map(drops.map((name) => [name.start, mainObjectName(context.scope, name)]));
  return {
    sql: await resolveStatement(context.services, context.scope, statement, targets),
    afterwards: undefined,
  };
}

async function planDrop(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  name: NameReference,
): Promise<PlannedStatement> {
  const { scope } = context;
  const object = name.object === "view" ? "VIEW" : "TABLE";
  const sqlFor = (target: string): string =>
    `DROP ${object} ${statement.ifExists ? "IF EXISTS " : ""}${target}${statement.cascade ? " CASCADE" : ""}`;
  const meaning = writableName(scope, name);
  if (meaning.kind === "temporary") {
    return {
      sql: sqlFor(`temp.main.${quoteIdentifier(meaning.name)}`),
      afterwards: () => context.temporary.delete(meaning.name),
    };
  }
  if (scope.head === MAIN) {
    transaction.markCatalogChanged();
    transaction.markWritten(meaning.relation);
    return { sql: sqlFor(mainTargetText(meaning.relation)), afterwards: undefined };
  }
  await transaction.lock(meaning.relation, scope.head);
  if (meaning.kind === "unknown") {
    if (statement.ifExists) return { sql: "SELECT 1 WHERE false", afterwards: undefined };
    throw new SqlError(
      SQLSTATE.undefinedTable,
      `${object.toLowerCase()} "${name.parts.join(".")}" does not exist`,
    );
  }
  if (meaning.version.kind !== object.toLowerCase()) {
    throw new SqlError(
      SQLSTATE.wrongObjectType,
      `"${meaning.relation.name}" is not a ${object.toLowerCase()}`,
    );
  }
  return branchDrop(transaction, meaning.version, scope);
}

/** The branch's own table goes; what it inherits is covered by a mark, for main keeps it. */
function branchDrop(transaction: Transaction, version: Version, scope: NameScope): PlannedStatement {
  const own = version.head === scope.head ? version : undefined;
  const sql = own?.physical == null ? "SELECT 1 WHERE false" : `DROP TABLE ${physicalName(own.physical)}`;
  const afterwards = (): void => {
    if (own !== undefined) transaction.endVersion(own);
    if (transaction.state.find(scope.head, version) !== undefined) {
      transaction.addVersion({
        head: scope.head,
        schema: version.schema,
        name: version.name,
        kind: "dropped",
        objectId: version.objectId,
        physical: null,
        definition: null,
      });
    }
  };
  return { sql, afterwards };
}

async function eachTarget(
  statement: RelationalStatement,
  plan: (name: NameReference) => Promise<PlannedStatement>,
): Promise<PlannedStatement[]> {
  const planned: PlannedStatement[] = [];
  for (const name of statement.names) if (name.role === "write") planned.push(await plan(name));
  return planned;
}

function createdName(statement: RelationalStatement): NameReference {
  const name = statement.names.find((candidate) => candidate.role === "create");
  if (name === undefined) throw notSupported("the name this statement creates could not be determined");
  return name;
}

/** An index lives in its table's schema and takes no qualifier; everything else is made on main. */
function createdObjectName(scope: NameScope, name: NameReference): string {
  return name.object === "index" ? quoteIdentifier(name.parts.at(-1) ?? "") : mainObjectName(scope, name);
}

/** Where a new table or view goes on this session's head. */
function creatableName(scope: NameScope, name: NameReference): RelationName {
  const meaning = writableName(scope, name);
  if (meaning.kind === "temporary") {
    // A name alone is taken by a temporary table, but not on the head.
    if (name.parts.length === 1) return { schema: scope.searchPath[0] ?? "main", name: meaning.name };
    throw notSupported("only temporary tables can be created in schema pg_temp", "use CREATE TEMP TABLE");
  }
  const relation =
    name.parts.length === 1
      ? { schema: scope.searchPath[0] ?? "main", name: name.parts[0] ?? "" }
      : meaning.relation;
  if (scope.head !== MAIN && relation.schema !== "main" && !schemaExists(scope, relation.schema)) {
    throw new SqlError(SQLSTATE.invalidSchemaName, `schema "${relation.schema}" does not exist`);
  }
  return relation;
}

function schemaExists(scope: NameScope, schema: string): boolean {
  return scope.state
    .visible(scope.head)
    .some((version) => normaliseName(version.schema) === normaliseName(schema));
}

/** A name created or dropped on main that is not a table or view: schemas, sequences, types, macros, indexes. */
function mainObjectName(scope: NameScope, name: NameReference): string {
  if (scope.head !== MAIN)
    throw notSupported("this statement is not supported on a branch yet", "run it on main");
  const [first = "", second] = name.parts;
  if (name.object === "schema" && (isInternalSchema(first) || normaliseName(first) === "public")) {
    throw new SqlError(SQLSTATE.duplicateSchema, `schema "${first}" is reserved`);
  }
  if (second === undefined) return quoteIdentifier(first);
  if (isInternalSchema(first))
    throw new SqlError(SQLSTATE.insufficientPrivilege, `permission denied for schema "${first}"`);
  const schema = normaliseName(first) === "public" ? "main" : first;
  return `${quoteIdentifier(schema)}.${name.parts.slice(1).map(quoteIdentifier).join(".")}`;
}
