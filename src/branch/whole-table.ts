import type { HeadId, PhysicalTable, RelationName } from "./model.js";
import type { RegistryState } from "./registry-state.js";

/**
 * A head's own table that has all its rows: main's, or one that a branch made or promoted. Rows that change there can be named
 * by their ids; an overlay's are in two tables.
 */
export function wholeTable(
  state: RegistryState,
  head: HeadId,
  relation: RelationName,
): PhysicalTable | undefined {
  const version = state.own(head, relation);
  return version?.kind === "table" && version.layer === null && version.physical !== null
    ? version.physical
    : undefined;
}
