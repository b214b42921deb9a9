/**
 * What reading one statement finds out. It depends on nothing but the text: no catalogue, no session, no branch, so it
 * can be cached by text. All positions are UTF-16 offsets into `StatementAnalysis.text`.
 */
import type { SqlError } from "../core/errors.js";
import type { BranchCommand } from "./branch-command.js";
import type { ColumnNames } from "./column-names.js";
import type { EnumAlteration, DomainForm, FunctionForm } from "./definition-forms.js";
import type { ForeignKeyClause } from "./foreign-keys.js";
import type { DefiningQuery, GroupedQuery, QuerySources } from "./result-sources.js";
import type { LargeObjectStatement } from "./large-object-calls.js";
import type { NarrowQuery } from "./narrow-operands.js";
import type { MaterializedForm } from "./materialized-views.js";
import type { OnCommit, UnnamedIndex } from "./table-forms.js";
import type { LikeClause } from "./table-like.js";
import type { TableNote } from "./table-notes.js";
import type { Repetition } from "./repetition.js";
import type { RaisedMessage } from "./raised-message.js";
import type { RowBound } from "./row-bound.js";

/** What a mention of a name is there for. */
export type NameRole =
  | "read" // FROM, JOIN, USING, sub-queries
  | "write" // target of INSERT, UPDATE, DELETE, MERGE, TRUNCATE, COPY FROM
  | "create" // CREATE TABLE / VIEW target
  | "drop" // DROP TABLE / VIEW target, one per name
  | "alter" // ALTER TABLE / VIEW, CREATE INDEX ON, COMMENT ON target
  | "columnQualifier" // the table part of public.orders.id or orders.* — two or more parts only
  | "type" // a user type's name in a cast or column definition (not a built-in one)
  | "function" // a function call; spliced only when it names a macro of the user
  | "sequence"; // a sequence named in a string: nextval('public.s')

export interface NameReference {
  readonly role: NameRole;
  /** Unquoted parts, outermost first: ["public", "orders"]. Unquoted SQL names are folded to lower case. */
  readonly parts: readonly string[];
  readonly start: number;
  /** Exclusive. The text between is replaced as a whole when the name is spliced. */
  readonly end: number;
  /** For read and write: the alias the statement gives, if any. Without one the splice must keep the table's name. */
  readonly alias: string | undefined;
  /** For `create`: table, view … For `drop` and `alter`: what the statement says it is. For currval and setval: sequence. */
  readonly object?: "table" | "view" | "index" | "sequence" | "type" | "schema" | "macro" | "other";
  /**
   * For read and write: where an alias may be inserted (just behind the name). Undefined where none may stand, for
   * example TRUNCATE or COPY.
   */
  readonly aliasAt: number | undefined;
}

/** One replacement in the text; edits never overlap and are sorted by start. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly around?: "opens" | "closes";
}

/** What CREATE SEQUENCE and identity columns may say; undefined for what they leave open. */
export interface SequenceOptions {
  readonly start?: bigint | undefined;
  /** ALTER SEQUENCE … RESTART [WITH n]; "start" without a number. */
  readonly restart?: bigint | "start" | undefined;
  readonly increment?: bigint | undefined;
  readonly minimum?: bigint | undefined;
  readonly maximum?: bigint | undefined;
  readonly cycle?: boolean | undefined;
  /** How many values a session takes at once: kept to be shown. */
  readonly cache?: bigint | undefined;
  /** SEQUENCE NAME, of an identity column. */
  readonly name?: string | undefined;
}

/** A column of CREATE TABLE or ADD COLUMN whose values come from a sequence of its own. */
export interface SequenceColumn {
  readonly column: string;
  readonly kind: "serial" | "byDefault" | "always";
  readonly type: "smallint" | "integer" | "bigint";
  readonly options: SequenceOptions;
  /** The serial type, or GENERATED … AS IDENTITY (…): replaced by a default, for a serial also by its type. */
  readonly start: number;
  readonly end: number;
}

/** One value of VALUES: a constant by its node as JSON, casts left aside. */
export type InsertedValue =
  | { readonly kind: "default" | "null" | "other" }
  | { readonly kind: "constant"; readonly text: string }
  | { readonly kind: "parameter"; readonly number: number };

