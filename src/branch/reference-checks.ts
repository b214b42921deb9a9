/**
 * Whether the rows of a head keep its foreign keys: what is asked, in SQL, and what is said if they do not. Asked behind the
 * statement that changed them, or at the end of the transaction.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { textCell } from "../engine/connection.js";
import { normaliseName, quoteIdentifier as quote, quoteLiteral } from "../sql/names.js";
import type { ForeignKey } from "./foreign-keys.js";
import { MAIN, type HeadId, type RelationName } from "./model.js";
import { MAX_NOTED_KEYS, ReferenceNotes } from "./reference-races.js";
import { rowsOf } from "./rows.js";
import { physicalName } from "./system-schema.js";
import type { Transaction } from "./transaction.js";

/** So few keys are looked for one by one, which finds them by an index. */
const FEW_KEYS = 64;

/** What stands for all rows of a head's table; undefined where there is none. */
export function headRows(transaction: Transaction, head: HeadId, table: RelationName): string | undefined {
  if (head === MAIN) return physicalName(table);
  const version = transaction.state.find(head, table);
  return version?.kind === "table" ? rowsOf(transaction.state, version) : undefined;
}

/** `alias.a, alias.b` */
function columnsOf(alias: string, columns: readonly string[]): string[] {
  return columns.map((column) => `${alias}.${quote(column)}`);
}

function same(left: readonly string[], right: readonly string[]): string {
  return left.map((column, at) => `${column} = ${right[at] ?? "NULL"}`).join(" AND ");
}

/**
 * Rows of `source`, FROM … with the alias `c`, have to refer to something.
 *
 * Errors  23503 with the first that does not
 */
export async function refuseOrphans(
  transaction: Transaction,
  head: HeadId,
  key: ForeignKey,
  source: string,
): Promise<void> {
  if (key.full) await refuseMixed(transaction, key, source);
  const own = columnsOf("c", key.columns);
  const isWhole = own.map((column) => `${column} IS NOT NULL`).join(" AND ");
  const found = await listKeys(
    transaction,
    `SELECT DISTINCT ${own.join(", ")} FROM ${source} WHERE ${isWhole}`,
    own,
  );
  if (found.length === 0) return;
  const isExact = await hasSameTypes(transaction, head, key);
  new ReferenceNotes(transaction, head).referred(key.to, notedKeys(found, isExact));
  const parents = headRows(transaction, head, key.to);
  if (parents === undefined) throw notPresent(key, found[0]?.shown ?? "");
  const isFew = isExact && found.length <= FEW_KEYS;
  if (isFew && (await countFew(transaction, key, parents, found)) === found.length) return;
  const missing = `SELECT ${own.join(", ")} FROM ${source} WHERE ${isWhole}
    AND NOT EXISTS (SELECT 1 FROM ${parents} AS p WHERE ${same(columnsOf("p", key.target), own)}) LIMIT 1`;
  const [first] = await listKeys(transaction, missing, own);
  if (first !== undefined) throw notPresent(key, first.shown);
}

function notedKeys(keys: readonly ListedKey[], isExact: boolean): readonly string[] | "all" {
  return isExact && keys.length <= MAX_NOTED_KEYS ? keys.map(({ text }) => text) : "all";
}

interface ListedKey {
  readonly values: readonly string[];
  /** The same for the same key. */
  readonly text: string;
  /** As messages show it. */
  readonly shown: string;
}

/** The keys of a query, one more than are noted at most. */
async function listKeys(
  { connection }: Transaction,
  query: string,
  columns: readonly string[],
): Promise<readonly ListedKey[]> {
  const names = columns.map((_, at) => `k${at}`).join(", ");
  const texts = columns.map((_, at) => `CAST(k${at} AS VARCHAR) AS t${at}`).join(", ");
  const rows = await connection.rows(
    `SELECT ${texts} FROM (${query}) AS k(${names}) LIMIT ${MAX_NOTED_KEYS + 1}`,
  );
  return rows.map((row) => {
    const values = columns.map((_, at) => textCell(row, `t${at}`));
    return { values, text: JSON.stringify(values), shown: values.join(", ") };
  });
}

/** Where texts of one side's values mean the same on the other. */
async function hasSameTypes(transaction: Transaction, head: HeadId, key: ForeignKey): Promise<boolean> {
  const types = await typesOf(transaction, head, key.from, key.columns);
  const others = await typesOf(transaction, head, key.to, key.target);
  return (
    types.length > 0 && types.join() === others.join() && !types.some((type) => /FLOAT|DOUBLE/.test(type))
  );
}

async function typesOf(
  transaction: Transaction,
  head: HeadId,
  table: RelationName,
  columns: readonly string[],
): Promise<readonly string[]> {
  const version = transaction.state.find(head, table);
  if (version?.kind !== "table") return [];
  const definition = await transaction.definitionOf(version);
  return columns.map(
    (name) => definition.columns.find((own) => normaliseName(own.name) === normaliseName(name))?.type ?? "",
  );
}

/** How many of these keys are there. */
async function countFew(
  { connection }: Transaction,
  { target }: ForeignKey,
  parents: string,
  keys: readonly ListedKey[],
): Promise<number> {
  const columns = columnsOf("p", target);
  const [only] = columns;
  const condition =
    columns.length === 1
      ? `${only} IN (${keys.map(({ values }) => quoteLiteral(values[0] ?? "")).join(", ")})`
      : keys.map(({ values }) => `(${same(columns, values.map(quoteLiteral))})`).join(" OR ");
  const [count] = await connection.firstRow(`SELECT count(*) FROM ${parents} AS p WHERE ${condition}`);
  return Number(count);
}

