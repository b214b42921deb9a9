/** Mutual exclusion for short critical sections of async code. */

/** A first-come-first-served lock. */
export class Mutex {
  #tail: Promise<void> = Promise.resolve();

  /** Runs `work` alone; an error of `work` releases the lock and goes to the caller. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#tail;
    const result = before.then(work);
    // The next in line waits for the end of `work`, not for its success: that is the caller's to hear.
    this.#tail = result.then(settled, settled);
    return await result;
  }
}

function settled(): undefined {
  return undefined;
}
