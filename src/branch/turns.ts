/**
 * Fairness between a merge and those who write its target all the time: a merge that has lost several times takes the head's
 * turn, and until it is through no transaction begins there. Whoever waits holds nothing yet, so nobody can wait for them; who does hold
 * something, as those who release branches, goes ahead of the turn.
 */
import { canceled } from "./locks.js";
import type { HeadId } from "./model.js";

export class Turns {
  readonly #taken = new Map<HeadId, Promise<void>>();

  /** Waits until nobody has the head's turn. Errors: 57014 when `signal` fires first */
  async pass(head: HeadId, signal: AbortSignal): Promise<void> {
    for (let taken = this.#taken.get(head); taken !== undefined; taken = this.#taken.get(head))
      await unlessAborted(taken, signal);
  }

  /** Runs `work` with the head's turn, when it is free. */
  async take<T>(head: HeadId, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    // No step between the last look and the taking: others wait for the same.
    for (let taken = this.#taken.get(head); taken !== undefined; taken = this.#taken.get(head))
      await unlessAborted(taken, signal);
    let done: () => void = nothing;
    this.#taken.set(head, new Promise<void>((resolve) => (done = resolve)));
    try {
      return await work();
    } finally {
      this.#taken.delete(head);
      done();
    }
  }
}

async function unlessAborted(event: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw canceled();
  let onAbort: () => void = nothing;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(canceled());
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    await Promise.race([event, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function nothing(): void {
  return undefined;
}
