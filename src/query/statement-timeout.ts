/**
 * `statement_timeout`: ends a statement that works for too long, while it starts and while its rows are read.
 *
 * Limits  of the time between two batches, in which the reader sends rows or leaves a portal be, a second at most counts:
 *         a portal that nobody reads from is not cancelled
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { CopySink, RowBatch, StatementResult } from "./types.js";

/** A cancellation that comes between two steps of a statement is not heard: it is repeated. */
const REPEAT_MS = 100;
const MAX_GAP_MS = 1000;

export class StatementTimeout {
  readonly #cancel: () => void;
  #remainingMs: number;
  #maxGapMs = MAX_GAP_MS;
  #startedAt = 0;
  #stoppedAt: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #expired = false;

  /** `limitMs` 0: no limit. */
  constructor(limitMs: number, cancel: () => void) {
    this.#remainingMs = limitMs > 0 ? limitMs : Number.POSITIVE_INFINITY;
    this.#cancel = cancel;
  }

  /** Runs a part of the statement against the time that is left. Errors: 57014 when it runs out. */
  run<T>(work: () => Promise<T> | T): Promise<T> | T {
    return this.#remainingMs === Number.POSITIVE_INFINITY ? work() : this.#runLimited(work);
  }

  async #runLimited<T>(work: () => Promise<T> | T): Promise<T> {
    this.#start();
    try {
      return await work();
    } catch (error) {
      const isCanceled = error instanceof SqlError && error.code === SQLSTATE.queryCanceled;
      throw this.#expired && isCanceled ? timedOut() : error;
    } finally {
      this.#stop();
    }
  }

  get isLimited(): boolean {
    return this.#remainingMs !== Number.POSITIVE_INFINITY;
  }

  /** The same result: what is still to be done for it is under the limit, too. */
  rest(result: StatementResult): StatementResult {
    if (!this.isLimited || ("isFinal" in result && result.isFinal)) return result;
    if (result.kind === "copyIn") return { ...result, sink: this.sink(result.sink) };
    return "batches" in result ? { ...result, batches: this.batches(result.batches) } : result;
  }

  /** The same batches, each read under the limit. */
  batches(batches: AsyncIterableIterator<RowBatch>): AsyncIterableIterator<RowBatch> {
    if (this.#remainingMs === Number.POSITIVE_INFINITY) return batches;
    const limited: AsyncIterableIterator<RowBatch> = {
      [Symbol.asyncIterator]: () => limited,
      next: async () => await this.run(async () => await this.#next(batches)),
      return: async () => (await batches.return?.()) ?? { done: true, value: undefined },
    };
    return limited;
  }

  async #next(batches: AsyncIterableIterator<RowBatch>): Promise<IteratorResult<RowBatch>> {
    if (this.#remainingMs > 0) return await batches.next();
    await batches.return?.();
    throw timedOut();
  }

  /** The same sink. Waiting for the client's data counts: it is part of the statement. */
  sink(sink: CopySink): CopySink {
    if (this.#remainingMs === Number.POSITIVE_INFINITY) return sink;
    this.#maxGapMs = Number.POSITIVE_INFINITY;
    const within = async <T>(work: () => Promise<T>): Promise<T> =>
      await this.run(async () => {
        if (this.#remainingMs > 0) return await work();
        throw timedOut();
      });
    return {
      get place() {
        return sink.place;
      },
      write: async (data) => await within(async () => await sink.write(data)),
      finish: async () => await within(async () => await sink.finish()),
      abort: async (reason) => await sink.abort(reason),
    };
  }

  #start(): void {
    this.#startedAt = performance.now();
    if (this.#stoppedAt !== undefined) {
      this.#remainingMs -= Math.min(this.#startedAt - this.#stoppedAt, this.#maxGapMs);
    }
    if (this.#remainingMs > 0) this.#timer = setTimeout(() => this.#expire(), this.#remainingMs);
  }

  #expire(): void {
    this.#expired = true;
    this.#cancel();
    this.#timer = setInterval(this.#cancel, REPEAT_MS);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#stoppedAt = performance.now();
    this.#remainingMs -= this.#stoppedAt - this.#startedAt;
  }
}

function timedOut(): SqlError {
  return new SqlError(SQLSTATE.queryCanceled, "canceling statement due to statement timeout");
}
