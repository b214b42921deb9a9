/**
 * A branch's `max_seconds` while a statement runs: it is ended when what is left runs out, as it starts, as its rows are read and
 * as its data are copied in. What was taken already is asked for before writes (branch/budgets.ts): who has none left reads on.
 *
 * Limits  the time in which the client reads or sends counts for nobody
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { overtime, readingOvertime, timeLeftMs, timeLimitMs } from "../branch/budgets.js";
import { MAIN } from "../branch/model.js";
import type { SessionCore } from "./session-core.js";
import type { CopySink, RowBatch, StatementResult } from "./types.js";

/** A cancellation that comes between two steps of a statement is not heard: it is repeated. */
const REPEAT_MS = 100;
/** Statements beside this one take of the same time, and it may be given more. */
const LOOK_AGAIN_MS = 250;

type Core = Pick<SessionCore, "head" | "services">;

/** Undefined where nothing limits what is about to run. */
export function timeBudget({ head, services }: Core, cancel: () => void): TimeBudget | undefined {
  if (head === MAIN) return undefined;
  const { registry, activity } = services.context;
  const left = timeLeftMs(registry.state, activity, head);
  if (left === Number.POSITIVE_INFINITY) return undefined;
  const rest = { begin: () => activity.begin(head), cancel };
  if (left >= 0)
    return new TimeBudget({
      ...rest,
      leftMs: () => timeLeftMs(registry.state, activity, head),
      exceeded: () => overtime(registry.state, activity, head),
    });
  const leftMs = (tookMs: number): number => timeLimitMs(registry.state, head) - tookMs;
  return new TimeBudget({
    ...rest,
    leftMs,
    exceeded: (tookMs) => (leftMs(tookMs) < 0 ? readingOvertime(registry.state, head) : undefined),
  });
}

interface Account {
  /** Below zero when there is none. `tookMs`: what this statement took. */
  readonly leftMs: (tookMs: number) => number;
  readonly exceeded: (tookMs: number) => SqlError | undefined;
  /** Time is taken until the answer is called. */
  readonly begin: () => () => void;
  readonly cancel: () => void;
}

export class TimeBudget {
  readonly #account: Account;
  /** By the parts that are done. */
  #tookMs = 0;

  constructor(account: Account) {
    this.#account = account;
  }

  /** Errors: 53400 when the time runs out */
  async run<T>(work: () => Promise<T> | T): Promise<T> {
    let isOver = false;
    let timer: NodeJS.Timeout | undefined;
    const sinceMs = performance.now();
    const tookMs = (): number => this.#tookMs + performance.now() - sinceMs;
    const look = (): void => {
      const left = this.#account.leftMs(tookMs());
      isOver ||= left < 0;
      if (isOver) this.#account.cancel();
      timer = setTimeout(look, isOver ? REPEAT_MS : Math.min(left + 1, LOOK_AGAIN_MS));
    };
    timer = setTimeout(look, Math.min(this.#account.leftMs(tookMs()) + 1, LOOK_AGAIN_MS));
    try {
      return await work();
    } catch (error) {
      const isCanceled = error instanceof SqlError && error.code === SQLSTATE.queryCanceled;
      throw isOver && isCanceled ? (this.#account.exceeded(tookMs()) ?? error) : error;
    } finally {
      this.#tookMs = tookMs();
      clearTimeout(timer);
    }
  }

  /** The same result: what is still to be done for it is under the limit, too. */
  rest(result: StatementResult): StatementResult {
    if (result.kind === "copyIn") return { ...result, sink: this.#sink(result.sink) };
    return "batches" in result ? { ...result, batches: this.#batches(result.batches) } : result;
  }

  async #part<T>(work: () => Promise<T>): Promise<T> {
    const exceeded = this.#account.exceeded(this.#tookMs);
    if (exceeded !== undefined) throw exceeded;
    const ended = this.#account.begin();
    try {
      return await this.run(work);
    } finally {
      ended();
    }
  }

  #batches(batches: AsyncIterableIterator<RowBatch>): AsyncIterableIterator<RowBatch> {
    const limited: AsyncIterableIterator<RowBatch> = {
      [Symbol.asyncIterator]: () => limited,
      next: async () => {
        try {
          return await this.#part(async () => await batches.next());
        } catch (error) {
          await batches.return?.();
          throw error;
        }
      },
      return: async () => (await batches.return?.()) ?? { done: true, value: undefined },
    };
    return limited;
  }

  #sink(sink: CopySink): CopySink {
    return {
      get place() {
        return sink.place;
      },
      write: async (data) => await this.#part(async () => await sink.write(data)),
      finish: async () => await this.#part(async () => await sink.finish()),
      abort: async (reason) => await sink.abort(reason),
    };
  }
}
