/**
 * Writing an overlay. Rows of the base that a statement may change are first moved up into the overlay's own table; then the
 * statement itself runs on that table, so that constraints, defaults, RETURNING and command tags are DuckDB's own. To move up
 * a row that the statement then leaves alone changes nothing that anybody can see.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { numberCell, optionalTextCell, type Connection } from "../engine/connection.js";
import type { EngineValue } from "../engine/types.js";
import { quoteIdentifier } from "../sql/names.js";
import type { TouchedRows, Version } from "./model.js";
import type { OverlayShape, UniqueKey } from "./overlay-shape.js";
import type { RegistryState } from "./registry-state.js";
import { canTakeRows, type RowIdReader } from "./row-ids.js";
import {
  baseRows,
  BATCH,
  FIRST_LOCAL_ROW_ID,
  requireBase,
  requireBefore,
  requirePhysical,
  ROW_ID,
} from "./rows.js";
import { countOwnRows, isInOrder } from "./row-order.js";
import type { TakenOver } from "./taken-over.js";
import { isSmallPart, widened } from "./touched-rows.js";
import { physicalName } from "./system-schema.js";

export interface OverlayTable {
  readonly version: Version;
  readonly shape: OverlayShape;
}

/** The transaction that writes. */
interface Writer {
  readonly connection: Connection;
  readonly state: RegistryState;
  readonly context: { readonly takenOver: TakenOver };
}

interface Mover extends Writer, RowIdReader {
  readonly putVersion: (version: Version) => void;
}

/** Which rows of the base: `source` is FROM … WHERE … over `baseRows` under the name `alias`. */
export interface BaseQuery {
  readonly with: string;
  readonly alias: string;
  readonly source: string;
  /** The statement deletes all of them. */
  readonly deletes?: boolean;
}

/** More rows than this are moved up only when they are a small part of the table. */
export const MANY_ROWS = 50_000;
/** From this part of the base on, one table with all the rows is better than an overlay (measured: decision 0025). */
const LARGE_PART = 0.05;

let lastBatch = 0;

/** A number no batch of any transaction had before. */
function newBatch(): number {
  lastBatch = Math.max(lastBatch + 1, Date.now() * 1000);
  return lastBatch;
}

/**
 * Moves rows of the base up. False, and nothing done, for so many rows that the whole table had better be the branch's own, and
 * where they could not be found again by their ids: whoever wants `allRows` has asked for that before.
 *
 * Atomic  the caller's transaction
 */
export async function moveUp(
  writer: Mover,
  overlay: OverlayTable,
  query: BaseQuery,
  run: (sql: string) => Promise<number>,
  mode: "fewRows" | "allRows",
): Promise<boolean> {
  if (!(await canTakeRows(writer, overlay.version))) return false;
  if (mode === "allRows") return await moveAtMost(writer, overlay, query, run, Number.POSITIVE_INFINITY);
  if (await moveAtMost(writer, overlay, query, run, MANY_ROWS)) return true;
  const limit = Math.floor(LARGE_PART * (await countRows(writer, baseRows(writer.state, overlay.version))));
  return limit > MANY_ROWS && (await moveAtMost(writer, overlay, query, run, limit));
}

/** False, and nothing done, for more rows than the limit. */
async function moveAtMost(
  writer: Mover,
  { version, shape }: OverlayTable,
  query: BaseQuery,
  run: (sql: string) => Promise<number>,
  limit: number,
): Promise<boolean> {
  const { connection } = writer;
  const before = physicalName(requireBefore(version));
  const alias = quoteIdentifier(query.alias);
  const batch = await newBatchOf(writer, version, query);
  const values = [ROW_ID, ...shape.columns].map((column) => `${alias}.${quoteIdentifier(column)}`);
  const insert = `${query.with} INSERT INTO ${before} SELECT ${batch.number}, ${values.join(", ")} ${query.source}`;
  const moved = await orLostRace(
    run(Number.isFinite(limit) ? `${insert} LIMIT ${limit + 1}` : insert),
    version,
  );
  if (moved === 0) return true;
  if (moved > limit) {
    await connection.run(`DELETE FROM ${before} WHERE ${batch.test}`);
    return false;
  }
  writer.context.takenOver.add(version, moved);
  const columns = shape.columns.map(quoteIdentifier).join(", ");
  const own = `INSERT INTO ${physicalName(requirePhysical(version))} (${columns}) SELECT ${columns} FROM ${before} WHERE ${batch.test}${batch.order}`;
  const current = writer.state.current(version) ?? version;
  const touched = current.layer?.kind === "overlay" ? current.layer.touched : undefined;
  if (touched === undefined) await connection.run(own);
  else {
    const base = physicalName(requirePhysical(requireBase(writer.state, current)));
    recordTouched(
      writer,
      current,
      touched,
      await connection.firstRow(`${own};\n${touchedRows(before, batch.test, base)}`),
    );
  }
  return true;
}

/** What BATCH is in the rows that one statement moves up, as SQL. */
interface Batch {
  readonly number: string;
  /** True for these rows. */
  readonly test: string;
  /** ORDER BY in which they are put into the overlay's own table, where that matters. */
  readonly order: string;
}

