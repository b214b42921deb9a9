/**
 * The words of branching as types. All of it is immutable: a transaction captures one `RegistryState` at the instant of
 * its DuckDB snapshot and resolves every name against it. Names here are DuckDB's (`main` is the schema clients call
 * `public`).
 */

import { asBrand, type Brand } from "../core/brand.js";
import { normaliseName } from "../sql/names.js";
import type { HeadObject } from "./head-objects.js";
import type { Terms } from "./terms.js";

/** `main`, or twelve hexadecimal digits. */
export type HeadId = Brand<string, "HeadId">;

export const MAIN: HeadId = headId("main");

export function headId(text: string): HeadId {
  return asBrand(text);
}

/**
 * A point in the order of commits. Version intervals and pins are compared by it; it only has to grow, it need not be
 * dense, and it is not a wall clock.
 */
export type Sequence = number;

export const BRANCH_STATUSES = ["active", "conflicted", "merged", "discarded", "expired"] as const;
export type BranchStatus = (typeof BRANCH_STATUSES)[number];

export const ISOLATIONS = ["snapshot", "live"] as const;
export type Isolation = (typeof ISOLATIONS)[number];

export interface Branch {
  readonly id: HeadId;
  readonly name: string;
  /** Schema that holds the branch's own tables: `branch_<id>`. */
  readonly schemaName: string;
  readonly parent: HeadId;
  /** The branch sees its parent as of this point, unless it is live. */
  readonly pin: Sequence;
  /** As of which points it did before it was brought up to date, oldest first; those made from it meanwhile still read it so. */
  readonly earlierPins: readonly EarlierPin[];
  /** While it is being brought up to date: the point as of which it will. Held in memory only. */
  readonly comingPin: Sequence | null;
  /** Live: what the branch has not written is its parent's present state. */
  readonly isolation: Isolation;
  /** Of a live branch: as of which point it sees what its parent has under the names it has written. */
  readonly tablePins: ReadonlyMap<RelationKey, Sequence>;
  readonly owner: string;
  /** Who may use it beside its owner; null: everybody. */
  readonly grants: BranchGrants | null;
  readonly agent: string | null;
  readonly description: string | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly status: BranchStatus;
  readonly protected: boolean;
  /** It has ended, but its tables and its pin are kept for some time; null for one in use and for one that is released. */
  readonly held: HeldBranch | null;
  readonly terms: Terms;
  /** Its tables and its pin are gone; only the history row is left. */
  readonly released: boolean;
}

/** Names of users and of keys' holders, or `public`. */
export interface BranchGrants {
  readonly read: readonly string[];
  readonly write: readonly string[];
}

/** What is remembered of a branch that can be brought back. */
export interface HeldBranch {
  readonly sinceMs: number;
  /** It may be released from then on. */
  readonly untilMs: number;
  /** Nobody ever used it: it is kept to undo this merge. */
  readonly undoes?: string;
  /** What that merge left of functions, types, sequences and schemas: a live branch has no pins of these. */
  readonly left?: readonly LeftObject[];
}

/** `isThere` false: the merge dropped it. */
export type LeftObject = Pick<HeadObject, "kind" | "schema" | "name" | "definition" | "physical"> & {
  readonly isThere: boolean;
};

/** Nobody can use it any more, whether its data are still there or not. */
export function isEnded({ held, released }: Branch): boolean {
  return held !== null || released;
}

/** A pin of a branch up to the commit that brought it up to date. */
export interface EarlierPin {
  readonly pin: Sequence;
  readonly until: Sequence;
}

/** Where a table's rows are in the data catalogue. */
export interface PhysicalTable {
  readonly schema: string;
  readonly name: string;
}

/** What a column of an overlay has in rows of the base: what the base's column `from` has, or the same SQL `value` in each. */
export type BaseColumn =
  | { readonly name: string; readonly from: string }
  | { readonly name: string; readonly value: string };

