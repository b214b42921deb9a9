/**
 * One session's transaction: none, an implicit one around the statements of one message, or a block the client opened.
 * Keeps the failed state itself: DuckDB does not abort on every error, and answers COMMIT of a broken transaction with
 * success.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { HeadId } from "../branch/model.js";
import { lostByUpsert } from "../branch/row-races.js";
import { Transaction, type CommitCheck } from "../branch/transaction.js";
import type { BranchContext } from "../branch/branch-context.js";
import type { Connection } from "../engine/connection.js";
import {
  newConstraintModes,
  runDeferredChecks,
  useModes,
  type ConstraintModes,
} from "./deferred-references.js";
import type { JournalEntry } from "./block-journal.js";
import { Savepoints, type Rewind } from "./savepoints.js";
import { SerializableReads, type StatementReads } from "./serializable.js";
import type { TransactionStatus } from "./types.js";

export class SessionTransactions {
  readonly #context: BranchContext;
  readonly #connection: Connection;
  readonly #actor: string;
  readonly #beforeCommit: () => Promise<void>;
  readonly #afterRollback: () => Promise<void>;
  #block: "none" | "open" | "failed" = "none";
  #implicit = false;
  /** Statements of the implicit transaction, the one that runs among them. */
  #implicitStatements = 0;
  /** Transactions that are over. */
  #ended = 0;
  /** Of the statement that runs; see `lock_timeout`. */
  lockTimeoutMs = 0;
  #current: Transaction | undefined;
  readonly #savepoints = new Savepoints();
  /** What the transaction has read, if it is to be serializable. */
  readonly #reads = new SerializableReads();
  /** Of the transaction that is about to end. */
  #check: CommitCheck | undefined;
  /** The statement running now, or the one that failed last, may have left part of its work in the transaction. */
  #writing = false;
  /** The snapshot the block, or the statement, began with. */
  #snapshotSequence: number | undefined;
  /** Of the transaction, also where it begins anew behind a savepoint. */
  #constraintModes = newConstraintModes();
  /** Ends waits inside the transaction; replaced for each statement. */
  #wait = new AbortController();
  #forwarded: { readonly signal: AbortSignal; wait: AbortController } | undefined;

  /** `beforeCommit` runs inside a transaction that is about to end, `afterRollback` when a transaction's work is gone. */
  constructor(
    context: BranchContext,
    connection: Connection,
    hooks: {
      readonly actor: string;
      readonly beforeCommit: () => Promise<void>;
      readonly afterRollback: () => Promise<void>;
    },
  ) {
    this.#context = context;
    this.#connection = connection;
    this.#actor = hooks.actor;
    this.#beforeCommit = hooks.beforeCommit;
    this.#afterRollback = hooks.afterRollback;
  }

  get status(): TransactionStatus {
    return this.#block === "none" ? "I" : this.#block === "open" ? "T" : "E";
  }

  get inBlock(): boolean {
    return this.#block !== "none";
  }

  /** Several statements share a transaction: a block, or a message's implicit one. */
  get shared(): boolean {
    return this.#implicit || this.#block === "open";
  }

  /** The open DuckDB transaction, if any statement needed one yet. */
  get current(): Transaction | undefined {
    return this.#current;
  }

  /** A statement that runs now is the only one of its transaction so far, and none was begun for it. */
  get isAlone(): boolean {
    return this.#block === "none" && this.#current === undefined;
  }

  get constraintModes(): ConstraintModes {
    return this.#constraintModes;
  }

  refuseFailedBlock(): void {
    if (this.#block !== "failed") return;
    throw new SqlError(
      SQLSTATE.inFailedSqlTransaction,
      "current transaction is aborted, commands ignored until end of transaction block",
    );
  }

  /** The transaction for a statement on `head`, begun now if there is none. */
  async need(head: HeadId, signal: AbortSignal): Promise<Transaction> {
    this.#forwardAbort(signal);
    if (this.#current === undefined) {
      this.#current = await Transaction.begin(this.#context, this.#connection, head, this.#wait.signal);
      useModes(this.#current, this.#constraintModes);
    }
    this.#snapshotSequence ??= this.#current.snapshot.sequence;
    this.#context.locks.limitWaits(this.#current, this.lockTimeoutMs);
    return this.#current;
  }

  /** A transaction's waits end when the statement running now is cancelled. */
  #forwardAbort(signal: AbortSignal): void {
    if (this.#current === undefined) this.#wait = new AbortController();
    const wait = this.#wait;
    // A signal that was given already is not given again.
    if (signal.aborted) wait.abort();
    // A statement that lost a race comes again, with the same signal.
    if (this.#forwarded?.signal === signal) {
      this.#forwarded.wait = wait;
      return;
    }
    const forwarded = { signal, wait };
    this.#forwarded = forwarded;
    signal.addEventListener("abort", () => forwarded.wait.abort(), { once: true });
  }

  /** Another one for each transaction, and for each statement that is alone in its own. */
  get number(): number {
    return this.#ended;
  }

  /** Says of the statement that runs next whether it may change anything. */
  beginStatement(writes: boolean): void {
    this.#writing = writes;
    this.#implicitStatements++;
  }

  /** Others ran before the statement under way, to be committed with it. */
  get pipelined(): boolean {
    return this.#implicit && this.#implicitStatements > 1;
  }

  /** A statement of the block has written. What runs outside a block has no savepoint to go back to. */
  record(entry: JournalEntry): void {
    if (this.#current !== undefined && this.shared) this.#savepoints.record(entry, this.#current);
  }

  /** A statement of a serializable transaction reads these; a rollback to a savepoint does not take it back. */
  noteReads(reads: StatementReads): void {
    this.#reads.add(reads);
  }

  setSavepoint(name: string, rewinds: readonly Rewind[]): void {
    this.#savepoints.set(name, rewinds);
  }

  releaseSavepoint(name: string): void {
    this.#savepoints.release(name);
  }

  /** Undoes the block's work since the savepoint; a failed block is open again. See Savepoints.rollbackTo for errors. */
  async rollbackTo(
    name: string,
    options: { readonly head: HeadId; readonly keepsSnapshot: boolean; readonly signal: AbortSignal },
  ): Promise<void> {
    const before = this.#block;
    // What is written again belongs to the block, not to a transaction of each statement.
    this.#block = "open";
    try {
      await this.#savepoints.rollbackTo(name, {
        registry: this.#context.registry,
        current: this.#current,
        keepsSnapshot: options.keepsSnapshot,
        snapshotSequence: this.#snapshotSequence,
        begin: async () => await this.need(options.head, options.signal),
        rollback: async () => await this.rollbackCurrent(),
      });
    } catch (error) {
      this.#block = before;
      throw error;
    }
  }

  beginBlock(): void {
    this.#block = "open";
    if (this.#current === undefined) this.#snapshotSequence = undefined;
  }

  beginImplicit(): void {
    this.#implicit = true;
    this.#implicitStatements = 0;
  }

  /** Ends the implicit transaction; a block goes on. */
  async endImplicit(): Promise<void> {
    this.#implicit = false;
    if (this.#block !== "none") return;
    this.#forget();
    await this.#commit();
  }

  /**
   * The statements of a message have only read so far: their snapshot ends, and what follows may be on another head. False where
   * there is more than a snapshot to lose.
   */
  async endReads(): Promise<boolean> {
    if (this.#current === undefined) return true;
    const isReading = this.#savepoints.isEmpty && !this.#current.hasWritten;
    if (!this.#implicit || this.inBlock || !isReading) return false;
    this.#snapshotSequence = undefined;
    await this.#commit();
    return true;
  }

  /** COMMIT or ROLLBACK without a block: what the message did so far is kept or gone, and what follows begins anew. */
  async cutImplicit(outcome: "COMMIT" | "ROLLBACK"): Promise<void> {
    this.#forget();
    if (outcome === "COMMIT") await this.#commit();
    else await this.rollbackCurrent();
  }

  /** COMMIT of a block. False when it had failed, and was rolled back instead. */
  async commitBlock(): Promise<boolean> {
    const failed = this.#block === "failed";
    this.#block = "none";
    this.#forget();
    if (failed) await this.rollbackCurrent();
    else await this.#commit();
    return !failed;
  }

  async rollbackBlock(): Promise<void> {
    this.#block = "none";
    this.#forget();
    await this.rollbackCurrent();
  }

  /** A statement failed: its block is failed from here on; an implicit transaction is over. */
  async fail(): Promise<void> {
    if (this.#block === "open") this.#block = "failed";
    if (this.#block === "none") this.#forget();
    // A transaction whose waits were given up can wait for nothing any more.
    const canWait = !this.#wait.signal.aborted;
    if (this.#savepoints.any && !this.#writing && canWait && (await this.#isAlive())) return;
    await this.rollbackCurrent();
  }

  /** The transaction is over as far as its client is concerned. */
  #forget(): void {
    this.#ended++;
    this.#savepoints.clear();
    this.#snapshotSequence = undefined;
    this.#check = this.#reads.take(this.#context.registry);
    this.#constraintModes = newConstraintModes();
  }

  /** Some errors leave DuckDB's transaction as it was: a savepoint can then be gone back to without writing anything again. */
  async #isAlive(): Promise<boolean> {
    try {
      await this.#connection.run("SELECT 1");
      return true;
    } catch {
      return false;
    }
  }

  /** Commits a transaction that only one statement used. */
  async commitStatement(): Promise<void> {
    if (this.shared) return;
    this.#forget();
    await this.#commit();
  }

  async #commit(): Promise<void> {
    const transaction = this.#current;
    this.#current = undefined;
    if (transaction === undefined) return;
    try {
      const isCommitted = await this.#checkEnd(transaction);
      await transaction.commit(this.#check);
      isCommitted();
    } catch (error) {
      await this.#afterRollback();
      throw lostByUpsert(transaction, error);
    } finally {
      this.#context.rooms.leave(this.#connection);
    }
  }

  async #checkEnd(transaction: Transaction): Promise<() => void> {
    try {
      await this.#beforeCommit();
      await runDeferredChecks(transaction);
      return await this.#context.writes.record(transaction, this.#actor);
    } catch (error) {
      await transaction.rollback();
      throw error;
    }
  }

  async rollbackCurrent(): Promise<void> {
    const transaction = this.#current;
    this.#current = undefined;
    if (transaction === undefined) return;
    await transaction.rollback();
    this.#context.rooms.leave(this.#connection);
    await this.#afterRollback();
  }
}
