/**
 * The border between a protocol (PostgreSQL wire today, HTTP later) and the work: what a protocol may ask of one
 * client's session, and what it gets back. Nothing here knows bytes, frames or sockets.
 */
import type { DataChunk, EngineType } from "../engine/types.js";
import type { SqlError, SqlState } from "../core/errors.js";
import type { Principal } from "../core/scopes.js";
import type { BoundParameter, CopyFormat } from "../pgtypes/client-values.js";
import type { CursorMotion } from "../sql/analysis.js";

export type { BoundParameter, CursorMotion };

/** One result column. `type` is null for columns this server answers itself (SHOW, SHOW BRANCHES …): they are text. */
export interface ResultColumn {
  readonly name: string;
  readonly type: EngineType | null;
  /** PostgreSQL's type modifier, where it is not the one of `type`. */
  readonly typmod?: number;
  /** The table or view, and the number of its column, that is shown as it is. */
  readonly origin?: { readonly table: number; readonly column: number } | undefined;
}

/** Part of a result: rows as DuckDB's vectors, or a few rows this server made itself (text format values). */
export type RowBatch =
  | { readonly kind: "chunk"; readonly chunk: DataChunk }
  | { readonly kind: "text"; readonly rows: readonly (readonly (string | null)[])[] };

export interface Notice {
  readonly severity: "DEBUG" | "LOG" | "INFO" | "NOTICE" | "WARNING";
  readonly code: SqlState;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
}

/** What NOTIFY sent. */
export interface Notification {
  /** Of the session that sent it. */
  readonly processId: number;
  readonly channel: string;
  readonly payload: string;
}

/** A client that says nothing for too long is sent away. */
export interface IdleLimit {
  readonly limitMs: number;
  readonly error: SqlError;
}

/** What one executed statement gives back. A closed union: the protocol layer switches over it exhaustively. */
export type StatementResult =
  | {
      readonly kind: "rows";
      /** It is committed: to cancel what is left of it would call it undone. */
      readonly isFinal?: true;
      readonly columns: readonly ResultColumn[];
      /** Rows of a BINARY cursor: a simple query sends them in binary format. */
      readonly binary?: boolean;
      /** Must be read to its end or returned early; errors while streaming are thrown from it as SqlError. */
      readonly batches: AsyncIterableIterator<RowBatch>;
      /** The same batches where all of them are here: whoever takes them reads `batches` no more. */
      readonly held?: readonly RowBatch[];
      /** The command tag once the rows are out, for example `SELECT 3`. `rows` is the number of rows sent. */
      readonly tag: (rows: number) => string;
    }
  | { readonly kind: "command"; readonly tag: string; readonly isFinal?: true }
  | {
      readonly kind: "copyIn";
      readonly columnCount: number;
      readonly format: CopyFormat;
      readonly sink: CopySink;
    }
  | {
      readonly kind: "copyOut";
      readonly columnCount: number;
      readonly format: CopyFormat;
      /** Columns whose csv fields are quoted whatever they hold; missing ones are not. */
      readonly forceQuote: readonly boolean[];
      readonly columns: readonly ResultColumn[];
      readonly batches: AsyncIterableIterator<RowBatch>;
    }
  | { readonly kind: "empty" };

/** Where the rows of COPY … FROM STDIN go. Bytes in, any chunking; the session's transaction holds the effect. */
export interface CopySink {
  /** Where in the data the reading is: the context of an error that is not about the data itself. */
  readonly place: string;
  write(data: Uint8Array): Promise<void>;
  /** Ends the copy; resolves with the tag `COPY n`. */
  finish(): Promise<string>;
  /** The client sent CopyFail, or the connection broke: leaves no trace; the statement fails with 57014. */
  abort(reason: string): Promise<void>;
}

/** One statement of a client's text, read but not yet bound to anything. Opaque to protocols but for `empty`. */
export interface ParsedStatement {
  readonly text: string;
  /** True for an empty query string: EmptyQueryResponse, nothing else. */
  readonly empty: boolean;
  /** True for one over relations: what columns it has is known when it is parsed, and does not change. */
  readonly isQuery?: boolean;
  /** True for one that begins or ends a transaction. */
  readonly isTransactionControl?: boolean;
  /** Of a statement about a cursor: its name may be that of a portal, which the protocol keeps. */
  readonly cursor?: CursorStatement | undefined;
}

/** What a statement does with a cursor it names; CLOSE ALL names none. */
export type CursorStatement =
  | { readonly verb: "declare"; readonly name: string }
  | { readonly verb: "fetch"; readonly name: string; readonly motion: CursorMotion; readonly move: boolean }
  | { readonly verb: "close"; readonly name: string | undefined };

/** A cursor as pg_cursors shows it. */
export interface CursorListing {
  readonly name: string;
  readonly statement: string;
  readonly hold: boolean;
  readonly binary: boolean;
  readonly scroll: boolean;
  /** In milliseconds since 1970. */
  readonly createdAtMs: number;
}

/** The protocol's portals, as far as SQL sees them. */
export interface ClientPortals {
  list(): readonly CursorListing[];
  /** Remembers which there are; calling what it gives closes those made since. */
  mark(): () => Promise<void>;
}

