/**
 * Columns that a query with GROUP BY names without grouping by them, because it groups by their table's primary key. DuckDB
 * does not know that they depend on it: they are grouped by too, and the groups stay the same.
 *
 *   SELECT a.*, count(b.id) FROM a LEFT JOIN b ON b.a = a.id GROUP BY a.id
 *     ⇒  SELECT a.*, count(b.id) FROM a LEFT JOIN b ON b.a = a.id GROUP BY "a"."name", a.id
 */
import type { RelationalStatement, TextEdit } from "../sql/analysis.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import { applyEdits } from "../sql/splice.js";
import type { GroupedQuery, NamedColumn, SourceRelation } from "../sql/result-sources.js";
import { tableBehind } from "./table-behind.js";
import type { SessionCore } from "./session-core.js";

/** PostgreSQL's parser cuts names here: a longer one may not be what the text says. Bytes. */
const MAX_NAME = 63;

/** A table as one query sees it: its alias, and its columns by the names they have there. */
interface GroupedTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly primaryKey: readonly string[];
}

/** What was made of a statement last. The same object, so that what others know of it is found again. */
const MADE = new WeakMap<RelationalStatement, { readonly key: string; readonly made: RelationalStatement }>();

/** The statement with such columns in its GROUP BY lists; as it is where there are none, and where no key is grouped by. */
export async function withDependentColumns(
  core: SessionCore,
  statement: RelationalStatement,
): Promise<RelationalStatement> {
  const added: TextEdit[] = [];
  for (const query of statement.grouped) {
    const isReplaced = statement.edits.some(({ start, end }) => start < query.at && query.at < end);
    if (isReplaced || query.needs.every((need) => isAmong(query.keys, need))) continue;
    const text = dependentColumns(query, await tablesOf(core, query))
      .map((column) => `${column}, `)
      .join("");
    if (text !== "") added.push({ start: query.at, end: query.at, text });
  }
  if (added.length === 0) return statement;
  const key = JSON.stringify(added);
  const before = MADE.get(statement);
  if (before?.key === key) return before.made;
  const made = await withAdded(core, statement, added);
  MADE.set(statement, { key, made });
  return made;
}

async function withAdded(
  core: SessionCore,
  statement: RelationalStatement,
  added: readonly TextEdit[],
): Promise<RelationalStatement> {
  // A branch keeps a view as its text.
  if (statement.verb === "createView") {
    const [written] = await core.services.analyse(applyEdits(statement.text, added));
    if (written?.kind === "relational") return written;
  }
  // In front: what else is put in at this place belongs to the column behind it.
  return { ...statement, edits: [...added, ...statement.edits] };
}

async function tablesOf(core: SessionCore, { relations }: GroupedQuery): Promise<readonly GroupedTable[]> {
  const tables: GroupedTable[] = [];
  for (const { name, columns: given, source } of relations) {
    const isAlone = relations.filter((other) => isSame(other.name, name)).length === 1;
    if (source.kind !== "table" || !isAlone || Buffer.byteLength(name) >= MAX_NAME) continue;
    const definition = await tableBehind(core, source.parts);
    if (definition === undefined) continue;
    const columns = definition.columns.map((column, index) => given[index] ?? column.name);
    const primaryKey = columns.filter((_, index) =>
      definition.primaryKey.some((key) => isSame(key, definition.columns[index]?.name)),
    );
    tables.push({ name, columns, primaryKey });
  }
  return tables;
}

/** As GROUP BY takes them. */
function dependentColumns(query: GroupedQuery, tables: readonly GroupedTable[]): readonly string[] {
  return tables.flatMap((table) => {
    const keys = query.keys.filter((key) => isKeyOf(key, table, tables, query.relations));
    const isGrouped = (column: string): boolean => keys.some(({ name }) => isSame(name, column));
    if (table.primaryKey.length === 0 || !table.primaryKey.every(isGrouped)) return [];
    return table.columns
      .filter((column) => !isGrouped(column) && query.needs.some((need) => mayMean(need, table, column)))
      .map((column) => `${quoteIdentifier(table.name)}.${quoteIdentifier(column)}`);
  });
}

/** A name alone means the only table that has it; what a join merges may be of either side. */
function isKeyOf(
  { relation, name }: GroupedQuery["keys"][number],
  table: GroupedTable,
  tables: readonly GroupedTable[],
  relations: readonly SourceRelation[],
): boolean {
  if (relation !== undefined) return isSame(relation, table.name);
  const isMerged = relations.some(({ merged }) => merged.some((column) => isSame(column, name)));
  const having = tables.filter(({ columns }) => columns.some((column) => isSame(column, name)));
  return !isMerged && having.length === 1 && having[0] === table;
}

/** Grouping by a column that was not meant does no harm: it depends on the key. */
function mayMean({ relation, name }: NamedColumn, table: GroupedTable, column: string): boolean {
  if (relation !== undefined && !isSame(relation, table.name)) return false;
  const isRow = relation === undefined && isSame(name, table.name);
  return name === undefined || isRow || isSame(name, column);
}

function isAmong(keys: readonly NamedColumn[], { relation, name }: NamedColumn): boolean {
  return keys.some((key) => isSame(key.name, name) && isSame(key.relation, relation));
}

function isSame(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined
    ? one === other
    : normaliseName(one) === normaliseName(other);
}
