/**
 * Which row is which in two states of a table without a key: a number that two rows share only where they are the same row of the
 * same table. Pure.
 */
import { quoteIdentifier } from "../sql/names.js";
import type { Connection } from "../engine/connection.js";
import { MAIN, type HeadId, type Version } from "./model.js";
import { identifiedRows, standsInOrder } from "./row-order.js";
import type { RowsOfBase } from "./rows-by-values.js";
import { isUntouched } from "./touched-rows.js";
import type { RegistryState } from "./registry-state.js";
import {
  baseRows,
  isNumbered,
  requireBase,
  requireBefore,
  requirePhysical,
  ROW_ID,
  rowsWithIds,
  withRowIds,
} from "./rows.js";
import { physicalName } from "./system-schema.js";

const ROW_ID_SQL = quoteIdentifier(ROW_ID);

/** Numbers the rows of one table, by their row ids there, or all of them NULL. */
type Numbering = (table: HeadId) => string;

/**
 * The rows of the base and of the target of a merge, with the numbers in ROW_ID; as SQL that stands where a table name may stand.
 * Rows are in a table of the target's head or, beneath an overlay, in one of an ancestor's; a row that was copied into another
 * table is not known any more.
 */
export function numberedStates(
  state: RegistryState,
  base: Version,
  target: Version,
): { readonly base: string; readonly target: string } {
  const beneath = target.layer?.kind === "overlay" ? requireBase(state, target).head : undefined;
  const numbering: Numbering = (table) => {
    if (table === target.head) return `-1 - ${ROW_ID_SQL}`;
    return table === beneath ? ROW_ID_SQL : "NULL::BIGINT";
  };
  return { base: numberedRows(state, base, numbering), target: numberedRows(state, target, numbering) };
}

/** A merge's transaction, and its target. */
interface Merging {
  readonly connection: Connection;
  readonly state: RegistryState;
  readonly head: HeadId;
}

/** Rows of a table's three states that are known one by one, with the base's row ids in ROW_ID. */
export interface KnownRows {
  /** Those that the source has replaced or deleted. */
  readonly base: string;
  /** What it has in their place, and what it has added. */
  readonly source: string;
  /** All rows. */
  readonly target: string;
}

/** What of a merge of a table without a key is known row by row: one of them, or nothing. */
export interface Identities {
  readonly known?: KnownRows;
  /** Where the target's row ids are not the base's. */
  readonly byValues?: RowsOfBase;
}

/**
 * Of a table of main without a key. The source is an overlay from which no row was taken away. Where main has changed rows where they
 * are, and added some, since the base, they have the ids they had; whatever deletes rows of main copies the table for its pins.
 */
export async function identities(
  { connection, state, head }: Merging,
  { base, source, target }: { readonly base: Version; readonly source: Version; readonly target: Version },
  columns: readonly string[],
): Promise<Identities> {
  const { layer } = source;
  if (layer?.kind !== "overlay" || layer.columns !== undefined || isUntouched(layer)) return {};
  if (target.head !== MAIN || head !== MAIN || target.layer !== null) return {};
  if (state.baseOf(source)?.id !== base.id || base.objectId !== target.objectId) return {};
  if (!(await standsInOrder(connection, source))) return {};
  const list = columns.map(quoteIdentifier).join(", ");
  const rows = {
    base: `(SELECT ${list}, ${ROW_ID_SQL} FROM ${physicalName(requireBefore(source))})`,
    source: identifiedRows(source, columns),
  };
  const all = { base: rowsWithIds(base), target: withRowIds(physicalName(requirePhysical(target))) };
  return isStillThere(base, target) && (await hasRowsOf(connection, source, all.target))
    ? { known: { ...rows, target: all.target } }
    : { byValues: { ...rows, all } };
}

/** A row that main has not may have been taken away and added anew: where ids last, such are logged, too. */
async function hasRowsOf(connection: Connection, source: Version, target: string): Promise<boolean> {
  const [missing] = await connection.rows(
    `SELECT 1 AS missing FROM ${physicalName(requireBefore(source))} AS x ANTI JOIN ${target} AS t ON t.${ROW_ID_SQL} = x.${ROW_ID_SQL} LIMIT 1`,
  );
  return missing === undefined;
}

/** Rows of the base have their row ids in the target's table, too. */
function isStillThere(base: Version, target: Version): boolean {
  if (base.id === target.id) return true;
  const isSame =
    base.physical?.schema === target.physical?.schema && base.physical?.name === target.physical?.name;
  return (
    isSame &&
    base.objectId === target.objectId &&
    base.layer?.kind === "logged" &&
    base.layer.over === "table"
  );
}

function numberedRows(state: RegistryState, version: Version, numbering: Numbering): string {
  if (version.layer?.kind !== "overlay")
    return `(${renumbered(rowsWithIds(version), numbering(version.head))})`;
  const inherited = renumbered(baseRows(state, version), numbering(requireBase(state, version).head));
  const table = physicalName(requirePhysical(version));
  const own = isNumbered(version) ? table : withRowIds(table);
  return `(${inherited} UNION ALL ${renumbered(own, numbering(version.head))})`;
}

function renumbered(rows: string, number: string): string {
  return `SELECT * REPLACE (${number} AS ${ROW_ID_SQL}) FROM ${rows}`;
}