/** What INSERT says beyond its names. */
export interface InsertForm {
  /** As listed; empty for none. */
  readonly columns: readonly string[];
  /** Where a list of columns may be put in. */
  readonly columnsAt: number;
  /** False for DEFAULT VALUES. */
  readonly hasSource: boolean;
  /** Values per row of VALUES, columns of a query; undefined where a star stands for some. */
  readonly width: number | undefined;
  /** Rows of VALUES; 0 for a query. */
  readonly rows: number;
  /** What the rows of VALUES say, as far as it can be seen; empty for a query. */
  readonly values: readonly (readonly InsertedValue[])[];
  /** OVERRIDING SYSTEM VALUE. */
  readonly overriding: boolean;
  /** ON CONFLICT ON CONSTRAINT: the name, and the span that stands for its columns. */
  readonly constraint: (TextSpan & { readonly name: string }) | undefined;
  readonly conflict: "none" | "nothing" | "update";
  /** Behind ON CONFLICT, where its columns may be put in. */
  readonly conflictAt: number | undefined;
  /** Columns ON CONFLICT names; empty for none, and where it names expressions or a constraint. */
  readonly conflictColumns: readonly string[];
  /** The query it inserts; undefined for VALUES. */
  readonly source: TextSpan | undefined;
  /** ON CONFLICT DO UPDATE without a condition: every row is inserted or changes one. */
  readonly updatesAll: boolean;
}

/** A column that UPDATE, or ON CONFLICT DO UPDATE, assigns. */
export interface Assignment {
  readonly column: string;
  /** It is assigned the word DEFAULT. */
  readonly isDefault: boolean;
}

/** A place in the statement's text. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/** One action of ALTER. Spans are expressions and types; their names are among the statement's. */
export type Alteration =
  | { readonly kind: "addColumn"; readonly column: string; readonly ifNotExists: boolean }
  | { readonly kind: "dropColumn"; readonly column: string; readonly ifExists: boolean }
  | {
      readonly kind: "setType";
      readonly column: string;
      readonly type: TextSpan;
      readonly using: TextSpan | undefined;
    }
  | { readonly kind: "setDefault"; readonly column: string; readonly expression: TextSpan | undefined }
  | { readonly kind: "setNotNull" | "dropNotNull"; readonly column: string }
  /** SET (merge_policy = 'max'), or RESET (merge_policy). */
  | { readonly kind: "setPolicy"; readonly column: string; readonly policy: string | undefined }
  | {
      readonly kind: "addConstraint";
      readonly type: ConstraintType;
      readonly name: string | undefined;
      readonly columns: readonly string[];
      /** Without CONSTRAINT name. */
      readonly text: TextSpan;
    }
  | { readonly kind: "dropConstraint"; readonly name: string; readonly ifExists: boolean }
  | { readonly kind: "renameColumn"; readonly column: string; readonly to: string }
  | { readonly kind: "renameConstraint"; readonly name: string; readonly to: string }
  | { readonly kind: "validateConstraint"; readonly name: string }
  | { readonly kind: "rename"; readonly to: string }
  | { readonly kind: "setSchema"; readonly schema: string }
  | { readonly kind: "owner"; readonly role: string }
  | { readonly kind: "addIdentity"; readonly column: SequenceColumn }
  | { readonly kind: "dropIdentity"; readonly column: string; readonly ifExists: boolean }
  | { readonly kind: "sequence"; readonly options: SequenceOptions }
  /** ALTER SEQUENCE … OWNED BY: what is altered is the column's table. */
  | { readonly kind: "ownSequence"; readonly column: string; readonly sequence: readonly string[] }
  /** Says something about storage that DuckDB has no word for and that no reader of the table can see. */
  | { readonly kind: "storage" }
  | EnumAlteration;

export type ConstraintType = "primary" | "unique" | "check" | "foreign";

export type RelationalVerb =
  | "select" // SELECT, VALUES, TABLE, WITH … SELECT, FROM-first
  | "explain" // EXPLAIN [ANALYZE] of a relational statement: see `explained`
  | "insert"
  | "update"
  | "delete"
  | "merge"
  | "truncate"
  | "refresh" // REFRESH MATERIALIZED VIEW
  | "createTable"
  | "createTableAs"
  | "createView"
  | "createIndex"
  | "createSequence"
  | "createType"
  | "createSchema"
  | "createMacro"
  | "alterTable"
  | "drop"
  | "comment";

