/** Comments of views of main and their columns: DuckDB forgets them when a view is replaced, PostgreSQL does not. */
import { optionalTextCell, textCell, type Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { normaliseName, quoteIdentifier, quoteLiteral } from "../sql/names.js";
import type { TableComment } from "./catalog-reader.js";
import { relationKey, type PhysicalTable, type RelationKey } from "./model.js";
import { physicalName } from "./system-schema.js";

/** Of all views, by `relationKey` and column; under null the view's own. */
export async function allViewComments(
  connection: Connection,
): Promise<ReadonlyMap<RelationKey, ReadonlyMap<string | null, string>>> {
  const rows = await connection.rows(
    `SELECT schema_name, view_name, NULL AS column_name, comment FROM duckdb_views()
       WHERE database_name = $1 AND NOT internal AND comment IS NOT NULL
     UNION ALL SELECT schema_name, table_name, column_name, comment FROM duckdb_columns()
       WHERE database_name = $1 AND comment IS NOT NULL AND (schema_name, table_name) IN
         (SELECT (schema_name, view_name) FROM duckdb_views() WHERE database_name = $1 AND NOT internal)`,
    [DATA_CATALOG],
  );
  const all = new Map<RelationKey, Map<string | null, string>>();
  for (const row of rows) {
    const key = relationKey({ schema: textCell(row, "schema_name"), name: textCell(row, "view_name") });
    const own = all.get(key) ?? new Map<string | null, string>();
    all.set(key, own.set(optionalTextCell(row, "column_name"), textCell(row, "comment")));
  }
  return all;
}

/** Of columns that the view does not have any more there is nothing to say. */
export async function giveViewComments(
  connection: Connection,
  view: PhysicalTable,
  comments: readonly TableComment[],
): Promise<void> {
  if (comments.length === 0) return;
  const place = physicalName(view);
  const rows = await connection.rows(`DESCRIBE ${place}`);
  const columns = new Set(rows.map((row) => normaliseName(textCell(row, "column_name"))));
  for (const { column, comment } of comments) {
    if (column !== null && !columns.has(normaliseName(column))) continue;
    const object = column === null ? `VIEW ${place}` : `COLUMN ${place}.${quoteIdentifier(column)}`;
    await connection.run(`COMMENT ON ${object} IS ${quoteLiteral(comment)}`);
  }
}
