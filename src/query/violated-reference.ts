/** Which foreign key a row violated: DuckDB tells the columns that are referred to, which several keys may share, and values. */
import type { RelationName } from "../branch/model.js";
import type { TableDefinition } from "../branch/table-definition.js";
import { notSupported, type ErrorObject, type SqlError } from "../core/errors.js";
import { textCell, type Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { defaultConstraintName, readLabel } from "../sql/constraint-labels.js";
import { normaliseName } from "../sql/names.js";
import {
  columnPart,
  holds,
  mayBeWritten,
  namedKey,
  type MatchedKey,
  type WrittenRows,
} from "./violated-key.js";

interface Reference {
  readonly name: string;
  readonly columns: readonly string[];
  readonly parent: string;
  /** The parent's key with the values that are missing. */
  readonly key: MatchedKey;
}

/** What a failed write is known by. */
export interface FailedWrite {
  readonly object: ErrorObject;
  /** As DuckDB knows the table's schema: its foreign keys stay within it. */
  readonly schema: string;
  readonly definition: TableDefinition | undefined;
  readonly written: WrittenRows | undefined;
}

/** The key is not in the other table. Errors: 0A000 where the statement itself would have put it into its own table */
export async function notPresent(
  error: SqlError,
  cause: string,
  { object, schema, definition, written }: FailedWrite,
  connection: Connection,
): Promise<SqlError> {
  const missing = /because key "(.*)" does not exist/s.exec(cause)?.[1] ?? "";
  const table = object.table ?? "";
  const all = await referencesOf(connection, { schema, name: table }, missing);
  const own = all.find(({ parent }) => normaliseName(parent) === normaliseName(table));
  if (own !== undefined && written?.statement.verb === "insert" && mayBeWritten(own.key, definition, written))
    throw notSupported(
      "a row cannot refer to a row that the same statement inserts",
      "insert the row that is referred to in a statement of its own, and one that refers to itself with NULL first",
    );
  const found = await violated(all, definition, written, { schema, connection });
  if (found === undefined) return error.with({ object });
  const { name, columns, parent, key } = found;
  return error.with({
    message: `insert or update on table "${table}" violates foreign key constraint "${name}"`,
    detail: `Key (${columns.join(", ")})=(${key.values.join(", ")}) is not present in table "${parent}".`,
    object: { ...object, constraint: name },
  });
}

/** The foreign keys that refer to columns of these names. DuckDB prints none of a table to itself in its definition. */
async function referencesOf(
  connection: Connection,
  table: RelationName,
  missing: string,
): Promise<readonly Reference[]> {
  const rows = await connection.rows(
    `SELECT to_json(constraint_column_names)::VARCHAR AS columns, referenced_table AS parent,
       to_json(referenced_column_names)::VARCHAR AS referenced
     FROM duckdb_constraints() WHERE database_name = ? AND schema_name = ? AND table_name = ? AND constraint_type = 'FOREIGN KEY'
     ORDER BY constraint_index`,
    [DATA_CATALOG, table.schema, table.name],
  );
  const found: Reference[] = [];
  for (const row of rows) {
    const columns = names(textCell(row, "columns"));
    const name =
      (await labelled(connection, table, columns)) ?? defaultConstraintName(table.name, "foreign", columns);
    const key = namedKey(missing, [{ name, parts: names(textCell(row, "referenced")).map(columnPart) }]);
    if (key !== undefined) found.push({ name, columns, parent: textCell(row, "parent"), key });
  }
  // A value may look like the name of a second column.
  return found.toSorted((one, other) => other.columns.length - one.columns.length);
}

function names(list: string): readonly string[] {
  const parsed: unknown = JSON.parse(list);
  return Array.isArray(parsed) ? parsed.map(String) : [];
}

/** The only one, or the first that the statement writes and whose parent does not have the key. */
async function violated(
  all: readonly Reference[],
  definition: TableDefinition | undefined,
  written: WrittenRows | undefined,
  { schema, connection }: { readonly schema: string; readonly connection: Connection },
): Promise<Reference | undefined> {
  if (all.length < 2) return all[0];
  for (const reference of all) {
    const key = { ...reference.key, parts: reference.columns.map(columnPart) };
    if (!mayBeWritten(key, definition, written)) continue;
    if (!(await holds(connection, { schema, name: reference.parent }, reference.key))) return reference;
  }
  return undefined;
}

/** The row is still referred to: the constraint is the other table's. */
export async function stillReferenced(
  error: SqlError,
  cause: string,
  relation: RelationName,
  connection: Connection,
): Promise<SqlError> {
  const [, column = "", value = ""] = /because key "([^:]*): (.*)" is still/s.exec(cause) ?? [];
  const rows = await connection.rows(
    `SELECT table_name, schema_name, array_to_string(referenced_column_names, ', ') AS keys FROM duckdb_constraints()
     WHERE database_name = ? AND schema_name = ? AND constraint_type = 'FOREIGN KEY' AND referenced_table = ?
       AND array_to_string(constraint_column_names, ', ') = ?`,
    [DATA_CATALOG, relation.schema, relation.name, column],
  );
  const [row] = rows;
  if (row === undefined || rows.length > 1) return error;
  const table = textCell(row, "table_name");
  const name =
    (await labelled(connection, { schema: relation.schema, name: table }, [column])) ??
    defaultConstraintName(table, "foreign", [column]);
  const schema = normaliseName(relation.schema) === "main" ? "public" : relation.schema;
  return error.with({
    message: `update or delete on table "${relation.name}" violates foreign key constraint "${name}" on table "${table}"`,
    detail: `Key (${textCell(row, "keys")})=(${value}) is still referenced from table "${table}".`,
    object: { schema, table, constraint: name },
  });
}

/** The name its definition keeps for the foreign key of these columns. */
async function labelled(
  connection: Connection,
  { schema, name }: RelationName,
  columns: readonly string[],
): Promise<string | undefined> {
  const rows = await connection.rows(
    `SELECT expression FROM duckdb_constraints() WHERE database_name = ? AND schema_name = ? AND table_name = ?
       AND constraint_type = 'CHECK'`,
    [DATA_CATALOG, schema, name],
  );
  const labels = rows.map((row) => readLabel(textCell(row, "expression")));
  return labels.find((label) => label?.type === "foreign" && label.columns?.join() === columns.join())?.name;
}
