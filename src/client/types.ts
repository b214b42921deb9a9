/** What the API takes and gives: the same as `/openapi.json` says. */

export type Parameter =
  | string
  | number
  | bigint
  | boolean
  | null
  | Date
  | readonly Parameter[]
  | { readonly [key: string]: Parameter };

export type Row = Readonly<Record<string, unknown>>;

export interface QueryOptions {
  readonly params?: readonly Parameter[];
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface WriteResult {
  readonly rows_affected: number;
  readonly statements: readonly {
    readonly command: string;
    readonly rows_affected: number;
    readonly rows?: readonly Row[];
  }[];
  readonly execution_time_ms: number;
}

export interface Branch {
  readonly branch_id: string;
  readonly name: string;
  readonly schema_name: string;
  /** Null for somebody else's private branch. */
  readonly parent: string | null;
  readonly isolation: string;
  readonly status: string;
  readonly owner: string;
  readonly agent_id: string | null;
  readonly description: string | null;
  readonly created_at: string;
  readonly expires_at: string | null;
  /** Of a deleted branch: until then it can be brought back. */
  readonly undelete_until: string | null;
  readonly protected: boolean;
  /** Null for somebody else's private branch. */
  readonly modified_table_count: number | null;
}

/** Of a long list: so many, behind so many. */
export interface Part {
  readonly limit?: number;
  readonly offset?: number;
}

export interface BranchDetails extends Branch {
  readonly parent: string;
  readonly idle_ttl_seconds: number | null;
  readonly max_rows: number | null;
  readonly max_bytes: number | null;
  readonly max_seconds: number | null;
  readonly modified_tables: readonly string[];
  readonly total_size_bytes: number;
}

/** What a branch may take, and for how long it may be left alone. */
export interface BranchTerms {
  readonly idle_ttl_seconds?: number;
  readonly max_rows?: number;
  readonly max_bytes?: number;
  readonly max_seconds?: number;
}

/** From now on. */
export interface ExtendBranch extends BranchTerms {
  readonly ttl_hours?: number;
  readonly ttl_seconds?: number;
}

export type Privilege = "read" | "write";

/** Whose a branch is, and who may use it. */
export interface Grants {
  readonly branch_id: string;
  readonly owner: string;
  /** Open: everybody's. Private: the owner's, theirs who were granted it, and administrators'. */
  readonly access: "open" | "private";
  readonly grants: readonly { readonly grantee: string; readonly privilege: Privilege }[];
}

export interface ExpiringBranch {
  readonly branch_id: string;
  readonly name: string;
  readonly parent: string;
  readonly agent_id: string | null;
  readonly expires_at: string;
  readonly reason: string;
  /** Rows that are not merged. */
  readonly changed_rows: number;
  readonly modified_tables: string;
  readonly children: number;
  readonly total_size_bytes: number;
}

export interface CreateBranch extends BranchTerms {
  readonly name: string;
  readonly parent?: string;
  readonly description?: string;
  readonly agent_id?: string;
  readonly isolation?: "snapshot" | "live";
  readonly ttl_hours?: number;
  readonly ttl_seconds?: number;
}

export type Strategy = "branch_wins" | "main_wins" | "manual" | "abort";

export interface MergeOptions {
  readonly strategy?: Strategy;
  readonly into?: string;
  readonly granularity?: "row" | "cell";
  readonly keyless?: "row_identity" | "strict" | "append";
  /** Of a plan that EXPLAIN MERGE has shown: that, or nothing. */
  readonly token?: string;
  /** Asked for again under it, the answer is what came of it: nothing is merged twice. */
  readonly merge_id?: string;
  /** By table, `schema:name` or `column:table.name`. */
  readonly exceptions?: Readonly<Record<string, Strategy>>;
}

/** Of a table, or of some of its rows by their keys. */
export type Resolution =
  | Strategy
  | readonly { readonly key: Readonly<Record<string, unknown>>; readonly strategy: Strategy }[];

export interface TableConflicts {
  readonly table: string;
  readonly row_count: number;
  readonly rows: readonly {
    readonly pk: unknown;
    readonly kind: string;
    readonly main_value: unknown;
    readonly branch_value: unknown;
    readonly base_value?: unknown;
  }[];
}

export interface Conflicts {
  readonly has_conflicts: boolean;
  readonly merge_id: string | null;
  readonly conflicts: readonly TableConflicts[];
}

export interface MergePreview {
  readonly tables: readonly {
    readonly table: string;
    readonly rows_to_insert: number;
    readonly rows_to_update: number;
    readonly rows_to_delete: number;
    readonly already_equal: number;
    readonly conflicts: Omit<TableConflicts, "table">;
    readonly schema_changes: string;
    readonly violations: string;
    readonly settled_by_policy: string;
  }[];
  readonly token: string | null;
}

export interface MergeResult {
  readonly status: string;
  readonly merge_id: string | null;
  readonly branch_id: string;
  readonly branch: string;
  readonly target: string;
  readonly tables_merged: number;
  readonly tables: readonly string[];
  readonly rows_affected: number;
  readonly rows_inserted: number;
  readonly rows_updated: number;
  readonly rows_deleted: number;
  readonly conflicts_resolved: number;
  readonly has_conflicts: boolean;
  readonly conflicts: readonly TableConflicts[];
}

export interface EndedBranch {
  readonly branch_id: string;
  readonly name: string;
  readonly status: string;
}

export interface DiscardedBranch extends EndedBranch {
  /** Until then it can be brought back; null: its data are gone. */
  readonly undelete_until: string | null;
}

/** A row of DIFF BRANCH. */
export interface Change {
  readonly table_name: string;
  readonly key: unknown;
  readonly change: string;
  readonly old_values: unknown;
  readonly new_values: unknown;
}
