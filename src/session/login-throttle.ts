/** Slows down who tries passwords, by address and by user name. Knows times and counts, nothing of passwords. */

/** Failures that cost nothing: people mistype. */
const FREE_FAILURES = 3;
const FIRST_DELAY_MS = 250;
/** Bounds what somebody who fails on purpose can do to the login of the user they name. */
const MAX_DELAY_MS = 4_000;
/** One failure is forgotten after each of these. */
const FORGET_MS = 60_000;
const MAX_FAILURES = 10;
const MAX_ENTRIES = 10_000;

interface Entry {
  readonly failures: number;
  readonly atMs: number;
}

/**
 * Failed logins, and how long the next verdict has to wait for them.
 *
 * Limits  MAX_ENTRIES addresses and as many users: the one that failed longest ago is forgotten first
 */
export class LoginThrottle {
  readonly #nowMs: () => number;
  readonly #addresses = new Map<string, Entry>();
  readonly #users = new Map<string, Entry>();

  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  /** How long a verdict waits, whatever it will be. */
  delayMs(address: string, user: string): number {
    const failures = Math.max(this.#failures(this.#addresses, address), this.#failures(this.#users, user));
    if (failures < FREE_FAILURES) return 0;
    return Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - FREE_FAILURES));
  }

  failed(address: string, user: string): void {
    this.#count(this.#addresses, address);
    this.#count(this.#users, user);
  }

  /** The user is known to be well; the address may still be trying other users. */
  succeeded(user: string): void {
    this.#users.delete(user);
  }

  #failures(entries: ReadonlyMap<string, Entry>, key: string): number {
    const entry = entries.get(key);
    if (entry === undefined) return 0;
    return Math.max(0, entry.failures - Math.floor((this.#nowMs() - entry.atMs) / FORGET_MS));
  }

  #count(entries: Map<string, Entry>, key: string): void {
    const failures = Math.min(MAX_FAILURES, this.#failures(entries, key) + 1);
    entries.delete(key);
    entries.set(key, { failures, atMs: this.#nowMs() });
    const [oldest] = entries.keys();
    if (entries.size > MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
  }
}
