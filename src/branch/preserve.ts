/**
 * Keeps the state of a table that some pin still reads before a commit changes it: the ladder's last rung, a copy of the
 * whole table. Runs in a transaction of its own, before the writer's commit; the writer's uncommitted changes are
 * invisible to it, so what it copies is the state the pins need.
 */
import type { Connection } from "../engine/connection.js";
import { quoteIdentifier } from "../sql/names.js";
import { definitionOf } from "./catalog-reader.js";
import type { LockTable } from "./locks.js";
import type { Layer, PhysicalTable, Version } from "./model.js";
import type { Registry } from "./registry.js";
import { hidesRowIds } from "./overlay-shape.js";
import { requirePhysical, ROW_ID } from "./rows.js";
import { physicalName, STORE_SCHEMA } from "./system-schema.js";
import { definitionText, type TableDefinition } from "./table-definition.js";

/**
 * Makes sure that no live pin reads `version`'s current rows any more.
 *
 * Atomic  one transaction: the copy and the split of the version's interval
 * Crash   before its commit nothing changed; after it the pins read an equal copy
 */
export async function preserve(
  registry: Registry,
  locks: LockTable,
  version: Version,
  signal: AbortSignal,
): Promise<void> {
  const owner = {};
  await locks.acquire(`preserve ${version.id}`, owner, signal);
  try {
    for (;;) {
      const current = registry.state.current(version);
      if (current === undefined || current.to !== null || !registry.state.isPinned(current)) return;
      if (current.kind !== "table") return;
      using connection = await registry.database.connect("data");
      if (await copyOnce(registry, connection, current)) return;
    }
  } finally {
    locks.releaseAll(owner);
  }
}

/** False when the table changed meanwhile (its pins had been released and new ones made): look again. */
async function copyOnce(registry: Registry, connection: Connection, version: Version): Promise<boolean> {
  const snapshot = await registry.begin(connection);
  try {
    const definition = await definitionOf(connection, version);
    if (version.physical === null) return true;
    const id = registry.newVersionId();
    const copy = { schema: STORE_SCHEMA, name: `v${id}` };
    const layer = await copyTables(connection, version, definition, copy);
    const committed = await registry.commit(connection, (state, sequence) => {
      const current = state.current(version);
      if (current === undefined || registry.changedAt(current) > snapshot.sequence) return undefined;
      const kept: Version = {
        ...current,
        id,
        to: sequence,
        physical: copy,
        definition: definitionText(definition),
        layer,
      };
      return {
        changes: [
          { change: "putVersion", version: kept },
          { change: "putVersion", version: { ...current, from: sequence } },
        ],
        written: [],
      };
    });
    if (committed === undefined) await connection.run("ROLLBACK");
    return committed !== undefined;
  } catch (error) {
    await rollbackQuietly(connection);
    throw error;
  }
}

/** Generated columns too: as plain ones in the copy they read as they did. */
async function copyTables(
  connection: Connection,
  version: Version,
  definition: TableDefinition,
  copy: PhysicalTable,
): Promise<Layer | null> {
  const { layer } = version;
  const table = physicalName(requirePhysical(version));
  const create = `CREATE TABLE ${physicalName(copy)} AS SELECT *`;
  if (layer?.kind !== "overlay") {
    const hasRowIds = layer === null && !hidesRowIds(definition);
    await connection.run(
      `${create}${hasRowIds ? `, rowid AS ${quoteIdentifier(ROW_ID)}` : ""} FROM ${table}`,
    );
    return hasRowIds ? { kind: "kept" } : layer;
  }
  const before = { schema: STORE_SCHEMA, name: `${copy.name}_before` };
  await connection.run(`${create} FROM ${table}`);
  await connection.run(`CREATE TABLE ${physicalName(before)} AS SELECT * FROM ${physicalName(layer.before)}`);
  return { ...layer, before };
}

/** ROLLBACK on an error path: DuckDB may have ended the transaction already, which is what is wanted. */
export async function rollbackQuietly(connection: Connection): Promise<void> {
  try {
    await connection.run("ROLLBACK");
  } catch (error) {
    if (!(error instanceof Error) || !/no transaction is active/.test(error.message)) throw error;
  }
}
