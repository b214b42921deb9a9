/**
 * Tables whose foreign keys lead to another table, directly or through others. DuckDB lets nobody alter or drop what is
 * referred to: they are taken down, their rows kept aside, and put up again as they were.
 *
 * Atomic  the caller's transaction
 */
import { notSupported } from "../core/errors.js";
import { textCell, type Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { Token } from "../sql/lexer.js";
import { formatName, normaliseName, quoteIdentifier } from "../sql/names.js";
import { applyEdits } from "../sql/splice.js";
import type { PhysicalTable } from "./model.js";
import type { TableElement } from "./table-definition.js";

export interface Reference {
  /** As the table is spelt; all other names are folded. */
  readonly table: string;
  readonly from: string;
  readonly to: string;
  readonly columns: readonly string[];
  readonly target: readonly string[];
}

/** A table's new name and columns, as those that refer to it must say them. */
export interface Renaming {
  readonly from: PhysicalTable;
  readonly to: PhysicalTable;
  readonly columns: ReadonlyMap<string, string>;
}

/** Every table that refers to this one, each before those it refers to itself. Errors: 0A000 for tables in a circle */
export async function referrersOf(
  connection: Connection,
  table: PhysicalTable,
): Promise<readonly PhysicalTable[]> {
  const references = await referencesIn(connection, table.schema);
  const found: string[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    for (const { from, to } of references) {
      if (to !== name || from === name || found.includes(from)) continue;
      if (path.includes(from))
        throw notSupported("altering tables that refer to each other is not supported");
      visit(from, [...path, from]);
      found.push(from);
    }
  };
  visit(normaliseName(table.name), [normaliseName(table.name)]);
  const spelling = new Map(references.map((reference) => [reference.from, reference.table]));
  return found.map((name) => ({ schema: table.schema, name: spelling.get(name) ?? name }));
}

export async function isReferredTo(connection: Connection, table: PhysicalTable): Promise<boolean> {
  const name = normaliseName(table.name);
  return (await referencesIn(connection, table.schema)).some(({ to }) => to === name);
}

/** Whether the table has foreign keys to other tables. */
export async function refersToOthers(connection: Connection, table: PhysicalTable): Promise<boolean> {
  const name = normaliseName(table.name);
  return (await referencesIn(connection, table.schema)).some(({ from, to }) => from === name && to !== name);
}

/** Foreign keys from a table to itself, which DuckDB leaves out of a definition it prints. */
export async function ownReferences(
  connection: Connection,
  table: PhysicalTable,
  { to, columns: renamed }: Renaming,
): Promise<readonly string[]> {
  const name = normaliseName(table.name);
  const references = await referencesIn(connection, table.schema);
  const list = (columns: readonly string[]): string =>
    columns.map((column) => quoteIdentifier(renamed.get(column) ?? column)).join(", ");
  return references
    .filter((reference) => reference.from === name && reference.to === name)
    .map(
      ({ columns, target }) => `FOREIGN KEY (${list(columns)}) REFERENCES ${placeText(to)} (${list(target)})`,
    );
}

export async function referencesIn(connection: Connection, schema: string): Promise<readonly Reference[]> {
  const rows = await connection.rows(
    `SELECT table_name, referenced_table, to_json(constraint_column_names)::VARCHAR AS columns,
       to_json(referenced_column_names)::VARCHAR AS target
     FROM duckdb_constraints() WHERE database_name = ? AND lower(schema_name) = lower(?) AND constraint_type = 'FOREIGN KEY'`,
    [DATA_CATALOG, schema],
  );
  return rows.map((row) => ({
    table: textCell(row, "table_name"),
    from: normaliseName(textCell(row, "table_name")),
    to: normaliseName(textCell(row, "referenced_table")),
    columns: texts(textCell(row, "columns")),
    target: texts(textCell(row, "target")),
  }));
}

function texts(json: string): readonly string[] {
  const list: unknown = JSON.parse(json);
  return Array.isArray(list) ? list.map(String) : [];
}

/** Where a foreign key names its table: the tokens of the name, and those behind it. Undefined for other elements. */
function targetOf({
  tokens,
}: TableElement): { readonly name: readonly Token[]; readonly rest: readonly Token[] } | undefined {
  if (tokens[0]?.value !== "foreign") return undefined;
  const at = tokens.findIndex((token) => token.kind === "word" && token.value === "references") + 1;
  const open = tokens.findIndex(
    (token, index) => index > at && token.kind === "symbol" && token.value === "(",
  );
  return at === 0 || open === -1 ? undefined : { name: tokens.slice(at, open), rest: tokens.slice(open) };
}

/** The table a foreign key leads to, as it is written; undefined for other elements of a definition. */
export function referredTable(element: TableElement): string | undefined {
  return targetOf(element)?.name.at(-1)?.value;
}

/** `FOREIGN KEY (a) REFERENCES old(b)` ⇒ the same with the target's new name and columns; other elements as they are. */
export function renamedReference(element: TableElement, { from, to, columns }: Renaming): string {
  const target = targetOf(element);
  const [first, last] = [target?.name[0], target?.name.at(-1)];
  if (target === undefined || first === undefined || last === undefined) return element.text;
  if (normaliseName(last.value) !== normaliseName(from.name)) return element.text;
  const names = target.rest.flatMap((token) => {
    const name = [...columns].find(([old]) => normaliseName(old) === normaliseName(token.value))?.[1];
    return name === undefined ? [] : [{ start: token.start, end: token.end, text: quoteIdentifier(name) }];
  });
  return applyEdits(element.text, [{ start: first.start, end: last.end, text: placeText(to) }, ...names]);
}

/** DuckDB refuses a catalogue's name here. */
function placeText({ schema, name }: PhysicalTable): string {
  return formatName([schema, name]);
}
