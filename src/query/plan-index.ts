/** Plans for CREATE INDEX. */
import { physicalDefinition } from "../branch/catalog-reader.js";
import { generatedName } from "../sql/generated-names.js";
import { MAIN } from "../branch/model.js";
import { changedDefinition } from "../branch/table-changes.js";
import { markCopied } from "../branch/copied-tables.js";
import { rebuildTable } from "../branch/table-rebuild.js";
import type { Transaction } from "../branch/transaction.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { quoteIdentifier } from "../sql/names.js";
import { kindsOf, type ObjectName } from "./existing-objects.js";
import { NOTHING_TO_RUN, type PlanContext, type PlannedStatement } from "./plan-context.js";
import { noteSteps } from "./plan-table-notes.js";
import { changesNoRow, redefinedTable } from "./redefined-table.js";
import { writableName } from "./writable-names.js";

/** Plans the statement as it stands, once it has a name and nothing is in its way. */
type PlanInPlace = (statement: RelationalStatement) => Promise<PlannedStatement>;

export async function planCreateIndex(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  planInPlace: PlanInPlace,
): Promise<PlannedStatement[]> {
  const table = statement.names.find((name) => name.role === "alter");
  if (table === undefined) return [await planInPlace(statement)];
  const meaning = writableName(context.scope, table);
  if (meaning.kind === "temporary") {
    const place = { catalog: "temp", schema: "main" };
    return await planNamed(context, transaction, statement, place, meaning.name, async (named) => [
      await planInPlace(named),
    ]);
  }
  const { relation } = meaning;
  const wasWritten = context.scope.isWritten(relation);
  const physical = changesNoRow(statement)
    ? await redefinedTable(transaction, relation)
    : await transaction.writableTable(relation);
  if (wasWritten) {
    // DuckDB indexes no table whose rows the transaction has changed: one made anew has no changed rows.
    const definition = await physicalDefinition(transaction.connection, physical);
    if (definition !== undefined) {
      const same = changedDefinition(definition, physical, relation.name, { kind: "move", place: physical });
      await rebuildTable(transaction.connection, physical, same);
      if (transaction.head === MAIN) markCopied(transaction, [physical]);
    }
  }
  const place = { catalog: DATA_CATALOG, schema: physical.schema };
  const planNoted = async (named: RelationalStatement, index: string): Promise<PlannedStatement[]> => [
    await planInPlace(named),
    ...(await noteSteps(transaction, physical, statement.note, index)),
  ];
  return await planNamed(context, transaction, statement, place, relation.name, planNoted);
}

async function planNamed(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  place: Omit<ObjectName, "name">,
  table: string,
  planAs: (statement: RelationalStatement, index: string) => Promise<PlannedStatement[]>,
): Promise<PlannedStatement[]> {
  const { unnamedIndex } = statement;
  const written = statement.names.find((name) => name.role === "create")?.parts.at(-1);
  if (unnamedIndex === undefined) {
    if (written === undefined) throw notSupported("the name this statement creates could not be determined");
    if (!(await isTaken(transaction, { ...place, name: written }))) return await planAs(statement, written);
    const message = `relation "${written}" already exists`;
    if (!statement.ifNotExists) throw new SqlError(SQLSTATE.duplicateTable, message);
    context.notice("NOTICE", SQLSTATE.duplicateTable, `${message}, skipping`);
    return [NOTHING_TO_RUN];
  }
  for (let n = 0; ; n++) {
    const name = generatedName(table, unnamedIndex.columns.join("_"), `idx${n === 0 ? "" : n}`);
    if (await isTaken(transaction, { ...place, name })) continue;
    const { at } = unnamedIndex;
    const edit = { start: at, end: at, text: `${quoteIdentifier(name)} ` };
    return await planAs({ ...statement, edits: [...statement.edits, edit] }, name);
  }
}

async function isTaken(transaction: Transaction, object: ObjectName): Promise<boolean> {
  const kinds = await kindsOf(transaction.connection, object);
  return kinds.has("index") || kinds.has("table") || kinds.has("view") || kinds.has("sequence");
}
