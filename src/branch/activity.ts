/** When branches were last used, and how long their statements took where that is limited. */
import { MAIN, type Branch, type HeadId } from "./model.js";

/** In memory: of what nothing is known was used when this began. Times are saved from time to time (spent-time.ts). */
export class BranchActivity {
  readonly #usedAt = new Map<HeadId, number>();
  readonly #beganAtMs: number;
  /** Of statements that have ended. */
  readonly #spentMs = new Map<HeadId, number>();
  readonly #unsavedMs = new Map<HeadId, number>();
  /** When those that run began. */
  readonly #running = new Map<HeadId, Set<{ readonly sinceMs: number }>>();

  /** For how many merges. */
  readonly #held = new Map<HeadId, number>();

  constructor(nowMs = Date.now()) {
    this.#beganAtMs = nowMs;
  }

  touch(head: HeadId): void {
    if (head !== MAIN) this.#usedAt.set(head, Date.now());
  }

  /** A merge reads or writes these heads until the answer is disposed of: they do not expire meanwhile. */
  hold(...heads: readonly HeadId[]): Disposable {
    const add = (count: number): void => {
      for (const head of heads) {
        const held = (this.#held.get(head) ?? 0) + count;
        if (held === 0) this.#held.delete(head);
        else this.#held.set(head, held);
      }
    };
    add(1);
    return { [Symbol.dispose]: () => add(-1) };
  }

  isHeld(head: HeadId): boolean {
    return this.#held.has(head);
  }

  /** Infinite while a statement runs on it. */
  usedAt({ id, createdAtMs }: Branch): number {
    if (this.#running.has(id)) return Number.POSITIVE_INFINITY;
    return this.#usedAt.get(id) ?? Math.max(this.#beganAtMs, createdAtMs);
  }

  /** A statement begins on the head; the answer is called when it ends. */
  begin(head: HeadId): () => void {
    if (head === MAIN) return nothing;
    this.touch(head);
    const statement = { sinceMs: performance.now() };
    const running = this.#running.get(head) ?? new Set();
    this.#running.set(head, running.add(statement));
    return () => {
      this.touch(head);
      running.delete(statement);
      if (running.size === 0 && this.#running.get(head) === running) this.#running.delete(head);
      this.spend(head, performance.now() - statement.sinceMs);
    };
  }

  spend(head: HeadId, ms: number): void {
    this.#spentMs.set(head, (this.#spentMs.get(head) ?? 0) + ms);
    this.#unsavedMs.set(head, (this.#unsavedMs.get(head) ?? 0) + ms);
  }

  /** Since the branch was made, those that run included. */
  spentMs(head: HeadId): number {
    const nowMs = performance.now();
    let spent = this.#spentMs.get(head) ?? 0;
    for (const { sinceMs } of this.#running.get(head) ?? []) spent += nowMs - sinceMs;
    return spent;
  }

  /** What was spent before this program began. */
  restore(head: HeadId, ms: number): void {
    this.#spentMs.set(head, (this.#spentMs.get(head) ?? 0) + ms);
  }

  /** What was spent since this was asked last. */
  takeUnsaved(): readonly (readonly [HeadId, number])[] {
    const unsaved = [...this.#unsavedMs];
    this.#unsavedMs.clear();
    return unsaved;
  }

  /** Could not be saved. */
  keepUnsaved(head: HeadId, ms: number): void {
    this.#unsavedMs.set(head, (this.#unsavedMs.get(head) ?? 0) + ms);
  }

  /** Its time goes to its heir, and so does at a start what was saved of it. */
  forget(head: HeadId, heir?: HeadId): void {
    for (const spent of [this.#spentMs, this.#unsavedMs]) {
      const ms = spent.get(head);
      if (heir !== undefined && ms !== undefined) spent.set(heir, (spent.get(heir) ?? 0) + ms);
      spent.delete(head);
    }
    this.#usedAt.delete(head);
  }
}

function nothing(): void {}

/** When a branch's time is over, and why; undefined: never, as things are. */
export interface Expiry {
  readonly atMs: number;
  readonly reason: "age" | "idle";
}

export function expiryOf(branch: Branch, activity: BranchActivity): Expiry | undefined {
  if (branch.protected) return undefined;
  const age = branch.expiresAtMs ?? Number.POSITIVE_INFINITY;
  const { idleMs } = branch.terms;
  const idle = idleMs === null ? Number.POSITIVE_INFINITY : activity.usedAt(branch) + idleMs;
  const atMs = Math.min(age, idle);
  return Number.isFinite(atMs) ? { atMs, reason: idle < age ? "idle" : "age" } : undefined;
}
