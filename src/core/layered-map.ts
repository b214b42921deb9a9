/**
 * An immutable map that is cheap to change: a large one that is shared, and the few changes since it was made. A change
 * copies about the square root of its entries.
 */

/** Changes up to which the large map is never made anew. */
const FEW_CHANGES = 32;

/** Iterates in the order in which keys were first put, as Map does. Values are never undefined. */
export class LayeredMap<K, V> {
  readonly #base: ReadonlyMap<K, V>;
  /** Undefined for a key that is gone. */
  readonly #changed: ReadonlyMap<K, V | undefined>;

  private constructor(base: ReadonlyMap<K, V>, changed: ReadonlyMap<K, V | undefined>) {
    this.#base = base;
    this.#changed = changed;
  }

  static empty<K, V>(): LayeredMap<K, V> {
    return new LayeredMap<K, V>(new Map(), new Map());
  }

  get(key: K): V | undefined {
    return this.#changed.has(key) ? this.#changed.get(key) : this.#base.get(key);
  }

  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  /** A new map; undefined removes a key. */
  with(changes: Iterable<readonly [K, V | undefined]>): LayeredMap<K, V> {
    const changed = new Map(this.#changed);
    for (const [key, value] of changes) changed.set(key, value);
    const next = new LayeredMap(this.#base, changed);
    if (changed.size <= FEW_CHANGES || changed.size ** 2 <= this.#base.size) return next;
    return new LayeredMap(new Map(next.entries()), new Map());
  }

  *entries(): Generator<[K, V]> {
    for (const [key, value] of this.#base) {
      const now = this.#changed.has(key) ? this.#changed.get(key) : value;
      if (now !== undefined) yield [key, now];
    }
    for (const [key, value] of this.#changed)
      if (value !== undefined && !this.#base.has(key)) yield [key, value];
  }

  *keys(): Generator<K> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): Generator<V> {
    for (const [, value] of this.entries()) yield value;
  }
}