/** A statement over relations: what is run on DuckDB after its names are resolved. */
export interface RelationalStatement {
  readonly kind: "relational";
  readonly text: string;
  readonly verb: RelationalVerb;
  readonly certain: boolean; // every relation the statement touches is in `names`, with its position
  /** May change data or the catalogue. A SELECT with a data-modifying CTE writes. EXPLAIN ANALYZE of a write writes. */
  readonly writes: boolean;
  readonly names: readonly NameReference[];
  /** PostgreSQL → DuckDB rewrites that depend on nothing but the text; they do not overlap with `names`. */
  readonly edits: readonly TextEdit[];
  /** RETURNING present (insert, update, delete, merge). */
  readonly returning: boolean;
  /** EXPLAIN (FORMAT JSON): the plan is one document, not lines. */
  readonly explainedAsJson?: boolean;
  /** CREATE TEMP …: the created name lives in the session, not on the head. */
  readonly temporary: boolean;
  /** IF EXISTS / IF NOT EXISTS / OR REPLACE. */
  readonly ifExists: boolean;
  readonly ifNotExists: boolean;
  readonly orReplace: boolean;
  readonly cascade: boolean;
  /** createView and createTableAs: the query behind AS. */
  readonly query: DefiningQuery | undefined;
  /** PostgreSQL's names of the result's columns, where they are known. */
  readonly columnNames: ColumnNames | undefined;
  /** Where the result's columns come from, where PostgreSQL's parser reads the statement. */
  readonly sources: QuerySources | undefined;
  /** Its queries with GROUP BY, also those inside it, where PostgreSQL's parser reads the statement. */
  readonly grouped: readonly GroupedQuery[];
  /** Its queries that compute with columns, likewise. */
  readonly narrow: readonly NarrowQuery[];
  /** Of a SELECT that says how many rows it gives at most. */
  readonly rowBound: RowBound | undefined;
  /** It calls a function of a user's: evaluated again, its conditions may choose other rows. */
  readonly mayVary?: boolean;
  /** What running it again would do: for savepoints. */
  readonly repetition: Repetition;
  /** Of a temporary table: what every COMMIT does to it. */
  readonly onCommit: OnCommit | undefined;
  readonly insert: InsertForm | undefined;
  readonly assignments: readonly Assignment[];
  /** TRUNCATE … RESTART IDENTITY. */
  readonly restartsIdentity: boolean;
  /** CREATE INDEX without a name. */
  readonly unnamedIndex: UnnamedIndex | undefined;
  readonly note?: TableNote; // of COMMENT and CREATE INDEX
  readonly materialized?: MaterializedForm; // of what says MATERIALIZED VIEW
  /** Of createTable and of alterTable with ADD COLUMN. */
  readonly sequenceColumns: readonly SequenceColumn[];
  /** Of createTable, as LIKE clauses among its columns. */
  readonly foreignKeys: readonly ForeignKeyClause[];
  readonly likes: readonly LikeClause[];
  /** Statements that are run one after the other in its place; it has no names of its own then. */
  readonly parts: readonly RelationalStatement[] | undefined;
  /** WITH that changes rows: its steps in the order of the text, the statement itself last. It has no names of its own then. */
  readonly steps: readonly WithStep[] | undefined;
  /** A part that runs only if an earlier one really added this column. */
  readonly ifAdded: string | undefined;
  /** What ALTER does, where the planner has to know. */
  readonly alteration: Alteration | undefined;
  /** Of createType: CREATE DOMAIN. */
  readonly domain: DomainForm | undefined;
  /** DROP FUNCTION f(int, text): the types, by PostgreSQL's names; undefined without a list. */
  readonly argumentTypes: readonly string[] | undefined;
  /** Of createMacro: CREATE FUNCTION. */
  readonly routine: FunctionForm | undefined;
  /** The highest $n used; 0 when there is none. */
  readonly parameterCount: number;
  /** PostgreSQL's command tag without counts: "INSERT", "CREATE TABLE", … */
  readonly tag: string;
}

/** A query of WITH that is run by itself, or the statement behind WITH. */
export interface WithStep {
  /** As WITH calls it; undefined for the statement itself. */
  readonly name: string | undefined;
  /** Reads the rows of other steps under the names of `stepTable`. */
  readonly statement: RelationalStatement;
  /** Steps whose rows it reads, by their place in the list. */
  readonly uses: readonly number[];
  /** Its own $1, $2 … as the whole statement numbers them. */
  readonly parameters: readonly number[];
}

export type IsolationRequest = "read only" | "read write";

/** What BEGIN, SET TRANSACTION and SET SESSION CHARACTERISTICS ask for; undefined where nothing is said. */
export interface TransactionModes {
  readonly access: IsolationRequest | undefined;
  /** As PostgreSQL shows it: "read committed". */
  readonly isolation: string | undefined;
  readonly deferrable: boolean | undefined;
}

/**
 * Where FETCH and MOVE go. `relative` with `through` takes all rows on the way (FORWARD, BACKWARD, NEXT, a count alone),
 * without it only the last (RELATIVE).
 */
export type CursorMotion =
  | { readonly kind: "absolute"; readonly count: number }
  | { readonly kind: "relative"; readonly count: number; readonly through: boolean };

