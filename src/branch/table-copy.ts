/** A copy of a whole table for the pins that read it. */
import type { Connection } from "../engine/connection.js";
import { quoteIdentifier } from "../sql/names.js";
import { commentsOf } from "./catalog-reader.js";
import { commentStatements } from "./comments.js";
import type { Layer, PhysicalTable, Version } from "./model.js";
import { hidesRowIds } from "./overlay-shape.js";
import { requirePhysical, ROW_ID } from "./rows.js";
import { physicalName, STORE_SCHEMA } from "./system-schema.js";
import type { TableDefinition } from "./table-definition.js";

/**
 * Generated columns too: as plain ones in the copy they read as they did.
 *
 * Atomic  the caller's transaction
 */
export async function copyTable(
  connection: Connection,
  version: Version,
  definition: TableDefinition,
  name: string,
): Promise<{ readonly physical: PhysicalTable; readonly layer: Layer | null }> {
  const { layer } = version;
  const table = physicalName(requirePhysical(version));
  const physical = { schema: STORE_SCHEMA, name };
  const create = `CREATE TABLE ${physicalName(physical)} AS SELECT *`;
  const comments = await commentsOf(connection, requirePhysical(version));
  const hasRowIds = layer?.kind === "overlay" || (layer === null && !hidesRowIds(definition));
  const rowIds = hasRowIds ? `, rowid AS ${quoteIdentifier(ROW_ID)}` : "";
  await connection.run(`${create}${rowIds} FROM ${table}`);
  for (const sql of commentStatements(comments, physical)) await connection.run(sql);
  if (layer?.kind !== "overlay") return { physical, layer: hasRowIds ? { kind: "kept" } : layer };
  const before = { schema: STORE_SCHEMA, name: `${name}_before` };
  await connection.run(`CREATE TABLE ${physicalName(before)} AS SELECT * FROM ${physicalName(layer.before)}`);
  return { physical, layer: { ...layer, before, numbered: true } };
}
