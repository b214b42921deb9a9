/**
 * How many rows of its base an overlay has taken over at most, as far as this process knows: not every write need count them. Who
 * writes a table of a branch holds its lock, so nobody else adds to it meanwhile. What was rolled back goes on counting: more than
 * this says when to look, not what is there.
 */
import type { Version } from "./model.js";

const MAX_REMEMBERED = 10_000;

export class TakenOver {
  /** By id of version: what is made anew of an overlay has another one. */
  readonly #atMost = new Map<number, number>();

  /** Infinite where nobody has counted them yet. */
  atMost({ id }: Version): number {
    return this.#atMost.get(id) ?? Number.POSITIVE_INFINITY;
  }

  /** They were counted. */
  note({ id }: Version, rows: number): void {
    // Whatever is forgotten is counted again.
    if (this.#atMost.size >= MAX_REMEMBERED) this.#atMost.clear();
    this.#atMost.set(id, rows);
  }

  /** As many more are taken over. */
  add({ id }: Version, rows: number): void {
    const known = this.#atMost.get(id);
    if (known !== undefined) this.#atMost.set(id, known + rows);
  }
}
