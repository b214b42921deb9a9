/**
 * Where row ids last: what is written down under the id of a row has to find that row again, whatever happens to the table.
 *
 * DuckDB numbers the rows of a table anew when it writes a checkpoint behind deletes, unless a constraint makes it keep an
 * index; rows before the first deleted one never move (tests hold both). Whatever changes or deletes rows of a table that
 * a pin reads copies them first, with their ids. So a table that a pin reads and that lacks no row keeps its ids for that pin.
 */
import type { Connection } from "../engine/connection.js";
import { constraintsOf } from "./constraint-names.js";
import type { Version } from "./model.js";
import { hidesRowIds } from "./overlay-shape.js";
import type { RegistryState } from "./registry-state.js";
import { requireBase, requirePhysical } from "./rows.js";
import { physicalName } from "./system-schema.js";
import type { TableDefinition } from "./table-definition.js";
import { isUntouched } from "./touched-rows.js";

/** True for tables whose rows DuckDB gives no other row ids while a log or an overlay names them. */
export function keepsRowIds(definition: TableDefinition, table: string): boolean {
  const isUnique = constraintsOf(definition, table).some(
    ({ type }) => type === "primary" || type === "unique",
  );
  return isUnique && !hidesRowIds(definition);
}

/** True for a table none of whose row ids is missing. (DuckDB knows the count, and looks for higher ids in its last rows only.) */
export async function hasEveryRowId(connection: Connection, version: Version): Promise<boolean> {
  const table = physicalName(requirePhysical(version));
  const [row] = await connection.rows(
    `SELECT 1 AS missing FROM ${table} WHERE rowid >= (SELECT count(*) FROM ${table}) LIMIT 1`,
  );
  return row === undefined;
}

/** Who asks: the transaction that writes. */
export interface RowIdReader {
  readonly connection: Connection;
  readonly state: RegistryState;
  readonly definitionOf: (version: Version) => Promise<TableDefinition>;
}

/** Whether an overlay can take over rows of its base: they will be found by the ids they have now. */
export async function canTakeRows(reader: RowIdReader, overlay: Version): Promise<boolean> {
  // What has taken over some has been here before.
  if (!isUntouched(overlay.layer)) return true;
  const base = requireBase(reader.state, overlay);
  // A copy has the ids in a column; a table that is read through a log is copied before it loses rows without a key.
  if (base.layer !== null || keepsRowIds(await reader.definitionOf(base), base.name)) return true;
  return await hasEveryRowId(reader.connection, base);
}
