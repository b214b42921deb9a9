/**
 * Changes a table's definition by making it anew: what DuckDB has no ALTER for, what an index or a constraint stands in
 * the way of, and what would fail at COMMIT because the transaction has already changed rows of the table.
 *
 * Atomic  the caller's transaction
 */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { numberCell, type Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { formatName, quoteIdentifier, quoteLiteral } from "../sql/names.js";
import { tokenise } from "../sql/lexer.js";
import { sliceTokens, splitAtCommas } from "../sql/token-reader.js";
import { applyEdits } from "../sql/splice.js";
import { commentsOf } from "./catalog-reader.js";
import type { PhysicalTable } from "./model.js";
import { physicalName } from "./system-schema.js";

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
  /** Where the table is afterwards. */
  readonly place: PhysicalTable;
}

/** Whether a definition's elements may hold a foreign key; more than do is no harm. */
const REFERENCES = /\breferences\b/i;

/** Errors: 0A000 when other tables refer to this one, or it to itself: DuckDB does not let go of it then. */
export async function rebuildTable(
  connection: Connection,
  table: PhysicalTable,
  next: NewDefinition,
): Promise<void> {
  await refuseReferences(connection, table);
  const comments = await commentsOf(connection, table);
  const { place } = next;
  const interim = { schema: place.schema, name: `${place.name}#new` };
  const elements = next.elements.join(", ");
  if (REFERENCES.test(elements)) {
    // DuckDB's referenced tables do not hear of a new name: they could never be dropped again.
    await connection.run(`CREATE TABLE ${physicalName(interim)} AS FROM ${physicalName(table)}`);
    await connection.run(`DROP TABLE ${physicalName(table)}`);
    await connection.run(`CREATE TABLE ${physicalName(place)} (${elements})`);
    await fill(connection, place, interim, next);
    await connection.run(`DROP TABLE ${physicalName(interim)}`);
  } else {
    await connection.run(`CREATE TABLE ${physicalName(interim)} (${elements})`);
    await fill(connection, interim, table, next);
    await connection.run(`DROP TABLE ${physicalName(table)}`);
    await connection.run(`ALTER TABLE ${physicalName(interim)} RENAME TO ${quoteIdentifier(place.name)}`);
  }
  for (const index of next.indexes) await connection.run(createIndexOn(index, place));
  const kept = new Set(next.values.map(([column]) => column));
  for (const { column, comment } of comments) {
    const name = column === null ? null : (next.renamed.get(column) ?? column);
    if (name !== null && !kept.has(name)) continue;
    const object =
      name === null
        ? `TABLE ${physicalName(place)}`
        : `COLUMN ${physicalName(place)}.${quoteIdentifier(name)}`;
    await connection.run(`COMMENT ON ${object} IS ${quoteLiteral(comment)}`);
  }
}

async function fill(
  connection: Connection,
  target: PhysicalTable,
  source: PhysicalTable,
  { values }: NewDefinition,
): Promise<void> {
  const columns = values.map(([column]) => quoteIdentifier(column)).join(", ");
  const expressions = values.map(([, expression]) => expression).join(", ");
  await connection.run(
    `INSERT INTO ${physicalName(target)} (${columns}) SELECT ${expressions} FROM ${physicalName(source)}`,
  );
}

async function refuseReferences(connection: Connection, table: PhysicalTable): Promise<void> {
  const [row] = await connection.rows(
    `SELECT count(*) AS n FROM duckdb_constraints() WHERE database_name = ? AND schema_name = ?
       AND constraint_type = 'FOREIGN KEY' AND referenced_table = ?`,
    [DATA_CATALOG, table.schema, table.name],
  );
  if (row === undefined || numberCell(row, "n") === 0) return;
  throw notSupported(
    `this change of table "${table.name}" is not supported while foreign keys refer to it`,
    "drop the tables with these foreign keys first, or make them without",
  );
}

/** `CREATE [UNIQUE] INDEX i ON t(…)` as DuckDB prints it ⇒ the same on `target`. */
export function createIndexOn(sql: string, target: PhysicalTable): string {
  const tokens = tokenise(sql);
  const on = tokens.findIndex((token) => token.kind === "word" && token.value === "on");
  const name = tokens[on + 1];
  const open = tokens.findIndex(
    (token, index) => index > on && token.kind === "symbol" && token.value === "(",
  );
  const using = tokens.findIndex((token, index) => index > on && index < open && token.value === "using");
  const last = tokens[(using === -1 ? open : using) - 1];
  if (on === -1 || name === undefined || last === undefined) throw unreadableIndex(sql);
  return applyEdits(sql, [{ start: name.start, end: last.end, text: physicalName(target) }]);
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

export function indexSql(table: PhysicalTable, index: string): string {
  return formatName([DATA_CATALOG, table.schema, index]);
}

function unreadableIndex(sql: string): SqlError {
  return new SqlError(SQLSTATE.internalError, "an index definition could not be read", { detail: sql });
}
