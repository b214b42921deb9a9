/** The foreign keys of a head: they stand in the definitions of the tables that have them (sql/foreign-keys.ts). */
import { textCell, type Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { readForeignKeyCheck, type KeptForeignKey } from "../sql/foreign-keys.js";
import { MAIN, relationKey, type HeadId, type RelationKey, type RelationName } from "./model.js";
import type { RegistryState } from "./registry-state.js";
import { isInternalSchema } from "./system-names.js";
import type { TableDefinition } from "./table-definition.js";

/** A foreign key of the table `from`, which leads to the table `to`. */
export interface ForeignKey extends KeptForeignKey {
  readonly from: RelationName;
  readonly to: RelationName;
}

function foreignKeyOf(key: KeptForeignKey, { schema, name }: RelationName): ForeignKey {
  return { ...key, from: { schema, name }, to: { schema: key.schema, name: key.table } };
}

/** Those of one table. */
export function foreignKeysIn(definition: TableDefinition, table: RelationName): readonly ForeignKey[] {
  return definition.elements.flatMap(({ text, column }) => {
    const key = column === undefined ? readForeignKeyCheck(text) : undefined;
    return key === undefined ? [] : [foreignKeyOf(key, table)];
  });
}

/** Main's, as the connection sees them. */
export async function mainForeignKeys(connection: Connection): Promise<readonly ForeignKey[]> {
  const rows = await connection.rows(
    `SELECT schema_name, table_name, expression FROM duckdb_constraints()
     WHERE database_name = ? AND constraint_type = 'CHECK' AND contains(expression, 'foreign key {')
     ORDER BY schema_name, table_name, constraint_index`,
    [DATA_CATALOG],
  );
  return rows.flatMap((row) => {
    const key = readForeignKeyCheck(textCell(row, "expression"));
    const table = { schema: textCell(row, "schema_name"), name: textCell(row, "table_name") };
    return key === undefined || isInternalSchema(table.schema) ? [] : [foreignKeyOf(key, table)];
  });
}

/** Tables of a branch that may have some: of main's those that have some now, or had another definition; and its own. */
export function candidatesOf(
  state: RegistryState,
  head: HeadId,
  onMain: readonly ForeignKey[],
): readonly RelationName[] {
  const found = new Map<RelationKey, RelationName>(onMain.map(({ from }) => [relationKey(from), from]));
  for (const version of state.versionsOf(MAIN))
    if (version.to !== null) found.set(relationKey(version), version);
  for (let id = head; id !== MAIN; id = state.branches.get(id)?.parent ?? MAIN)
    for (const version of state.versionsOf(id)) found.set(relationKey(version), version);
  return [...found.values()];
}

export function leadsTo(key: ForeignKey, table: RelationName): boolean {
  return relationKey(key.to) === relationKey(table);
}

export function isOf(key: ForeignKey, table: RelationName): boolean {
  return relationKey(key.from) === relationKey(table);
}
