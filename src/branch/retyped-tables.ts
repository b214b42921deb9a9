/**
 * Tables of a head whose columns have an enum that gets other labels. DuckDB keeps labels with the column, so each of these tables
 * is made anew, with its rows, keys, indexes, defaults, checks and comments.
 *
 * Atomic  the caller's transaction
 */
import { notSupported } from "../core/errors.js";
import { textCell } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { mentionsLabel, retypedText, withRenamedDefault, type EnumChange } from "../sql/enum-alterations.js";
import { quoteIdentifier, quoteLiteral } from "../sql/names.js";
import { physicalDefinition } from "./catalog-reader.js";
import { markCopied } from "./copied-tables.js";
import { MAIN, relationKey, type HeadId, type PhysicalTable, type RelationName } from "./model.js";
import { isInternalSchema } from "./system-schema.js";
import { storedColumns, type TableDefinition, type TableElement } from "./table-definition.js";
import { rebuildTable, type NewDefinition } from "./table-rebuild.js";
import type { Transaction } from "./transaction.js";
import { undefinedTable } from "./undefined-table.js";
import { markAltered } from "./undo-rows.js";

/** Errors: 0A000 where a check, an index or a generated column may mean a label that gets another name; 22P02 for one that goes */
export async function retypeTables(
  transaction: Transaction,
  head: HeadId,
  change: EnumChange,
): Promise<void> {
  for (const relation of await tablesWith(transaction, head, change.from))
    await retypeTable(transaction, head, relation, change);
}

/** Tables of the head in whose definitions one of the enums is; on main also views whose columns have it, as DuckDB knows them. */
export async function relationsWith(
  transaction: Transaction,
  head: HeadId,
  ...printed: readonly string[]
): Promise<readonly RelationName[]> {
  const found: RelationName[] = [];
  for (const one of printed) {
    found.push(...(await tablesWith(transaction, head, one)));
    if (head === MAIN) found.push(...(await viewsWith(transaction, one)));
  }
  return [...new Map(found.map((relation) => [relationKey(relation), relation])).values()];
}

async function viewsWith({ connection }: Transaction, printed: string): Promise<readonly RelationName[]> {
  const rows = await connection.rows(
    `SELECT DISTINCT schema_name, view_name FROM duckdb_views() AS v WHERE database_name = $1 AND EXISTS (
       FROM duckdb_columns() AS c WHERE c.database_name = $1 AND c.schema_name = v.schema_name AND c.table_name = v.view_name
         AND contains(c.data_type, $2))`,
    [DATA_CATALOG, printed],
  );
  return rows
    .map((row) => ({ schema: textCell(row, "schema_name"), name: textCell(row, "view_name") }))
    .filter(({ schema }) => !isInternalSchema(schema));
}

async function tablesWith(
  { connection, state }: Transaction,
  head: HeadId,
  printed: string,
): Promise<readonly RelationName[]> {
  const rows = await connection.rows(
    `SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ? AND contains(sql, ?) ORDER BY ALL`,
    [DATA_CATALOG, printed.slice(printed.indexOf("("))],
  );
  const places = rows.map((row): PhysicalTable => ({
    schema: textCell(row, "schema_name"),
    name: textCell(row, "table_name"),
  }));
  if (head === MAIN) return places.filter(({ schema }) => !isInternalSchema(schema));
  const found = new Set(places.map(relationKey));
  return state.visible(head).filter(({ physical }) => physical !== null && found.has(relationKey(physical)));
}

async function retypeTable(
  transaction: Transaction,
  head: HeadId,
  relation: RelationName,
  change: EnumChange,
): Promise<void> {
  const { connection, state } = transaction;
  const version = state.find(head, relation);
  if (version !== undefined) await markAltered(connection, head, version.objectId);
  const physical = await transaction.writableTable(relation, head);
  const definition = await physicalDefinition(connection, physical);
  if (definition === undefined) throw undefinedTable(relation);
  await rebuildTable(connection, physical, retypedDefinition(definition, physical, relation.name, change));
  if (head === MAIN) markCopied(transaction, [physical]);
}

function retypedDefinition(
  definition: TableDefinition,
  place: PhysicalTable,
  table: string,
  change: EnumChange,
): NewDefinition {
  const values = storedColumns(definition).map(({ name, type }): readonly [string, string] => [
    name,
    retypedValue(quoteIdentifier(name), type, change),
  ]);
  const texts = definition.elements.map((element) => retypedElement(element, table, change));
  const indexes = definition.indexes.map((index) => retypedOther(index, table, change));
  return { elements: texts, values, indexes, renamed: new Map(), place };
}

function retypedElement({ text, column }: TableElement, table: string, change: EnumChange): string {
  if (column === undefined || column.generated) return retypedOther(text, table, change);
  const hasEnum = column.type === change.from;
  return retypedText(hasEnum ? withRenamedDefault(text, change) : text, change);
}

/** A check, an index or a generated column: what a literal in it is compared with the text does not say. */
function retypedOther(text: string, table: string, change: EnumChange): string {
  const retyped = retypedText(text, change);
  const { renamed } = change;
  if (renamed !== undefined && mentionsLabel(retyped, renamed.label))
    throw notSupported(
      `cannot rename the label "${renamed.label}": a constraint, index or generated column of table "${table}" says '${renamed.label}'`,
      "drop it first, and make it again with the new label",
    );
  return retyped;
}

function retypedValue(column: string, type: string, change: EnumChange): string {
  const next = retypedText(type, change);
  if (next === type) return column;
  const { renamed } = change;
  if (renamed === undefined) return `CAST(${column} AS ${next})`;
  const [old, to] = [quoteLiteral(renamed.label), quoteLiteral(renamed.to)];
  if (type === change.from)
    return `CAST(CASE CAST(${column} AS VARCHAR) WHEN ${old} THEN ${to} ELSE CAST(${column} AS VARCHAR) END AS ${next})`;
  if (type === `${change.from}[]`)
    return `CAST(list_transform(CAST(${column} AS VARCHAR[]), lambda _l: CASE _l WHEN ${old} THEN ${to} ELSE _l END) AS ${next})`;
  throw notSupported(
    `cannot rename the label "${renamed.label}": column ${column} has it in a type of several levels`,
  );
}
