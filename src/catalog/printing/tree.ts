/** Expressions and queries as PostgreSQL holds them once it has read them: types found, casts that it puts in written down. */

/** The name of a type as format_type() gives it, without its modifier; "unknown" of a literal nobody gave a type. */
export type TypeName = string;

export interface SortKey {
  readonly value: Expression;
  readonly descending: boolean;
  readonly nulls: "first" | "last" | undefined;
}

export interface Window {
  /** Of a window that is named behind the query. */
  readonly name: string | undefined;
  /** The named window that this one adds to. */
  readonly base: string | undefined;
  readonly partition: readonly Expression[];
  readonly order: readonly SortKey[];
  /** `ROWS BETWEEN `, an expression, ` PRECEDING`; empty where none was said. */
  readonly frame: readonly (string | Expression)[];
}

/** A list of keys in GROUP BY; of ROLLUP, CUBE and GROUPING SETS what stands inside. */
export interface GroupingSet {
  readonly kind: "grouping";
  readonly form: "LIST" | "ROLLUP" | "CUBE" | "GROUPING SETS";
  readonly keys: readonly Expression[];
  readonly sets: readonly GroupingSet[];
}

interface Typed {
  readonly type: TypeName;
}

export interface Constant extends Typed {
  readonly kind: "constant";
  /** As written: digits, the text of a literal, true, false; null. */
  readonly value: string | null;
  readonly form: "number" | "text" | "boolean" | "null";
}

/** What a relation is called in a query: shared by it and its columns, for PostgreSQL gives some another name. */
export interface Label {
  text: string;
}

export interface Column extends Typed {
  readonly kind: "column";
  /** Of the relation; empty for a column that JOIN … USING makes of two. */
  readonly table: Label;
  readonly name: string;
  /** Its type is what its domain is over. */
  readonly domain?: true;
}

export interface Call extends Typed {
  readonly kind: "call";
  readonly name: string;
  readonly args: readonly Expression[];
  readonly star: boolean;
  readonly distinct: boolean;
  readonly order: readonly SortKey[];
  readonly filter: Expression | undefined;
  /** WITHIN GROUP, of an aggregate over ordered rows. */
  readonly within: boolean;
  readonly window: Window | undefined;
}

/** What the standard gives a grammar of its own: `EXTRACT(year FROM x)`. The texts stand around the arguments. */
export interface Worded extends Typed {
  readonly kind: "worded";
  readonly texts: readonly string[];
  readonly args: readonly Expression[];
  /** AT TIME ZONE has parentheses of its own. */
  readonly name: string;
}

interface Operation extends Typed {
  readonly kind: "operation";
  readonly operator: string;
  /** One is a prefix's. */
  readonly args: readonly Expression[];
}

interface Logic extends Typed {
  readonly kind: "logic";
  readonly operator: "AND" | "OR" | "NOT";
  /** Made of one comparison of rows: PostgreSQL keeps its parts together. */
  readonly together?: true;
  readonly args: readonly Expression[];
}

/** `hidden`: PostgreSQL does not show it where it is the outermost thing. */
export interface Cast extends Typed {
  readonly kind: "cast";
  readonly value: Expression;
  readonly modifier: string;
  readonly hidden: boolean;
}

/** `x = ANY (array)`, `x <> ALL (array)`. */
interface ArrayComparison extends Typed {
  readonly kind: "arrayComparison";
  readonly operator: string;
  readonly quantifier: "ANY" | "ALL";
  readonly value: Expression;
  readonly array: Expression;
}

/** `x IS NULL`, `x IS NOT TRUE`. */
interface Test extends Typed {
  readonly kind: "test";
  readonly value: Expression;
  readonly words: string;
}

export interface Case extends Typed {
  readonly kind: "case";
  readonly value: Expression | undefined;
  readonly branches: readonly { readonly when: Expression; readonly result: Expression }[];
  readonly otherwise: Expression;
}

interface ArrayOf extends Typed {
  readonly kind: "array";
  readonly elements: readonly Expression[];
}

interface RowOf extends Typed {
  readonly kind: "row";
  readonly fields: readonly Expression[];
}

/** `a[1]`. */
interface Element extends Typed {
  readonly kind: "element";
  readonly value: Expression;
  /** Of a slice the first. */
  readonly lower: Expression | undefined;
  readonly index: Expression;
}

export interface SubQuery extends Typed {
  readonly kind: "subQuery";
  readonly form: "EXISTS" | "ANY" | "ALL" | "VALUE" | "ARRAY";
  readonly value: Expression | undefined;
  readonly operator: string;
  readonly query: Query;
}

/** CURRENT_DATE and its like; VALUE of a domain. */
interface Word extends Typed {
  readonly kind: "word";
  readonly text: string;
}

export type Expression =
  | Constant
  | Column
  | Call
  | Worded
  | Operation
  | Logic
  | Cast
  | ArrayComparison
  | Test
  | Case
  | ArrayOf
  | RowOf
  | Element
  | SubQuery
  | Word;

/** Something this printer does not know: the text stays as it is stored. */
export class Unprintable extends Error {}

export interface OutputColumn {
  readonly name: string;
  readonly type: TypeName;
  readonly domain?: true;
}

export interface CommonTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly materialized: string;
  readonly query: Query;
}

export interface Output {
  readonly name: string;
  readonly value: Expression;
}

interface RelationSource {
  readonly kind: "relation";
  /** As it is printed: with its schema where that is not in search_path. */
  readonly printed: string;
  readonly name: string;
  readonly alias: Label;
}

export interface QuerySource {
  readonly kind: "query";
  readonly lateral: boolean;
  readonly query: Query;
  readonly alias: Label;
  readonly columns: readonly string[];
}

export interface CallSource {
  readonly kind: "call";
  readonly lateral: boolean;
  readonly value: Expression;
  readonly ordinality: boolean;
  readonly alias: Label;
  readonly columns: readonly string[];
}

export interface JoinSource {
  readonly kind: "join";
  readonly type: "JOIN" | "CROSS JOIN" | "LEFT JOIN" | "RIGHT JOIN" | "FULL JOIN";
  readonly left: Source;
  readonly right: Source;
  readonly using: readonly string[];
  readonly on: Expression | undefined;
}

export type Source = RelationSource | QuerySource | CallSource | JoinSource;

interface Tail {
  readonly tables: readonly CommonTable[];
  readonly recursive: boolean;
  readonly order: readonly SortKey[];
  readonly limit: Expression | undefined;
  readonly offset: Expression | undefined;
  /** What the rows have, for whoever reads them. */
  readonly columns: readonly OutputColumn[];
}

export interface Select extends Tail {
  readonly kind: "select";
  /** A list for DISTINCT ON. */
  readonly distinct: boolean | readonly Expression[];
  readonly outputs: readonly Output[];
  readonly from: readonly Source[];
  readonly where: Expression | undefined;
  readonly group: readonly (Expression | GroupingSet)[];
  readonly having: Expression | undefined;
  readonly windows: readonly Window[];
}

export interface Values extends Tail {
  readonly kind: "values";
  readonly rows: readonly (readonly Expression[])[];
}

export interface SetOperation extends Tail {
  readonly kind: "set";
  readonly operator: "UNION" | "INTERSECT" | "EXCEPT";
  readonly all: boolean;
  readonly left: Query;
  readonly right: Query;
}

export type Query = Select | Values | SetOperation;
