/** When each branch was last used, and how long statements took on it. In memory: where nothing is known it was used when this began. */
import { MAIN, type Branch, type HeadId } from "./model.js";

export class BranchActivity {
  readonly #usedAt = new Map<HeadId, number>();
  readonly #beganAtMs: number;

  constructor(nowMs = Date.now()) {
    this.#beganAtMs = nowMs;
  }

  /** A statement begins on the head, or ends. */
  touch(head: HeadId): void {
    if (head !== MAIN) this.#usedAt.set(head, Date.now());
  }

  usedAt({ id, createdAtMs }: Branch): number {
    return this.#usedAt.get(id) ?? Math.max(this.#beganAtMs, createdAtMs);
  }

  forget(head: HeadId): void {
    this.#usedAt.delete(head);
  }
}

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
