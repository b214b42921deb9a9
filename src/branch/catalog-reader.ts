/**
 * Reads the data catalogue through one connection, that is as its transaction sees it: definitions of tables, and what
 * main holds.
 */
import { optionalTextCell, textCell, type Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import { MAIN, relationKey, type PhysicalTable, type RelationKey, type Version } from "./model.js";
import type { RegistryState } from "./registry-state.js";
import { isInternalSchema } from "./system-schema.js";
import { readTableDefinition, type TableDefinition } from "./table-definition.js";

/** Definition of a version's table: the recorded one of a preserved copy, otherwise the catalogue's. */
export async function definitionOf(connection: Connection, version: Version): Promise<TableDefinition> {
  if (version.physical === null) {
    throw new SqlError(SQLSTATE.wrongObjectType, `"${version.name}" is not a table`);
  }
  if (version.definition !== null) return readTableDefinition(version.definition);
  const definition = await physicalDefinition(connection, version.physical);
  if (definition !== undefined) return definition;
  throw new SqlError(
    SQLSTATE.undefinedTable,
    `the data of table "${version.name}" is missing from the database file`,
  );
}

/** What the catalogue says of a table, its indexes included; undefined when it is not there. */
export async function physicalDefinition(
  connection: Connection,
  table: PhysicalTable,
  catalog = DATA_CATALOG,
): Promise<TableDefinition | undefined> {
  const sql = await tableSql(connection, table, catalog);
  if (sql === undefined) return undefined;
  const indexes = await indexesOf(connection, table, catalog);
  return readTableDefinition([sql, ...indexes].join("\n"));
}

/** The CREATE TABLE statement of a table; undefined when it is not there. */
export async function tableSql(
  connection: Connection,
  table: PhysicalTable,
  catalog = DATA_CATALOG,
): Promise<string | undefined> {
  const [row] = await connection.rows(
    "SELECT sql FROM duckdb_tables() WHERE database_name = ? AND lower(schema_name) = lower(?) AND lower(table_name) = lower(?)",
    [catalog, table.schema, table.name],
  );
  return row === undefined ? undefined : textCell(row, "sql");
}

/** CREATE INDEX statements of a table, each with its semicolon. */
async function indexesOf(
  connection: Connection,
  table: PhysicalTable,
  catalog: string,
): Promise<readonly string[]> {
  const rows = await connection.rows(
    `SELECT sql FROM duckdb_indexes()
     WHERE database_name = ? AND lower(schema_name) = lower(?) AND lower(table_name) = lower(?) AND sql IS NOT NULL
     ORDER BY index_name`,
    [catalog, table.schema, table.name],
  );
  return rows.map((row) => textCell(row, "sql"));
}

interface MainObject {
  readonly schema: string;
  readonly name: string;
  readonly kind: "table" | "view";
  /** CREATE VIEW statement of a view. */
  readonly definition: string | null;
}

/** Tables and views of main, as this connection's transaction sees them. */
export async function mainObjects(connection: Connection): Promise<readonly MainObject[]> {
  const rows = await connection.rows(
    `SELECT schema_name, table_name AS name, NULL AS definition FROM duckdb_tables() WHERE database_name = $1 AND NOT temporary
     UNION ALL
     SELECT schema_name, view_name, sql FROM duckdb_views() WHERE database_name = $1 AND NOT internal AND NOT temporary`,
    [DATA_CATALOG],
  );
  return rows
    .map((row): MainObject => {
      const definition = optionalTextCell(row, "definition");
      return {
        schema: textCell(row, "schema_name"),
        name: textCell(row, "name"),
        kind: definition === null ? "table" : "view",
        definition,
      };
    })
    .filter((object) => !isInternalSchema(object.schema));
}

/**
 * What differs between main's catalogue and a state of the registry: versions that are gone, and objects without one.
 * `replaced` are names that stand for another table now.
 */
export async function compareMain(
  connection: Connection,
  state: RegistryState,
  replaced: ReadonlySet<RelationKey>,
): Promise<{ readonly ended: readonly Version[]; readonly added: readonly MainObject[] }> {
  const actual = new Map((await mainObjects(connection)).map((object) => [relationKey(object), object]));
  const ended = state.liveVersionsOf(MAIN).filter((version) => {
    const key = relationKey(version);
    const object = actual.get(key);
    const same =
      object?.kind === version.kind &&
      (object.kind === "table" ? !replaced.has(key) : object.definition === version.definition);
    if (same) actual.delete(key);
    return !same;
  });
  return { ended, added: [...actual.values()] };
}

/** A comment on a table, `column` null, or on one of its columns. */
export interface TableComment {
  readonly column: string | null;
  readonly comment: string;
}

/** Comments on a table and its columns, ready to be set on a copy. */
export async function commentsOf(
  connection: Connection,
  table: PhysicalTable,
): Promise<readonly TableComment[]> {
  const rows = await connection.rows(
    `SELECT NULL AS column_name, comment FROM duckdb_tables()
       WHERE database_name = $1 AND schema_name = $2 AND table_name = $3 AND comment IS NOT NULL
     UNION ALL
     SELECT column_name, comment FROM duckdb_columns()
       WHERE database_name = $1 AND schema_name = $2 AND table_name = $3 AND comment IS NOT NULL`,
    [DATA_CATALOG, table.schema, table.name],
  );
  return rows.map((row) => ({
    column: optionalTextCell(row, "column_name"),
    comment: textCell(row, "comment"),
  }));
}
