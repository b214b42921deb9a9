/**
 * How the rows of a version are read, as SQL that stands where a table name may stand. Pure: text from the registry.
 *
 * An overlay is its base without the rows that `before` holds, and the rows of its own table. The base is found by the
 * branch's pin, so it may move (main's table, then that table with a log, or a copy kept of it): row ids and columns stay
 * the same through all of that.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { quoteIdentifier } from "../sql/names.js";
import type { Version } from "./model.js";
import { isLogged, type LoggedVersion, type RegistryState } from "./registry-state.js";
import { LOGGED_AT } from "./system-names.js";
import { physicalName } from "./system-schema.js";

/** Column of the row ids of the table that a row comes from. No table with a column of this name gets an overlay. */
export const ROW_ID = "#rid";
/** Column of an overlay's `before` that tells the rows one statement put there from others. */
export const BATCH = "#batch";

/** Rows that the present transaction has added have row ids from here on, until it commits (a test holds it). */
export const FIRST_LOCAL_ROW_ID = "36028797018960000";

const ROW_ID_SQL = quoteIdentifier(ROW_ID);

/** `scan`: by a statement that asks for no rows by a key. Such a text is right until more rows of the base are taken over. */
export type Reading = "any" | "scan";

/** All rows of a version. */
export function rowsOf(state: RegistryState, version: Version, reading: Reading = "any"): string {
  const table = physicalName(requirePhysical(version));
  switch (version.layer?.kind) {
    case undefined:
      return table;
    case "kept":
      return `(SELECT * EXCLUDE (${ROW_ID_SQL}) FROM ${table})`;
    case "logged":
      return `(SELECT * EXCLUDE (${ROW_ID_SQL}) FROM ${rowsWithIds(version)})`;
    case "overlay":
      return `(SELECT * EXCLUDE (${ROW_ID_SQL}) FROM ${reading === "scan" ? scannedBaseRows(state, version) : baseRows(state, version)}
        UNION ALL SELECT * FROM ${ownRows(version)})`;
    default:
      return version.layer satisfies never;
  }
}

/** The rows that an overlay's branch wrote. */
export function ownRows(overlay: Version): string {
  const table = physicalName(requirePhysical(overlay));
  return isNumbered(overlay) ? `(SELECT * EXCLUDE (${ROW_ID_SQL}) FROM ${table})` : table;
}

/** True for a copy of an overlay that has the row ids of the branch's own table. */
export function isNumbered({ layer }: Version): boolean {
  return layer?.kind === "overlay" && layer.numbered === true;
}

/** The rows of an overlay's base that it has not taken over, in its own columns, with their row ids as the last column. */
export function baseRows(state: RegistryState, overlay: Version): string {
  const base = requireBase(state, overlay);
  const before = physicalName(requireBefore(overlay));
  return `(SELECT ${baseColumns(overlay)} FROM ${rowsWithIds(base)} AS b ANTI JOIN ${before} AS x ON b.${ROW_ID_SQL} = x.${ROW_ID_SQL})`;
}

/**
 * The same, read in up to three parts: only between the first and the last row that was taken over is every row looked for among
 * those. Not for rows by key: DuckDB uses no index beside a filter on row ids.
 */
function scannedBaseRows(state: RegistryState, overlay: Version): string {
  const base = requireBase(state, overlay);
  const touched = overlay.layer?.kind === "overlay" ? overlay.layer.touched : undefined;
  if (touched === undefined || isLogged(base)) return baseRows(state, overlay);
  const { from, below } = touched;
  const rows = `SELECT ${baseColumns(overlay)} FROM ${rowsWithIds(base)} AS b`;
  if (from >= below) return `(${rows})`;
  const id = `b.${ROW_ID_SQL}`;
  const before = physicalName(requireBefore(overlay));
  const between = `${rows} ANTI JOIN ${before} AS x ON ${id} = x.${ROW_ID_SQL} WHERE ${id} >= ${from} AND ${id} < ${below}`;
  const parts = [`${rows} WHERE ${id} < ${from}`, between, `${rows} WHERE ${id} >= ${below}`];
  return `(${(from === 0 ? parts.slice(1) : parts).join(" UNION ALL ")})`;
}

/** The columns of an overlay, and the row id, in rows of its base under the name `b`. */
function baseColumns({ layer }: Version): string {
  if (layer?.kind !== "overlay" || layer.columns === undefined) return "b.*";
  const columns = layer.columns.map((column) => {
    const value = "from" in column ? `b.${quoteIdentifier(column.from)}` : column.value;
    return `${value} AS ${quoteIdentifier(column.name)}`;
  });
  return [...columns, `b.${ROW_ID_SQL}`].join(", ");
}

/** The rows of a version that is no overlay, with their row ids as the last column. */
export function rowsWithIds(version: Version): string {
  const table = physicalName(requirePhysical(version));
  if (isLogged(version)) return loggedRows(version);
  return version.layer?.kind === "kept" ? table : withRowIds(table);
}

/** All rows of a table with their row ids as the last column. */
export function withRowIds(table: string): string {
  return `(SELECT *, rowid AS ${ROW_ID_SQL} FROM ${table})`;
}

/** Of a row that the log has several times the first since the version ended is the one the version had. */
function loggedRows(version: LoggedVersion): string {
  const { log, lastRow, over } = version.layer;
  const table = physicalName(requirePhysical(version));
  const logged = `FROM ${physicalName(log)} WHERE ${quoteIdentifier(LOGGED_AT)} >= ${version.to ?? 0}`;
  const first = `row_number() OVER (PARTITION BY ${ROW_ID_SQL} ORDER BY ${quoteIdentifier(LOGGED_AT)}) = 1`;
  return `(SELECT t.* FROM ${over === "kept" ? table : withRowIds(table)} AS t
    ANTI JOIN (SELECT ${ROW_ID_SQL} ${logged}) AS x ON t.${ROW_ID_SQL} = x.${ROW_ID_SQL} WHERE t.${ROW_ID_SQL} <= ${lastRow}
    UNION ALL SELECT * EXCLUDE (${quoteIdentifier(LOGGED_AT)}) FROM (
      SELECT * ${logged} AND ${ROW_ID_SQL} <= ${lastRow} QUALIFY ${first}))`;
}

export function requirePhysical(version: Version): NonNullable<Version["physical"]> {
  if (version.physical !== null) return version.physical;
  throw new SqlError(SQLSTATE.wrongObjectType, `"${version.name}" is not a table`);
}

export function requireBefore(overlay: Version): NonNullable<Version["physical"]> {
  if (overlay.layer?.kind === "overlay") return overlay.layer.before;
  throw new SqlError(SQLSTATE.internalError, `"${overlay.name}" is no overlay`);
}

export function requireBase(state: RegistryState, overlay: Version): Version {
  const base = state.baseOf(overlay);
  if (base?.kind === "table" && base.layer?.kind !== "overlay") return base;
  throw new SqlError(SQLSTATE.internalError, `the base of "${overlay.name}" is not in the registry`);
}