/** Statements about the session itself; DuckDB never sees them. */
export type SessionStatement =
  | { readonly verb: "begin"; readonly tag: "BEGIN" | "START TRANSACTION"; readonly modes: TransactionModes }
  | { readonly verb: "commit"; readonly chain: boolean }
  | { readonly verb: "rollback"; readonly chain: boolean }
  | { readonly verb: "prepareTransaction" }
  | {
      readonly verb: "finishPrepared";
      readonly tag: "COMMIT PREPARED" | "ROLLBACK PREPARED";
      readonly identifier: string;
    }
  | { readonly verb: "savepoint" | "releaseSavepoint" | "rollbackTo"; readonly name: string }
  | {
      readonly verb: "set";
      readonly name: string;
      readonly values: readonly string[] | "default";
      readonly local: boolean;
    }
  | { readonly verb: "setTransaction"; readonly modes: TransactionModes }
  | { readonly verb: "setTransactionDefaults"; readonly modes: TransactionModes }
  | { readonly verb: "setConstraints"; readonly names: readonly string[]; readonly deferred: boolean } // [] for ALL
  | { readonly verb: "show"; readonly name: string } // "all" for SHOW ALL
  | { readonly verb: "reset"; readonly name: string } // "all" for RESET ALL
  | { readonly verb: "discard"; readonly what: "all" | "plans" | "temp" | "sequences" }
  | {
      readonly verb: "prepare";
      readonly name: string;
      readonly typeNames: readonly string[];
      readonly body: string;
      /** All of it, from PREPARE on. */
      readonly text: string;
    }
  | { readonly verb: "execute"; readonly name: string; readonly argumentTexts: readonly string[] }
  | { readonly verb: "deallocate"; readonly name: string | undefined } // undefined: ALL
  | { readonly verb: "listen" | "unlisten" | "notify"; readonly channel: string; readonly payload: string }
  | {
      readonly verb: "declareCursor";
      readonly name: string;
      readonly binary: boolean;
      readonly scroll: boolean | undefined;
      readonly hold: boolean;
      readonly query: RelationalStatement;
    }
  | { readonly verb: "fetch"; readonly name: string; readonly motion: CursorMotion; readonly move: boolean }
  | { readonly verb: "closeCursor"; readonly name: string | undefined } // undefined: CLOSE ALL
  | LargeObjectStatement
  | { readonly verb: "do"; readonly messages: readonly RaisedMessage[] }
  | { readonly verb: "createExtension"; readonly name: string; readonly ifNotExists: boolean }
  | {
      readonly verb: "lock";
      readonly relations: readonly (readonly string[])[];
      readonly mode: string;
      readonly nowait: boolean;
    }
  | {
      /** VACUUM, ANALYZE, CLUSTER, REINDEX, CHECKPOINT: DuckDB looks after itself, so only what they name is checked. */
      readonly verb: "maintenance";
      readonly tag: string;
      readonly relations: readonly (readonly string[])[];
      /** PostgreSQL refuses it inside a transaction block. */
      readonly outsideBlock: boolean;
    };

export interface CopyStatement {
  readonly kind: "copy";
  readonly text: string;
  readonly direction: "in" | "out";
  /** The table, or for COPY (query) TO STDOUT the query as a relational statement of its own. */
  readonly target: NameReference | undefined;
  readonly query: RelationalStatement | undefined;
  readonly columns: readonly string[];
  /** As written, in order: what they mean is decided where the statement runs. */
  readonly options: readonly CopyOption[];
  /** COPY … FROM … WHERE: the condition's text. */
  readonly where: string | undefined;
}

/** One option of COPY, from either syntax under the name of the present one. */
export interface CopyOption {
  readonly name: string;
  readonly value: CopyOptionValue;
  /** 1-based, in characters. */
  readonly position: number;
}

export type CopyOptionValue =
  | { readonly kind: "none" }
  | { readonly kind: "text" | "number"; readonly text: string }
  | { readonly kind: "star" }
  | { readonly kind: "names"; readonly names: readonly string[] };

export type StatementAnalysis =
  | RelationalStatement
  | CopyStatement
  | { readonly kind: "session"; readonly text: string; readonly statement: SessionStatement }
  | {
      readonly kind: "branch";
      readonly text: string;
      readonly command: BranchCommand;
      readonly parameterCount: number;
    }
  | { readonly kind: "empty"; readonly text: string }
  /** What is never run: ATTACH, INSTALL, LOAD, EXPORT, CREATE SECRET, COPY to files, PRAGMA with effects … */
  | { readonly kind: "refused"; readonly text: string; readonly error: SqlError };