/** A statement under a name. The protocol's Parse and SQL's PREPARE share the names. */
export interface NamedStatement {
  /** Undefined for an empty query string. */
  readonly parsed: ParsedStatement | undefined;
  readonly declaredOids: readonly number[];
  /** The declared types, and once they are known all. */
  readonly parameterOids: readonly number[];
  readonly origin: StatementOrigin;
}

/** Where and when a prepared statement was made. */
export interface StatementOrigin {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The text of SQL's PREPARE; undefined for one that the protocol's Parse made. */
  readonly prepareText: string | undefined;
}

export interface StatementDescription {
  /** PostgreSQL type OIDs, one per $n; what the client declared wins, then inference, then text (25). */
  readonly parameterOids: readonly number[];
  /** Null when the statement returns no rows. */
  readonly columns: readonly ResultColumn[] | null;
}

/** I: idle, T: in a transaction block, E: in a failed transaction block (ReadyForQuery's byte). */
export type TransactionStatus = "I" | "T" | "E";

/**
 * One client's session: its head (main or a branch), transaction and settings. Calls must not overlap, except
 * `cancel`, which may come at any time.
 *
 * Errors  every method rejects with SqlError for what the client did, anything else is a broken invariant
 */
export interface QuerySession extends AsyncDisposable {
  readonly status: TransactionStatus;
  /** Another value: what statements over relations mean, and so their columns, may have changed. */
  readonly definitions: string;
  /** Splits and reads a text. A syntax error is SqlError 42601 with its position. [] for a text with no statement. */
  parse(text: string): Promise<readonly ParsedStatement[]>;
  /** Types of parameters and result, without side effects. */
  describe(statement: ParsedStatement, declaredOids: readonly number[]): Promise<StatementDescription>;
  /**
   * Runs one statement. The caller reads a rows result to its end (or calls `return()` on it) before the next call.
   * `declaredOids` are those of Parse (0 = unspecified); [] for a simple query.
   */
  execute(
    statement: ParsedStatement,
    parameters: readonly BoundParameter[],
    declaredOids: readonly number[],
  ): Promise<StatementResult>;
  /**
   * Marks the start of a Query message with several statements, which share an implicit transaction and are a block to
   * each other; or of statements up to a Sync, which share one but are none.
   */
  beginImplicit(several: boolean): void;
  /** End of a Query message or Sync: commits the implicit transaction, if one is open and did not fail. */
  endImplicit(): Promise<void>;
  /** A statement failed (here or in the protocol): fails the block, or rolls the implicit transaction back. */
  fail(): Promise<void>;
  /** Interrupts what runs now; it fails with 57014. Does nothing when idle. */
  cancel(): void;
  /** Everything the client sent is answered: what others see of this session is that it waits. */
  rest(): void;
  /** Notices raised since the last call. */
  takeNotices(): readonly Notice[];
  /** Prepared statements by name, but for the protocol's unnamed one. */
  readonly named: Map<string, NamedStatement>;
  /** The session's cursors: clients may use them like portals. */
  readonly cursors: ClientCursors;
  /** Tells the session of the portals beside its cursors: savepoints take them along, pg_cursors shows them. */
  usePortals(portals: ClientPortals): void;
  /** What other sessions, or this one, notified and the client may hear now: nothing inside a transaction. */
  takeNotifications(): readonly Notification[];
  /** Calls `wake` when a notification arrives, until it is replaced. */
  onNotification(wake: (() => void) | undefined): void;
  /** How long a statement may take; 0 for ever. */
  readonly statementTimeoutMs: number;
  /** How long the client may say nothing now, and what it is told then. Undefined: for ever. */
  idleLimit(): IdleLimit | undefined;
  /** Reported settings (ParameterStatus) that changed since the last call; at first all of them. */
  takeChangedParameters(): readonly (readonly [name: string, value: string])[];
}

/** Cursors of SQL, whose names are also portals' names. */
export interface ClientCursors {
  has(name: string): boolean;
  columnsOf(name: string): readonly ResultColumn[] | null;
  /** The next rows, all of them for 0. Errors: 34000 unknown. */
  next(name: string, maxRows: number): Promise<Extract<StatementResult, { readonly kind: "rows" }>>;
  close(name: string): Promise<void>;
}

/** What a client said at start-up, after authentication. */
export interface SessionRequest {
  readonly user: string;
  /** What they may do; undefined for somebody who may do everything. */
  readonly principal?: Principal;
  /** As sent; `db/branch` and `db@branch` choose a branch. Undefined when the client sent none. */
  readonly database: string | undefined;
  /** All other start-up parameters, and those inside `options` (`-c name=value`). */
  readonly parameters: ReadonlyMap<string, string>;
  /** What the client knows its session by (BackendKeyData); undefined where nobody was told one. */
  readonly processId?: number;
  readonly control?: SessionControl;
}

/** What one session may ask for of another: neither waits for it to happen. */
export interface SessionControl {
  /** Stops the statement under way, if any. */
  cancel(): void;
  /** Ends the session and its connection. */
  terminate(): void;
}

/** Opens sessions. Rejects with 3D000 for an unknown database or branch: never a silent fall-back to main. */
export interface SessionFactory {
  open(request: SessionRequest): Promise<QuerySession>;
}
