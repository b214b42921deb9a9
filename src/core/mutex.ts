/** Mutual exclusion for short critical sections of async code. */

/** A first-come-first-served lock. */
export class Mutex {
  #tail: Promise<void> = Promise.resolve();

  /** Runs `work` alone; an error of `work` releases the lock and goes to the caller. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#tail;
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#tail = held;
    await before;
    try {
      return await work();
    } finally {
      release();
    }
  }
}
