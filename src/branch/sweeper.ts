/** From time to time ends expired branches, releases deleted ones, and removes what nobody reads any more and what the registry has written over. */
import type { Log } from "../core/log.js";
import { Garbage } from "./garbage.js";
import { sweepHistory } from "./history.js";
import { sweepUndoRows } from "./undo-rows.js";
import { sweepExpired } from "./lifecycle.js";
import { releaseOverdue } from "./release-overdue.js";
import { saveSpentTime } from "./spent-time.js";
import type { BranchContext } from "./branch-context.js";

/** What a sweep came to; `failed` where it did not end. */
export interface Sweep {
  readonly expired: number;
  readonly released: number;
  readonly removed: number;
  readonly failed: boolean;
  readonly ms: number;
}

export class Sweeper implements AsyncDisposable {
  readonly #context: BranchContext;
  readonly #garbage: Garbage;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;
  readonly #stop = new AbortController();
  readonly #tell: (sweep: Sweep) => void;
  #running: Promise<void> = Promise.resolve();

  constructor(
    context: BranchContext,
    intervalMs: number,
    log: Log,
    tell: (sweep: Sweep) => void = () => undefined,
  ) {
    this.#tell = tell;
    this.#context = context;
    this.#garbage = new Garbage(context);
    this.#log = log;
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(async () => await this.#sweep());
    }, intervalMs);
    this.#timer.unref();
  }

  /** A sweep that fails is tried again at the next tick: what it leaves behind is only space. */
  async #sweep(): Promise<void> {
    const beganAt = performance.now();
    const tell = (sweep: Omit<Sweep, "ms">): void =>
      this.#tell({ ...sweep, ms: performance.now() - beganAt });
    try {
      const swept = await sweepExpired(this.#context, Date.now(), this.#stop.signal);
      if (swept.length > 0) this.#log.info({ branches: swept.length }, "expired branches ended");
      const released = await releaseOverdue(this.#context, Date.now(), this.#stop.signal);
      if (released > 0) this.#log.info({ branches: released }, "deleted branches released");
      const removed = await this.#garbage.remove(this.#stop.signal);
      if (removed > 0) this.#log.info({ removed }, "what no branch reads any more was removed");
      await sweepUndoRows(this.#context, Date.now(), this.#stop.signal);
      await saveSpentTime(this.#context);
      await sweepHistory(this.#context.registry, this.#context.retention.history, Date.now());
      await this.#context.registry.compactLogs(this.#stop.signal);
      tell({ expired: swept.length, released, removed, failed: false });
    } catch (error) {
      tell({ expired: 0, released: 0, removed: 0, failed: true });
      this.#log.warn({ err: error }, "sweeping expired branches failed");
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#stop.abort();
    await this.#running;
    await saveSpentTime(this.#context).catch((error: unknown) => {
      this.#log.warn({ err: error }, "saving the time of statements failed");
    });
  }
}
