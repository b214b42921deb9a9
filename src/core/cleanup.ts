/** Resources to be closed together, the newest first (Node 20 has no AsyncDisposableStack). */
export class Cleanup {
  #steps: (() => Promise<void> | void)[] = [];

  /** Remembers how to close something; returns it. */
  use<T extends AsyncDisposable>(resource: T): T {
    this.defer(async () => await resource[Symbol.asyncDispose]());
    return resource;
  }

  defer(step: () => Promise<void> | void): void {
    this.#steps.push(step);
  }

  /** Closes everything, going on after a failure; the first failure is thrown at the end. Safe to call twice. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
