/**
 * Shares the event loop between clients: one that pipelines a million messages, or writes thousands of statements into
 * one, must not keep the others waiting.
 */
import { setImmediate } from "node:timers/promises";

/** Work of one client at a time. Statements are not cut: one may take longer. */
const SLICE_MS = 2;

export class TimeSlice {
  #sinceMs = performance.now();

  /** True when this client has had its share, or has waited for something else meanwhile: then `rest` costs little. */
  get isOver(): boolean {
    return performance.now() - this.#sinceMs > SLICE_MS;
  }

  /** This client was waited for: the others had their turn. */
  restart(): void {
    this.#sinceMs = performance.now();
  }

  /** Between two steps: lets the others go first if this client has had its share. */
  async restIfOver(): Promise<void> {
    if (this.isOver) await this.rest();
  }

  /** Lets everything else that is due go first. */
  async rest(): Promise<void> {
    await setImmediate();
    this.#sinceMs = performance.now();
  }
}
