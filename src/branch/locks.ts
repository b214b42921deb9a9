/**
 * Exclusive locks held to the end of a transaction: one writer at a time per (branch, table). Every waiter waits for
 * exactly one owner, so a deadlock is a cycle found by walking a chain.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";

/** Whoever holds locks: a transaction. Compared by identity. */
export type LockOwner = object;

interface Lock {
  owner: LockOwner;
  readonly waiting: { readonly owner: LockOwner; readonly grant: () => void }[];
}

interface Wait {
  readonly owner: LockOwner;
  readonly signal: AbortSignal;
}

export class LockTable {
  readonly #locks = new Map<string, Lock>();
  readonly #waitsFor = new Map<LockOwner, string>();
  readonly #limitsMs = new WeakMap<LockOwner, number>();

  /** How long an owner's waits may take from now on; 0 for ever. */
  limitWaits(owner: LockOwner, limitMs: number): void {
    this.#limitsMs.set(owner, limitMs);
  }

  /**
   * Takes a lock, waiting for its owner to release it. Taking a lock again is free.
   *
   * Errors  40P01 when waiting would close a cycle, 57014 when `signal` fires first, 55P03 after the owner's limit
   */
  async acquire(key: string, owner: LockOwner, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw canceled();
    const lock = this.#locks.get(key);
    if (lock === undefined) {
      this.#locks.set(key, { owner, waiting: [] });
      return;
    }
    if (lock.owner === owner) return;
    if (this.#wouldDeadlock(lock, owner)) throw new SqlError(SQLSTATE.deadlockDetected, "deadlock detected");
    await this.#wait(key, lock, { owner, signal });
  }

  async #wait(key: string, lock: Lock, { owner, signal }: Wait): Promise<void> {
    this.#waitsFor.set(owner, key);
    const limitMs = this.#limitsMs.get(owner) ?? 0;
    let timer: NodeJS.Timeout | undefined;
    let onAbort: (() => void) | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const waiter = { owner, grant: resolve };
        lock.waiting.push(waiter);
        const giveUp = (error: SqlError): void => {
          const index = lock.waiting.indexOf(waiter);
          if (index === -1) return; // granted at the same moment
          lock.waiting.splice(index, 1);
          reject(error);
        };
        onAbort = () => giveUp(canceled());
        if (limitMs > 0) timer = setTimeout(() => giveUp(timedOut()), limitMs);
        if (signal.aborted) onAbort();
        else signal.addEventListener("abort", onAbort, { once: true });
      });
    } finally {
      clearTimeout(timer);
      if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
      this.#waitsFor.delete(owner);
    }
  }

  /** Releases everything the owner holds; the longest waiter of each lock gets it. */
  releaseAll(owner: LockOwner): void {
    for (const [key, lock] of this.#locks) {
      if (lock.owner !== owner) continue;
      const next = lock.waiting.shift();
      if (next === undefined) this.#locks.delete(key);
      else {
        lock.owner = next.owner;
        // Before anybody looks who waits for whom: it would wait for itself.
        this.#waitsFor.delete(next.owner);
        next.grant();
      }
    }
  }

  #wouldDeadlock(start: Lock, owner: LockOwner): boolean {
    let holder: LockOwner | undefined = start.owner;
    while (holder !== undefined) {
      if (holder === owner) return true;
      const key = this.#waitsFor.get(holder);
      holder = key === undefined ? undefined : this.#locks.get(key)?.owner;
    }
    return false;
  }
}

export function canceled(): SqlError {
  return new SqlError(SQLSTATE.queryCanceled, "canceling statement due to user request");
}

function timedOut(): SqlError {
  return new SqlError(SQLSTATE.lockNotAvailable, "canceling statement due to lock timeout");
}
