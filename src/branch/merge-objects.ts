/** Tables that a branch made or dropped are made or dropped by its merge. */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { numberCell, type Connection } from "../engine/connection.js";
import { quoteIdentifier } from "../sql/names.js";
import type { BranchContext } from "./branch-context.js";
import { commentStatements } from "./comments.js";
import { dropTables } from "./dropped-tables.js";
import { displayName } from "./merge-ledger.js";
import { movedSequences } from "./moved-sequences.js";
import { MAIN, tablesOf, type Branch, type HeadId, type Version } from "./model.js";
import { referrersOf } from "./referrers.js";
import type { RegistryState } from "./registry-state.js";
import { rowsOf } from "./rows.js";
import { newPhysicalTable } from "./storage.js";
import { physicalName } from "./system-schema.js";
import { storedColumns } from "./table-definition.js";
import { createIndexOn } from "./table-rebuild.js";
import type { DescribedTable } from "./table-properties.js";
import type { Transaction } from "./transaction.js";

export interface CreatedTable {
  readonly source: Version;
  readonly says: DescribedTable;
  readonly rows: number;
}

export interface MergeObjects {
  readonly created: readonly CreatedTable[];
  /** Of the target. */
  readonly dropped: readonly Version[];
}

export const NO_OBJECTS: MergeObjects = { created: [], dropped: [] };

/** True for a table that was made on the branch under a new name, and is no other one that was renamed. */
export function isCreated(state: RegistryState, branch: Branch, version: Version): boolean {
  if (version.kind !== "table" || version.layer !== null) return false;
  if (state.findBase(branch, version) !== undefined) return false;
  const others = [...state.liveVersionsOf(branch.id), ...state.visible(branch.parent)];
  return !others.some(({ id, objectId }) => id !== version.id && objectId === version.objectId);
}

/** True for a table that the branch dropped, and has not given another name. */
export function isDropped(state: RegistryState, branch: Branch, version: Version): boolean {
  if (version.kind !== "dropped" || state.findBase(branch, version)?.kind !== "table") return false;
  return !state
    .liveVersionsOf(branch.id)
    .some(({ id, objectId }) => id !== version.id && objectId === version.objectId);
}

/** A line per name that means something else on the target goes to `conflicts`. */
export async function mergeObjects(
  context: BranchContext,
  transaction: Transaction,
  { branch, target }: { readonly branch: Branch; readonly target: HeadId },
  conflicts: string[],
): Promise<MergeObjects> {
  const { state, connection } = transaction;
  const created: CreatedTable[] = [];
  const dropped: Version[] = [];
  for (const version of state.liveVersionsOf(branch.id)) {
    const there = state.find(target, version);
    const name = displayName(version);
    if (isCreated(state, branch, version)) {
      if (there !== undefined) conflicts.push(`"${name}" was made on both sides`);
      const definition = await transaction.definitionOf(version);
      const comments = await context.definitions.commentsOf(transaction.view, version);
      const rows = numberCell(
        await oneRow(connection, `SELECT count(*) AS rows FROM ${rowsOf(state, version)}`),
        "rows",
      );
      created.push({ source: version, says: { definition, comments }, rows });
    }
    if (!isDropped(state, branch, version) || there === undefined) continue;
    if (there.id === state.findBase(branch, version)?.id) dropped.push(there);
    else conflicts.push(`table "${name}" was dropped in the branch, and changed on the target`);
  }
  return { created, dropped };
}

async function oneRow(connection: Connection, sql: string): Promise<Parameters<typeof numberCell>[0]> {
  const [row] = await connection.rows(sql);
  if (row === undefined) throw new Error("an aggregate returned no row");
  return row;
}

/** Before any row is written: what is dropped may refer to rows that go. Errors: 2BP01 where others refer to it */
export async function dropMerged(
  transaction: Transaction,
  target: HeadId,
  dropped: readonly Version[],
): Promise<void> {
  if (target === MAIN) {
    const names = new Set(dropped.map(({ schema, name }) => physicalName({ schema, name })));
    for (const { schema, name } of dropped) {
      const others = (await referrersOf(transaction.connection, { schema, name })).filter(
        (table) => !names.has(physicalName(table)),
      );
      if (others.length > 0)
        throw stillReferred(
          name,
          others.map((table) => table.name),
        );
      transaction.markReplaced({ schema, name });
    }
    await dropTables(transaction.connection, [...names]);
    return;
  }
  for (const version of dropped) {
    await transaction.lock(version, target);
    const { schema, name, objectId } = version;
    if (version.head === target) {
      await dropTables(transaction.connection, tablesOf(version).map(physicalName));
      transaction.endVersion(version);
    }
    if (transaction.state.find(target, version) !== undefined)
      transaction.addVersion({
        head: target,
        schema,
        name,
        kind: "dropped",
        objectId,
        physical: null,
        definition: null,
      });
  }
}

function stillReferred(table: string, others: readonly string[]): SqlError {
  return new SqlError(
    SQLSTATE.dependentObjectsStillExist,
    `cannot drop table ${table} because other objects depend on it`,
    { detail: others.map((other) => `table ${other} refers to table ${table}`).join("\n") },
  );
}

/** The target's own table, with the rows, indexes, comments and sequences of the branch's. */
export async function createMerged(
  transaction: Transaction,
  target: HeadId,
  created: readonly CreatedTable[],
): Promise<void> {
  const { connection } = transaction;
  for (const { source, says, rows } of created) {
    const { schema, name } = source;
    await transaction.lock(source, target);
    if (transaction.state.find(target, source) !== undefined)
      throw notSupported(`"${name}" was made on both sides`);
    const place = target === MAIN ? { schema, name } : newPhysicalTable(transaction.state, source, target);
    const { elements } = says.definition;
    const texts = await movedSequences(
      connection,
      elements.map(({ text }) => text),
      { table: name, place: { ...place, isMain: target === MAIN } },
    );
    await connection.run(`CREATE TABLE ${physicalName(place)} (${texts.join(", ")})`);
    const columns = storedColumns(says.definition)
      .map((column) => quoteIdentifier(column.name))
      .join(", ");
    const added = await connection.change(
      `INSERT INTO ${physicalName(place)} (${columns}) SELECT ${columns} FROM ${rowsOf(transaction.state, source)} AS r`,
    );
    if (added !== rows)
      throw new SqlError(SQLSTATE.internalError, `merge aborted: table "${name}" would have ${added} rows`);
    for (const index of says.definition.indexes) await connection.run(createIndexOn(index, place));
    for (const sql of commentStatements(says.comments, place)) await connection.run(sql);
    if (target === MAIN) transaction.markCreated(source);
    else
      transaction.addVersion({
        head: target,
        schema,
        name,
        kind: "table",
        physical: place,
        definition: null,
      });
    transaction.markDefinitionsChanged();
  }
}