/** See row-order.ts for overlays whose rows are in order. */
async function newBatchOf({ connection }: Writer, overlay: Version, { deletes }: BaseQuery): Promise<Batch> {
  const column = quoteIdentifier(BATCH);
  const number = deletes === true ? -newBatch() : newBatch();
  if (!isInOrder(overlay) || deletes === true)
    return { number: String(number), test: `${column} = ${number}`, order: "" };
  const place = await countOwnRows(connection, overlay);
  return {
    number: `${place - 1} + row_number() OVER ()`,
    test: `${column} >= ${place}`,
    order: ` ORDER BY ${column}`,
  };
}

/** Between which row ids a statement took rows over, and how many rows the base has. */
function touchedRows(before: string, inBatch: string, base: string): string {
  const id = quoteIdentifier(ROW_ID);
  return `SELECT min(${id}), max(${id}), (SELECT count(*) FROM ${base}) FROM ${before} WHERE ${inBatch}`;
}

/** Lets the registry know where rows were taken over, while that is of use. */
function recordTouched(
  writer: Mover,
  overlay: Version,
  known: TouchedRows,
  [lowest, highest, rows]: readonly EngineValue[],
): void {
  if (overlay.layer?.kind !== "overlay") return;
  const { touched: _, ...layer } = overlay.layer;
  const touched = widened(known, Number(lowest), Number(highest));
  if (touched === known) return;
  writer.putVersion({
    ...overlay,
    layer: isSmallPart(touched, Number(rows)) ? { ...layer, touched } : layer,
  });
}

/** A row that is there already was taken over by a transaction that has committed since this one began. */
async function orLostRace(moving: Promise<number>, version: Version): Promise<number> {
  try {
    return await moving;
  } catch (error) {
    if (!(error instanceof SqlError) || error.code !== SQLSTATE.uniqueViolation) throw error;
    throw lostRace(version.name);
  }
}

export function lostRace(name: string): SqlError {
  return new SqlError(
    SQLSTATE.serializationFailure,
    `could not serialize access to "${name}" due to concurrent change`,
  );
}

async function countRows({ connection }: Writer, relation: string): Promise<number> {
  const [row] = await connection.rows(`SELECT count(*) AS n FROM ${relation}`);
  return row === undefined ? 0 : numberCell(row, "n");
}

/** What makes an overlay anew must not miss rows that another session has written there since the snapshot. Errors: 40001 */
export function refuseChanged(
  writer: { readonly isUnchanged: (table: Version) => boolean },
  overlay: Version,
): void {
  if (!writer.isUnchanged(overlay)) throw lostRace(overlay.name);
}

/**
 * True for an overlay that replaces so much of its base that every scan suffers: its next change had better pay for one
 * table with all the rows. As that part of the table was written first, writes cost what they change all the same.
 */
export async function isLarge(writer: Writer, overlay: Version): Promise<boolean> {
  const { takenOver } = writer.context;
  if (takenOver.atMost(overlay) <= MANY_ROWS) return false;
  const replaced = await countRows(writer, physicalName(requireBefore(overlay)));
  takenOver.note(overlay, replaced);
  if (replaced <= MANY_ROWS) return false;
  return replaced >= LARGE_PART * (replaced + (await countRows(writer, baseRows(writer.state, overlay))));
}

/**
 * Refuses rows this transaction added to an overlay whose key a row of the base has: among its own rows DuckDB has looked
 * already.
 *
 * Errors  23505
 */
export async function refuseTakenKeys(
  { connection, state }: Writer,
  version: Version,
  keys: readonly UniqueKey[],
): Promise<void> {
  const own = `${physicalName(requirePhysical(version))} WHERE rowid >= ${FIRST_LOCAL_ROW_ID}`;
  const added = keys.length === 0 ? 0 : Number((await connection.firstRow(`SELECT count(*) FROM ${own}`))[0]);
  if (added === 0) return;
  for (const key of keys) {
    const columns = key.columns.map(quoteIdentifier);
    const values = columns.map((column, index) => `CAST(a.${column} AS VARCHAR) AS k${index}`);
    const [row] = await connection.rows(
      // The limit says how few rows there are: DuckDB takes them for as many as the table has.
      `SELECT ${values.join(", ")} FROM (SELECT ${columns.join(", ")} FROM ${own} LIMIT ${added}) AS a
       JOIN ${baseRows(state, version)} AS b
       ON ${columns.map((column) => `a.${column} = b.${column}`).join(" AND ")} LIMIT 1`,
    );
    if (row === undefined) continue;
    const taken = columns.map((_, index) => optionalTextCell(row, `k${index}`) ?? "null");
    throw duplicateKey(version, key, taken);
  }
}

function duplicateKey(
  { schema, name }: Version,
  { name: constraint, columns }: UniqueKey,
  values: readonly string[],
): SqlError {
  return new SqlError(
    SQLSTATE.uniqueViolation,
    `duplicate key value violates unique constraint "${constraint}"`,
    {
      detail: `Key (${columns.join(", ")})=(${values.join(", ")}) already exists.`,
      object: { schema: schema === "main" ? "public" : schema, table: name, constraint },
    },
  );
}
