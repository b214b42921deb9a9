/**
 * The cursors of one session. DECLARE runs its query to the end and keeps the rows; FETCH and MOVE go about among them.
 * So a cursor never sees a change made after it, and an error of its query comes at DECLARE.
 */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { Database } from "../engine/database.js";
import type { CursorMotion, SessionStatement } from "../sql/analysis.js";
import { type CursorStep, stepOf } from "./cursor-motion.js";
import { CursorStore } from "./cursor-store.js";
import { streamBatches } from "./results.js";
import type { CursorListing, ResultColumn, StatementResult } from "./types.js";

/** Cursors one session may hold. */
const MAX_CURSORS = 1000;

type Declaration = Extract<SessionStatement, { readonly verb: "declareCursor" }>;
type RowsResult = Extract<StatementResult, { readonly kind: "rows" }>;

/** Where a cursor is declared. */
interface DeclaredWhere {
  readonly inBlock: boolean;
  /** In a block, or where several statements share an implicit transaction: the cursor goes if that fails. */
  readonly inTransaction: boolean;
  /** The client's whole text. */
  readonly source: string;
}

/** The query of a cursor to be. */
interface CursorQuery {
  describe(): Promise<unknown>;
  run(): Promise<StatementResult>;
}

interface Cursor {
  readonly name: string;
  readonly table: string;
  readonly columns: readonly ResultColumn[];
  readonly rows: number;
  readonly scroll: boolean;
  readonly binary: boolean;
  readonly hold: boolean;
  /** The client's text that declared it. */
  readonly statement: string;
  readonly createdAtMs: number;
  /** Declared in the transaction under way: gone if that is rolled back. */
  isNew: boolean;
  position: number;
}

export class SessionCursors implements Disposable {
  readonly #store: CursorStore;
  readonly #byName = new Map<string, Cursor>();

  constructor(database: Database) {
    this.#store = new CursorStore(database);
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** All of them, in the order of their making. */
  list(): readonly CursorListing[] {
    return [...this.#byName.values()];
  }

  /** Columns of a cursor's rows; null when there is no such cursor, which is for FETCH to say. */
  columnsOf(name: string): readonly ResultColumn[] | null {
    return this.#byName.get(name)?.columns ?? null;
  }

  /**
   * Makes a cursor of what `run` gives. What is wrong with the query itself is said before all else.
   *
   * Errors  42P03 when the name is taken, 25P01 without a transaction to live in, 54000 for too many, 0A000 for a query that writes
   */
  async declare(
    declaration: Declaration,
    { inBlock, inTransaction, source }: DeclaredWhere,
    query: CursorQuery,
  ): Promise<void> {
    const { name, hold, binary } = declaration;
    if (declaration.query.writes)
      throw notSupported("DECLARE CURSOR must not contain data-modifying statements in WITH");
    const refusal = this.#refusal(declaration, inBlock);
    if (refusal !== undefined) {
      await query.describe();
      throw refusal;
    }
    const result = await query.run();
    if (result.kind !== "rows") throw new Error("a query gives rows");
    const { table, rows } = await this.#store.keep(result.columns, result.batches);
    const scroll = declaration.scroll ?? true;
    const { columns } = result;
    this.#byName.set(name, {
      name,
      table,
      columns,
      rows,
      scroll,
      binary,
      hold,
      statement: source,
      createdAtMs: Date.now(),
      isNew: inTransaction,
      position: 0,
    });
  }

  /** FETCH and MOVE. Errors: 34000 unknown, 55000 backwards without SCROLL. */
  async fetch(name: string, motion: CursorMotion, move: boolean): Promise<StatementResult> {
    const cursor = this.#get(name);
    const step = this.#step(cursor, motion);
    if (!move) return await this.#read(cursor, step, (rows) => `FETCH ${rows}`);
    cursor.position = step.position;
    return { kind: "command", tag: `MOVE ${Math.max(step.to - step.from + 1, 0)}` };
  }

  /** A cursor executed like a portal: its next rows, all without a limit. */
  async next(name: string, maxRows: number): Promise<RowsResult> {
    const cursor = this.#get(name);
    const count = maxRows === 0 ? Number.POSITIVE_INFINITY : maxRows;
    const step = this.#step(cursor, { kind: "relative", count, through: true });
    const result = await this.#read(cursor, step, (rows) => `SELECT ${rows}`);
    return { ...result, binary: false };
  }

  /** Undefined: all of them. Errors: 34000 unknown. */
  async close(name: string | undefined): Promise<void> {
    const closed = name === undefined ? [...this.#byName.values()] : [this.#get(name)];
    for (const cursor of closed) await this.#drop(cursor);
  }

  /** The transaction ended: only cursors WITH HOLD stay, and of those of this transaction none if it did not commit. */
  async end(committed: boolean): Promise<void> {
    for (const cursor of this.#byName.values()) {
      if (!cursor.hold || (cursor.isNew && !committed)) await this.#drop(cursor);
      cursor.isNew = false;
    }
  }

  /** Remembers which cursors there are; calling what it gives closes those made since. */
  mark(): () => Promise<void> {
    const known = new Set(this.#byName.values());
    return async () => {
      for (const cursor of this.#byName.values()) if (!known.has(cursor)) await this.#drop(cursor);
    };
  }

  interrupt(): void {
    this.#store.interrupt();
  }

  [Symbol.dispose](): void {
    this.#store[Symbol.dispose]();
  }

  #refusal({ name, hold }: Declaration, inBlock: boolean): SqlError | undefined {
    if (!hold && !inBlock) return onlyInBlock();
    if (this.has(name)) return new SqlError(SQLSTATE.duplicateCursor, `cursor "${name}" already exists`);
    return this.#byName.size < MAX_CURSORS
      ? undefined
      : new SqlError(SQLSTATE.programLimitExceeded, `too many cursors (${MAX_CURSORS})`);
  }

  #get(name: string): Cursor {
    const cursor = this.#byName.get(name);
    if (cursor !== undefined) return cursor;
    throw new SqlError(SQLSTATE.invalidCursorName, `cursor "${name}" does not exist`);
  }

  #step(cursor: Cursor, motion: CursorMotion): CursorStep {
    const step = stepOf(motion, cursor.position, cursor.rows);
    if (!step.needsScroll || cursor.scroll) return step;
    throw new SqlError(SQLSTATE.objectNotInPrerequisiteState, "cursor can only scan forward", {
      hint: "Declare it with SCROLL option to enable backward scan.",
    });
  }

  async #read(cursor: Cursor, step: CursorStep, tag: (rows: number) => string): Promise<RowsResult> {
    const { table, columns, binary } = cursor;
    const stream = await this.#store.read(table, step.from - 1, step.to, step.backward);
    cursor.position = step.position;
    return { kind: "rows", columns, binary, batches: streamBatches(stream, async () => {}), tag };
  }

  async #drop(cursor: Cursor): Promise<void> {
    this.#byName.delete(cursor.name);
    await this.#store.drop(cursor.table);
  }
}

function onlyInBlock(): SqlError {
  return new SqlError(
    SQLSTATE.noActiveSqlTransaction,
    "DECLARE CURSOR can only be used in transaction blocks",
  );
}
