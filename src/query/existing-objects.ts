/** What DuckDB's catalogue has under a name, as a transaction sees it: for IF EXISTS, IF NOT EXISTS and their notices. */
import { isReadable } from "../branch/catalog-reader.js";
import { textCell, type Connection } from "../engine/connection.js";

/** What shares its names with relations, and schemas. Macros do not, and listing them all takes longer than the rest. */
export type ObjectKind = "table" | "view" | "index" | "sequence" | "type" | "schema";

/** A catalogue and schema of DuckDB, and a name in it. */
export interface ObjectName {
  readonly catalog: string;
  readonly schema: string;
  readonly name: string;
}

/** All but tables: to list these DuckDB writes out the definition of every one of them, 12 µs each. */
const LISTS = `
  SELECT 'view' AS kind, database_name, schema_name, view_name AS name FROM duckdb_views() WHERE NOT internal
  UNION ALL SELECT 'index', database_name, schema_name, index_name FROM duckdb_indexes()
  UNION ALL SELECT 'sequence', database_name, schema_name, sequence_name FROM duckdb_sequences()
  UNION ALL SELECT 'type', database_name, schema_name, type_name FROM duckdb_types() WHERE NOT internal
  UNION ALL SELECT 'schema', database_name, '', schema_name FROM duckdb_schemas()`;

/** Kinds of the objects that have this name, without case. A schema is looked up with an empty `schema`. */
export async function kindsOf(connection: Connection, object: ObjectName): Promise<ReadonlySet<ObjectKind>> {
  const rows = await connection.rows(
    `SELECT DISTINCT kind FROM (${LISTS}) WHERE database_name = ? AND lower(schema_name) = lower(?) AND lower(name) = lower(?)`,
    [object.catalog, object.schema, object.name],
  );
  const kinds = new Set(rows.map((row) => objectKind(textCell(row, "kind"))));
  const { catalog, schema, name } = object;
  const isTable =
    schema !== "" && !kinds.has("view") && (await isReadable(connection, [catalog, schema, name]));
  if (isTable) kinds.add("table");
  return kinds;
}

function objectKind(text: string): ObjectKind {
  switch (text) {
    case "table":
    case "view":
    case "index":
    case "sequence":
    case "type":
      return text;
    default:
      return "schema";
  }
}
