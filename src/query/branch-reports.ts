/** What SHOW BRANCHES, DESCRIBE BRANCH and `_hatidata_branches` say about branches. */
import { optionalNumberCell, type Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { isExpired } from "../branch/branch-rules.js";
import { displayName } from "../branch/merge-ledger.js";
import { MAIN, tablesOf, type Branch, type Isolation, type PhysicalTable } from "../branch/model.js";
import { rollbackQuietly } from "../branch/preserve.js";
import { physicalName } from "../branch/system-schema.js";
import type { BranchContext } from "../branch/branch-context.js";
import type { RegistryState } from "../branch/registry-state.js";
import { quoteLiteral } from "../sql/names.js";
import type { PageRange } from "./branch-arguments.js";
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
  readonly isolation: Isolation;
  readonly status: string;
  readonly owner: string;
  readonly agent_id: string | null;
  readonly description: string | null;
  readonly created_at: string;
  readonly expires_at: string | null;
  /** Of a deleted branch: until then it can be brought back for certain. */
  readonly undelete_until: string | null;
  readonly idle_ttl_seconds: number | null;
  readonly max_rows: number | null;
  readonly max_bytes: number | null;
  readonly max_seconds: number | null;
  readonly protected: string;
  readonly modified_table_count: number;
  readonly modified_tables: readonly string[];
  readonly total_size_bytes: number;
}

/** Bytes of a value that is in memory, by its column's type. */
const WIDTH = `CASE WHEN segment_type = 'VALIDITY' THEN 0.125 WHEN segment_type IN ('BOOLEAN', 'TINYINT', 'UTINYINT') THEN 1
  WHEN segment_type IN ('SMALLINT', 'USMALLINT') THEN 2 WHEN segment_type IN ('INTEGER', 'UINTEGER', 'FLOAT', 'DATE') THEN 4
  WHEN segment_type IN ('VARCHAR', 'BLOB', 'HUGEINT', 'UHUGEINT', 'UUID', 'INTERVAL') THEN 16 ELSE 8 END`;

/** Branches that still exist, newest first. */
export function branchList(
  context: BranchContext,
  maySee: (branch: Branch) => boolean,
  { first, end }: PageRange,
): BranchSummary[] {
  const { state } = context.registry;
  const branches = [...state.branches.inUse()].toReversed().slice(first, end);
  return branches.map((branch) => ({
    name: branch.name,
    branch_id: branch.id,
    parent: parentName(context, branch),
    status: statusOf(state, branch),
    created_at: new Date(branch.createdAtMs).toISOString(),
    expires_at: timeOrNull(branch.expiresAtMs),
    agent_id: branch.agent,
    modified_table_count: maySee(branch) ? state.liveVersionsOf(branch.id).length : null,
  }));
}

export async function branchDetails(context: BranchContext, branch: Branch): Promise<BranchDetails> {
  const { state } = context.registry;
  const tables = state.liveVersionsOf(branch.id);
  const [size] = await branchSizes(context, [branch]);
  return {
    name: branch.name,
    branch_id: branch.id,
    schema_name: branch.schemaName,
    parent: parentName(context, branch),
    isolation: branch.isolation,
    status: statusOf(state, branch),
    owner: branch.owner,
    agent_id: branch.agent,
    description: branch.description,
    created_at: new Date(branch.createdAtMs).toISOString(),
    expires_at: timeOrNull(branch.expiresAtMs),
    undelete_until: timeOrNull(branch.held?.untilMs ?? null),
    idle_ttl_seconds: secondsOrNull(branch.terms.idleMs),
    max_rows: branch.terms.maxRows,
    max_bytes: branch.terms.maxBytes,
    max_seconds: secondsOrNull(branch.terms.maxMs),
    protected: branch.protected ? "t" : "f",
    modified_table_count: tables.length,
    modified_tables: tables.map(displayName).toSorted(),
    total_size_bytes: size?.bytes ?? 0,
  };
}

/**
 * Bytes of a branch's own tables, without their indexes: whole blocks for what is in the file, and for what only the log has
 * yet the width of its values (a text counts 16), which is taken for all of a table with a quotation mark in its name. 0 for a
 * branch that changed nothing.
 */
export async function branchSizes(
  context: BranchContext,
  branches: readonly Branch[],
): Promise<BranchSize[]> {
  using connection = await context.registry.database.connect("data");
  // One snapshot of registry and tables: a branch that ends meanwhile must not take its tables away under the measuring.
  const { state } = await context.registry.begin(connection);
  try {
    const sizes: BranchSize[] = [];
    for (const { id } of branches) {
      const tables = state.liveVersionsOf(id).flatMap(tablesOf);
      sizes.push({ branchId: id, bytes: await bytesOf(connection, tables) });
    }
    return sizes;
  } finally {
    await rollbackQuietly(connection);
  }
}

/** Of all branches that hold anything. */
export async function liveBranchSizes(context: BranchContext): Promise<BranchSize[]> {
  return await branchSizes(context, [...context.registry.state.branches.live()]);
}

/** DuckDB reads no name with a quotation mark where it says what a table takes. */
function isReadable({ schema, name }: PhysicalTable): boolean {
  return !`${schema}${name}`.includes('"');
}

async function bytesOf(connection: Connection, tables: readonly PhysicalTable[]): Promise<number> {
  let bytes = await storedBytes(connection, tables.filter(isReadable).map(physicalName));
  for (const table of tables) if (!isReadable(table)) bytes += await oneNumber(connection, estimateOf(table));
  return bytes;
}

/** Tables may share a block; what is the same in all rows has none (-1). */
async function storedBytes(connection: Connection, tables: readonly string[]): Promise<number> {
  if (tables.length === 0) return 0;
  const segments = tables.map((table) => `SELECT * FROM pragma_storage_info(${quoteLiteral(table)})`);
  return await oneNumber(
    connection,
    `WITH segments AS (${segments.join(" UNION ALL ")}),
       blocks AS (SELECT unnest(list_append(additional_block_ids, block_id)) AS id FROM segments WHERE persistent)
     SELECT ((SELECT count(DISTINCT id) FROM blocks WHERE id >= 0) * 262144
       + (SELECT coalesce(sum(count * ${WIDTH}), 0) FROM segments WHERE NOT persistent))::BIGINT AS bytes`,
  );
}

/** Every value counted like a text. */
function estimateOf(table: PhysicalTable): string {
  const { schema, name } = table;
  return `SELECT (SELECT count(*) FROM ${physicalName(table)}) * 16 * (SELECT count(*) FROM duckdb_columns()
    WHERE database_name = ${quoteLiteral(DATA_CATALOG)} AND schema_name = ${quoteLiteral(schema)} AND table_name = ${quoteLiteral(name)}) AS bytes`;
}

async function oneNumber(connection: Connection, sql: string): Promise<number> {
  const [row] = await connection.rows(sql);
  return row === undefined ? 0 : (optionalNumberCell(row, "bytes") ?? 0);
}

function statusOf(state: RegistryState, branch: Branch): string {
  return branch.status !== "merged" && isExpired(state, branch, Date.now()) ? "expired" : branch.status;
}

export function parentName(context: BranchContext, branch: Branch): string {
  return context.registry.state.branches.get(branch.parent)?.name ?? MAIN;
}

function secondsOrNull(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}

export function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
