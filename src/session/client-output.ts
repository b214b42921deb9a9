/** Replies to one client, gathered so that a query's answer is one write to the socket, and a large one streams. */
import { MessageWriter } from "../wire/message-writer.js";
import type { ClientChannel } from "./client-channel.js";

/** Replies wait for each other up to this size. */
const GATHER_BYTES = 16_384;

/**
 * The way out. `writer` takes small messages; nothing leaves before `flush` or a large `rows`.
 *
 * Limits  holds at most GATHER_BYTES and the message being written
 */
export class ClientOutput {
  readonly writer = new MessageWriter();
  readonly #channel: ClientChannel;

  constructor(channel: ClientChannel) {
    this.#channel = channel;
  }

  /** Sends messages framed elsewhere, behind those in `writer`. When it resolves, the bytes are the caller's again. */
  async rows(bytes: Uint8Array): Promise<void> {
    if (this.writer.length + bytes.length <= GATHER_BYTES) {
      this.writer.append(bytes);
      return;
    }
    await this.flush();
    await this.#channel.send(bytes);
  }

  /** Sends all there is. */
  async flush(): Promise<void> {
    if (this.writer.length > 0) await this.#channel.send(this.writer.take());
  }

  /** So much waits that it should be flushed: a client that pipelines without Sync must not fill memory with replies. */
  get isLarge(): boolean {
    return this.writer.length > GATHER_BYTES;
  }
}
