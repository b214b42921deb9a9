/** Plans for DROP: of the session's temporary tables, of main's objects, of a branch's tables, views and indexes. */
import { notSupported, SQLSTATE, SqlError, type SqlState } from "../core/errors.js";
import { OBJECT_KINDS, type HeadObjectKind } from "../branch/head-objects.js";
import { dropTables } from "../branch/dropped-tables.js";
import { MAIN, type Version } from "../branch/model.js";
import { isInternalSchema, physicalName } from "../branch/system-schema.js";
import type { Transaction } from "../branch/transaction.js";
import { numberCell, textCell } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { formatName, normaliseName, quoteIdentifier } from "../sql/names.js";
import type { NameReference, RelationalStatement } from "../sql/analysis.js";
import { functionsOfMain } from "./branch-functions.js";
import { freeTables } from "./drop-references.js";
import { kindsOf, type ObjectKind } from "./existing-objects.js";
import { refuseUsedType } from "./dependent-types.js";
import type { DependentView } from "./dependent-views.js";
import { dependentsOf } from "./dropped-dependents.js";
import { indexOwner } from "./index-names.js";
import { noteSteps } from "./plan-table-notes.js";
import { freeDependants, refuseDependants } from "./drawn-sequences.js";
import { dropOwnedSql, ownedSequences } from "./owned-sequences.js";
import { NOTHING_TO_RUN, step, type PlanContext, type PlannedStatement } from "./plan-context.js";
import { redefinedTable } from "./redefined-table.js";
import type { NameScope } from "./relation-names.js";
import { planDropFunction, planDropType } from "./plan-head-objects.js";
import { planDropSchema } from "./plan-head-schemas.js";
import { keepSequences, planDropSequence } from "./plan-head-sequences.js";
import { mainRelationText } from "./head-relations.js";
import { writableName } from "./writable-names.js";
import { mainObjectName } from "./write-targets.js";

