/** Plans for ALTER: by DuckDB's own ALTER where it has one, otherwise by making the table anew in the transaction. */
import { noteColumnChange } from "../branch/column-lineage.js";
import { markAltered } from "../branch/undo-rows.js";
import { physicalDefinition } from "../branch/catalog-reader.js";
import type { Follow } from "../branch/definition-texts.js";
import { MAIN, type RelationName } from "../branch/model.js";
import { requirePhysical } from "../branch/rows.js";
import type { Transaction } from "../branch/transaction.js";
import { undefinedTable } from "../branch/undefined-table.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { Alteration, NameReference, RelationalStatement } from "../sql/analysis.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import { freeForeignKeys } from "./altered-keys.js";
import { refuseWaiting } from "./deferred-references.js";
import { AlteredTable, type TableAlteration } from "./altered-table.js";
import { kindsOf } from "./existing-objects.js";
import { followingViews, renamedColumns } from "./following-views.js";
import { isPlainTextCheck } from "../sql/held-types.js";
import { NOTHING_TO_RUN, type PlanContext, type PlannedStatement } from "./plan-context.js";
import { keptTemporary } from "./kept-numeric.js";
import { noteSteps } from "./plan-table-notes.js";
import { redefinedTable } from "./redefined-table.js";
import { planOtherAlter, planRename } from "./plan-rename.js";
import { refuseTakenName, renamedKey } from "./renamed-constraints.js";
import { resolveStatement } from "./resolve.js";
import { writableName } from "./writable-names.js";

/** One ALTER whose action is known. Errors: as PostgreSQL's, 0A000 for what could not be made exactly. */
export async function planAlter(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  alteration: Alteration,
): Promise<PlannedStatement[]> {
  const name = statement.names.find((candidate) => candidate.role === "alter");
  if (name === undefined) throw notSupported("the name this statement alters could not be determined");
  if (alteration.kind === "owner") requireUser(context, alteration.role);
  const key = await renamedKey(context, transaction, name, alteration);
  if (key !== undefined) return await planTable(context, transaction, statement, ...key);
  if (name.object !== "table" || alteration.kind === "addLabel" || alteration.kind === "renameLabel")
    return await planOtherAlter(context, transaction, name, alteration, statement.ifExists);
  const meaning = writableName(context.scope, name);
  if (meaning.kind === "temporary") return await planTemporary(context, statement, name, alteration);
  const kind = await kindOf(context, transaction, meaning.relation);
  if (kind === undefined && alteration.kind === "owner") {
    // pg_dump calls sequences tables.
    if ((await context.services.findSequence(context.scope, name.parts)) !== undefined)
      return [NOTHING_TO_RUN];
  }
  if (kind === undefined) {
    const message = `relation "${meaning.relation.name}" does not exist`;
    if (!statement.ifExists) throw undefinedTable(meaning.relation);
    context.notice("NOTICE", SQLSTATE.successfulCompletion, `${message}, skipping`);
    return [{ ...NOTHING_TO_RUN, finished: true }];
  }
  if (alteration.kind === "owner" || alteration.kind === "storage") return [NOTHING_TO_RUN];
  const { relation } = meaning;
  if (kind === "view") return await planView(context, transaction, relation, alteration);
  return await planTable(context, transaction, statement, relation, alteration);
}

async function planTable(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  relation: RelationName,
  alteration: TableAlteration,
): Promise<PlannedStatement[]> {
  const altered = transaction.state.find(transaction.head, relation);
  if (altered !== undefined && alteration.kind !== "setPolicy")
    await markAltered(transaction.connection, transaction.head, altered.objectId);
  refuseWaiting(transaction, relation, "ALTER TABLE");
  if (alteration.kind === "renameConstraint")
    await refuseTakenName(context, transaction, relation, alteration);
  const guards = [
    await freeForeignKeys(context, transaction, statement, relation, alteration),
    await followColumn(context, transaction, relation, alteration),
  ];
  const plan = transaction.head === MAIN ? planOnMain : planOnBranch;
  const planned = await plan(context, transaction, statement, relation, alteration);
  return [
    ...planned,
    ...(await constraintNotes(transaction, relation, alteration)),
    ...guards.flatMap((guard) => (guard === undefined ? [] : { ...NOTHING_TO_RUN, guard })),
  ];
}

/** What is said of a constraint goes with its name. */
async function constraintNotes(
  transaction: Transaction,
  relation: RelationName,
  alteration: Alteration,
): Promise<readonly PlannedStatement[]> {
  const { kind } = alteration;
  if (kind !== "dropConstraint" && kind !== "renameConstraint") return [];
  const to = kind === "dropConstraint" ? undefined : alteration.to;
  const note = { kind: "constraintName", name: alteration.name, to } as const;
  return await noteSteps(transaction, await redefinedTable(transaction, relation), note);
}

/** Views go on reading a column that gets another name, and none that comes under one they have for something else. */
async function followColumn(
  { services, scope: { head } }: PlanContext,
  transaction: Transaction,
  relation: RelationName,
  alteration: Alteration,
): Promise<Follow | undefined> {
  if (alteration.kind !== "renameColumn" && alteration.kind !== "addColumn") return undefined;
  const { column } = alteration;
  const to = alteration.kind === "addColumn" ? column : alteration.to;
  const columns = await renamedColumns(transaction, head, relation, { column, to });
  return await followingViews(services.analyse, transaction, head, [
    { from: relation, to: relation, columns },
  ]);
}

