/**
 * Changes a table's definition by making it anew: what DuckDB has no ALTER for, what an index or a constraint stands in
 * the way of, and what would fail at COMMIT because the transaction has already changed rows of the table.
 *
 * Atomic  the caller's transaction
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { formatName, quoteIdentifier } from "../sql/names.js";
import { tokenise } from "../sql/lexer.js";
import { sliceTokens, splitAtCommas } from "../sql/token-reader.js";
import { applyEdits } from "../sql/splice.js";
import { fittedNotes } from "../sql/table-notes.js";
import { commentsOf, type TableComment } from "./catalog-reader.js";
import { commentStatements } from "./comments.js";
import type { PhysicalTable } from "./model.js";
import { physicalName } from "./system-schema.js";
import { createTemporaryFor, type TableDefinition } from "./table-definition.js";

/** What a table becomes. */
export interface NewDefinition {
  /** The elements between the parentheses, in order. */
  readonly elements: readonly string[];
  /** Stored columns, and what each is filled with from the old row. */
  readonly values: readonly (readonly [column: string, expression: string])[];
  /** CREATE INDEX statements that stay. */
  readonly indexes: readonly string[];
  /** Columns under another name than before: their comments follow. */
  readonly renamed: ReadonlyMap<string, string>;
  /** The column that goes: indexes with it in their WHERE go, too. */
  readonly dropped?: string;
  /** Where the table is afterwards. */
  readonly place: PhysicalTable;
}

type Comments = readonly TableComment[];

/** The table `table` becomes what is said, with its rows and comments. */
export async function rebuildTable(
  connection: Connection,
  table: PhysicalTable,
  next: NewDefinition,
): Promise<void> {
  await remakeImage(connection, table, next, await commentsOf(connection, table));
}

/** The same where its comments are known. */
export async function remakeImage(
  connection: Connection,
  table: PhysicalTable,
  next: NewDefinition,
  comments: Comments,
): Promise<void> {
  await replace(connection, table, next);
  await dress(connection, next, comments);
}

function asideOf({ schema, name }: PhysicalTable): PhysicalTable {
  return { schema, name: `${name}#new` };
}

async function replace(connection: Connection, table: PhysicalTable, next: NewDefinition): Promise<void> {
  const { place, elements } = next;
  const all = elements.join(", ");
  const interim = asideOf(place);
  // Together: most of what small statements take is the way to DuckDB and back.
  await connection.run(`CREATE TABLE ${physicalName(interim)} (${all});
    ${fillSql(interim, table, next)};
    DROP TABLE ${physicalName(table)};
    ALTER TABLE ${physicalName(interim)} RENAME TO ${quoteIdentifier(place.name)}`);
}

/** Indexes and comments, once the rows are there. */
async function dress(
  connection: Connection,
  { place, indexes, values, renamed, dropped }: NewDefinition,
  comments: Comments,
): Promise<void> {
  const kept = new Set(values.map(([column]) => column));
  const own = comments.find(({ column }) => column === null)?.comment;
  const notes = own === undefined ? undefined : fittedNotes(own, renamed, kept, dropped);
  for (const index of indexes)
    if (notes?.gone.has(indexName(index)) !== true) await connection.run(createIndexOn(index, place));
  const named = comments.map(({ column, comment: text }) => ({
    column: column === null ? null : (renamed.get(column) ?? column),
    comment: column === null && notes !== undefined ? notes.text : text,
  }));
  const shown = named.filter(({ column }) => column === null || kept.has(column));
  for (const sql of commentStatements(shown, place)) await connection.run(sql);
}

function fillSql(target: PhysicalTable, source: PhysicalTable, { values }: NewDefinition): string {
  const columns = values.map(([column]) => quoteIdentifier(column)).join(", ");
  const expressions = values.map(([, expression]) => expression).join(", ");
  return `INSERT INTO ${physicalName(target)} (${columns}) SELECT ${expressions} FROM ${physicalName(source)}`;
}

/** `CREATE [UNIQUE] INDEX i ON t(…)` as DuckDB prints it ⇒ the same on `target`. */
export function createIndexOn(sql: string, target: PhysicalTable): string {
  return createIndexAt(sql, physicalName(target));
}

/** The same on a table by its name in SQL. */
export function createIndexAt(sql: string, target: string): string {
  const tokens = tokenise(sql);
  const on = tokens.findIndex((token) => token.kind === "word" && token.value === "on");
  const name = tokens[on + 1];
  const open = tokens.findIndex(
    (token, index) => index > on && token.kind === "symbol" && token.value === "(",
  );
  const using = tokens.findIndex((token, index) => index > on && index < open && token.value === "using");
  const last = tokens[(using === -1 ? open : using) - 1];
  if (on === -1 || name === undefined || last === undefined) throw unreadableIndex(sql);
  return applyEdits(sql, [{ start: name.start, end: last.end, text: target }]);
}

/** The name in a CREATE INDEX statement DuckDB printed. */
export function indexName(sql: string): string {
  const tokens = tokenise(sql);
  const on = tokens.findIndex((token) => token.kind === "word" && token.value === "on");
  const name = tokens[on - 1];
  if (name === undefined) throw unreadableIndex(sql);
  return name.kind === "quoted" ? name.value : sql.slice(name.start, name.end);
}

/** One part of an index printed by DuckDB: its text, and the column if it is nothing but one. */
export interface IndexPart {
  readonly text: string;
  readonly column: string | undefined;
}

/** The parts in the index's outer parentheses. */
export function indexParts(sql: string): readonly IndexPart[] {
  const tokens = tokenise(sql);
  const on = tokens.findIndex((token) => token.kind === "word" && token.value === "on");
  const open = tokens.findIndex((token, index) => index > on && token.value === "(");
  const close = tokens.findLastIndex((token) => token.value === ")");
  return splitAtCommas(tokens, open + 1, close).map(([from, to]) => {
    const isBracketed = tokens[from]?.value === "(" && tokens[to - 1]?.value === ")";
    const [only, second] = isBracketed ? tokens.slice(from + 1, to - 1) : tokens.slice(from, to);
    const isName = second === undefined && (only?.kind === "word" || only?.kind === "quoted");
    return { text: sliceTokens(sql, tokens, from, to), column: isName ? only.value : undefined };
  });
}

/** Statements that make a temporary table as it is defined, without rows; its indexes are called after it. */
export function emptyTable(definition: TableDefinition, name: string): readonly string[] {
  const place = quoteIdentifier(name);
  const indexes = definition.indexes.map((sql, number) => {
    const parts = indexParts(sql).map(({ text }) => text);
    const kind = /^CREATE UNIQUE/i.test(sql) ? "UNIQUE INDEX" : "INDEX";
    return `CREATE ${kind} ${quoteIdentifier(`${name}#${number}`)} ON temp.main.${place} (${parts.join(", ")})`;
  });
  return [createTemporaryFor(definition, name), ...indexes];
}

export function indexSql(table: PhysicalTable, index: string): string {
  return formatName([DATA_CATALOG, table.schema, index]);
}

function unreadableIndex(sql: string): SqlError {
  return new SqlError(SQLSTATE.internalError, "an index definition could not be read", { detail: sql });
}