/** DROP of anything: one DuckDB statement per name, and what falls with it. */
export async function planDrops(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement[]> {
  const drops = statement.names.filter((name) => name.role === "drop");
  await freeTables(context, transaction, statement, drops);
  const planned: PlannedStatement[] = [];
  for (const view of await dependentsOf(context, transaction, statement, drops))
    planned.push(...(await dropView(context, transaction, view)));
  for (const name of drops) {
    const isRelation = name.object === "table" || name.object === "view";
    const plan = isRelation ? planRelation : context.scope.head === MAIN ? planOther : planOnBranch;
    planned.push(...(await plan(context, transaction, statement, name)));
  }
  if (planned.length === 0) return [NOTHING_TO_RUN];
  return planned;
}

async function dropView(
  { scope }: PlanContext,
  transaction: Transaction,
  view: DependentView,
): Promise<PlannedStatement[]> {
  if (scope.head === MAIN) {
    transaction.markReplaced(view);
    const object = view.kind === "view" ? "VIEW" : "TABLE";
    return [step(`DROP ${object} ${mainRelationText(scope, view)}`)];
  }
  await transaction.lock(view, scope.head);
  const version = transaction.state.find(scope.head, view);
  return version === undefined ? [] : await branchDrop(transaction, version, scope);
}

/** What is dropped on main and is no table or view: schemas, sequences, indexes, types, macros. */
async function planOther(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  name: NameReference,
): Promise<PlannedStatement[]> {
  transaction.markCatalogChanged();
  transaction.objects.markMain(...changedKinds(name));
  // What uses a type is asked for below, and nothing hangs on an index: there CASCADE means no more.
  const cascade = statement.cascade && name.object !== "type" && name.object !== "index";
  if (cascade) await refuseBranchDependants(transaction, statement);
  if (name.object === "schema" && name.parts.some(isInternalSchema)) {
    throw new SqlError(
      SQLSTATE.insufficientPrivilege,
      `permission denied for schema "${name.parts.join(".")}"`,
      { hint: "use DROP BRANCH" },
    );
  }
  const target = mainObjectName(context.scope, name);
  const schema = await schemaOf(context, transaction, name);
  if (schema === "none") return missing(context, statement, name);
  if (name.object === "macro" && !(await hasFunction(context, transaction, statement, name)))
    return missingFunction(context, statement, name);
  if (name.object === "type" && schema !== undefined) {
    const type = { schema, name: name.parts.at(-1) ?? "" };
    await refuseUsedType(transaction, type, statement.cascade);
  }
  if (name.object === "schema") {
    markSchemaDropped(transaction, name);
  }
  const object = name.object === "type" ? "TYPE" : statement.tag.slice("DROP ".length);
  const freed = cascade
    ? await freeDependants(context, transaction, name, schema)
    : await refuseDependants(context, transaction, name);
  if (name.object === "schema" && cascade)
    await dropTables(transaction.connection, await tablesIn(transaction, name));
  // Of anything but a schema DuckDB is asked for no more than that: it drops tables with a sequence that a column draws from.
  const all = cascade && name.object === "schema" ? " CASCADE" : "";
  return [
    ...(await keepSequences(transaction, name, schema)),
    ...freed,
    step(`DROP ${object} ${target}${all}`),
    ...(await withoutIndex(context, transaction, name)),
  ];
}

/** What pins read of the index's table has it still: it is kept like one whose rows change. */
async function withoutIndex(
  { scope }: PlanContext,
  transaction: Transaction,
  { object, parts }: NameReference,
): Promise<readonly PlannedStatement[]> {
  const owner = object === "index" ? await indexOwner(transaction, scope, parts) : undefined;
  if (owner === undefined) return [];
  const physical = await redefinedTable(transaction, owner);
  return await noteSteps(transaction, physical, NO_NOTE, parts.at(-1) ?? "");
}

async function tablesIn({ connection }: Transaction, { parts }: NameReference): Promise<string[]> {
  const rows = await connection.rows(
    "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ? AND lower(schema_name) = lower(?)",
    [DATA_CATALOG, parts.at(-1) ?? ""],
  );
  return rows.map((row) =>
    physicalName({ schema: textCell(row, "schema_name"), name: textCell(row, "table_name") }),
  );
}

/** With a schema goes all that is in it. */
function changedKinds({ object }: NameReference): readonly HeadObjectKind[] {
  switch (object) {
    case "macro":
      return ["function"];
    case "type":
    case "sequence":
      return [object];
    case "schema":
      return OBJECT_KINDS;
    default:
      return [];
  }
}

/** The schema, in DuckDB's spelling, that has it; `none` if there is none, undefined for what is not looked for. */
async function schemaOf(
  context: PlanContext,
  transaction: Transaction,
  name: NameReference,
): Promise<string | undefined> {
  const kind: ObjectKind | "macro" | "other" | undefined = name.object;
  if (kind === undefined || kind === "macro" || kind === "other") return undefined;
  const last = name.parts.at(-1) ?? "";
  const written = kind === "schema" ? "" : (name.parts.at(-2) ?? undefined);
  const schemas = written === undefined ? context.scope.searchPath : [inMain(written)];
  for (const schema of schemas) {
    for (const catalog of [DATA_CATALOG, "temp"]) {
      const kinds = await kindsOf(transaction.connection, { catalog, schema, name: last });
      if (kinds.has(kind)) return schema;
    }
  }
  return "none";
}

function inMain(schema: string): string {
  return normaliseName(schema) === "public" ? "main" : schema;
}

/** A function of this name, and of these arguments where the statement says some. */
async function hasFunction(
  { scope }: PlanContext,
  transaction: Transaction,
  { argumentTypes }: RelationalStatement,
  { parts }: NameReference,
): Promise<boolean> {
  const functions = await functionsOfMain(transaction.state, transaction);
  const found = functions.named(parts, scope.searchPath);
  if (found === undefined || argumentTypes === undefined) return found !== undefined;
  return found.declaration?.arguments.join() === argumentTypes.join();
}

function missingFunction(
  context: PlanContext,
  { ifExists, argumentTypes }: RelationalStatement,
  { parts }: NameReference,
): PlannedStatement[] {
  const name = parts.join(".");
  const message = `function ${name}(${(argumentTypes ?? []).join(", ")}) does not exist`;
  const unnamed = argumentTypes === undefined ? `could not find a function named "${name}"` : message;
  if (!ifExists) throw new SqlError(SQLSTATE.undefinedFunction, unnamed);
  context.notice("NOTICE", SQLSTATE.successfulCompletion, `${message}, skipping`);
  return [];
}

/** SQLSTATEs for what is not there, by kind. */
const MISSING: Readonly<Record<NonNullable<NameReference["object"]>, SqlState>> = {
  table: SQLSTATE.undefinedTable,
  view: SQLSTATE.undefinedTable,
  sequence: SQLSTATE.undefinedTable,
  index: SQLSTATE.undefinedObject,
  type: SQLSTATE.undefinedObject,
  schema: SQLSTATE.invalidSchemaName,
  macro: SQLSTATE.undefinedFunction,
  other: SQLSTATE.undefinedObject,
};

/** A notice under IF EXISTS, otherwise an error. */
function missing(
  context: PlanContext,
  statement: RelationalStatement,
  name: NameReference,
): PlannedStatement[] {
  const object = name.object ?? "other";
  const kind = statement.materialized === undefined ? object : "materialized view";
  const message = `${kind} "${name.parts.at(-1)}" does not exist`;
  if (!statement.ifExists) throw new SqlError(MISSING[object], message);
  context.notice("NOTICE", SQLSTATE.successfulCompletion, `${message}, skipping`);
  return [];
}

/** DuckDB's CASCADE follows a default of a branch's table to its sequence, and would drop the branch's table with it. */
async function refuseBranchDependants(
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<void> {
  const [row] = await transaction.connection.rows(
    `SELECT count(*) AS dependants FROM duckdb_columns()
     WHERE database_name = ? AND starts_with(schema_name, 'branch_') AND contains(column_default, 'nextval')`,
    [DATA_CATALOG],
  );
  if (row === undefined || numberCell(row, "dependants") === 0) return;
  throw new SqlError(
    SQLSTATE.dependentObjectsStillExist,
    `cannot ${statement.tag.toLowerCase()} because tables of branches use sequences of main`,
    { hint: "drop without CASCADE, or end the branches first" },
  );
}

/** Whatever is made under these names in the same transaction is something else. */
function markSchemaDropped(transaction: Transaction, name: NameReference): void {
  const schema = normaliseName(name.parts.at(-1) ?? "");
  for (const version of transaction.state.liveVersionsOf(MAIN)) {
    if (normaliseName(version.schema) === schema) transaction.markReplaced(version);
  }
  // DuckDB has none of schemas, so nothing there says that the comment is gone.
  transaction.objects.dropComments(MAIN, { kind: "schema", schema: "", name: schema });
}

/** On a branch an index is dropped from the branch's own image of its table. */
async function planOnBranch(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  name: NameReference,
): Promise<PlannedStatement[]> {
  if (name.object === "macro")
    return await planDropFunction(context, transaction, statement, name, () =>
      missingFunction(context, statement, name),
    );
  if (name.object === "schema")
    return await planDropSchema(context, transaction, statement, name, async (version) => {
      await transaction.lock(version, context.scope.head);
      return await branchDrop(transaction, version, context.scope);
    });
  if (name.object === "sequence")
    return await planDropSequence(context, transaction, statement, name, () =>
      missing(context, statement, name),
    );
  if (name.object === "type")
    return await planDropType(context, transaction, statement, name, () => missing(context, statement, name));
  if (name.object !== "index") {
    throw notSupported(`${statement.tag} is not supported on a branch yet`, "run it on main");
  }
  const index = name.parts.at(-1) ?? "";
  const owner = await indexOwner(transaction, context.scope, name.parts);
  if (owner === undefined) return missing(context, statement, name);
  const physical = await redefinedTable(transaction, owner);
  return [
    step(`DROP INDEX ${formatName([DATA_CATALOG, physical.schema, index])}`),
    ...(await noteSteps(transaction, physical, NO_NOTE, index)),
  ];
}

/** Another index of the name is another one. */
const NO_NOTE = { kind: "index", note: undefined } as const;

async function planRelation(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  name: NameReference,
): Promise<PlannedStatement[]> {
  const { scope } = context;
  const object = name.object === "view" ? "view" : "table";
  const meaning = writableName(scope, name);
  const cascade = statement.cascade ? " CASCADE" : "";
  if (meaning.kind === "temporary") {
    const place = { catalog: "temp", schema: "main", name: meaning.name };
    const kinds = await kindsOf(transaction.connection, place);
    if (!isKind(kinds, object, meaning.name)) return missing(context, statement, name);
    // DuckDB describes a view's column with the default of the table's.
    const owned = object === "view" ? [] : await ownedSequences(transaction.connection, place);
    return [
      {
        sql: `DROP ${object} temp.main.${quoteIdentifier(meaning.name)}${cascade}`,
        afterwards: () => context.temporary.delete(meaning.name),
      },
      ...dropOwnedSql(transaction, owned).map(step),
    ];
  }
  if (scope.head === MAIN) {
    const place = { catalog: DATA_CATALOG, ...meaning.relation };
    const kinds = await kindsOf(transaction.connection, place);
    if (!isKind(kinds, object, meaning.relation.name)) return missing(context, statement, name);
    const owned = object === "view" ? [] : await ownedSequences(transaction.connection, place);
    transaction.markReplaced(meaning.relation);
    return [
      step(`DROP ${object} ${mainRelationText(scope, meaning.relation)}${cascade}`),
      ...dropOwnedSql(transaction, owned).map(step),
    ];
  }
  await transaction.lock(meaning.relation, scope.head);
  if (meaning.kind === "unknown") return missing(context, statement, name);
  isKind(new Set([meaning.version.kind === "view" ? "view" : "table"]), object, meaning.relation.name);
  return await branchDrop(transaction, meaning.version, scope);
}

/** False when there is nothing of that name. Errors: 42809 when there is something else. */
function isKind(kinds: ReadonlySet<ObjectKind>, wanted: "table" | "view", name: string): boolean {
  if (kinds.has(wanted)) return true;
  const other = wanted === "table" ? "view" : "table";
  if (!kinds.has(other)) return false;
  throw new SqlError(SQLSTATE.wrongObjectType, `"${name}" is not a ${wanted}`, {
    hint: `Use DROP ${other.toUpperCase()} to remove a ${other}.`,
  });
}

/** The branch's own table goes; what it inherits is covered by a mark, for main keeps it. */
async function branchDrop(
  transaction: Transaction,
  version: Version,
  scope: NameScope,
): Promise<PlannedStatement[]> {
  const physical = version.head === scope.head ? version.physical : null;
  const afterwards = (): void => coverDropped(transaction, version, scope);
  if (physical === null) return [{ ...NOTHING_TO_RUN, afterwards }];
  const owned = await ownedSequences(transaction.connection, { catalog: DATA_CATALOG, ...physical });
  const ownHere = owned.filter(({ sequence }) => sequence.schema === physical.schema);
  return [
    ...(version.layer?.kind === "overlay" ? [step(`DROP TABLE ${physicalName(version.layer.before)}`)] : []),
    { sql: `DROP TABLE ${physicalName(physical)}`, afterwards },
    ...dropOwnedSql(transaction, ownHere).map(step),
  ];
}

/** Ends a branch's own version of a name, and covers what the parent has under it. */
export function coverDropped(transaction: Transaction, version: Version, scope: NameScope): void {
  if (version.head === scope.head) transaction.endVersion(version);
  if (version.kind === "view") transaction.objects.dropComments(scope.head, { ...version, kind: "view" });
  if (transaction.state.find(scope.head, version) === undefined) return;
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
