/** Indexes by name: the table that has one, and the index itself where clients see one that DuckDB does not list. */
import { constraintsOf } from "../branch/constraint-names.js";
import { physicalDefinition } from "../branch/catalog-reader.js";
import { MAIN, relationKey, type RelationName, type Version } from "../branch/model.js";
import { readTableDefinition, type TableDefinition } from "../branch/table-definition.js";
import { indexName } from "../branch/table-rebuild.js";
import type { Transaction } from "../branch/transaction.js";
import { textCell } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { normaliseName } from "../sql/names.js";
import type { NameScope } from "./relation-names.js";

/** The head's table that has an index of CREATE INDEX; undefined when none has. */
export async function indexOwner(
  transaction: Transaction,
  scope: NameScope,
  parts: readonly string[],
): Promise<RelationName | undefined> {
  const rows = await transaction.connection.rows(
    "SELECT schema_name, table_name FROM duckdb_indexes() WHERE database_name = ? AND lower(index_name) = lower(?)",
    [DATA_CATALOG, parts.at(-1) ?? ""],
  );
  const places = rows.map((row) => ({
    schema: textCell(row, "schema_name"),
    name: textCell(row, "table_name"),
  }));
  if (scope.head === MAIN) return inPath(scope, parts, places);
  const keys = new Set(places.map(({ schema, name }) => `${schema}.${name}`));
  const owners = tablesOf(scope).filter(({ physical, definition }) =>
    definition === null
      ? physical !== null && keys.has(`${physical.schema}.${physical.name}`)
      : isIndexIn(definition, parts.at(-1) ?? ""),
  );
  return inPath(scope, parts, owners);
}

/** The same for the index behind a primary key or UNIQUE. Reads the definitions of all tables of the schemas in question. */
export async function keyOwner(
  transaction: Transaction,
  scope: NameScope,
  parts: readonly string[],
): Promise<RelationName | undefined> {
  const name = parts.at(-1) ?? "";
  const owners: RelationName[] = [];
  for (const table of tablesOf(scope)) {
    if (inPath(scope, parts, [table]) === undefined) continue;
    if (isKeyIn(await transaction.definitionOf(table), table.name, name)) owners.push(table);
  }
  const found = inPath(scope, parts, owners);
  return found === undefined && scope.head === MAIN ? await newKeyOwner(transaction, scope, parts) : found;
}

/** Among tables of main that this transaction made. */
async function newKeyOwner(
  { connection }: Transaction,
  scope: NameScope,
  parts: readonly string[],
): Promise<RelationName | undefined> {
  const known = new Set(tablesOf(scope).map(relationKey));
  const rows = await connection.rows(
    "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ?",
    [DATA_CATALOG],
  );
  const owners: RelationName[] = [];
  for (const row of rows) {
    const table = { schema: textCell(row, "schema_name"), name: textCell(row, "table_name") };
    if (known.has(relationKey(table)) || inPath(scope, parts, [table]) === undefined) continue;
    const definition = await physicalDefinition(connection, table);
    if (definition !== undefined && isKeyIn(definition, table.name, parts.at(-1) ?? "")) owners.push(table);
  }
  return inPath(scope, parts, owners);
}

function isKeyIn(definition: TableDefinition, table: string, key: string): boolean {
  return constraintsOf(definition, table).some(
    ({ name, type }) => name === key && (type === "primary" || type === "unique"),
  );
}

function tablesOf({ state, head }: NameScope): readonly Version[] {
  return state.visible(head).filter(({ kind }) => kind === "table");
}

/** Kept by a copy that has no indexes. */
function isIndexIn(definition: string, index: string): boolean {
  return readTableDefinition(definition).indexes.some(
    (sql) => normaliseName(indexName(sql)) === normaliseName(index),
  );
}

/** The first of search_path, or the one in the schema that is written. On a branch `main.` means main's, which it cannot change. */
function inPath(
  { head, searchPath }: NameScope,
  parts: readonly string[],
  tables: readonly RelationName[],
): RelationName | undefined {
  const written = parts.at(-2);
  if (head !== MAIN && written !== undefined && normaliseName(written) === MAIN) return undefined;
  const schemas =
    written === undefined ? searchPath : [normaliseName(written) === "public" ? "main" : written];
  const [found] = schemas.flatMap((schema) =>
    tables.filter((table) => normaliseName(table.schema) === normaliseName(schema)),
  );
  return found && { schema: found.schema, name: found.name };
}
