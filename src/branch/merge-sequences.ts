/**
 * After a merge nextval() is beyond every value that the merged tables have: rows may have been given theirs by hand, and
 * the next row that draws one would meet them. DuckDB has no setval(): the values between are drawn.
 */
import { textCell, type Connection, type Row } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { lastValue } from "../engine/sequence-state.js";
import { tokenise } from "../sql/lexer.js";
import { formatName, quoteIdentifier, quoteLiteral } from "../sql/names.js";
import type { MergeAttempt } from "./merge-types.js";
import { MAIN, relationKey, type PhysicalTable, type RelationName } from "./model.js";
import { physicalName } from "./system-schema.js";

/** Values drawn at most: 0.05 µs each. What is further away no sequence meets soon. */
const MAX_DRAWN = 10_000_000n;

interface DrawingColumn {
  readonly table: string;
  readonly column: string;
  readonly sequence: PhysicalTable;
}

/** Where everything else is written: what is drawn comes not back with a rollback. Atomic: the caller's transaction */
export async function advanceSequences(attempt: MergeAttempt): Promise<void> {
  const { connection } = attempt.transaction;
  for (const place of writtenTables(attempt))
    for (const column of await drawingColumns(connection, physicalName(place)))
      await advance(connection, column);
}

/** Tables of the target that the merge wrote or made, where they are, and that draw from a sequence. */
function writtenTables({
  transaction: { state },
  target,
  tables,
  plans,
  objects,
}: MergeAttempt): readonly PhysicalTable[] {
  const changed = tables.filter(({ schema }, index) => {
    const counts = plans[index]?.counts;
    const isWritten =
      counts === undefined || counts.inserts + counts.updates + counts.deletes + counts.conflicts > 0;
    return draws(schema.merged.definition.elements) && (isWritten || schema.steps.length > 0);
  });
  const created = objects.created.filter(({ says }) => draws(says.definition.elements));
  const names: readonly RelationName[] = [
    ...changed.map((table) => table.target),
    ...created.map(({ source }) => source),
  ];
  return names.flatMap(({ schema, name }) => {
    const own = target === MAIN ? { schema, name } : state.own(target, { schema, name })?.physical;
    return own == null ? [] : [own];
  });
}

function draws(elements: readonly { readonly text: string }[]): boolean {
  return elements.some(({ text }) => /\bnextval\b/i.test(text));
}

/** Columns of whole numbers whose default is what a sequence gives, as it is. */
async function drawingColumns(connection: Connection, table: string): Promise<readonly DrawingColumn[]> {
  const rows = await connection.rows(
    `SELECT column_name AS name, "default" AS value FROM (DESCRIBE ${table})
     WHERE contains("default", 'nextval') AND regexp_matches(column_type, '^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$')`,
  );
  return rows.flatMap((row) => {
    const sequence = drawnSequence(textCell(row, "value"));
    return sequence === undefined ? [] : [{ table, column: textCell(row, "name"), sequence }];
  });
}

/** `nextval('s')`, alone or, as serial columns have it, the first of what coalesce() is given. */
function drawnSequence(value: string): PhysicalTable | undefined {
  const words = tokenise(value).filter(({ kind, value: word }) => kind !== "symbol" && word !== "main");
  const [call, name] = words[0]?.value === "coalesce" ? words.slice(1) : words;
  const isAlone = words[0]?.value === "coalesce" || words.length === 2;
  if (call?.value !== "nextval" || name?.kind !== "string" || !isAlone) return undefined;
  const parts = tokenise(name.value)
    .filter((token) => token.value !== ".")
    .map((token) => token.value);
  const [sequence = "", schema = "main", catalog = DATA_CATALOG] = parts.toReversed();
  return catalog === DATA_CATALOG ? { schema, name: sequence } : undefined;
}

async function advance(connection: Connection, { table, column, sequence }: DrawingColumn): Promise<void> {
  const found = await sequenceAt(connection, sequence);
  if (found === undefined) return;
  const { given, increment, bound } = found;
  const end = given + increment * MAX_DRAWN;
  const [id, isUp] = [quoteIdentifier(column), increment > 0n];
  const reach = isUp ? smaller(end, bound) : larger(end, bound);
  // Row groups without such a value are not read.
  const beyond = isUp ? `${id} > ${given} AND ${id} <= ${reach}` : `${id} < ${given} AND ${id} >= ${reach}`;
  const [row] = await connection.rows(
    `SELECT ${isUp ? "max" : "min"}(${id})::VARCHAR AS furthest FROM ${table} WHERE ${beyond}`,
  );
  const furthest = row?.["furthest"];
  if (typeof furthest !== "string") return;
  const distance = BigInt(furthest) - given;
  const steps = (distance + increment - (isUp ? 1n : -1n)) / increment;
  const name = quoteLiteral(formatName([DATA_CATALOG, sequence.schema, sequence.name]));
  await connection.run(`SELECT max(nextval(${name})) FROM range(${steps})`);
}

interface SequenceState {
  /** Its last value, or what would have been before its first. */
  readonly given: bigint;
  readonly increment: bigint;
  /** No value of its is beyond. */
  readonly bound: bigint;
}

/** Undefined for one that comes round again: it has no value that is beyond the others. */
async function sequenceAt(
  connection: Connection,
  { schema, name }: PhysicalTable,
): Promise<SequenceState | undefined> {
  const rows = await connection.rows(
    `SELECT schema_name, sequence_name, increment_by, coalesce(${lastValue("s")}, start_value - increment_by) AS given,
       CASE WHEN increment_by > 0 THEN max_value ELSE min_value END AS bound
     FROM duckdb_sequences() AS s WHERE database_name = ? AND lower(sequence_name) = lower(?) AND NOT cycle`,
    [DATA_CATALOG, name],
  );
  const row = rows.find((one) => isAt(one, { schema, name }));
  if (row === undefined) return undefined;
  const [given, increment, bound] = ["given", "increment_by", "bound"].map((cell) =>
    BigInt(String(row[cell])),
  );
  if (given === undefined || increment === undefined || bound === undefined) return undefined;
  return { given, increment, bound };
}

function isAt(row: Row, place: PhysicalTable): boolean {
  const there = { schema: textCell(row, "schema_name"), name: textCell(row, "sequence_name") };
  return relationKey(there) === relationKey(place);
}

function smaller(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}

function larger(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}
