/** Bytes and bits that grow at their end, and are taken away whole. */

const FIRST_BYTES = 1024;

export class GrowingBytes {
  #bytes = new Uint8Array(FIRST_BYTES);
  #used = 0;

  get length(): number {
    return this.#used;
  }

  /** Gives the copy, to be changed in its place until the next call. */
  append(source: Uint8Array): Uint8Array {
    const end = this.#used + source.length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = grown;
    }
    this.#bytes.set(source, this.#used);
    const copy = this.#bytes.subarray(this.#used, end);
    this.#used = end;
    return copy;
  }

  /** A buffer of its own; nothing is left. */
  take(): ArrayBuffer {
    const taken = this.#bytes.slice(0, this.#used).buffer;
    this.#bytes = new Uint8Array(FIRST_BYTES);
    this.#used = 0;
    return taken;
  }
}

/** Bit `n & 7` of byte `n >> 3` is the n-th. */
export class Bits {
  readonly #bytes: number[] = [];
  #length = 0;
  #zeros = 0;

  get length(): number {
    return this.#length;
  }

  get zeros(): number {
    return this.#zeros;
  }

  push(bit: boolean): void {
    const at = this.#length >> 3;
    if (bit) this.#bytes[at] = (this.#bytes[at] ?? 0) | (1 << (this.#length & 7));
    else {
      this.#bytes[at] ??= 0;
      this.#zeros++;
    }
    this.#length++;
  }

  /** Nothing is left. */
  take(): Uint8Array {
    const taken = Uint8Array.from(this.#bytes);
    this.#bytes.length = 0;
    this.#length = 0;
    this.#zeros = 0;
    return taken;
  }
}
