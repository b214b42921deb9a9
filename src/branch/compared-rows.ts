/** The rows to look at when two states of a table are compared: where an overlay tells what was changed, only these. Pure. */
import { quoteIdentifier } from "../sql/names.js";
import type { Version } from "./model.js";
import type { RegistryState } from "./registry-state.js";
import { BATCH, ownRows, requireBefore, ROW_ID, rowsOf } from "./rows.js";
import { physicalName } from "./system-schema.js";

const HIDDEN = [BATCH, ROW_ID].map(quoteIdentifier).join(", ");

/** Rows of either state, as SQL that stands where a table name may stand. What is in neither is the same in both. */
export interface ComparedRows {
  readonly before: string;
  readonly after: string;
}

export function comparedRows(state: RegistryState, before: Version, after: Version): ComparedRows {
  const base = state.baseOf(after);
  if (columnsOf(after) === undefined && isOver(state, after, before)) return writtenRows(after);
  // Overlays of one base: of a branch and its parent, or of two branches.
  if (base !== undefined && state.baseOf(before)?.id === base.id && columnsOf(before) === columnsOf(after))
    return { before: withReplaced(before, after), after: withReplaced(after, before) };
  return { before: rowsOf(state, before), after: rowsOf(state, after) };
}

export function isOver(state: RegistryState, overlay: Version, base: Version): boolean {
  return state.baseOf(overlay)?.id === base.id;
}

/** What an overlay replaced, in its own columns, and what it has written. */
export function writtenRows(overlay: Version): ComparedRows {
  return { before: replacedRows(overlay), after: ownRows(overlay) };
}

/** Equal for overlays that read their base in the same way; undefined where its columns are theirs. */
function columnsOf({ layer }: Version): string | undefined {
  return layer?.kind === "overlay" && layer.columns !== undefined ? JSON.stringify(layer.columns) : undefined;
}

/** An overlay's own rows and those it still reads from the base where the other one replaced them. */
function withReplaced(overlay: Version, other: Version): string {
  const id = quoteIdentifier(ROW_ID);
  return `(SELECT * FROM ${ownRows(overlay)} UNION ALL BY NAME SELECT * EXCLUDE (${HIDDEN}) FROM ${physicalName(requireBefore(other))} AS r
    ANTI JOIN ${physicalName(requireBefore(overlay))} AS x ON r.${id} = x.${id})`;
}

/** The rows of the base that an overlay replaced. */
function replacedRows(overlay: Version): string {
  return `(SELECT * EXCLUDE (${HIDDEN}) FROM ${physicalName(requireBefore(overlay))})`;
}
