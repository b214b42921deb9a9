/**
 * SAVEPOINT, RELEASE and ROLLBACK TO over a database without them. Going back when nothing was written since costs
 * nothing; otherwise the transaction begins anew and repeats what it had written before the savepoint, each statement
 * checked to have the same effect. What cannot be repeated is refused, never guessed: docs/decisions/0009.
 */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { Transaction } from "../branch/transaction.js";
import type { Registry, WrittenRelation } from "../branch/registry.js";
import { classifyFailure } from "../engine/failure.js";
import { BlockJournal, type JournalEntry } from "./block-journal.js";

/** A block with more is a loop that has gone wrong. */
const MAX_SAVEPOINTS = 100_000;

/** Goes back to the moment it was made at. */
export type Rewind = () => Promise<void> | void;

/** What the savepoints need of their block. */
export interface SavepointHost {
  readonly registry: Registry;
  /** The open transaction; undefined when none is, or it was lost to an error. */
  readonly current: Transaction | undefined;
  /** A block in REPEATABLE READ must not see anything newer after a rollback. */
  readonly keepsSnapshot: boolean;
  /** The snapshot the block began with; undefined while it has not looked at anything. */
  readonly snapshotSequence: number | undefined;
  /** A new transaction in place of the lost one. */
  begin(): Promise<Transaction>;
  rollback(): Promise<void>;
}

interface Savepoint {
  readonly name: string;
  /** Journal entries written before it. */
  readonly at: number;
  readonly rewinds: readonly Rewind[];
}

/** What a repetition builds on: it must find these relations as they were. */
interface Basis {
  readonly sequence: number;
  readonly written: readonly WrittenRelation[];
}

/** The savepoints of one session's block. */
export class Savepoints {
  readonly #journal = new BlockJournal();
  readonly #stack: Savepoint[] = [];
  #basis: Basis | undefined;

  get any(): boolean {
    return this.#stack.length > 0;
  }

  /** Nothing was written so far. */
  get isEmpty(): boolean {
    return this.#basis === undefined;
  }

  /** A statement of the block has written. */
  record(entry: JournalEntry, transaction: Transaction): void {
    this.#journal.record(entry);
    this.#basis = { sequence: transaction.snapshot.sequence, written: transaction.written };
  }

  /** The block is over. */
  clear(): void {
    this.#journal.cut(0);
    this.#stack.length = 0;
    this.#basis = undefined;
  }

  set(name: string, rewinds: readonly Rewind[]): void {
    if (this.#stack.length >= MAX_SAVEPOINTS) {
      throw new SqlError(
        SQLSTATE.programLimitExceeded,
        `a transaction can have at most ${MAX_SAVEPOINTS} savepoints`,
      );
    }
    this.#stack.push({ name, at: this.#journal.length, rewinds });
  }

  release(name: string): void {
    this.#stack.length = this.#find(name);
  }

  /**
   * Goes back to a savepoint, which stays.
   *
   * Atomic  done completely, or refused with the transaction lost: the block has to be rolled back then
   * Errors  3B001 unknown; 0A000 when something before it cannot be repeated; 40001 when others changed what it rests on
   */
  async rollbackTo(name: string, host: SavepointHost): Promise<void> {
    const index = this.#find(name);
    const savepoint = this.#stack[index];
    if (savepoint === undefined) throw unknownSavepoint(name);
    const isLost = host.current === undefined && host.snapshotSequence !== undefined;
    if (isLost || this.#journal.length > savepoint.at) await this.#writeAgain(savepoint, host);
    this.#journal.cut(savepoint.at);
    this.#stack.length = index + 1;
    for (const rewind of savepoint.rewinds) await rewind();
  }

  #find(name: string): number {
    const index = this.#stack.findLastIndex((savepoint) => savepoint.name === name);
    if (index === -1) throw unknownSavepoint(name);
    return index;
  }

  async #writeAgain(savepoint: Savepoint, host: SavepointHost): Promise<void> {
    const entries = this.#journal.first(savepoint.at);
    const repeats = entries.map((entry) => repeatOf(entry, savepoint));
    await host.rollback();
    if (repeats.length === 0 && !host.keepsSnapshot) return;
    const readsOthers = entries.some((entry) => entry.kind === "repeatable" && entry.readsOthers);
    try {
      const transaction = await host.begin();
      this.#refuseMoved(host, transaction, readsOthers);
      for (const repeat of repeats) await repeat();
      this.#basis = { sequence: transaction.snapshot.sequence, written: transaction.written };
    } catch (error) {
      await host.rollback();
      throw notTheSame(savepoint, error);
    }
  }

  /** Repeated on other rows, the same statements would do something else. */
  #refuseMoved(host: SavepointHost, transaction: Transaction, readsOthers: boolean): void {
    const { sequence } = transaction.snapshot;
    if (host.keepsSnapshot && sequence !== host.snapshotSequence) throw concurrentUpdate();
    const basis = this.#basis;
    if (basis === undefined || sequence === basis.sequence) return;
    const moved = basis.written.some((relation) => host.registry.changedAt(relation) > basis.sequence);
    if (moved || readsOthers) throw concurrentUpdate();
  }
}

function repeatOf(entry: JournalEntry, savepoint: Savepoint): () => Promise<void> {
  if (entry.kind === "repeatable") return entry.repeat;
  throw notSupported(
    `cannot roll back to savepoint "${savepoint.name}": ${entry.reason}`,
    "roll the whole transaction back",
  );
}

function unknownSavepoint(name: string): SqlError {
  return new SqlError(SQLSTATE.invalidSavepointSpecification, `savepoint "${name}" does not exist`);
}

function concurrentUpdate(): SqlError {
  return new SqlError(SQLSTATE.serializationFailure, "could not serialize access due to concurrent update");
}

/** Whatever the repetition met, the client's own statements had worked: only a change around them explains it. */
function notTheSame(savepoint: Savepoint, error: unknown): SqlError {
  const cause = classifyFailure(error);
  const passed: readonly string[] = [SQLSTATE.queryCanceled, SQLSTATE.featureNotSupported];
  if (passed.includes(cause.code)) return cause;
  return new SqlError(
    SQLSTATE.serializationFailure,
    `could not roll back to savepoint "${savepoint.name}": what came before it could not be restored`,
    { detail: cause.message, hint: "roll the whole transaction back and try it again", cause },
  );
}
