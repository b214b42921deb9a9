/** ALTER … RENAME TO, SET SCHEMA and what else is done to a whole object: table, view, index, sequence. */
import { physicalDefinition } from "../branch/catalog-reader.js";
import { MAIN, type RelationName } from "../branch/model.js";
import { changedDefinition } from "../branch/table-changes.js";
import { commentName } from "../branch/object-comments.js";
import { renamedLayer } from "../branch/merge-renames.js";
import { markCopied } from "../branch/copied-tables.js";
import { indexName, indexSql, rebuildTable } from "../branch/table-rebuild.js";
import { refuseChanged } from "../branch/overlay.js";
import type { Transaction } from "../branch/transaction.js";
import { undefinedTable } from "../branch/undefined-table.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { Alteration, NameReference } from "../sql/analysis.js";
import { clientSchema, normaliseName, quoteIdentifier } from "../sql/names.js";
import { kindsOf } from "./existing-objects.js";
import { followingViews } from "./following-views.js";
import { ownText } from "./main-texts.js";
import { indexOwner } from "./index-names.js";
import { coverDropped } from "./plan-drop.js";
import { planEnumChange, planEnumRename } from "./plan-enum.js";
import { NOTHING_TO_RUN, step, type PlanContext, type PlannedStatement } from "./plan-context.js";
import { redefinedTable } from "./redefined-table.js";
import { planAlterSequence } from "./plan-sequence.js";
import { mainRelationText } from "./head-relations.js";
import { noteSteps } from "./plan-table-notes.js";
import { writableName } from "./writable-names.js";

/** A table or view gets another name or schema. On a branch that is a matter of the registry alone. */
export async function planRename(
  context: PlanContext,
  transaction: Transaction,
  from: RelationName,
  to: RelationName,
): Promise<PlannedStatement[]> {
  await refuseTaken(context, transaction, from, to);
  const { scope, services } = context;
  const guard = await followingViews(services.analyse, transaction, scope.head, [{ from, to }]);
  const behind = guard === undefined ? [] : [{ ...NOTHING_TO_RUN, guard }];
  if (scope.head === MAIN) return [...(await renameOnMain(context, transaction, from, to)), ...behind];
  await transaction.lock(from, scope.head);
  await transaction.lock(to, scope.head);
  const inherited = transaction.state.find(scope.head, from);
  if (inherited === undefined) throw undefinedTable(from);
  if (inherited.kind === "table") await transaction.writableVersion(from);
  const version = transaction.state.find(scope.head, from);
  if (version === undefined) throw undefinedTable(from);
  if (version.layer?.kind === "overlay") refuseChanged(transaction, version);
  const said =
    version.kind === "view" ? transaction.objects.dropComments(scope.head, { ...version, kind: "view" }) : [];
  coverDropped(transaction, version, scope);
  // A mark that the name was dropped here goes with it.
  const covered = transaction.state.own(scope.head, to);
  if (covered !== undefined) transaction.endVersion(covered);
  const { kind, physical, objectId, lineage } = version;
  const layer = renamedLayer(version);
  const { definition: text, head } = version;
  const isView = kind === "view" && text !== null;
  const definition = isView ? await ownText(context.services.analyse, { head, definition: text }) : text;
  transaction.addVersion({ head: scope.head, ...to, kind, physical, definition, objectId, layer, lineage });
  for (const { comment, ...one } of said)
    transaction.objects.make(scope.head, { ...commentName({ ...one, ...to }), definition: comment });
  return [NOTHING_TO_RUN, ...behind];
}

async function refuseTaken(
  context: PlanContext,
  transaction: Transaction,
  from: RelationName,
  to: RelationName,
): Promise<void> {
  const { head, state } = context.scope;
  const { connection } = transaction;
  const isMoved = normaliseName(from.schema) !== normaliseName(to.schema);
  if (isMoved) {
    const schemas = await kindsOf(connection, { catalog: DATA_CATALOG, schema: "", name: to.schema });
    const known =
      head === MAIN
        ? schemas.size > 0
        : state.findObject(head, { kind: "schema", schema: "", name: to.schema }) !== undefined;
    if (!known && to.schema !== "main")
      throw new SqlError(SQLSTATE.invalidSchemaName, `schema "${to.schema}" does not exist`);
  }
  const kinds = head === MAIN ? await kindsOf(connection, { catalog: DATA_CATALOG, ...to }) : new Set();
  const isTaken =
    kinds.has("table") || kinds.has("view") || (head !== MAIN && state.find(head, to) !== undefined);
  if (!isTaken) return;
  const where = isMoved ? ` in schema "${clientSchema(to.schema)}"` : "";
  throw new SqlError(SQLSTATE.duplicateTable, `relation "${to.name}" already exists${where}`);
}

