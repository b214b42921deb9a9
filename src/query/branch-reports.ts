/** What SHOW BRANCHES, DESCRIBE BRANCH and `_hatidata_branches` say about branches. */
import { isExpired } from "../branch/branch-rules.js";
import { displayName } from "../branch/merge-ledger.js";
import { MAIN, type Branch, type Isolation } from "../branch/model.js";
import type { BranchContext } from "../branch/branch-context.js";
import type { RegistryState } from "../branch/registry-state.js";
import type { PageRange } from "./branch-arguments.js";
import { branchSizes } from "./branch-sizes.js";

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

/** Branches that still exist, newest first. */
export function branchList(
  context: BranchContext,
  maySee: (branch: Branch) => boolean,
  { first, end }: PageRange,
): BranchSummary[] {
  const { state } = context.registry;
  const branches = [...state.branches.inUse()].toReversed().slice(first, end);
  return branches.map((branch) => {
    const isSeen = maySee(branch);
    return {
      name: branch.name,
      branch_id: branch.id,
      parent: isSeen ? parentName(context, branch) : null,
      status: statusOf(state, branch),
      created_at: new Date(branch.createdAtMs).toISOString(),
      expires_at: timeOrNull(branch.expiresAtMs),
      agent_id: isSeen ? branch.agent : null,
      modified_table_count: isSeen ? state.liveVersionsOf(branch.id).length : null,
    };
  });
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
