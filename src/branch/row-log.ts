/**
 * The log of a table that pins read while it goes on changing: each row that a commit may change, as it was, with its row id
 * and the point in the order of commits at which it was so. An entry is true whether or not its row changes afterwards.
 */
import { optionalNumberCell, type Connection } from "../engine/connection.js";
import { quoteIdentifier } from "../sql/names.js";
import type { RowIds } from "./changed-rows.js";
import type { PhysicalTable, Sequence, Version } from "./model.js";
import { hidesRowIds } from "./overlay-shape.js";
import type { LoggedVersion, RegistryChange } from "./registry-state.js";
import { hasEveryRowId, keepsRowIds } from "./row-ids.js";
import { requirePhysical, ROW_ID } from "./rows.js";
import { LOGGED_AT } from "./system-names.js";
import { physicalName, STORE_SCHEMA } from "./system-schema.js";
import type { TableDefinition } from "./table-definition.js";

const ROW_ID_SQL = quoteIdentifier(ROW_ID);
const LOGGED_AT_SQL = quoteIdentifier(LOGGED_AT);

/** A table whose state is kept, as one transaction sees it. */
export interface TableToKeep {
  readonly version: Version;
  readonly definition: TableDefinition;
  /** Some pin reads it as it is now: its interval is split. */
  readonly pinned: boolean;
  /** Just behind the snapshot of the transaction. */
  readonly keptAt: Sequence;
}

/**
 * Without a key rows are numbered anew when some were deleted: such a table can be added to, and its rows changed where they are,
 * as long as none is missing, for whatever deletes copies it first.
 */
export async function canLog(
  connection: Connection,
  { version, definition }: TableToKeep,
  rows: readonly RowIds[],
): Promise<boolean> {
  if (version.layer !== null || hidesRowIds(definition)) return false;
  if (keepsRowIds(definition, version.name)) return true;
  return rows.every(({ inPlace }) => inPlace === true) && (await hasEveryRowId(connection, version));
}

/**
 * Adds rows to the table's log. A pinned version is split: what pins read of it ends here and reads the log.
 *
 * Atomic  the caller's transaction
 */
export async function logRows(
  connection: Connection,
  table: TableToKeep & { readonly logged: readonly LoggedVersion[]; readonly id: number },
  rows: readonly RowIds[],
): Promise<RegistryChange[]> {
  const { version, pinned, keptAt, logged, id } = table;
  const newest = logged.at(-1);
  if (newest === undefined && !pinned) return [];
  const log = newest?.layer.log ?? (await createLog(connection, version, id));
  // Whoever reads through the log takes a row's first entry: a second one since the newest of them ended is read by nobody.
  const since = pinned ? keptAt : (newest?.to ?? keptAt);
  // Rows born later are not theirs either.
  const lastRead = pinned ? Number.POSITIVE_INFINITY : (newest?.layer.lastRow ?? -1);
  for (const ids of rows) {
    const highest = Math.min(ids.highest, lastRead);
    if (ids.lowest <= highest)
      await appendRows(connection, version, { log, since, keptAt }, { ...ids, highest });
  }
  if (!pinned) return [];
  const lastRow = await lastRowId(connection, version, newest?.layer.lastRow ?? 0);
  const layer = { kind: "logged", log, lastRow, over: "table" } as const;
  return [
    { change: "putVersion", version: { ...version, id, to: keptAt, layer } },
    { change: "putVersion", version: { ...version, from: keptAt } },
  ];
}

async function createLog(connection: Connection, version: Version, id: number): Promise<PhysicalTable> {
  const log = { schema: STORE_SCHEMA, name: `log${id}` };
  await connection.run(
    `CREATE TABLE ${physicalName(log)} AS SELECT *, rowid AS ${ROW_ID_SQL}, 0::BIGINT AS ${LOGGED_AT_SQL}
     FROM ${physicalName(requirePhysical(version))} LIMIT 0`,
  );
  return log;
}

async function appendRows(
  connection: Connection,
  version: Version,
  {
    log,
    since,
    keptAt,
  }: { readonly log: PhysicalTable; readonly since: Sequence; readonly keptAt: Sequence },
  { json, lowest, highest }: RowIds,
): Promise<void> {
  const into = physicalName(log);
  const between = `BETWEEN ${lowest} AND ${highest}`;
  const isFew = json.length <= FEW_IDS_LENGTH;
  const logged = `SELECT ${ROW_ID_SQL} FROM ${into} WHERE ${LOGGED_AT_SQL} >= ${since} AND ${ROW_ID_SQL} ${between}`;
  // Of many the logged ones are left out before the table is asked: it takes three quarters of the time.
  const chosen = isFew
    ? `rowid IN (${json.slice(1, -1)}) AND rowid NOT IN (${logged})`
    : `rowid IN (SELECT id FROM (SELECT unnest(CAST($1::JSON AS BIGINT[])) AS id) ANTI JOIN (${logged}) AS x ON id = x.${ROW_ID_SQL})`;
  await connection.run(
    `INSERT INTO ${into} SELECT *, rowid, ${keptAt} FROM ${physicalName(requirePhysical(version))}
     WHERE rowid ${between} AND ${chosen}`,
    isFew ? undefined : [json],
  );
}

/** Row ids of so many characters are thirty at most: written out, they halve what it takes to log a small change of main. */
const FEW_IDS_LENGTH = 60;

/** Rows added later have higher ids than this, whatever was deleted meanwhile: none is given twice. */
async function lastRowId(connection: Connection, version: Version, atLeast: number): Promise<number> {
  const [row] = await connection.rows(
    `SELECT max(rowid) AS last FROM ${physicalName(requirePhysical(version))} WHERE rowid >= ${atLeast}`,
  );
  const last = row === undefined ? null : optionalNumberCell(row, "last");
  return last ?? (atLeast === 0 ? -1 : atLeast);
}

/**
 * Removes the entries that none of these versions takes: of a row each takes the first since it ended. Returns how many.
 *
 * Atomic  the caller's transaction; who holds the lock of what is kept of the table knows all its readers
 */
export async function trimLog(connection: Connection, readers: readonly LoggedVersion[]): Promise<number> {
  const [reader] = readers;
  if (reader === undefined) return 0;
  const log = physicalName(reader.layer.log);
  const ends = readers.map(({ to, layer }) => `(${to ?? 0}, ${layer.lastRow})`);
  return await connection.change(
    `DELETE FROM ${log} WHERE rowid NOT IN (
       SELECT id FROM (
         SELECT rowid AS id, ${ROW_ID_SQL} AS row_id, ${LOGGED_AT_SQL} AS logged_at,
           lag(${LOGGED_AT_SQL}, 1, -1) OVER (PARTITION BY ${ROW_ID_SQL} ORDER BY ${LOGGED_AT_SQL}) AS before
         FROM ${log})
       WHERE EXISTS (SELECT 1 FROM (VALUES ${ends.join(", ")}) AS v (ended, last_row)
         WHERE before < ended AND ended <= logged_at AND row_id <= last_row))`,
  );
}
