/** Describing statements without running them. */
import { MAIN } from "../branch/model.js";
import type { BranchCommand } from "../sql/branch-command.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { formatName } from "../sql/names.js";
import { DATA_CATALOG, setSearchPath, useCatalog, VOID_CATALOG } from "../engine/database.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import { resolveName, type NameScope } from "./relation-names.js";
import type { SessionCore } from "./session-core.js";
import type { ResultColumn } from "./types.js";

/**
 * Describes an INSERT with ON CONFLICT on a branch that has no table of its own yet: DuckDB then looks sequences in defaults
 * up by the names the inherited table knows them by, which lead nowhere here. Behind the void it may find main's for as long
 * as it describes. Every relation is named in full; one that is not known stays an error.
 */
export async function findingDefaults<Result>(
  core: SessionCore,
  scope: NameScope,
  { insert, names }: RelationalStatement,
  describe: () => Promise<Result>,
): Promise<Result> {
  try {
    return await describe();
  } catch (error) {
    const isMissing = error instanceof SqlError && error.code === SQLSTATE.undefinedTable;
    const isConflict = insert !== undefined && insert.conflict !== "none";
    const isKnown = names.every(
      ({ role, parts }) => role !== "read" || resolveName(scope, parts).kind !== "unknown",
    );
    if (!isMissing || !isConflict || !isKnown || core.head === MAIN) throw error;
  }
  const target = names.find(({ role }) => role === "write");
  const meaning = target === undefined ? undefined : resolveName(scope, target.parts);
  const schemas = [
    "main",
    ...(meaning !== undefined && "relation" in meaning ? [meaning.relation.schema] : []),
  ];
  await setSearchPath(core.connection, [
    `${VOID_CATALOG}.main`,
    ...schemas.map((schema) => formatName([DATA_CATALOG, schema])),
  ]);
  try {
    return await describe();
  } finally {
    await useCatalog(core.connection, "void");
  }
}

const MERGE_COLUMNS = [
  "status",
  "merge_id",
  "branch",
  "target",
  "tables_merged",
  "tables",
  "rows_affected",
  "rows_inserted",
  "rows_updated",
  "rows_deleted",
  "conflicts_resolved",
  "resolved_by",
  "has_conflicts",
  "conflicts",
];

/** Columns of EXPLAIN MERGE. */
export const PREVIEW_COLUMNS: readonly string[] = [
  "table_name",
  "rows_to_insert",
  "rows_to_update",
  "rows_to_delete",
  "conflicts",
  "already_equal",
  "schema_changes",
  "violations",
  "conflict_rows",
  "settled_by_policy",
  "token",
];

/** Columns of SHOW BRANCHES. */
export const LIST_COLUMNS: readonly string[] = [
  "name",
  "branch_id",
  "parent",
  "status",
  "created_at",
  "expires_at",
  "agent_id",
  "modified_table_count",
];

/** Columns of SHOW EXPIRING BRANCHES. */
export const EXPIRING_COLUMNS: readonly string[] = [
  "name",
  "branch_id",
  "parent",
  "agent_id",
  "expires_at",
  "reason",
  "changed_rows",
  "modified_tables",
  "children",
  "total_size_bytes",
];

const TEXT_COLUMNS: Readonly<Record<BranchCommand["verb"], readonly string[]>> = {
  list: LIST_COLUMNS,
  describe: [
    "name",
    "branch_id",
    "schema_name",
    "parent",
    "isolation",
    "status",
    "owner",
    "agent_id",
    "description",
    "created_at",
    "expires_at",
    "undelete_until",
    "idle_ttl_seconds",
    "max_rows",
    "max_bytes",
    "max_seconds",
    "protected",
    "modified_table_count",
    "modified_tables",
    "total_size_bytes",
  ],
  merge: MERGE_COLUMNS,
  resolve: MERGE_COLUMNS,
  undo: MERGE_COLUMNS,
  explainMerge: PREVIEW_COLUMNS,
  create: ["branch_id", "name", "schema_name", "status", "created_at", "expires_at"],
  use: ["branch"],
  current: ["branch"],
  show: [],
  abandon: ["branch", "status"],
  alterSet: ["branch_id", "name", "status"],
  rename: ["branch_id", "name", "status"],
  protect: ["branch_id", "name", "status"],
  unprotect: ["branch_id", "name", "status"],
  grant: ["branch_id", "name", "status"],
  revoke: ["branch_id", "name", "status"],
  drop: ["branch_id", "name", "status", "undelete_until"],
  undelete: ["branch_id", "name", "status", "expires_at"],
  expiring: EXPIRING_COLUMNS,
  keep: ["branch_id", "name", "status"],
  diff: ["table_name", "key", "change", "old_values", "new_values"],
};

/** Statements that answer with rows even when not called as a function. */
const ROW_STATEMENTS = new Set<BranchCommand["verb"]>([
  "list",
  "expiring",
  "describe",
  "merge",
  "resolve",
  "undo",
  "explainMerge",
  "diff",
]);

/** Columns of a branch command's answer; null when it answers with a tag alone. */
export function branchColumns(command: BranchCommand): readonly ResultColumn[] | null {
  if (command.shape === "statement" && !ROW_STATEMENTS.has(command.verb)) return null;
  if (command.shape === "scalar" && command.verb !== "diff")
    return [{ name: command.functionName ?? command.verb, type: null }];
  return TEXT_COLUMNS[command.verb].map((name) => ({ name, type: null }));
}