/** Row ids of a base from `from` on and below `below`; `keys` are the columns by which DuckDB finds its rows without a scan. */
export interface TouchedRows {
  readonly from: number;
  readonly below: number;
  readonly keys: readonly string[];
}

/** How a version's rows are put together where its physical table alone is not the whole of them. */
export type Layer =
  /**
   * `physical` holds the rows the branch wrote; `before` the rows of the base that they replace, or that were deleted, with
   * the overlay's columns. The base is the table as of the pin of the branch `baseOf`: the version's own branch, or an
   * ancestor it took both tables from. Where the overlay was renamed, `base` is the name its base goes by; where its columns
   * were changed, `columns` has all of them, in order. Rows are replaced within `touched` only; anywhere, if it is not there.
   * Of a copy of an overlay that says `numbered`, `physical` has the row ids of what it was copied from, in ROW_ID. `inOrder`:
   * no row has ever left `physical`, see row-order.ts.
   */
  | {
      readonly kind: "overlay";
      readonly before: PhysicalTable;
      readonly baseOf: HeadId;
      readonly base?: RelationName;
      readonly columns?: readonly BaseColumn[];
      readonly touched?: TouchedRows;
      readonly numbered?: true;
      readonly inOrder?: true;
    }
  /** A copy whose column ROW_ID has the row ids of the table it was copied from. */
  | { readonly kind: "kept" }
  /**
   * A closed version whose rows are still in `physical`, which goes on changing: as they are there, but for those that `log`
   * has from the version's `to` on, and for later row ids than `lastRow`. `over` a copy of the table, `kept`, once something
   * changed it that cannot be logged.
   */
  | {
      readonly kind: "logged";
      readonly log: PhysicalTable;
      readonly lastRow: number;
      readonly over: "table" | "kept";
    };

/**
 * Which columns of a table are which, whatever they are called. What a column was called when version `since` was made is its
 * identity, `=name`; one that came later has another. `columns` has those whose names do not say it, by their names as DuckDB
 * compares them. States of a table can be compared that have the same `since`.
 */
export interface Lineage {
  readonly since: number;
  readonly columns: readonly (readonly [name: string, identity: string])[];
}

/**
 * What a name means on one head during [from, to): a table of that head, a view, or the mark that the branch dropped
 * what its parent has. `to` null: until now.
 */
export interface Version {
  readonly id: number;
  readonly head: HeadId;
  readonly schema: string;
  readonly name: string;
  readonly kind: "table" | "view" | "dropped";
  /** Identity of the table or view: kept by copies, inherited by branches. */
  readonly objectId: number;
  readonly from: Sequence;
  readonly to: Sequence | null;
  /** For tables. */
  readonly physical: PhysicalTable | null;
  /** The CREATE statement: of a view always, of a preserved table because its copy has no constraints. */
  readonly definition: string | null;
  readonly layer: Layer | null;
  /** Null where nobody wrote it down: a file of an older format. */
  readonly lineage: Lineage | null;
}

/** A view's version, or what stands for one: as far as it says what is shown. */
export type AnyView = Pick<Version, "schema" | "name" | "head" | "definition">;

/** The tables that hold a version's rows and go with it; those of logged versions may be those of others, too. */
export function tablesOf({ physical, layer }: Version): readonly PhysicalTable[] {
  if (physical === null) return [];
  switch (layer?.kind) {
    case undefined:
    case "kept":
      return [physical];
    case "overlay":
      return [physical, layer.before];
    case "logged":
      return layer.over === "kept" ? [physical, layer.log] : [layer.log];
    default:
      return layer satisfies never;
  }
}

/** A relation's name on a head. */
export interface RelationName {
  readonly schema: string;
  readonly name: string;
}

/** Name as DuckDB compares it (ASCII case-insensitive), usable as a map key. */
export type RelationKey = Brand<string, "RelationKey">;

export function relationKey(relation: RelationName): RelationKey {
  return asBrand(JSON.stringify([normaliseName(relation.schema), normaliseName(relation.name)]));
}