async function renameOnMain(
  context: PlanContext,
  transaction: Transaction,
  from: RelationName,
  to: RelationName,
): Promise<PlannedStatement[]> {
  const { connection } = transaction;
  const wasWritten = context.scope.isWritten(from);
  transaction.copied.rename(from, to);
  transaction.markReplaced(from);
  transaction.markCreated(to);
  const kinds = await kindsOf(connection, { catalog: DATA_CATALOG, ...from });
  const isMoved = normaliseName(from.schema) !== normaliseName(to.schema);
  if (kinds.has("view")) {
    if (isMoved) throw notSupported("SET SCHEMA of views is not supported");
    return [
      step(`ALTER VIEW ${mainRelationText(context.scope, from)} RENAME TO ${quoteIdentifier(to.name)}`),
    ];
  }
  const definition = await physicalDefinition(connection, from);
  if (definition === undefined) throw undefinedTable(from);
  if (!isMoved && !wasWritten && definition.indexes.length === 0)
    return [
      step(`ALTER TABLE ${mainRelationText(context.scope, from)} RENAME TO ${quoteIdentifier(to.name)}`),
    ];
  const moved = changedDefinition(definition, from, to.name, { kind: "move", place: to });
  await rebuildTable(connection, from, moved);
  markCopied(transaction, [from]);
  return [NOTHING_TO_RUN];
}

/** ALTER VIEW, INDEX, SEQUENCE, SCHEMA and TYPE. */
export async function planOtherAlter(
  context: PlanContext,
  transaction: Transaction,
  name: NameReference,
  alteration: Alteration,
  ifExists: boolean,
): Promise<PlannedStatement[]> {
  if (alteration.kind === "owner" || alteration.kind === "storage") return [NOTHING_TO_RUN];
  if (name.object === "view" && alteration.kind === "rename") {
    const meaning = writableName(context.scope, name);
    if (meaning.kind === "temporary") throw notSupported("renaming temporary views is not supported");
    return await planRename(context, transaction, meaning.relation, {
      ...meaning.relation,
      name: alteration.to,
    });
  }
  if (name.object === "sequence" && alteration.kind === "sequence")
    return await planAlterSequence(context, transaction, name, alteration.options, ifExists);
  if (alteration.kind === "addLabel" || alteration.kind === "renameLabel")
    return await planEnumChange(context, transaction, name, alteration);
  if (name.object === "type" && alteration.kind === "rename")
    return await planEnumRename(context, transaction, name, alteration.to);
  if (name.object === "index" && alteration.kind === "rename")
    return await renameIndex(context, transaction, name, alteration.to);
  throw notSupported(`this form of ALTER ${(name.object ?? "").toUpperCase()} is not supported`);
}

/** DuckDB renames no index: it is made again under its new name. */
async function renameIndex(
  context: PlanContext,
  transaction: Transaction,
  name: NameReference,
  to: string,
): Promise<PlannedStatement[]> {
  const index = name.parts.at(-1) ?? "";
  const owner = await indexOwner(transaction, context.scope, name.parts);
  if (owner === undefined)
    throw new SqlError(SQLSTATE.undefinedTable, `relation "${name.parts.join(".")}" does not exist`);
  const physical = await redefinedTable(transaction, owner);
  const definition = await physicalDefinition(transaction.connection, physical);
  const sql = definition?.indexes.find((own) => normaliseName(indexName(own)) === normaliseName(index));
  if (sql === undefined) throw new SqlError(SQLSTATE.undefinedTable, `relation "${index}" does not exist`);
  transaction.markCatalogChanged();
  const at = sql.search(/ ON /);
  const head = sql.slice(0, sql.toUpperCase().indexOf("INDEX ") + 6);
  const on = sql
    .slice(at)
    .replace(/^ ON (?:"(?:[^"]|"")*"|[^\s.("]+)(?:\.(?:"(?:[^"]|"")*"|[^\s.("]+))*/, "");
  const table = `${quoteIdentifier(DATA_CATALOG)}.${quoteIdentifier(physical.schema)}.${quoteIdentifier(physical.name)}`;
  return [
    step(`DROP INDEX ${indexSql(physical, index)}`),
    step(`${head}${quoteIdentifier(to)} ON ${table}${on}`),
    ...(await noteSteps(transaction, physical, { kind: "indexName", to }, index)),
  ];
}
