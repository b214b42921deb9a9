/**
 * How many requests work at a time: each has a session, and with it a connection to DuckDB. Whoever comes takes what is free.
 * When nothing is, a request waits only if somebody is to give a place: a client that lets its answer wait, or somebody who
 * holds more than a fair part of the places, which is as many as all who want some could have. They are left in peace for
 * `patienceMs`; then they are stopped.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";

/** The work that holds a place, or waits for one. */
export interface SlotWorker {
  /** Since when it waits for its client, in milliseconds of the process's own clock; undefined while it does not. */
  readonly blockedSince: number | undefined;
  /** Aborted when it is to stop. */
  readonly signal: AbortSignal;
  stop(reason: "stalled" | "reclaimed"): void;
  throwIfStopped(): void;
}

interface Holder {
  /** Whose it is: a user, or an address where users are not known. */
  readonly party: string;
  readonly worker: SlotWorker;
}

interface Waiter extends Holder {
  readonly since: number;
  /** Whose place it is to have. */
  victim: Holder | undefined;
  readonly give: (slot: Disposable) => void;
}

export class RequestSlots {
  readonly #limit: number;
  readonly #patienceMs: number;
  /** The oldest first, as those who wait. */
  readonly #holders = new Set<Holder>();
  readonly #waiters = new Set<Waiter>();

  constructor(limit: number, patienceMs: number) {
    this.#limit = limit;
    this.#patienceMs = patienceMs;
  }

  /** Errors: 53300 when nobody is to give a place; what stops the work while it waits */
  async take(party: string, worker: SlotWorker): Promise<Disposable> {
    if (this.#holders.size < this.#limit) return this.#hold({ party, worker });
    if (!this.#mayWait(party)) throw tooMany();
    worker.throwIfStopped();
    return await this.#wait({ party, worker });
  }

  async #wait(asker: Holder): Promise<Disposable> {
    const { worker } = asker;
    const endings: (() => void)[] = [];
    try {
      return await new Promise((give, reject) => {
        const waiter: Waiter = { ...asker, since: performance.now(), victim: undefined, give };
        this.#waiters.add(waiter);
        // At once: whoever is refused is given no place any more.
        const refuse = (): void => void (this.#waiters.delete(waiter) && reject(tooMany()));
        const look = setInterval(() => this.#reclaim(waiter) || refuse(), this.#patienceMs);
        worker.signal.addEventListener("abort", refuse);
        endings.push(
          () => clearInterval(look),
          () => worker.signal.removeEventListener("abort", refuse),
        );
      });
    } catch (error) {
      worker.throwIfStopped();
      throw error;
    } finally {
      for (const end of endings) end();
    }
  }

  #hold({ party, worker }: Holder): Disposable {
    const holder = { party, worker };
    this.#holders.add(holder);
    return {
      [Symbol.dispose]: () => {
        if (this.#holders.delete(holder)) this.#passOn();
      },
    };
  }

  /** To those who have the least, whoever of them has waited longest. */
  #passOn(): void {
    const [next] = [...this.#waiters].toSorted((a, b) => this.#held(a.party) - this.#held(b.party));
    if (next === undefined) return;
    this.#waiters.delete(next);
    next.give(this.#hold(next));
  }

  #mayWait(party: string): boolean {
    const waiting = [...this.#waiters].filter((waiter) => waiter.party === party).length;
    const isPoor = this.#held(party) + waiting < this.#fairPart(party);
    if (isPoor && this.#greediest(party) !== undefined) return true;
    return (
      this.#waiters.size < this.#going().filter(({ worker }) => worker.blockedSince !== undefined).length
    );
  }

  /** Sees to it that somebody gives a place to one who has waited long enough; false if nobody is to. */
  #reclaim(waiter: Waiter): boolean {
    if (waiter.victim !== undefined && this.#holders.has(waiter.victim)) return true;
    const stalled = this.#stalledSince(waiter.since);
    waiter.victim = stalled;
    if (stalled === undefined && this.#held(waiter.party) < this.#fairPart(waiter.party))
      waiter.victim = this.#greediest(waiter.party);
    waiter.victim?.worker.stop(stalled === undefined ? "reclaimed" : "stalled");
    return waiter.victim !== undefined;
  }

  /** Nothing of whose answer was read since then. */
  #stalledSince(time: number): Holder | undefined {
    return this.#going().find(({ worker: { blockedSince } }) => (blockedSince ?? Infinity) <= time);
  }

  /** The newest work of who has the most, if that is more than a fair part: the least is lost with it. */
  #greediest(asker: string): Holder | undefined {
    const going = this.#going();
    const held = (party: string): number => going.filter((holder) => holder.party === party).length;
    const [most] = going.toReversed().toSorted((a, b) => held(b.party) - held(a.party));
    return most !== undefined && held(most.party) > this.#fairPart(asker) ? most : undefined;
  }

  /** Without those that are about to end. */
  #going(): readonly Holder[] {
    return [...this.#holders].filter(({ worker }) => !worker.signal.aborted);
  }

  #held(party: string): number {
    return [...this.#holders].filter((holder) => holder.party === party).length;
  }

  #fairPart(asker: string): number {
    const parties = new Set([...this.#holders, ...this.#waiters].map(({ party }) => party)).add(asker);
    return Math.max(1, Math.floor(this.#limit / parties.size));
  }
}

function tooMany(): SqlError {
  return new SqlError(SQLSTATE.tooManyConnections, "too many requests at a time", {
    hint: "try again when others have ended",
  });
}
