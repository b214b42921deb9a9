/**
 * Where the columns of a result come from, as far as a statement's text says: plain columns of relations, casts, calls.
 * What the names mean, and so the types, is for whoever has the catalogue. Plain data: analyses go between threads.
 */

/** A type as a statement writes it. */
export interface WrittenType {
  /** PostgreSQL's name of a built-in type (`int4`, `varchar`), or the last part of a user's. */
  readonly name: string;
  /** As pg_attribute.atttypmod holds it; -1 for none. */
  readonly typmod: number;
  readonly isArray: boolean;
  /** Of an array of several, where that is known. */
  readonly dimensions?: number;
}

/** One query: its relations, and what it selects. */
export interface QuerySources {
  readonly relations: readonly SourceRelation[];
  readonly outputs: readonly OutputSource[];
  /** Further branches of a set operation. */
  readonly others: readonly QuerySources[];
  /** The query around it, whose columns its values see behind its own. */
  readonly outer?: QuerySources | undefined;
}

/** What a view or a table is made of. */
export interface DefiningQuery {
  readonly start: number;
  readonly end: number;
  /** The column list if one was given. */
  readonly columns: readonly string[];
  /** Where PostgreSQL's parser reads it. */
  readonly sources?: QuerySources;
}

export interface SourceRelation {
  /** What the query calls it. */
  readonly name: string;
  /** Names given to its columns, from the first on. */
  readonly columns: readonly string[];
  /** Columns that a join merges into the one on its left, and shows once. */
  readonly merged: readonly string[];
  /** NATURAL: it merges what this many relations before it have too. */
  readonly natural?: number;
  readonly source:
    | { readonly kind: "table"; readonly parts: readonly string[] }
    /** LATERAL, and functions: it sees the relations before it. Of a function of one column the relation is that column. */
    | { readonly kind: "query"; readonly query: QuerySources; readonly lateral?: "query" | "function" }
    /** A recursive query, a function of rows: nothing is known of its columns. */
    | { readonly kind: "open" };
}

/** A column as it is written; `name` undefined for a star. */
export interface NamedColumn {
  readonly relation: string | undefined;
  readonly name: string | undefined;
}

/** One query with GROUP BY. */
export interface GroupedQuery {
  /** Where further columns can be written into the list, each with a comma behind it. */
  readonly at: number;
  /** Grouped by as they are, or by their place in the result. */
  readonly keys: readonly (NamedColumn & { readonly name: string })[];
  /** What its values name outside aggregates. A name may be that of a relation, for its row. */
  readonly needs: readonly NamedColumn[];
  readonly relations: readonly SourceRelation[];
}

export type OutputSource =
  | { readonly kind: "value"; readonly name: string; readonly value: ValueSource }
  /** `*`, or `relation.*`. */
  | { readonly kind: "star"; readonly relation: string | undefined };

/** A string without a type. */
export interface LiteralText {
  readonly value: string;
  /** The byte at which it begins. */
  readonly at: number;
}

export type ValueSource =
  | { readonly kind: "column"; readonly relation: string | undefined; readonly name: string }
  | { readonly kind: "type"; readonly type: WrittenType }
  /** `$1`, from 0 on: what the client declared it as. */
  | { readonly kind: "parameter"; readonly index: number }
  /** A string or NULL: it takes the type of what stands beside it. */
  | { readonly kind: "literal"; readonly text?: LiteralText }
  /** CASE, COALESCE and their like: what its values have in common. */
  | { readonly kind: "common"; readonly values: readonly ValueSource[] }
  | { readonly kind: "call"; readonly name: string; readonly values: readonly ValueSource[] }
  /** An operator with two sides. */
  | { readonly kind: "operation"; readonly name: string; readonly values: readonly ValueSource[] }
  | { readonly kind: "element" | "array" | "document"; readonly of: ValueSource }
  | { readonly kind: "query"; readonly query: QuerySources }
  | { readonly kind: "open" };