/** MATCH FULL. */
async function refuseMixed({ connection }: Transaction, key: ForeignKey, source: string): Promise<void> {
  const own = columnsOf("c", key.columns);
  const some = own.map((column) => `${column} IS NULL`).join(" OR ");
  const all = own.map((column) => `${column} IS NULL`).join(" AND ");
  const rows = await connection.rows(
    `SELECT 1 AS found FROM ${source} WHERE (${some}) AND NOT (${all}) LIMIT 1`,
  );
  if (rows.length === 0) return;
  throw violation(
    key,
    `insert or update on table "${key.from.name}" violates foreign key constraint "${key.name}"`,
    "MATCH FULL does not allow mixing of null and nonnull key values.",
  );
}

/** Keys of the parent that are gone, by its columns of these names: a temporary table, or all that may be. */
export interface GoneKeys {
  readonly table: string | undefined;
  /** What a column of the parent is called there. */
  readonly columnOf: (target: string) => string;
}

/** SELECT of the keys, as k0, k1 …, that rows still refer to though they are gone. */
export function strandedKeys(
  transaction: Transaction,
  head: HeadId,
  key: ForeignKey,
  gone: GoneKeys,
): string | undefined {
  const children = headRows(transaction, head, key.from);
  if (children === undefined) return undefined;
  const own = columnsOf("c", key.columns);
  const named = own.map((column, at) => `${column} AS k${at}`).join(", ");
  const isWhole = own.map((column) => `${column} IS NOT NULL`).join(" AND ");
  const referring = `SELECT DISTINCT ${named} FROM ${children} AS c WHERE ${isWhole}`;
  const captured = goneKeys(transaction, head, key, gone);
  // First the keys that are gone, which are few; EXISTS would take DuckDB a hundred times as long (measured).
  if (captured !== undefined)
    return `WITH gone AS MATERIALIZED (${captured})
      SELECT DISTINCT ${named} FROM ${children} AS c SEMI JOIN gone AS g ON ${same(keyNames("g", key), own)}`;
  const parents = headRows(transaction, head, key.to);
  if (parents === undefined) return referring;
  const isThere = same(columnsOf("p", key.target), own);
  return `${referring} AND NOT EXISTS (SELECT 1 FROM ${parents} AS p WHERE ${isThere})`;
}

function keyNames(alias: string, { columns }: ForeignKey): string[] {
  return columns.map((_, at) => `${alias}.k${at}`);
}

/** SELECT of the captured keys that are gone, as k0, k1 …; undefined where none were captured. */
function goneKeys(
  transaction: Transaction,
  head: HeadId,
  key: ForeignKey,
  { table, columnOf }: GoneKeys,
): string | undefined {
  if (table === undefined) return undefined;
  const captured = key.target.map((column) => `g.${quote(columnOf(column))}`);
  const named = captured.map((column, at) => `${column} AS k${at}`).join(", ");
  const isWhole = captured.map((column) => `${column} IS NOT NULL`).join(" AND ");
  const parents = headRows(transaction, head, key.to);
  const isGone =
    parents === undefined
      ? ""
      : `AND NOT EXISTS (SELECT 1 FROM ${parents} AS p WHERE ${same(columnsOf("p", key.target), captured)})`;
  return `SELECT DISTINCT ${named} FROM ${table} AS g WHERE ${isWhole} ${isGone}`;
}

/** Notes the captured keys that are gone; how many there are, all of them for none captured. */
export async function noteGone(
  transaction: Transaction,
  head: HeadId,
  key: ForeignKey,
  gone: GoneKeys,
): Promise<number> {
  const notes = new ReferenceNotes(transaction, head);
  const query = goneKeys(transaction, head, key, gone);
  if (query === undefined) {
    notes.lost(key.to, "all");
    return Number.POSITIVE_INFINITY;
  }
  const found = await listKeys(transaction, query, key.target);
  if (found.length > 0) notes.lost(key.to, notedKeys(found, await hasSameTypes(transaction, head, key)));
  return found.length;
}

/** Errors: 23503 where rows refer to a key that is gone */
export async function refuseStranded(
  transaction: Transaction,
  head: HeadId,
  key: ForeignKey,
  gone: GoneKeys,
): Promise<void> {
  if ((await noteGone(transaction, head, key, gone)) === 0) return;
  const query = strandedKeys(transaction, head, key, gone);
  if (query === undefined) return;
  const [first] = await listKeys(transaction, `${query} LIMIT 1`, key.columns);
  if (first === undefined) return;
  const { from, to, name, target } = key;
  throw violation(
    key,
    `update or delete on table "${to.name}" violates foreign key constraint "${name}" on table "${from.name}"`,
    `Key (${target.join(", ")})=(${first.shown}) is still referenced from table "${from.name}".`,
  );
}

function notPresent(key: ForeignKey, shown: string): SqlError {
  const { from, to, name, columns } = key;
  return violation(
    key,
    `insert or update on table "${from.name}" violates foreign key constraint "${name}"`,
    `Key (${columns.join(", ")})=(${shown}) is not present in table "${to.name}".`,
  );
}

function violation({ from, name }: ForeignKey, message: string, detail: string): SqlError {
  const schema = normaliseName(from.schema) === "main" ? "public" : from.schema;
  return new SqlError(SQLSTATE.foreignKeyViolation, message, {
    detail,
    object: { schema, table: from.name, constraint: name },
  });
}
