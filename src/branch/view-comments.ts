/** Comments of views of main and their columns: DuckDB forgets them when a view is replaced, PostgreSQL does not. */
import { textCell, type Connection } from "../engine/connection.js";
import { normaliseName, quoteIdentifier, quoteLiteral } from "../sql/names.js";
import type { TableComment } from "./catalog-reader.js";
import type { PhysicalTable } from "./model.js";
import { physicalName } from "./system-schema.js";

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
