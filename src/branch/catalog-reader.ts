/**
 * Reads the data catalogue through one connection, that is as its transaction sees it: definitions of tables, and what
 * main holds.
 */
import { optionalTextCell, textCell, type Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import { formatName, normaliseName } from "../sql/names.js";
import {
  MAIN,
  relationKey,
  type PhysicalTable,
  type RelationKey,
  type RelationName,
  type Version,
} from "./model.js";
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
export async function indexesOf(
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
    "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = $1 AND NOT temporary",
    [DATA_CATALOG],
  );
  const tables = rows.map((row): MainObject => {
    const [schema, name] = [textCell(row, "schema_name"), textCell(row, "table_name")];
    return { schema, name, kind: "table", definition: null };
  });
  return [...tables.filter(({ schema }) => !isInternalSchema(schema)), ...(await mainViews(connection))];
}

async function mainViews(connection: Connection): Promise<readonly MainObject[]> {
  const rows = await connection.rows(
    "SELECT schema_name, view_name, sql FROM duckdb_views() WHERE database_name = $1 AND NOT internal AND NOT temporary",
    [DATA_CATALOG],
  );
  const views = rows.map((row): MainObject => {
    const [schema, name] = [textCell(row, "schema_name"), textCell(row, "view_name")];
    return { schema, name, kind: "view", definition: textCell(row, "sql") };
  });
  return views.filter(({ schema }) => !isInternalSchema(schema));
}

/** With more names than this all of main is listed: DuckDB takes 0.4 ms for a name, and 12 µs for each table that it lists. */
const FEW_NAMES = 100;

/** Those of these names that main has, as they are spelt there. */
async function mainObjectsNamed(
  connection: Connection,
  names: readonly RelationName[],
): Promise<readonly MainObject[]> {
  if (names.length > FEW_NAMES) return await mainObjects(connection);
  const schemas = await connection.rows("SELECT schema_name FROM duckdb_schemas() WHERE database_name = $1", [
    DATA_CATALOG,
  ]);
  const spelling = new Map(
    schemas.map((row) => textCell(row, "schema_name")).map((name) => [normaliseName(name), name]),
  );
  const spelt = names.map(({ schema, name }) => ({
    schema: spelling.get(normaliseName(schema)) ?? schema,
    name,
  }));
  const found: MainObject[] = [];
  const others: RelationName[] = [];
  for (const one of spelt)
    if (await isPlainlyTable(connection, [DATA_CATALOG, one.schema, one.name]))
      found.push({ ...one, kind: "table", definition: null });
    else others.push(one);
  if (others.length === 0) return found;
  const views = new Map((await mainViews(connection)).map((view) => [relationKey(view), view]));
  for (const one of others) {
    const view = views.get(relationKey(one));
    if (view !== undefined) found.push(view);
    else if (await isReadable(connection, [DATA_CATALOG, one.schema, one.name]))
      found.push({ ...one, kind: "table", definition: null });
  }
  return found;
}

/**
 * Whether the name surely is a table's: to list views takes DuckDB longer the more there are. A table has row identifiers which
 * `*` does not give, and a view gives a column of that name both ways.
 */
async function isPlainlyTable(connection: Connection, name: readonly string[]): Promise<boolean> {
  try {
    const prepared = await connection.prepare(`SELECT rowid, * FROM ${formatName(name)}`);
    const [, ...columns] = prepared.columns;
    prepared.close();
    return !columns.some((column) => normaliseName(column.name).startsWith("rowid"));
  } catch (error) {
    if (error instanceof SqlError) return false;
    throw error;
  }
}

/** Whether there is a table, or a view that can be read: asked by its name, which costs the same however many there are. */
export async function isReadable(connection: Connection, name: readonly string[]): Promise<boolean> {
  try {
    await connection.run(`SELECT 1 FROM ${formatName(name)} LIMIT 0`);
    return true;
  } catch (error) {
    if (error instanceof SqlError && MISSING.has(error.code)) return false;
    throw error;
  }
}

const MISSING: ReadonlySet<string> = new Set([SQLSTATE.undefinedTable, SQLSTATE.invalidSchemaName]);

/**
 * What differs between main's catalogue and a state of the registry: versions that are gone, and objects without one. Only
 * `names` are compared, or all there is. `replaced` are names that stand for another table now.
 */
export async function compareMain(
  connection: Connection,
  state: RegistryState,
  {
    names,
    replaced,
  }: { readonly names: readonly RelationName[] | "any"; readonly replaced: ReadonlySet<RelationKey> },
): Promise<{ readonly ended: readonly Version[]; readonly added: readonly MainObject[] }> {
  const isCompared = comparedNames(names);
  const objects = names === "any" ? await mainObjects(connection) : await mainObjectsNamed(connection, names);
  const actual = new Map(objects.filter(isCompared).map((object) => [relationKey(object), object]));
  const known = state.liveVersionsOf(MAIN).filter(isCompared);
  const ended = known.filter((version) => {
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

function comparedNames(names: readonly RelationName[] | "any"): (relation: RelationName) => boolean {
  if (names === "any") return () => true;
  const keys = new Set(names.map(relationKey));
  return (relation) => keys.has(relationKey(relation));
}

/** A comment on a table, `column` null, or on one of its columns. */
export interface TableComment {
  readonly column: string | null;
  readonly comment: string;
}

/** Comments on a table or view and its columns, ready to be set on another one. */
export async function commentsOf(
  connection: Connection,
  { schema, name }: PhysicalTable,
  kind: "table" | "view" = "table",
): Promise<readonly TableComment[]> {
  const rows = await connection.rows(
    `SELECT NULL AS column_name, comment FROM duckdb_${kind}s()
       WHERE database_name = $1 AND lower(schema_name) = lower($2) AND lower(${kind}_name) = lower($3) AND comment IS NOT NULL
     UNION ALL
     SELECT column_name, comment FROM duckdb_columns()
       WHERE database_name = $1 AND lower(schema_name) = lower($2) AND lower(table_name) = lower($3) AND comment IS NOT NULL`,
    [DATA_CATALOG, schema, name],
  );
  return rows.map((row) => ({
    column: optionalTextCell(row, "column_name"),
    comment: textCell(row, "comment"),
  }));
}
