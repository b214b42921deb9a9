/** One socket as the protocol wants it: whole frames in, bytes out with back-pressure, and a clean end. */
import type { Socket } from "node:net";
import { type ClientChannel, ClientGoneError } from "../session/client-channel.js";
import type { StartupChannel } from "../session/startup.js";
import { type Frame, FrameReader } from "../wire/frame-reader.js";
import { InputQueue } from "./input-queue.js";

/** Input read ahead of the message being worked on. */
const MAX_QUEUED_INPUT_BYTES = 262_144;
/** Largest packet or message before authentication: PostgreSQL's MAX_STARTUP_PACKET_LENGTH. */
const UNTRUSTED_MESSAGE_BYTES = 10_000;
/** How long a client may take to read the last bytes and close. */
const LINGER_MS = 1000;

/**
 * Owns the socket. `pump` reads it, independently of the work, so that a client that hangs up is noticed while its
 * statement runs; everything else is called by the one task that serves the client.
 */
export class SocketChannel implements ClientChannel, StartupChannel {
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  readonly #queue = new InputQueue(MAX_QUEUED_INPUT_BYTES);
  #maxMessageBytes = UNTRUSTED_MESSAGE_BYTES;
  #stopAtRest = false;
  #stopped = false;
  #wakeSender: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    // These only wake a waiting sender: the reason to end shows in `pump`. An error nobody listens to, for example of a
    // write behind the client's end, would end the process.
    socket.on("error", this.#wake);
    socket.on("close", this.#wake);
  }

  /** Reads until the client hangs up or the socket breaks; never rejects. */
  async pump(): Promise<void> {
    try {
      const chunks: AsyncIterable<Buffer> = this.#socket;
      for await (const chunk of chunks) await this.#queue.push(chunk);
    } catch {
      // A reset by the client: the same to us as its orderly end.
      this.#socket.destroy();
    } finally {
      this.#stopped = true;
      this.#queue.end();
    }
  }

  get unreadBytes(): number {
    return this.#reader.bufferedBytes + this.#queue.bytes;
  }

  async nextStartup(): Promise<Buffer | undefined> {
    return this.#nextFrom(() => this.#reader.nextStartup(UNTRUSTED_MESSAGE_BYTES), true);
  }

  async nextFrame(atRest: boolean): Promise<Frame | undefined> {
    return this.#nextFrom(() => this.#reader.next(this.#maxMessageBytes), atRest);
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (!this.#socket.writable) throw new ClientGoneError();
    // Most writes are with the kernel when this returns: then there is nothing to wait for.
    this.#socket.write(bytes, this.#wake);
    while (this.#socket.writableLength > 0) {
      await new Promise<void>((resolve) => {
        this.#wakeSender = resolve;
      });
      if (this.#socket.destroyed) throw new ClientGoneError();
    }
  }

  readonly #wake = (): void => this.#wakeSender?.();

  /** The client is authenticated: its messages may be as large as the server allows. */
  trust(maxMessageBytes: number): void {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** No more frames as soon as nothing is under way for the client. */
  stopAtRest(): void {
    this.#stopAtRest = true;
    this.#queue.wake();
  }

  /** No more frames at all. */
  stop(): void {
    this.#stopped = true;
    this.#queue.wake();
  }

  /** Says goodbye: what was sent goes out, what comes in is dropped, and after a moment the socket is gone. */
  async end(): Promise<void> {
    this.#stopped = true;
    this.#queue.end();
    if (this.#socket.closed) return;
    const timer = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    const closed = new Promise<void>((resolve) => {
      this.#socket.once("close", () => resolve());
    });
    this.#socket.end();
    await closed;
    clearTimeout(timer);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #nextFrom<T>(next: () => T | undefined, atRest: boolean): Promise<T | undefined> {
    const stop = (): boolean => this.#stopped || (atRest && this.#stopAtRest);
    for (;;) {
      if (stop()) return undefined;
      const frame = next();
      if (frame !== undefined) return frame;
      const chunks = await this.#queue.take(stop);
      if (chunks === undefined) return undefined;
      for (const chunk of chunks) this.#reader.push(chunk);
    }
  }
}
