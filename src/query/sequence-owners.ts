/**
 * Sequences that a column is given afterwards, as pg_dump's scripts do: ALTER SEQUENCE … OWNED BY t.c, then ALTER TABLE …
 * SET DEFAULT nextval(…). What comes of both is a serial column (owned-sequences.ts).
 */
import { MAIN, type PhysicalTable } from "../branch/model.js";
import type { TableChange } from "../branch/table-changes.js";
import type { Transaction } from "../branch/transaction.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { textCell } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { Alteration, SequenceColumn } from "../sql/analysis.js";
import { tokenise } from "../sql/lexer.js";
import { formatName, normaliseName } from "../sql/names.js";
import {
  createSequenceSql,
  ownedDefault,
  ownedSequences,
  readOwnedDefault,
  sequenceFor,
  type SequenceName,
} from "./owned-sequences.js";
import type { PlanContext } from "./plan-context.js";

/** The column's default that says whose the sequence is; undefined when it does already. */
export async function ownedBy(
  context: PlanContext,
  transaction: Transaction,
  table: PhysicalTable,
  { column, sequence }: Extract<Alteration, { kind: "ownSequence" }>,
): Promise<TableChange | undefined> {
  if (transaction.head !== MAIN)
    throw notSupported("ALTER SEQUENCE ... OWNED BY is not supported on a branch");
  const found = await context.services.findSequence(context.scope, sequence);
  if (found === undefined)
    throw new SqlError(SQLSTATE.undefinedTable, `relation "${sequence.join(".")}" does not exist`);
  if (normaliseName(found.schema) !== normaliseName(table.schema))
    throw new SqlError(
      SQLSTATE.objectNotInPrerequisiteState,
      "sequence must be in same schema as table it is linked to",
    );
  const written = await defaultOf(transaction, table, column);
  const owned = written === undefined ? undefined : readOwnedDefault(written);
  if (owned !== undefined && isSame(owned.sequence, found)) return undefined;
  const isDrawn = written !== undefined && (await draws(context, written, found));
  if (written !== undefined && !isDrawn)
    throw notSupported(`a sequence cannot be owned by column "${column}", which has another default`);
  await refuseOtherOwner(transaction, found);
  const kind = isDrawn ? "serial" : "unset";
  return { kind: "setDefault", column, expression: ownedDefault(found, { kind, options: {} }, true) };
}

/** A new default; of the column's own sequence it says so. */
export async function withOwnedSequence(
  context: PlanContext,
  transaction: Transaction,
  table: PhysicalTable,
  column: string,
  expression: string,
): Promise<string> {
  if (!/nextval/i.test(expression)) return expression;
  const all = await ownedSequences(transaction.connection, { catalog: DATA_CATALOG, ...table });
  const own = all.find((one) => normaliseName(one.column) === normaliseName(column));
  const isOwn = own !== undefined && ["unset", "serial"].includes(own.kind);
  if (!isOwn || !(await draws(context, expression, own.sequence))) return expression;
  const { start, cache } = own;
  return ownedDefault(own.sequence, { kind: "serial", options: { start, cache } }, transaction.head === MAIN);
}

/** The statement that makes a column's sequence, and the column's default. */
export async function newSequence(
  { connection, head }: Transaction,
  table: PhysicalTable,
  shownTable: string,
  column: SequenceColumn,
): Promise<{ readonly sql: string; readonly expression: string }> {
  const place = { catalog: DATA_CATALOG, schema: table.schema };
  const name = await sequenceFor(connection, place, shownTable, column);
  return {
    sql: createSequenceSql(name, column.type, column.options),
    expression: ownedDefault(name, column, head === MAIN),
  };
}

async function defaultOf(
  { connection }: Transaction,
  table: PhysicalTable,
  column: string,
): Promise<string | undefined> {
  const [row] = await connection.rows(
    `SELECT coalesce("default", '') AS value FROM (DESCRIBE ${formatName([DATA_CATALOG, table.schema, table.name])})
     WHERE lower(column_name) = lower(?)`,
    [column],
  );
  const value = row === undefined ? "" : textCell(row, "value");
  return value === "" || value === "NULL" ? undefined : value;
}

/** Whether a default draws from this sequence: its column owns it, or nextval() is all that it is. */
export async function drawsFrom(
  context: PlanContext,
  expression: string,
  sequence: SequenceName,
): Promise<boolean> {
  const owned = readOwnedDefault(expression)?.sequence;
  return owned === undefined ? await draws(context, expression, sequence) : isSame(owned, sequence);
}

/** Whether a default is nextval() of this sequence and nothing else. */
async function draws(context: PlanContext, expression: string, sequence: SequenceName): Promise<boolean> {
  const name = /^\s*(?:main\.)?nextval\(\s*'((?:[^']|'')*)'\s*\)\s*$/i.exec(expression)?.[1];
  if (name === undefined) return false;
  const parts = tokenise(name.replaceAll("''", "'"))
    .filter((token) => token.value !== ".")
    .map((token) => token.value);
  const found = await context.services.findSequence(context.scope, parts);
  return found !== undefined && isSame(found, sequence);
}

async function refuseOtherOwner({ connection }: Transaction, sequence: SequenceName): Promise<void> {
  const rows = await connection.rows(
    "SELECT column_default AS value FROM duckdb_columns() WHERE database_name = ? AND contains(column_default, 'nextval')",
    [DATA_CATALOG],
  );
  const owners = rows.map((row) => readOwnedDefault(textCell(row, "value"))?.sequence);
  if (owners.some((owner) => owner !== undefined && isSame(owner, sequence)))
    throw notSupported(`sequence "${sequence.name}" is owned by another column`);
}

function isSame(one: SequenceName, other: SequenceName): boolean {
  return (["catalog", "schema", "name"] as const).every(
    (part) => normaliseName(one[part]) === normaliseName(other[part]),
  );
}
