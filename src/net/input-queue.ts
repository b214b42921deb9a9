/** Bytes between the task that reads a socket and the one that works on messages. */

/**
 * A bounded queue for one producer and one consumer.
 *
 * Limits  `push` says when more than `limitBytes` are queued, and `onRoom` when they are taken: reading stops meanwhile, and
 *         TCP slows the client down
 * Order   `end` lets the consumer stop at once; what is queued then is dropped
 */
export class InputQueue {
  readonly #limitBytes: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #ended = false;
  #wakeConsumer: (() => void) | undefined;
  #isFull = false;
  readonly #onRoom: () => void;

  constructor(limitBytes: number, onRoom: () => void) {
    this.#limitBytes = limitBytes;
    this.#onRoom = onRoom;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  /** False when no more should come before `onRoom`. After `end`, drops the chunk. */
  push(chunk: Buffer): boolean {
    if (this.#ended) return true;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.#isFull = this.#bytes > this.#limitBytes;
    this.wake();
    return !this.#isFull;
  }

  /** All that is queued; waits for some unless `stop` says, now or when woken, that the wait is over. */
  async take(stop: () => boolean): Promise<readonly Buffer[] | undefined> {
    while (this.#chunks.length === 0 || this.#ended) {
      if (this.#ended || stop()) return undefined;
      await new Promise<void>((resolve) => {
        this.#wakeConsumer = resolve;
      });
    }
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#bytes = 0;
    this.#makeRoom();
    return chunks;
  }

  /** Makes a waiting consumer look again at its `stop`. */
  wake(): void {
    this.#wakeConsumer?.();
  }

  end(): void {
    this.#ended = true;
    this.#chunks = [];
    this.#bytes = 0;
    this.#wakeConsumer?.();
    this.#makeRoom();
  }

  #makeRoom(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#onRoom();
  }
}
