/** The table a statement writes, as DuckDB's catalogue has it. */
import { MAIN, type PhysicalTable } from "../branch/model.js";
import { requirePhysical } from "../branch/rows.js";
import { physicalName } from "../branch/system-schema.js";
import { readTableDefinition, storedColumns, type TableDefinition } from "../branch/table-definition.js";
import type { Transaction } from "../branch/transaction.js";
import { undefinedTable } from "../branch/undefined-table.js";
import { textCell, type Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { NameReference } from "../sql/analysis.js";
import { quoteIdentifier } from "../sql/names.js";
import type { PlanContext } from "./plan-context.js";
import { mainRelationText } from "./head-relations.js";
import { writableName } from "./writable-names.js";

export interface TargetTable {
  /** Its name in full and without an alias. */
  readonly sql: string;
  readonly catalog: string;
  readonly schema: string;
  readonly name: string;
}

/** The table that the target's new rows go into; on a branch its own, which may be an overlay's. */
export async function targetTable(
  { scope }: PlanContext,
  transaction: Transaction,
  name: NameReference,
): Promise<TargetTable> {
  const meaning = writableName(scope, name);
  if (meaning.kind === "temporary") {
    const sql = `temp.main.${quoteIdentifier(meaning.name)}`;
    return { sql, catalog: "temp", schema: "main", name: meaning.name };
  }
  if (meaning.kind === "unknown" && scope.head !== MAIN) throw undefinedTable(meaning.relation);
  const { head } = scope;
  // Rows are only added.
  const form = { staysInOrder: true };
  const physical =
    head === MAIN
      ? meaning.relation
      : requirePhysical(await transaction.writableVersion(meaning.relation, head, "unknown", form));
  const sql = scope.head === MAIN ? mainRelationText(scope, physical) : physicalName(physical);
  return { ...physical, sql, catalog: DATA_CATALOG };
}

/** Names of the columns that hold values of their own: all but generated ones. */
export async function storedColumnsOf(
  connection: Connection,
  table: TargetTable,
): Promise<readonly string[]> {
  const definition = await definitionIn(connection, table.catalog, table);
  if (definition === undefined) throw undefinedTable(table);
  return storedColumns(definition).map((column) => column.name);
}

/** What the catalogue says of a table, its name in any case; undefined when there is none. */
export async function definitionIn(
  connection: Connection,
  catalog: string,
  { schema, name }: PhysicalTable,
): Promise<TableDefinition | undefined> {
  const [row] = await connection.rows(
    "SELECT sql FROM duckdb_tables() WHERE database_name = ? AND lower(schema_name) = lower(?) AND lower(table_name) = lower(?)",
    [catalog, schema, name],
  );
  return row === undefined ? undefined : readTableDefinition(textCell(row, "sql"));
}
