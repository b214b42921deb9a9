/**
 * Foreign keys that DuckDB itself holds, in a file of another program or of a version before 15: they are made ours when the file
 * is opened (decision 0053). A table that has one is made anew, once.
 */
import { textCell, type Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { defaultConstraintName, readLabel } from "../sql/constraint-labels.js";
import { foreignKeyCheck } from "../sql/foreign-keys.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import type { BranchContext } from "./branch-context.js";
import { indexesOf, tableSql } from "./catalog-reader.js";
import { markCopied } from "./copied-tables.js";
import { MAIN, relationKey, type RelationName } from "./model.js";
import {
  readTableDefinition,
  storedColumns,
  type TableDefinition,
  type TableElement,
} from "./table-definition.js";
import { rebuildTable } from "./table-rebuild.js";
import { Transaction } from "./transaction.js";
import { undefinedTable } from "./undefined-table.js";

/** Of a table to one of the same schema: DuckDB has no others. */
interface NativeKey {
  readonly from: RelationName;
  readonly to: RelationName;
  readonly columns: readonly string[];
  readonly target: readonly string[];
  /** As DuckDB prints it in the definition of the table. */
  readonly printed: string;
}

/**
 * Gives the tables that were made anew.
 *
 * Atomic  one transaction for all of them
 */
export async function adoptForeignKeys(
  context: BranchContext,
  signal: AbortSignal,
): Promise<readonly RelationName[]> {
  using connection = await context.registry.database.connect("data");
  const keys = await nativeKeys(connection);
  if (keys.length === 0) return [];
  const transaction = await Transaction.begin(context, connection, MAIN, signal);
  try {
    const tables = referrersFirst(keys);
    for (const table of tables)
      await adopt(
        connection,
        table,
        keys.filter(({ from }) => relationKey(from) === relationKey(table)),
      );
    markCopied(transaction, tables);
    await transaction.commit();
    return tables;
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
}

async function nativeKeys(connection: Connection): Promise<readonly NativeKey[]> {
  const rows = await connection.rows(
    `SELECT schema_name, table_name, referenced_table, constraint_text, system.main.to_json(constraint_column_names)::VARCHAR AS columns,
       system.main.to_json(referenced_column_names)::VARCHAR AS target
     FROM duckdb_constraints() WHERE database_name = ? AND constraint_type = 'FOREIGN KEY'
     ORDER BY schema_name, table_name, constraint_index`,
    [DATA_CATALOG],
  );
  return rows.map((row) => {
    const schema = textCell(row, "schema_name");
    return {
      from: { schema, name: textCell(row, "table_name") },
      to: { schema, name: textCell(row, "referenced_table") },
      columns: texts(textCell(row, "columns")),
      target: texts(textCell(row, "target")),
      printed: textCell(row, "constraint_text"),
    };
  });
}

function texts(json: string): readonly string[] {
  const list: unknown = JSON.parse(json);
  return Array.isArray(list) ? list.map(String) : [];
}

/** DuckDB lets nobody drop what is referred to. Its own foreign keys go in no circle but that of a table to itself. */
function referrersFirst(keys: readonly NativeKey[]): readonly RelationName[] {
  const ordered = new Map<string, RelationName>();
  const visit = (table: RelationName): void => {
    const own = relationKey(table);
    if (ordered.has(own)) return;
    for (const { from, to } of keys) if (relationKey(to) === own && relationKey(from) !== own) visit(from);
    if (keys.some(({ from }) => relationKey(from) === own)) ordered.set(own, table);
  };
  for (const { from } of keys) visit(from);
  return [...ordered.values()];
}

async function adopt(connection: Connection, table: RelationName, keys: readonly NativeKey[]): Promise<void> {
  const definition = await definitionWithout(connection, table, keys);
  const kept = definition.elements.filter((element) => !isForeign(element)).map(({ text }) => text);
  const taken = new Set<string>();
  const adopted = keys.map((key) => adoptedCheck(definition, table, key, taken));
  await rebuildTable(connection, table, {
    elements: [...kept, ...adopted],
    values: storedColumns(definition).map(({ name }) => [name, quoteIdentifier(name)] as const),
    indexes: definition.indexes,
    renamed: new Map(),
    place: table,
  });
}

/** DuckDB (1.5.6) does not quote the names that a foreign key leads to: what it prints cannot be read. */
async function definitionWithout(
  connection: Connection,
  table: RelationName,
  keys: readonly NativeKey[],
): Promise<TableDefinition> {
  let sql = await tableSql(connection, table);
  if (sql === undefined) throw undefinedTable(table);
  // Of one to the table itself it prints nothing but the comma.
  for (const { printed } of keys) if (printed !== "") sql = sql.replace(`, ${printed}`, () => "");
  return readTableDefinition([sql, ...(await indexesOf(connection, table, DATA_CATALOG))].join("\n"));
}

/** DuckDB's foreign key, or the check that kept its name. */
function isForeign({ column, text, tokens }: TableElement): boolean {
  if (column !== undefined) return false;
  return tokens[0]?.value === "foreign" || readLabel(text)?.type === "foreign";
}

function adoptedCheck(
  definition: TableDefinition,
  { name: table }: RelationName,
  { to, columns, target }: NativeKey,
  taken: Set<string>,
): string {
  const label = definition.elements
    .map(({ text }) => readLabel(text))
    .find((each) => each?.type === "foreign" && sameNames(each.columns ?? [], columns));
  let name = label?.name ?? defaultConstraintName(table, "foreign", columns);
  for (let n = 1; taken.has(name); n++) name = defaultConstraintName(table, "foreign", columns, n);
  taken.add(name);
  const rules = { onDelete: "a", onUpdate: "a", full: false, deferrable: "not" } as const;
  return foreignKeyCheck({ name, columns, schema: to.schema, table: to.name, target, ...rules });
}

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  return some.map(normaliseName).join("\0") === others.map(normaliseName).join("\0");
}
