/** What stands for a write's target while a statement is only described: nothing is forked. */
import { MAIN, type Version } from "../branch/model.js";
import { readTableDefinition } from "../branch/table-definition.js";
import { emptyTable } from "../branch/table-rebuild.js";
import { undefinedTable } from "../branch/undefined-table.js";
import type { Connection } from "../engine/connection.js";
import type { NameReference, RelationalStatement } from "../sql/analysis.js";
import { formatName, quoteIdentifier } from "../sql/names.js";
import { type WriteTargets } from "./resolve.js";
import { targetText, writableName } from "./writable-names.js";
import type { NameScope } from "./relation-names.js";
import type { SessionCore } from "./session-core.js";

/**
 * Runs `use` with the tables whose columns and constraints are those of the statement's targets: what the names hold now. A
 * preserved table's copy has no constraints, and may have a column of ours: an empty table made from its definition stands
 * for it as long as `use` runs. No result of the connection may be open.
 */
export async function withDescribedTargets<Result>(
  core: SessionCore,
  scope: NameScope,
  statement: RelationalStatement,
  use: (targets: WriteTargets) => Promise<Result>,
  connection: Connection = core.connection,
): Promise<Result> {
  const targets = new Map<number, string>();
  const standIns = new Map<string, readonly string[]>();
  for (const name of statement.names) {
    if (!TARGET_ROLES.has(name.role)) continue;
    const preserved = name.role === "write" ? preservedTable(scope, name) : undefined;
    if (preserved === undefined) targets.set(name.start, describedTarget(core, scope, name));
    else {
      const standIn = `#described${preserved.id}`;
      const sql = formatName(["temp", "main", standIn]);
      standIns.set(sql, emptyTable(readTableDefinition(preserved.definition), standIn));
      targets.set(name.start, targetText(name, { schema: "main", name: standIn }, sql));
    }
  }
  return await withTables(connection, standIns, async () => await use(targets));
}

const TARGET_ROLES: ReadonlySet<NameReference["role"]> = new Set(["write", "create", "alter", "drop"]);

function describedTarget(core: SessionCore, scope: NameScope, name: NameReference): string {
  const meaning = writableName(scope, name);
  if (meaning.kind === "temporary") return `temp.main.${quoteIdentifier(meaning.name)}`;
  if (scope.head === MAIN || name.role === "create")
    return formatName(
      name.parts.length === 1 ? name.parts : [meaning.relation.schema, meaning.relation.name],
    );
  if (meaning.kind === "unknown") throw undefinedTable(meaning.relation);
  if (meaning.version.physical !== null) return targetText(name, meaning.version.physical);
  return core.services.context.storage.relation(scope.state, meaning.version);
}

/** The name's table if it is a copy without constraints, which only its definition tells of. */
function preservedTable(
  scope: NameScope,
  name: NameReference,
): (Version & { readonly definition: string }) | undefined {
  const meaning = writableName(scope, name);
  if (scope.head === MAIN || meaning.kind !== "relation" || meaning.version.kind !== "table")
    return undefined;
  const { definition } = meaning.version;
  return definition === null ? undefined : { ...meaning.version, definition };
}

async function withTables<Result>(
  connection: Connection,
  tables: ReadonlyMap<string, readonly string[]>,
  use: () => Promise<Result>,
): Promise<Result> {
  for (const statement of [...tables.values()].flat()) await connection.run(statement);
  let result: Result;
  try {
    result = await use();
  } catch (error) {
    // It may have ended the transaction: then the tables are gone, or will be with it.
    await Promise.allSettled([dropTables(connection, tables.keys())]);
    throw error;
  }
  await dropTables(connection, tables.keys());
  return result;
}

async function dropTables(connection: Connection, tables: Iterable<string>): Promise<void> {
  for (const sql of tables) await connection.run(`DROP TABLE IF EXISTS ${sql}`);
}