async function planOnMain(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  relation: RelationName,
  alteration: TableAlteration,
): Promise<PlannedStatement[]> {
  const altered = transaction.state.find(MAIN, relation);
  const wasWritten = context.scope.isWritten(relation);
  // Before it counts as changed: what is known of it holds no longer then.
  const known = altered?.kind === "table" ? await transaction.definitionOf(altered) : undefined;
  const physical = await transaction.writableTable(relation);
  const definition = known ?? (await physicalDefinition(transaction.connection, physical));
  if (definition === undefined) throw undefinedTable(relation);
  const table = { relation, physical, definition, wasWritten, overlay: undefined };
  const planned = await new AlteredTable(context, transaction, statement, table).plan(alteration);
  noteColumns(transaction, relation, alteration, planned);
  return planned;
}

/** A column that IF NOT EXISTS found there is none that came. */
function noteColumns(
  transaction: Transaction,
  relation: RelationName,
  alteration: TableAlteration,
  planned: readonly PlannedStatement[],
): void {
  const { kind } = alteration;
  if (kind !== "addColumn" && kind !== "dropColumn" && kind !== "renameColumn") return;
  if (!planned.some(({ skipped }) => skipped !== undefined))
    noteColumnChange(transaction, relation, alteration);
}

/** An overlay made for an action that found nothing to do goes again. */
async function planOnBranch(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  relation: RelationName,
  alteration: TableAlteration,
): Promise<PlannedStatement[]> {
  const wasWritten = context.scope.isWritten(relation);
  const inherited = transaction.state.find(transaction.head, relation);
  const version = await transaction.writableVersion(relation);
  const isNew = inherited !== undefined && inherited.head !== transaction.head;
  const definition = await transaction.definitionOf(version);
  const { layer } = version;
  const comments = await transaction.commentsOf(version);
  const overlay = layer?.kind === "overlay" ? { version, layer, definition, comments } : undefined;
  const table = { relation, physical: requirePhysical(version), definition, wasWritten, overlay };
  const planned = await new AlteredTable(context, transaction, statement, table).plan(alteration);
  noteColumns(transaction, relation, alteration, planned);
  const current = transaction.state.own(transaction.head, relation);
  if (isNew && current?.id === version.id && current.layer?.kind === "overlay")
    await transaction.dropFork(current);
  return planned;
}

function requireUser(context: PlanContext, role: string): void {
  if (role === "" || role === context.user) return;
  throw new SqlError(SQLSTATE.undefinedObject, `role "${role}" does not exist`);
}

async function kindOf(
  context: PlanContext,
  transaction: Transaction,
  relation: RelationName,
): Promise<"table" | "view" | undefined> {
  if (context.scope.head !== MAIN) {
    const kind = context.scope.state.find(context.scope.head, relation)?.kind;
    return kind === "dropped" ? undefined : kind;
  }
  const kinds = await kindsOf(transaction.connection, { catalog: DATA_CATALOG, ...relation });
  if (kinds.has("table")) return "table";
  return kinds.has("view") ? "view" : undefined;
}

/** ALTER TABLE of a view: PostgreSQL lets it be renamed so. */
async function planView(
  context: PlanContext,
  transaction: Transaction,
  relation: RelationName,
  alteration: TableAlteration,
): Promise<PlannedStatement[]> {
  if (alteration.kind === "rename")
    return await planRename(context, transaction, relation, { ...relation, name: alteration.to });
  if (alteration.kind === "setSchema") {
    const schema = normaliseName(alteration.schema) === "public" ? "main" : alteration.schema;
    return await planRename(context, transaction, relation, { ...relation, schema });
  }
  throw new SqlError(SQLSTATE.wrongObjectType, `cannot alter view "${relation.name}" in this way`);
}

/** A temporary table takes what DuckDB's own ALTER does. */
async function planTemporary(
  context: PlanContext,
  statement: RelationalStatement,
  name: NameReference,
  alteration: Alteration,
): Promise<PlannedStatement[]> {
  if (alteration.kind === "owner" || alteration.kind === "storage") return [NOTHING_TO_RUN];
  if (alteration.kind === "addConstraint" && isPlainTextCheck(statement.text)) return [NOTHING_TO_RUN];
  if (alteration.kind === "setSchema" || statement.sequenceColumns.length > 0)
    throw notSupported("this form of ALTER TABLE is not supported for temporary tables");
  const table = name.parts.at(-1) ?? "";
  const targets = new Map([[name.start, `temp.main.${quoteIdentifier(table)}`]]);
  const resolved = await resolveStatement(context.services, context.scope, statement, targets);
  const sql = keptTemporary(resolved, alteration);
  const afterwards = (): void => {
    if (alteration.kind !== "rename") return;
    context.temporary.delete(table);
    context.temporary.add(alteration.to);
  };
  return [{ sql, afterwards }];
}
