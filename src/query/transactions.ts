/**
 * One session's transaction: none, an implicit one around the statements of one message, or a block the client opened.
 * Keeps the failed state itself: DuckDB does not abort on every error, and answers COMMIT of a broken transaction with
 * success.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { HeadId } from "../branch/model.js";
import { Transaction, type BranchContext } from "../branch/transaction.js";
import type { Connection } from "../engine/connection.js";
import type { TransactionStatus } from "./types.js";

export class SessionTransactions {
  readonly #context: BranchContext;
  readonly #connection: Connection;
  readonly #afterRollback: () => Promise<void>;
  #block: "none" | "open" | "failed" = "none";
  #implicit = false;
  #current: Transaction | undefined;
  /** Ends waits inside the transaction; replaced for each statement. */
  #wait = new AbortController();

  /** `afterRollback` runs when a transaction's work is gone. */
  constructor(context: BranchContext, connection: Connection, afterRollback: () => Promise<void>) {
    this.#context = context;
    this.#connection = connection;
    this.#afterRollback = afterRollback;
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
    this.#current ??= await Transaction.begin(this.#context, this.#connection, head, this.#wait.signal);
    return this.#current;
  }

  /** A transaction's waits end when the statement running now is cancelled. */
  #forwardAbort(signal: AbortSignal): void {
    if (this.#current === undefined) this.#wait = new AbortController();
    const wait = this.#wait;
    signal.addEventListener("abort", () => wait.abort(), { once: true });
  }

  beginBlock(): void {
    this.#block = "open";
  }

  beginImplicit(): void {
    this.#implicit = true;
  }

  /** Ends the implicit transaction; a block goes on. */
  async endImplicit(): Promise<void> {
    this.#implicit = false;
    if (this.#block === "none") await this.#commit();
  }

  /** COMMIT of a block. False when it had failed, and was rolled back instead. */
  async commitBlock(): Promise<boolean> {
    const failed = this.#block === "failed";
    this.#block = "none";
    if (failed) await this.rollbackCurrent();
    else await this.#commit();
    return !failed;
  }

  async rollbackBlock(): Promise<void> {
    this.#block = "none";
    await this.rollbackCurrent();
  }

  /** A statement failed: its block is failed from here on; an implicit transaction is over. */
  async fail(): Promise<void> {
    if (this.#block === "open") this.#block = "failed";
    await this.rollbackCurrent();
  }

  /** Commits a transaction that only one statement used. */
  async commitStatement(): Promise<void> {
    if (!this.shared) await this.#commit();
  }

  async #commit(): Promise<void> {
    const transaction = this.#current;
    this.#current = undefined;
    try {
      await transaction?.commit();
    } catch (error) {
      await this.#afterRollback();
      throw error;
    }
  }

  async rollbackCurrent(): Promise<void> {
    const transaction = this.#current;
    this.#current = undefined;
    if (transaction === undefined) return;
    await transaction.rollback();
    await this.#afterRollback();
  }
}
