/** Comments of a table and its columns, given to another one. Pure. */
import { quoteIdentifier, quoteLiteral } from "../sql/names.js";
import type { PhysicalTable } from "./model.js";
import { physicalName } from "./system-schema.js";

/** A comment on a table, `column` null, or on one of its columns; null takes it away. */
interface Comment {
  readonly column: string | null;
  readonly comment: string | null;
}

/** COMMENT ON statements. */
export function commentStatements(comments: readonly Comment[], table: PhysicalTable): readonly string[] {
  return comments.map(({ column, comment }) => {
    const object =
      column === null
        ? `TABLE ${physicalName(table)}`
        : `COLUMN ${physicalName(table)}.${quoteIdentifier(column)}`;
    return `COMMENT ON ${object} IS ${comment === null ? "NULL" : quoteLiteral(comment)}`;
  });
}
