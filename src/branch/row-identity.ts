/**
 * Which row is which in two states of a table without a key: a number that two rows share only where they are the same row of the
 * same table. Pure.
 */
import { quoteIdentifier } from "../sql/names.js";
import type { HeadId, Version } from "./model.js";
import type { RegistryState } from "./registry-state.js";
import {
  baseRows,
  isNumbered,
  requireBase,
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
