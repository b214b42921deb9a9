/** What goes into a merge and what comes out of it. */
import type { MergeTable } from "./merge-input.js";
import type { MergeObjects } from "./merge-objects.js";
import type { DefinitionConflicts } from "./definition-conflicts.js";
import type { MergeTotals } from "./merge-ledger.js";
import type { ConflictRow, TablePlan } from "./merge-plan.js";
import type { Branch, HeadId, RelationName } from "./model.js";
import type { Sync } from "./sync.js";
import type { Granularity, KeylessMode, Strategy, Winner } from "./strategy.js";
import type { Transaction } from "./transaction.js";

export interface MergeRequest {
  /** The branch; or its parent, `into` the branch. */
  readonly branch: string;
  /** Target head's name; the branch's parent when undefined. */
  readonly into: string | undefined;
  readonly strategy: Strategy;
  readonly granularity: Granularity;
  readonly keyless: KeylessMode;
  readonly exceptions: readonly { readonly table: RelationName; readonly strategy: Strategy }[];
  readonly schemas?: readonly { readonly schema: string; readonly strategy: Strategy }[];
  /** Of rows that are merged by cells. */
  readonly columns?: readonly ColumnStrategy[];
  readonly actor: string;
  /** Its id, where the caller gives it one to ask again by. */
  readonly mergeId?: string | undefined;
  /** What EXPLAIN MERGE gave for the plan: nothing else is done. */
  readonly token?: string | undefined;
  /** 40001 at once where a head moved meanwhile. */
  readonly once?: boolean;
}

export interface ColumnStrategy {
  readonly table: RelationName;
  readonly column: string;
  readonly strategy: Strategy;
}

/** Of tables, views and other objects, by what the branch calls them. */
export type WinnerOf = (relation: RelationName) => Winner;

export interface TableConflicts {
  readonly table: string;
  readonly row_count: number;
  /** At most `MAX_REPORTED_ROWS`; all are in duckbranch.conflicts. */
  readonly rows: readonly ConflictRow[];
}

export interface TablePreview {
  readonly table: string;
  readonly inserts: number;
  readonly updates: number;
  readonly deletes: number;
  readonly conflicts: number;
  readonly agreed: number;
  /** Cells that policies of columns would settle. */
  readonly settled: TablePlan["settled"];
  /** What would be changed of its definition. */
  readonly steps: readonly string[];
  /** Rows that no constraint would allow. */
  readonly violations: string;
  /** The first conflicts. */
  readonly conflictRows: readonly ConflictRow[];
  /** Of the whole plan. */
  readonly token: string;
}

/** What a merge came to. `aborted` and `conflicted` changed nothing in the target. */
export interface MergeOutcome {
  readonly status: "merged" | "up_to_date" | "conflicted" | "aborted" | "undone";
  readonly mergeId: string | null;
  /** Name of the head that was merged. */
  readonly source: string;
  readonly target: string;
  readonly totals: MergeTotals;
  readonly conflicts: readonly TableConflicts[];
}

/** One attempt at a merge: a transaction on the target and the plans made in it. */
export interface MergeAttempt {
  readonly transaction: Transaction;
  /** What is merged into its parent; or, if there is `sync`, what its parent is merged into. */
  readonly branch: Branch;
  readonly sync: Sync | undefined;
  /** Head and name of what is merged. */
  readonly source: { readonly id: HeadId; readonly name: string };
  readonly target: HeadId;
  readonly targetName: string;
  readonly tables: readonly MergeTable[];
  readonly objects: MergeObjects;
  /** Of definitions that both sides changed. */
  readonly definitions: DefinitionConflicts;
  readonly plans: readonly TablePlan[];
  /** Written as they stand, the rows broke a constraint: it is looked for first, and DuckDB's own mistakes are gone around. */
  readonly isCareful: boolean;
}

/** How an attempt is made. */
export interface Manner {
  /** No other transaction begins on the target meanwhile. */
  readonly hasTurn: boolean;
  readonly isCareful: boolean;
}
