/**
 * The registry's tables inside the data file, schema `duckbranch`: what survives a restart. One place for their DDL and
 * for turning rows into the model and back.
 */
import { numberCell, optionalNumberCell, type Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { appendRecords, createRecordTable } from "../engine/record-writer.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import { quoteIdentifier } from "../sql/names.js";
import { headId, MAIN, tablesOf, type PhysicalTable, type Sequence } from "./model.js";
import { OBJECT_KINDS, type HeadObjectKind, type ObjectChange } from "./head-objects.js";
import { HISTORY } from "./history.js";
import { compareMainObjects } from "./main-objects.js";
import { appendObjects, OBJECT_LOG, readObjects, removeSupersededObjects } from "./object-log.js";
import {
  BRANCH_LOG,
  branchRecord,
  readBranch,
  readVersion,
  VERSION_LOG,
  versionRecord,
} from "./registry-rows.js";
import { LOGGED_AT, SPENT_TIME, STORE_SCHEMA, SYSTEM, SYSTEM_SCHEMA, UNDO_TABLES } from "./system-names.js";
import { isLogged, RegistryState, type RegistryChange } from "./registry-state.js";

export { isInternalSchema, STORE_SCHEMA, SYSTEM_SCHEMA } from "./system-names.js";

/** Of the file: what this program reads and writes. */
export const FORMAT_VERSION = 17;

const DDL = [
  `CREATE SCHEMA IF NOT EXISTS ${SYSTEM}`,
  `CREATE SCHEMA IF NOT EXISTS ${DATA_CATALOG}.${STORE_SCHEMA}`,
  `CREATE TABLE IF NOT EXISTS ${SYSTEM}.format (version INTEGER NOT NULL)`,
  createRecordTable(BRANCH_LOG),
  createRecordTable(VERSION_LOG),
  `CREATE OR REPLACE VIEW ${SYSTEM}.branch_rows AS SELECT * EXCLUDE (seq) FROM ${SYSTEM_SCHEMA}.branch_log
     QUALIFY row_number() OVER (PARTITION BY branch_id ORDER BY seq DESC) = 1`,
  `CREATE OR REPLACE VIEW ${SYSTEM}.version_rows AS SELECT * EXCLUDE (seq, removed) FROM ${SYSTEM_SCHEMA}.version_log
     QUALIFY row_number() OVER (PARTITION BY version_id ORDER BY seq DESC) = 1 AND NOT removed`,
  createRecordTable(OBJECT_LOG),
  createRecordTable(UNDO_TABLES),
  `CREATE TABLE IF NOT EXISTS ${SYSTEM}.merges (
     merge_id VARCHAR PRIMARY KEY, branch_id VARCHAR NOT NULL, branch_name VARCHAR NOT NULL, target VARCHAR NOT NULL,
     strategy VARCHAR NOT NULL, status VARCHAR NOT NULL, created_at TIMESTAMPTZ NOT NULL, finished_at TIMESTAMPTZ,
     tables_merged VARCHAR[], rows_inserted BIGINT NOT NULL, rows_updated BIGINT NOT NULL, rows_deleted BIGINT NOT NULL,
     conflict_count BIGINT NOT NULL, resolutions JSON, granularity VARCHAR, undoable_until TIMESTAMPTZ, synced_id VARCHAR, resolved JSON, keyless VARCHAR, column_strategies JSON)`,
  `CREATE TABLE IF NOT EXISTS ${SYSTEM}.conflicts (
     merge_id VARCHAR NOT NULL, table_name VARCHAR NOT NULL, kind VARCHAR NOT NULL, key JSON,
     base_value JSON, main_value JSON, branch_value JSON)`,
  createRecordTable(HISTORY),
  createRecordTable(SPENT_TIME),
] as const;

/**
 * What brings a file of each older format to the next one, before the DDL above. From 2 to 3 came only another kind of
 * layer, from 3 to 4 what an overlay says of its base, from 4 to 5 a table that the DDL makes, from 6 to 7 row ids in copies
 * of overlays, from 16 to 17 what an overlay says of the order of its rows.
 */
const MIGRATIONS: ReadonlyMap<number, readonly string[]> = new Map([
  [1, [`ALTER TABLE ${SYSTEM}.version_log ADD COLUMN layer JSON`]],
  [
    5,
    [
      `ALTER TABLE ${SYSTEM}.branch_log ADD COLUMN isolation VARCHAR`,
      `ALTER TABLE ${SYSTEM}.branch_log ADD COLUMN table_pins JSON`,
    ],
  ],
  [
    7,
    [
      `ALTER TABLE ${SYSTEM}.merges ADD COLUMN granularity VARCHAR`,
      `ALTER TABLE ${SYSTEM}.merges ADD COLUMN undoable_until TIMESTAMPTZ`,
    ],
  ],
  [
    8,
    [
      `ALTER TABLE ${SYSTEM}.branch_log ADD COLUMN earlier_pins JSON`,
      `ALTER TABLE ${SYSTEM}.merges ADD COLUMN synced_id VARCHAR`,
    ],
  ],
  [9, [`ALTER TABLE ${SYSTEM}.merges ADD COLUMN resolved JSON`]],
  [10, [`ALTER TABLE ${SYSTEM}.merges ADD COLUMN keyless VARCHAR`]],
  [11, [`ALTER TABLE ${SYSTEM}.branch_log ADD COLUMN held JSON`]],
  [12, [`ALTER TABLE ${SYSTEM}.branch_log ADD COLUMN terms JSON`]],
  [13, [`ALTER TABLE ${SYSTEM}.branch_log ADD COLUMN grants JSON`]],
  [14, [`ALTER TABLE ${SYSTEM}.version_log ADD COLUMN lineage JSON`]],
  [15, [`ALTER TABLE ${SYSTEM}.merges ADD COLUMN column_strategies JSON`]],
]);

/** What a file holds of the registry, and the numbers that new entries come after. */
export interface OpenedRegistry {
  readonly state: RegistryState;
  readonly highest: HighestNumbers;
}

/** The highest numbers in use, so that new ones never repeat. */
interface HighestNumbers {
  readonly sequence: Sequence;
  readonly versionId: number;
  readonly objectId: number;
}

/**
 * Creates the system schema in a new file and reads it from an old one.
 *
 * Atomic  one transaction
 * Errors  0A000 for a file written by a newer version
 */
export async function openSystemSchema(connection: Connection): Promise<OpenedRegistry> {
  await connection.run("BEGIN");
  try {
    const found = await formatOf(connection);
    for (let version = found; version < FORMAT_VERSION; version++) {
      for (const statement of MIGRATIONS.get(version) ?? []) await connection.run(statement);
    }
    for (const statement of DDL) await connection.run(statement);
    await connection.run(`DELETE FROM ${SYSTEM}.format`);
    await connection.run(`INSERT INTO ${SYSTEM}.format VALUES (${FORMAT_VERSION})`);
    await removeSuperseded(connection);
    const read = await readRegistry(connection);
    const newest = Math.max(await newestSequence(connection), await newestLogged(connection, read));
    const missing = OBJECT_KINDS.filter(
      (kind) => found < (kind === "comment" ? COMMENTS_SINCE : OBJECTS_SINCE),
    );
    const state = missing.length > 0 ? await withMainObjects(connection, read, newest, missing) : read;
    const highest = highestNumbers(state, newest);
    await connection.run("COMMIT");
    return { state, highest };
  } catch (error) {
    await connection.rollback();
    throw error;
  }
}

/** The first format with objects beside tables and views. */
const OBJECTS_SINCE = 5;
/** The first with comments among them. */
const COMMENTS_SINCE = 16;

/** Branches made before objects were recorded see those that main has now. */
async function withMainObjects(
  connection: Connection,
  state: RegistryState,
  newest: Sequence,
  missing: readonly HeadObjectKind[],
): Promise<RegistryState> {
  const kinds = new Set(missing);
  const { added } = await compareMainObjects(connection, state, kinds, () => false);
  const { versionId, sequence } = highestNumbers(state, newest);
  const changes = added.map((object, index): ObjectChange => ({
    change: "putObject",
    object: { ...object, id: versionId + 1 + index, head: MAIN, dropped: false, from: 0, to: null },
  }));
  await appendObjects(connection, sequence, changes);
  return state.with(changes);
}

/** The format of an old file; the present one for a new file. */
async function formatOf(connection: Connection): Promise<number> {
  const [table] = await connection.rows(
    "SELECT 1 AS found FROM duckdb_tables() WHERE database_name = ? AND schema_name = ? AND table_name = 'format'",
    [DATA_CATALOG, SYSTEM_SCHEMA],
  );
  const [format] = table === undefined ? [] : await connection.rows(`SELECT version FROM ${SYSTEM}.format`);
  const version = format === undefined ? FORMAT_VERSION : numberCell(format, "version");
  if (version <= FORMAT_VERSION) return version;
  throw new SqlError(
    SQLSTATE.featureNotSupported,
    "the database file was written by a newer version of duckbranch",
  );
}

async function readRegistry(connection: Connection): Promise<RegistryState> {
  const branches = await connection.rows(
    `SELECT * REPLACE (epoch_ms(created_at) AS created_at, epoch_ms(expires_at) AS expires_at) FROM ${SYSTEM}.branch_rows
     ORDER BY created_at, branch_id`,
  );
  const versions = await connection.rows(`SELECT * FROM ${SYSTEM}.version_rows ORDER BY version_id`);
  return RegistryState.empty().with([
    ...branches.map((row): RegistryChange => ({ change: "putBranch", branch: readBranch(row) })),
    ...versions.map((row): RegistryChange => ({ change: "putVersion", version: readVersion(row) })),
    ...(await readObjects(connection)),
  ]);
}

/**
 * Appends registry changes to the logs. Rows are never updated, so two transactions never collide here; the newest row of
 * an id is the truth, and the superseded ones go at the next opening.
 *
 * Atomic  the caller's transaction
 */
export async function appendChanges(
  connection: Connection,
  sequence: Sequence,
  changes: readonly RegistryChange[],
): Promise<void> {
  const versions = changes.flatMap((change) =>
    change.change === "putVersion" || change.change === "removeVersion"
      ? [versionRecord(sequence, change)]
      : [],
  );
  if (versions.length > 0) await appendRecords(connection, VERSION_LOG, versions);
  const branches = changes.flatMap((change) =>
    change.change === "putBranch" ? [branchRecord(sequence, change.branch)] : [],
  );
  if (branches.length > 0) await appendRecords(connection, BRANCH_LOG, branches);
  await appendObjects(
    connection,
    sequence,
    changes.filter((change) => change.change === "putObject" || change.change === "removeObject"),
  );
}

/** The newest entry of an id is the truth: what is appended must be newer than all that is there, whatever it says. */
async function newestSequence(connection: Connection): Promise<Sequence> {
  const [row] = await connection.rows(
    `SELECT max(seq) AS newest FROM (SELECT seq FROM ${SYSTEM}.branch_log UNION ALL SELECT seq FROM ${SYSTEM}.version_log
       UNION ALL SELECT seq FROM ${SYSTEM}.object_log)`,
  );
  return row === undefined ? 0 : (optionalNumberCell(row, "newest") ?? 0);
}

/**
 * Rows are logged by commits that the registry has no entry of. Who reads a log takes a row's first entry behind a point: an
 * entry from before a restart must be older than every point made after it.
 */
async function newestLogged(connection: Connection, state: RegistryState): Promise<Sequence> {
  const heads = [MAIN, ...state.branches.keys()];
  const logged = heads.flatMap((head) => state.versionsOf(head)).filter(isLogged);
  let newest = 0;
  for (const log of new Set(logged.map(({ layer }) => physicalName(layer.log)))) {
    const [row] = await connection.rows(`SELECT max(${quoteIdentifier(LOGGED_AT)}) AS newest FROM ${log}`);
    newest = Math.max(newest, row === undefined ? 0 : (optionalNumberCell(row, "newest") ?? 0));
  }
  return newest;
}

/** Removes entries that newer ones have replaced. Atomic: the caller's transaction */
export async function removeSuperseded(connection: Connection): Promise<void> {
  await connection.run(`DELETE FROM ${SYSTEM}.branch_log USING (
    SELECT branch_id AS id, max(seq) AS newest FROM ${SYSTEM}.branch_log GROUP BY 1) WHERE branch_id = id AND seq < newest`);
  await connection.run(`DELETE FROM ${SYSTEM}.version_log USING (
    SELECT version_id AS id, max(seq) AS newest, max_by(removed, seq) AS gone FROM ${SYSTEM}.version_log GROUP BY 1)
    WHERE version_id = id AND (seq < newest OR gone)`);
  await removeSupersededObjects(connection);
}

/** Full name of a table in the data catalogue, quoted. */
export function physicalName(table: PhysicalTable): string {
  return `${DATA_CATALOG}.${quoteIdentifier(table.schema)}.${quoteIdentifier(table.name)}`;
}

/** The number in the name of a table that is kept in STORE_SCHEMA; 0 for tables of branches. */
function numberInName({ schema, name }: PhysicalTable): number {
  return schema === STORE_SCHEMA ? Number(/^[a-z]+(\d+)/.exec(name)?.[1] ?? 0) : 0;
}

function highestNumbers(state: RegistryState, newest: Sequence): HighestNumbers {
  let [sequence, versionId, objectId] = [newest, 0, 0];
  const heads = new Set([headId("main"), ...state.branches.keys()]);
  for (const head of heads) {
    for (const version of state.versionsOf(head)) {
      sequence = Math.max(sequence, version.from, version.to ?? 0);
      // A kept table may be named after a version that nobody reads any more, or that never was.
      versionId = Math.max(versionId, version.id, ...tablesOf(version).map(numberInName));
      objectId = Math.max(objectId, version.objectId);
    }
    for (const { id, from, to, physical } of state.objectsOf(head)) {
      sequence = Math.max(sequence, from, to ?? 0);
      versionId = Math.max(versionId, id, physical === null ? 0 : numberInName(physical));
    }
  }
  for (const branch of state.branches.values()) sequence = Math.max(sequence, branch.pin);
  return { sequence, versionId, objectId };
}
