/** Plans for what stands in a table's comment beside its own words (sql/table-notes.ts). */
import { commentsOf, physicalDefinition } from "../branch/catalog-reader.js";
import { commentStatements } from "../branch/comments.js";
import { constraintsOf } from "../branch/constraint-names.js";
import { MAIN, type PhysicalTable, type RelationName } from "../branch/model.js";
import type { Transaction } from "../branch/transaction.js";
import { undefinedTable } from "../branch/undefined-table.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { Connection } from "../engine/connection.js";
import type { NameReference, RelationalStatement } from "../sql/analysis.js";
import { notedText, type TableNote, type ViewNote } from "../sql/table-notes.js";
import { NOTHING_TO_RUN, step, type PlanContext, type PlannedStatement } from "./plan-context.js";
import { kindsOf } from "./existing-objects.js";
import { indexOwner, keyOwner } from "./index-names.js";
import { redefinedTable } from "./redefined-table.js";
import { writableName } from "./writable-names.js";

/** Plans the statement as it stands. */
type PlanInPlace = (statement: RelationalStatement) => Promise<PlannedStatement>;

/**
 * COMMENT ON TABLE, ON CONSTRAINT and ON INDEX.
 *
 * Errors  42704 for a constraint that is not there, 42P01 for an index, 0A000 for one of a temporary table
 */
export async function planTableComment(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  note: TableNote,
  planInPlace: PlanInPlace,
): Promise<PlannedStatement> {
  const name = statement.names.find(({ role }) => role === "alter");
  if (name === undefined) throw notSupported("the table this comments on could not be determined");
  if (note.kind === "indexComment") return await planIndexComment(context, transaction, name, note);
  const meaning = writableName(context.scope, name);
  if (meaning.kind === "temporary") {
    if (note.kind === "table") return await planInPlace(statement);
    throw notSupported("comments on constraints of temporary tables are not supported");
  }
  const { relation } = meaning;
  const planned = await planInPlace(statement);
  const physical = await redefinedTable(transaction, relation);
  if (note.kind === "constraint")
    await requireConstraint(transaction.connection, physical, relation, note.name);
  const [sql] = await noteStatements(transaction, physical, note);
  // DuckDB's COMMENT ON TABLE would take away what else the table's comment says.
  return sql === undefined ? NOTHING_TO_RUN : { ...planned, sql };
}

async function planIndexComment(
  { scope }: PlanContext,
  transaction: Transaction,
  { parts }: NameReference,
  note: TableNote,
): Promise<PlannedStatement> {
  const index = parts.at(-1) ?? "";
  const owner = (await indexOwner(transaction, scope, parts)) ?? (await keyOwner(transaction, scope, parts));
  if (owner === undefined) {
    const kinds = await kindsOf(transaction.connection, { catalog: "temp", schema: "main", name: index });
    if (kinds.has("index")) throw notSupported("comments on indexes of temporary tables are not supported");
    throw new SqlError(SQLSTATE.undefinedTable, `relation "${parts.join(".")}" does not exist`);
  }
  if (transaction.head === MAIN) transaction.markCatalogChanged("noted");
  const [planned] = await noteSteps(transaction, await redefinedTable(transaction, owner), note, index);
  return planned ?? NOTHING_TO_RUN;
}

/** What DuckDB does not keep of an index or constraint that is made, dropped, or gets another name or comment. */
export async function noteSteps(
  transaction: Transaction,
  physical: PhysicalTable,
  note: TableNote | undefined,
  index?: string,
): Promise<readonly PlannedStatement[]> {
  if (note === undefined) return [];
  return (await noteStatements(transaction, physical, note, index)).map(step);
}

/** Of a materialized view. */
export async function writeViewNote(
  transaction: Transaction,
  view: RelationName,
  note: ViewNote,
): Promise<void> {
  const physical = await redefinedTable(transaction, view);
  transaction.markDefinitionsChanged();
  for (const sql of await noteStatements(transaction, physical, { kind: "view", note }))
    await transaction.connection.run(sql);
}

/** None where the comment says it already. */
async function noteStatements(
  { connection, context }: Transaction,
  physical: PhysicalTable,
  note: TableNote,
  index = "",
): Promise<readonly string[]> {
  const all = await commentsOf(connection, physical);
  const before = all.find(({ column }) => column === null)?.comment ?? null;
  if (note.kind === "view") context.registry.materialized.add(note.note);
  const comment = notedText(before, note, index);
  return comment === before ? [] : commentStatements([{ column: null, comment }], physical);
}

async function requireConstraint(
  connection: Connection,
  physical: PhysicalTable,
  relation: RelationName,
  name: string,
): Promise<void> {
  const definition = await physicalDefinition(connection, physical);
  if (definition === undefined) throw undefinedTable(relation);
  if (constraintsOf(definition, relation.name).some((own) => own.name === name)) return;
  throw new SqlError(
    SQLSTATE.undefinedObject,
    `constraint "${name}" for table "${relation.name}" does not exist`,
  );
}
