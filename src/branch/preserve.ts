/**
 * Keeps the state of a table that some pin still reads before a commit changes it: only the rows it may change, in a log,
 * where they are known and row ids last; otherwise a copy of the whole table, the ladder's last rung. Runs in a transaction
 * of its own, before the writer's commit; the writer's uncommitted changes are invisible to it, so what it keeps is the
 * state the pins need.
 */
import type { Connection } from "../engine/connection.js";
import type { UnkeptTable } from "./changed-rows.js";
import type { KnownDefinitions } from "./known-definitions.js";
import type { LockTable } from "./locks.js";
import { relationKey, type HeadId, type RelationName, type Sequence, type Version } from "./model.js";
import { canLog, logRows, type TableToKeep } from "./row-log.js";
import type { Registry } from "./registry.js";
import type { LoggedVersion, RegistryChange, RegistryState } from "./registry-state.js";
import { copyTable } from "./table-copy.js";
import { definitionText } from "./table-definition.js";

export interface Keeping {
  readonly registry: Registry;
  readonly locks: LockTable;
  readonly definitions: KnownDefinitions;
}

/** Held by whoever adds to or removes from what is kept of a table. */
export function keepingLock(head: HeadId, relation: RelationName): string {
  return `keep ${head} ${relationKey(relation)}`;
}

/**
 * Makes sure that no live pin reads those rows of the tables from where they are any more. Returns the point at which they
 * were as they are kept now.
 *
 * Atomic  one transaction for all of them: the rows kept and the splits of their versions' intervals
 * Crash   before its commit nothing changed; after it the pins read equal rows
 */
export async function preserve(
  { registry, locks, definitions }: Keeping,
  tables: readonly UnkeptTable[],
  signal: AbortSignal,
): Promise<Sequence> {
  const owner = {};
  const keys = new Set(tables.map(({ version }) => keepingLock(version.head, version)));
  try {
    // Sorted, as whoever removes what is kept takes them: nobody waits in a circle.
    for (const key of [...keys].toSorted()) await locks.acquire(key, owner, signal);
    for (;;) {
      const standing = tables.flatMap(({ version, rows }) => {
        const current = registry.state.current(version);
        return current === undefined || current.to !== null || current.kind !== "table"
          ? []
          : [{ version: current, rows }];
      });
      if (standing.length === 0) return registry.sequence;
      const keptAt = await registry.database.onSpare(
        async (connection) => await keepOnce(registry, definitions, connection, standing),
      );
      if (keptAt !== undefined) return keptAt;
    }
  } finally {
    locks.releaseAll(owner);
  }
}

/** Undefined when a table changed meanwhile (its pins had been released and new ones made): look again. */
async function keepOnce(
  registry: Registry,
  definitions: KnownDefinitions,
  connection: Connection,
  tables: readonly UnkeptTable[],
): Promise<Sequence | undefined> {
  const snapshot = await registry.begin(connection);
  const keptAt = snapshot.sequence + 1;
  try {
    const changes: RegistryChange[] = [];
    const kept: Version[] = [];
    for (const { version, rows } of tables) {
      const current = snapshot.state.current(version);
      if (current === undefined) continue;
      const view = { connection, definitions: snapshot.definitions };
      const definition = await definitions.definitionOf(view, current);
      const table = { version: current, definition, pinned: snapshot.state.isPinned(current), keptAt };
      const logged = snapshot.state.loggedOver(current);
      changes.push(...(await keepTable(registry, connection, { ...table, logged }, rows)));
      kept.push(current);
    }
    const committed = await registry.commit(connection, (newest) =>
      kept.every((version) => isAsItWas(registry, newest, version, snapshot.sequence))
        ? { changes, written: [] }
        : undefined,
    );
    if (committed === undefined) await connection.rollback();
    return committed === undefined ? undefined : keptAt;
  } catch (error) {
    await rollbackQuietly(connection);
    throw error;
  }
}

async function keepTable(
  registry: Registry,
  connection: Connection,
  table: TableToKeep & { readonly logged: readonly LoggedVersion[] },
  rows: UnkeptTable["rows"],
): Promise<RegistryChange[]> {
  return rows !== "unknown" && (await canLog(connection, table, rows))
    ? await logRows(connection, { ...table, id: registry.newVersionId() }, rows)
    : await copyWhole(registry, connection, table);
}

function isAsItWas(registry: Registry, newest: RegistryState, version: Version, since: Sequence): boolean {
  const current = newest.current(version);
  return current !== undefined && current.to === null && registry.changedAt(current) <= since;
}

/** The copy serves the pins of the table, and those that read it through a log from now on read the copy through it. */
async function copyWhole(
  registry: Registry,
  connection: Connection,
  {
    version,
    definition,
    pinned,
    keptAt,
    logged,
  }: TableToKeep & { readonly logged: readonly LoggedVersion[] },
): Promise<RegistryChange[]> {
  if (!pinned && logged.length === 0) return [];
  const id = registry.newVersionId();
  const { physical, layer } = await copyTable(connection, version, definition, `v${id}`);
  const text = definitionText(definition);
  const changes = logged.map((older): RegistryChange => ({
    change: "putVersion",
    version: { ...older, physical, definition: text, layer: { ...older.layer, over: "kept" } },
  }));
  if (!pinned) return changes;
  const kept: Version = { ...version, id, to: keptAt, physical, definition: text, layer };
  changes.push(
    { change: "putVersion", version: kept },
    { change: "putVersion", version: { ...version, from: keptAt } },
  );
  return changes;
}

/** ROLLBACK on an error path: DuckDB may have ended the transaction already, which is what is wanted. */
export async function rollbackQuietly(connection: Connection): Promise<void> {
  try {
    await connection.rollback();
  } catch (error) {
    if (!(error instanceof Error) || !/no transaction is active/.test(error.message)) throw error;
  }
}
