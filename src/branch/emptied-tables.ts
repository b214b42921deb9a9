/**
 * Tables with foreign keys between them, emptied together: DuckDB refuses to delete a row that a deleted row of the same
 * transaction has referred to, so they are made anew without rows.
 *
 * Atomic  the caller's transaction
 */
import type { Connection } from "../engine/connection.js";
import { commentsOf, physicalDefinition } from "./catalog-reader.js";
import { commentStatements } from "./comments.js";
import { withReferrers } from "./merge-remake.js";
import { relationKey, type PhysicalTable, type RelationKey } from "./model.js";
import { ownReferences, referencesIn } from "./referrers.js";
import { physicalName } from "./system-schema.js";
import { createIndexOn } from "./table-rebuild.js";
import { undefinedTable } from "./undefined-table.js";

/** Those of the tables that others of them refer to, and these others. */
export async function tablesThatRefer(
  connection: Connection,
  tables: readonly PhysicalTable[],
): Promise<readonly PhysicalTable[]> {
  const keys = new Set(tables.map(relationKey));
  const linked = new Set<RelationKey>();
  for (const schema of new Set(tables.map((table) => table.schema)))
    for (const { from, to } of await referencesIn(connection, schema)) {
      const ends = [relationKey({ schema, name: from }), relationKey({ schema, name: to })];
      if (from !== to && ends.every((key) => keys.has(key))) for (const key of ends) linked.add(key);
    }
  return tables.filter((table) => linked.has(relationKey(table)));
}

/**
 * Empties tables that no other table refers to. `tables` has all that refer to one of them.
 *
 * Errors  0A000 when they refer to each other in a circle
 */
export async function emptyTogether(connection: Connection, tables: readonly PhysicalTable[]): Promise<void> {
  const ordered = await withReferrers(connection, tables);
  const again: string[][] = [];
  for (const table of ordered) {
    again.push(await statementsOf(connection, table));
    await connection.run(`DROP TABLE ${physicalName(table)}`);
  }
  for (const statements of again.toReversed()) for (const sql of statements) await connection.run(sql);
}

/** What makes the table as it is, without its rows. */
async function statementsOf(connection: Connection, table: PhysicalTable): Promise<string[]> {
  const definition = await physicalDefinition(connection, table);
  if (definition === undefined) throw undefinedTable(table);
  const own = await ownReferences(connection, table, { from: table, to: table, columns: new Map() });
  const elements = [...definition.elements.map(({ text }) => text), ...own];
  return [
    `CREATE TABLE ${physicalName(table)} (${elements.join(", ")})`,
    ...definition.indexes.map((index) => createIndexOn(index, table)),
    ...commentStatements(await commentsOf(connection, table), table),
  ];
}
