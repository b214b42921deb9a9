/**
 * What one session holds of advisory locks, and what its statement has waited for before it started: a function that DuckDB
 * calls cannot wait without keeping a thread from others (`waiting-calls`).
 */
import { setTimeout } from "node:timers/promises";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { AdvisoryLocks, LockMode, LockWait } from "./advisory-locks.js";

const MAX_SLEEP_MS = 2_147_483_647;

interface HeldLock {
  readonly key: string;
  readonly mode: LockMode;
}

/** One of PostgreSQL's advisory lock functions, taken apart. */
interface LockCall {
  readonly mode: LockMode;
  readonly unlocks: boolean;
  readonly tries: boolean;
  readonly inTransaction: boolean;
}

export class SessionWaits {
  readonly #locks: AdvisoryLocks;
  readonly #warn: (message: string) => void;
  readonly #ofSession: HeldLock[] = [];
  readonly #ofTransaction: HeldLock[] = [];
  /** Waited for by the statement that runs, and not yet taken by its calls. */
  readonly #reserved: HeldLock[] = [];
  #hasMarks = false;
  #hasSlept = false;

  constructor(locks: AdvisoryLocks, warn: (message: string) => void) {
    this.#locks = locks;
    this.#warn = warn;
  }

  /** A statement begins: what the last one waited for and did not take is given back. */
  beginStatement(): void {
    this.#hasSlept = false;
    this.#releaseFrom(this.#reserved, 0);
  }

  /** Waits for a lock that a call of the statement will ask for. Errors: those of AdvisoryLocks.acquire. */
  async reserve(functionName: string, keys: readonly bigint[], wait: LockWait): Promise<void> {
    const { mode } = lockCall(functionName);
    const key = keyOf(keys);
    await this.#locks.acquire(key, this, mode, wait);
    this.#reserved.push({ key, mode });
  }

  /** A lock on a table, to the end of the transaction; false where it would have to be waited for, and is not. */
  async lockTable(key: string, mode: LockMode, wait: LockWait | undefined): Promise<boolean> {
    if (wait !== undefined) await this.#locks.acquire(key, this, mode, wait);
    else if (!this.#locks.tryAcquire(key, this, mode)) return false;
    this.#ofTransaction.push({ key, mode });
    return true;
  }

  /** Sleeps for a call of the statement. Errors: 57014 when `signal` fires. */
  async sleep(seconds: number, signal: AbortSignal): Promise<void> {
    try {
      if (seconds > 0) await setTimeout(Math.min(seconds * 1000, MAX_SLEEP_MS), undefined, { signal });
    } catch (cause) {
      throw new SqlError(SQLSTATE.queryCanceled, "canceling statement due to user request", { cause });
    }
    this.#hasSlept = true;
  }

  /** Answers `waited` when DuckDB need not sleep. */
  get slept(): string {
    return this.#hasSlept ? "waited" : "";
  }

  /** What a call gives: nothing for a lock, and whether it was had for one that was tried or given back. */
  call(functionName: string, keys: readonly (string | null | undefined)[]): string | null {
    if (functionName === "pg_advisory_unlock_all") {
      this.#releaseFrom(this.#ofSession, 0);
      return "";
    }
    const numbers = keys.filter((key) => key !== undefined);
    if (numbers.includes(null)) return null;
    const key = keyOf(numbers.map((number) => BigInt(number ?? 0)));
    const call = lockCall(functionName);
    if (call.unlocks) return String(this.#unlock({ key, mode: call.mode }));
    const isHeld = this.#take({ key, mode: call.mode });
    if (isHeld) (call.inTransaction ? this.#ofTransaction : this.#ofSession).push({ key, mode: call.mode });
    if (call.tries) return String(isHeld);
    if (isHeld) return "";
    throw notSupported(
      `${functionName} cannot wait for a lock whose number is found while the statement runs`,
      "call it with a constant or a parameter",
    );
  }

  /** Remembers which locks the transaction has; calling what it gives releases those it took since. */
  mark(): () => void {
    this.#hasMarks = true;
    const count = this.#ofTransaction.length;
    return () => this.#releaseFrom(this.#ofTransaction, count);
  }

  /** A statement failed: its transaction is over but for savepoints it may go back to. */
  failTransaction(): void {
    if (!this.#hasMarks) this.endTransaction();
  }

  endTransaction(): void {
    this.#hasMarks = false;
    this.beginStatement();
    this.#releaseFrom(this.#ofTransaction, 0);
  }

  /** The session is over. */
  leave(): void {
    this.endTransaction();
    this.#releaseFrom(this.#ofSession, 0);
  }

  #take({ key, mode }: HeldLock): boolean {
    const reserved = this.#reserved.findIndex((lock) => lock.key === key && lock.mode === mode);
    if (reserved === -1) return this.#locks.tryAcquire(key, this, mode);
    this.#reserved.splice(reserved, 1);
    return true;
  }

  #unlock({ key, mode }: HeldLock): boolean {
    const at = this.#ofSession.findIndex((lock) => lock.key === key && lock.mode === mode);
    if (at === -1) {
      this.#warn(`you don't own a lock of type ${mode === "shared" ? "ShareLock" : "ExclusiveLock"}`);
      return false;
    }
    this.#ofSession.splice(at, 1);
    return this.#locks.release(key, this, mode);
  }

  #releaseFrom(locks: HeldLock[], start: number): void {
    for (const { key, mode } of locks.splice(start)) this.#locks.release(key, this, mode);
  }
}

function lockCall(functionName: string): LockCall {
  return {
    mode: functionName.endsWith("_shared") ? "shared" : "exclusive",
    unlocks: functionName.includes("_unlock"),
    tries: functionName.includes("_try_"),
    inTransaction: functionName.includes("_xact_"),
  };
}

/** One number of 64 bits and two of 32 are different locks. */
function keyOf(keys: readonly bigint[]): string {
  return keys.join(" ");
}
