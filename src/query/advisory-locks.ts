/**
 * Advisory locks: what sessions of one server agree to keep each other from, whatever their heads. Several sessions share
 * a lock, or one has it alone; whoever comes later waits its turn.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";

/** Locks one session may hold or wait for. */
const MAX_LOCKS = 10_000;

export type LockMode = "shared" | "exclusive";
/** Compared by identity. */
export type LockSession = object;

interface Waiter {
  readonly session: LockSession;
  readonly mode: LockMode;
  readonly grant: () => void;
}

interface Lock {
  /** How often each session holds it in each mode. */
  readonly holders: Map<LockSession, Record<LockMode, number>>;
  readonly waiting: Waiter[];
}

export interface LockWait {
  readonly signal: AbortSignal;
  /** 0 for ever. */
  readonly limitMs: number;
}

export class AdvisoryLocks {
  readonly #locks = new Map<string, Lock>();
  readonly #waitsFor = new Map<LockSession, Lock>();
  readonly #counts = new WeakMap<LockSession, number>();

  /** Takes a lock if nobody has to be waited for. */
  tryAcquire(key: string, session: LockSession, mode: LockMode): boolean {
    const lock = this.#locks.get(key) ?? { holders: new Map(), waiting: [] };
    if (this.#obstacles(lock, session, mode).length > 0) return false;
    if ((this.#counts.get(session) ?? 0) >= MAX_LOCKS)
      throw new SqlError(SQLSTATE.programLimitExceeded, `too many advisory locks (${MAX_LOCKS})`);
    this.#locks.set(key, lock);
    this.#hold(lock, session, mode);
    return true;
  }

  /**
   * Takes a lock, waiting for it.
   *
   * Errors  40P01 when waiting would close a circle, 57014 when `signal` fires first, 55P03 after the limit
   */
  async acquire(key: string, session: LockSession, mode: LockMode, wait: LockWait): Promise<void> {
    if (this.tryAcquire(key, session, mode)) return;
    const lock = this.#locks.get(key);
    if (lock === undefined) throw new Error("a lock nobody has is free");
    if (this.#closesCircle(lock, session, mode))
      throw new SqlError(SQLSTATE.deadlockDetected, "deadlock detected");
    await this.#wait(lock, session, mode, wait);
  }

  /** Gives a lock back once; false when the session did not have it. */
  release(key: string, session: LockSession, mode: LockMode): boolean {
    const lock = this.#locks.get(key);
    const held = lock?.holders.get(session);
    if (lock === undefined || held === undefined || held[mode] === 0) return false;
    held[mode]--;
    this.#counts.set(session, (this.#counts.get(session) ?? 1) - 1);
    if (held.shared + held.exclusive === 0) lock.holders.delete(session);
    this.#wakeNext(lock);
    if (lock.holders.size === 0) this.#locks.delete(key);
    return true;
  }

  async #wait(
    lock: Lock,
    session: LockSession,
    mode: LockMode,
    { signal, limitMs }: LockWait,
  ): Promise<void> {
    if (signal.aborted) throw canceled();
    this.#waitsFor.set(session, lock);
    let timer: NodeJS.Timeout | undefined;
    let stop: (() => void) | undefined;
    let waiter: Waiter | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        stop = () => reject(canceled());
        waiter = { session, mode, grant: resolve };
        lock.waiting.push(waiter);
        signal.addEventListener("abort", stop, { once: true });
        if (limitMs > 0) timer = setTimeout(() => reject(timedOut()), limitMs);
      });
    } catch (error) {
      const at = lock.waiting.findIndex((other) => other === waiter);
      if (at !== -1) lock.waiting.splice(at, 1);
      // Those behind may have waited for this one alone.
      this.#wakeNext(lock);
      throw error;
    } finally {
      clearTimeout(timer);
      if (stop !== undefined) signal.removeEventListener("abort", stop);
      this.#waitsFor.delete(session);
    }
  }

  /** The first in the queue gets the lock when it is free, and with it those behind who share it. */
  #wakeNext(lock: Lock): void {
    for (let next = lock.waiting[0]; next !== undefined; next = lock.waiting[0]) {
      if (this.#holdersAgainst(lock, next.session, next.mode).length > 0) return;
      lock.waiting.shift();
      this.#hold(lock, next.session, next.mode);
      next.grant();
    }
  }

  #hold(lock: Lock, session: LockSession, mode: LockMode): void {
    const held = lock.holders.get(session) ?? { shared: 0, exclusive: 0 };
    held[mode]++;
    lock.holders.set(session, held);
    this.#counts.set(session, (this.#counts.get(session) ?? 0) + 1);
  }

  /** Whoever has to be waited for. A session that has the lock in this mode takes it again at once. */
  #obstacles(lock: Lock, session: LockSession, mode: LockMode): readonly LockSession[] {
    if ((lock.holders.get(session)?.[mode] ?? 0) > 0) return [];
    const ahead = lock.waiting.filter((waiter) => waiter.session !== session && conflict(waiter.mode, mode));
    return [...this.#holdersAgainst(lock, session, mode), ...ahead.map((waiter) => waiter.session)];
  }

  #holdersAgainst(lock: Lock, session: LockSession, mode: LockMode): readonly LockSession[] {
    return Array.from(lock.holders)
      .filter(([other, held]) => other !== session && (held.exclusive > 0 || mode === "exclusive"))
      .map(([other]) => other);
  }

  #closesCircle(start: Lock, session: LockSession, mode: LockMode): boolean {
    const seen = new Set<LockSession>();
    const open = [...this.#obstacles(start, session, mode)];
    for (let other = open.pop(); other !== undefined; other = open.pop()) {
      if (other === session) return true;
      if (seen.has(other)) continue;
      seen.add(other);
      const lock = this.#waitsFor.get(other);
      const waiter = lock?.waiting.find((candidate) => candidate.session === other);
      if (lock !== undefined && waiter !== undefined) open.push(...this.#ahead(lock, waiter));
    }
    return false;
  }

  /** Whom somebody in the queue waits for. */
  #ahead(lock: Lock, waiter: Waiter): readonly LockSession[] {
    const before = lock.waiting.slice(0, lock.waiting.indexOf(waiter));
    const queued = before.filter((other) => conflict(other.mode, waiter.mode)).map((other) => other.session);
    return [...this.#holdersAgainst(lock, waiter.session, waiter.mode), ...queued];
  }
}

function conflict(one: LockMode, other: LockMode): boolean {
  return one === "exclusive" || other === "exclusive";
}

function canceled(): SqlError {
  return new SqlError(SQLSTATE.queryCanceled, "canceling statement due to user request");
}

function timedOut(): SqlError {
  return new SqlError(SQLSTATE.lockNotAvailable, "canceling statement due to lock timeout");
}
