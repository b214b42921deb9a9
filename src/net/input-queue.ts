/** Bytes between the task that reads a socket and the one that works on messages. */

/**
 * A bounded queue for one producer and one consumer.
 *
 * Limits  `push` waits while more than `limitBytes` are queued: reading stops, and TCP slows the client down
 * Order   `end` lets the consumer stop at once; what is queued then is dropped
 */
export class InputQueue {
  readonly #limitBytes: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #ended = false;
  #wakeConsumer: (() => void) | undefined;
  #wakeProducer: (() => void) | undefined;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  /** Resolves when there is room for more. After `end`, drops the chunk. */
  async push(chunk: Buffer): Promise<void> {
    if (this.#ended) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.wake();
    while (this.#bytes > this.#limitBytes && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wakeProducer = resolve;
      });
    }
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
    this.#wakeProducer?.();
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
    this.#wakeProducer?.();
  }
}
