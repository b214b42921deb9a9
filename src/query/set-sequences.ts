/**
 * Sets sequences: setval(), ALTER SEQUENCE, RESTART IDENTITY. DuckDB has no such thing. Forward over a short way
 * the values between are drawn, which other sessions see at once, as in PostgreSQL; otherwise the sequence is made anew
 * in the transaction, while the columns that draw from it let go.
 */
import { MAIN } from "../branch/model.js";
import { commentOn, commentOnMain } from "../branch/object-comments.js";
import { isInternalSchema } from "../branch/system-schema.js";
import type { Transaction } from "../branch/transaction.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { textCell } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { formatName, quoteIdentifier, quoteLiteral } from "../sql/names.js";
import { readOwnedDefault, sequenceSql, type SequenceName } from "./owned-sequences.js";
import { NOTHING_TO_RUN, step, type PlannedStatement } from "./plan-context.js";
import type { NameScope } from "./relation-names.js";
import { firstValue, type FoundSequence } from "./sequence-names.js";
import { keyOf } from "./session-sequences.js";

/** Values drawn to get forward: 0.05 µs each. */
const MAX_DRAWN = 10_000_000n;

/** Where a sequence is to stand: `value` is given next, or, when it is called, was given last. */
export interface Position {
  readonly value: bigint;
  readonly isCalled: boolean;
}

/** Errors: 22003 out of bounds; 0A000 for a sequence other heads draw from that would have to be made anew. */
export async function planSet(
  transaction: Transaction,
  scope: NameScope,
  sequence: FoundSequence,
  position: Position,
): Promise<PlannedStatement[]> {
  const { value, isCalled } = position;
  const { increment, start, last } = sequence;
  if (value < sequence.minimum || value > sequence.maximum) throw outOfBounds(sequence, value);
  const target = isCalled ? value : value - increment;
  const drawn = steps(sequence, last ?? start - increment, target);
  if (drawn !== undefined) return drawn === 0n ? [] : [draw(sequence, drawn)];
  // One that begins where it always did keeps its START, for a RESTART to come.
  return await planAnew(transaction, scope, sequence, position, firstValue(sequence));
}

/**
 * The sequence with its increment, bounds and cycle, made anew to stand at a position; START is `first` where a short way
 * leads from there. Errors: 0A000 for a sequence other heads draw from.
 */
export async function planAnew(
  transaction: Transaction,
  scope: NameScope,
  sequence: FoundSequence,
  { value, isCalled }: Position,
  first: bigint,
): Promise<PlannedStatement[]> {
  const { increment } = sequence;
  const columns = await columnsOf(transaction, scope, sequence);
  const fromStart = steps(sequence, first - increment, isCalled ? value : value - increment);
  const begin = fromStart === undefined ? value : first;
  const again = fromStart ?? (isCalled ? 1n : 0n);
  transaction.markDefinitionsChanged();
  return [
    ...columns.map(({ alter }) => step(`${alter} DROP DEFAULT`)),
    step(`DROP SEQUENCE ${sequenceSql(sequence)}`),
    step(createSql(sequence, begin)),
    ...columns.map(({ alter, expression }) => step(`${alter} SET DEFAULT ${expression}`)),
    ...(again === 0n ? [] : [draw(sequence, again)]),
    ...commentAgain(transaction, scope, sequence),
  ];
}

/** DuckDB's own is gone with the sequence. */
function commentAgain(
  { connection }: Transaction,
  { state, head }: NameScope,
  { catalog, schema, name }: FoundSequence,
): readonly PlannedStatement[] {
  const commented = { kind: "sequence", schema, name, column: null } as const;
  const comment = head === MAIN && catalog === DATA_CATALOG ? commentOn(state, MAIN, commented) : null;
  if (comment === null) return [];
  return [{ ...NOTHING_TO_RUN, guard: async () => await commentOnMain(connection, commented, comment) }];
}

function outOfBounds({ name, minimum, maximum }: FoundSequence, value: bigint): SqlError {
  return new SqlError(
    SQLSTATE.numericValueOutOfRange,
    `setval: value ${value} is out of bounds for sequence "${name}" (${minimum}..${maximum})`,
  );
}

/** How many values lie between two; undefined when they do not lie on one way, or it is too long. */
function steps({ increment }: FoundSequence, from: bigint, to: bigint): bigint | undefined {
  const way = (to - from) / increment;
  const leads = from + way * increment === to;
  return leads && way >= 0n && way <= MAX_DRAWN ? way : undefined;
}

function draw(sequence: FoundSequence, count: bigint): PlannedStatement {
  const name = quoteLiteral(sequenceSql(sequence));
  return step(`SELECT max(system.main.nextval(${name})) FROM range(${count})`);
}

/** The sequence under its own or another name, `start` to be given next. */
export function createSql(sequence: FoundSequence, start: bigint, name: SequenceName = sequence): string {
  const { increment, minimum, maximum, cycle } = sequence;
  return [
    `CREATE ${name.catalog === "temp" ? "TEMP " : ""}SEQUENCE ${sequenceSql(name)}`,
    `INCREMENT BY ${increment} MINVALUE ${minimum} MAXVALUE ${maximum} START ${start}`,
    cycle ? "CYCLE" : "NO CYCLE",
  ].join(" ");
}

interface DrawingColumn {
  readonly alter: string;
  readonly expression: string;
}

/** The columns whose defaults draw from it. Errors: 0A000 when one is another head's */
async function columnsOf(
  transaction: Transaction,
  { state, head }: NameScope,
  sequence: FoundSequence,
): Promise<readonly DrawingColumn[]> {
  const rows = await transaction.connection.rows(
    `SELECT database_name, schema_name, table_name, column_name, column_default FROM duckdb_columns()
     WHERE contains(lower(column_default), 'nextval') AND contains(lower(column_default), lower(?))`,
    [sequence.name],
  );
  const own = state.branches.get(head)?.schemaName;
  const isOwn = (catalog: string, schema: string): boolean =>
    catalog === "temp" || (head === MAIN ? !isInternalSchema(schema) : schema === own);
  if (!isOwn(sequence.catalog, sequence.schema)) throw sharedSequence(sequence);
  return rows.flatMap((row) => {
    const expression = textCell(row, "column_default");
    const owned = readOwnedDefault(expression)?.sequence;
    if (owned !== undefined && !isSame(owned, sequence)) return [];
    const [catalog, schema] = [textCell(row, "database_name"), textCell(row, "schema_name")];
    if (!isOwn(catalog, schema)) throw sharedSequence(sequence);
    const table = formatName([catalog, schema, textCell(row, "table_name")]);
    const column = quoteIdentifier(textCell(row, "column_name"));
    return [{ alter: `ALTER TABLE ${table} ALTER COLUMN ${column}`, expression }];
  });
}

function isSame(one: SequenceName, other: SequenceName): boolean {
  return (
    keyOf(`${one.catalog}.${one.schema}`, one.name) === keyOf(`${other.catalog}.${other.schema}`, other.name)
  );
}

function sharedSequence({ name }: SequenceName): SqlError {
  return notSupported(
    `sequence "${name}" cannot be set back or far ahead: tables of other heads draw from it`,
  );
}
