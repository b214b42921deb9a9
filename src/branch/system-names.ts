/** Where the registry's tables are in the data file, and which schemas are this program's own. */
import { DATA_CATALOG } from "../engine/database.js";
import type { RecordTable } from "../engine/record-writer.js";
import { normaliseName } from "../sql/names.js";

export const SYSTEM_SCHEMA = "duckbranch";
/** Preserved states of tables and sequences that some pin still reads. */
export const STORE_SCHEMA = "duckbranch_store";

export const SYSTEM = `${DATA_CATALOG}.${SYSTEM_SCHEMA}`;

/** A table of the registry to which rows are appended; all its columns in order. */
export function systemTable<Column extends string>(
  name: string,
  columns: RecordTable<Column>["columns"],
): RecordTable<Column> {
  return { catalog: DATA_CATALOG, schema: SYSTEM_SCHEMA, name, columns };
}

/** True for the schemas this program keeps for itself; clients never write there. */
export function isInternalSchema(schema: string): boolean {
  const folded = normaliseName(schema);
  return folded === SYSTEM_SCHEMA || folded === STORE_SCHEMA || /^branch_[0-9a-f]{12}$/.test(folded);
}

/** What is kept of merges: undo-rows.ts. */
export const UNDO_TABLES = systemTable("undo_tables", {
  merge_id: "VARCHAR NOT NULL",
  schema_name: "VARCHAR NOT NULL",
  table_name: "VARCHAR NOT NULL",
  object_id: "BIGINT NOT NULL",
  store_table: "VARCHAR NOT NULL",
  shape: "VARCHAR NOT NULL",
});

/** What statements took on branches: spent-time.ts. */
export const SPENT_TIME = systemTable("spent_time", { branch_id: "VARCHAR NOT NULL", ms: "BIGINT NOT NULL" });

/** Column of a log: the point in the order of commits at which a row was as the log has it. */
export const LOGGED_AT = "#at";
