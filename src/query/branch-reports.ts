/** What SHOW BRANCHES, DESCRIBE BRANCH and `_hatidata_branches` say about branches. */
import { optionalNumberCell, type Connection } from "../engine/connection.js";
import { isExpired } from "../branch/lifecycle.js";
import { displayName } from "../branch/merge-ledger.js";
import { MAIN, tablesOf, type Branch } from "../branch/model.js";
import { rollbackQuietly } from "../branch/preserve.js";
import { physicalName } from "../branch/system-schema.js";
import type { BranchContext } from "../branch/branch-context.js";
import { quoteLiteral } from "../sql/names.js";
import type { BranchSize } from "./system-relations.js";

export type BranchSummary = Readonly<
  Record<
    | "name"
    | "branch_id"
    | "parent"
    | "status"
    | "created_at"
    | "expires_at"
    | "agent_id"
    | "modified_table_count",
    string | number | null
  >
>;

export interface BranchDetails {
  readonly name: string;
  readonly branch_id: string;
  readonly schema_name: string;
  readonly parent: string;
  readonly status: string;
  readonly owner: string;
  readonly agent_id: string | null;
  readonly description: string | null;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly protected: string;
  readonly modified_table_count: number;
  readonly modified_tables: readonly string[];
  readonly total_size_bytes: number;
}

/** Branches that still exist, newest first. */
export async function branchList(context: BranchContext): Promise<BranchSummary[]> {
  const { state } = context.registry;
  const branches = [...state.branches.values()].filter((branch) => !branch.released).toReversed();
  return branches.map((branch) => ({
    name: branch.name,
    branch_id: branch.id,
    parent: parentName(context, branch),
    status: statusOf(branch),
    created_at: new Date(branch.createdAtMs).toISOString(),
    expires_at: timeOrNull(branch.expiresAtMs),
    agent_id: branch.agent,
    modified_table_count: state.liveVersionsOf(branch.id).length,
  }));
}

export async function branchDetails(context: BranchContext, branch: Branch): Promise<BranchDetails> {
  const tables = context.registry.state.liveVersionsOf(branch.id);
  const [size] = await branchSizes(context, [branch]);
  return {
    name: branch.name,
    branch_id: branch.id,
    schema_name: branch.schemaName,
    parent: parentName(context, branch),
    status: statusOf(branch),
    owner: branch.owner,
    agent_id: branch.agent,
    description: branch.description,
    created_at: new Date(branch.createdAtMs).toISOString(),
    expires_at: timeOrNull(branch.expiresAtMs),
    protected: branch.protected ? "t" : "f",
    modified_table_count: tables.length,
    modified_tables: tables.map(displayName).toSorted(),
    total_size_bytes: size?.bytes ?? 0,
  };
}

/**
 * Bytes of a branch's own tables: whole blocks for what is in the file, and for segments still in memory only their
 * values' width. 0 for a branch that changed nothing.
 */
async function branchSizes(context: BranchContext, branches: readonly Branch[]): Promise<BranchSize[]> {
  using connection = await context.registry.database.connect("data");
  // One snapshot of registry and tables: a branch that ends meanwhile must not take its tables away under the measuring.
  const { state } = await context.registry.begin(connection);
  try {
    const sizes: BranchSize[] = [];
    for (const { id } of branches) {
      let bytes = 0;
      for (const table of state.liveVersionsOf(id).flatMap(tablesOf)) {
        bytes += await tableBytes(connection, physicalName(table));
      }
      sizes.push({ branchId: id, bytes });
    }
    return sizes;
  } finally {
    await rollbackQuietly(connection);
  }
}

/** Of all branches that hold anything. */
export async function liveBranchSizes(context: BranchContext): Promise<BranchSize[]> {
  const branches = [...context.registry.state.branches.values()];
  return await branchSizes(
    context,
    branches.filter(({ released }) => !released),
  );
}

async function tableBytes(connection: Connection, table: string): Promise<number> {
  const [row] = await connection.rows(
    `SELECT (count(DISTINCT block_id) FILTER (persistent) * 262144
       + coalesce(sum(count * CASE WHEN segment_type = 'VALIDITY' THEN 0.125 WHEN segment_type IN ('BOOLEAN', 'TINYINT') THEN 1
           WHEN segment_type = 'VARCHAR' THEN 16 WHEN segment_type IN ('INTEGER', 'FLOAT', 'DATE') THEN 4 ELSE 8 END)
           FILTER (NOT persistent), 0))::BIGINT AS bytes
     FROM pragma_storage_info(${quoteLiteral(table)})`,
  );
  return row === undefined ? 0 : (optionalNumberCell(row, "bytes") ?? 0);
}

function statusOf(branch: Branch): string {
  return branch.status !== "merged" && isExpired(branch, Date.now()) ? "expired" : branch.status;
}

function parentName(context: BranchContext, branch: Branch): string {
  return context.registry.state.branches.get(branch.parent)?.name ?? MAIN;
}

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
