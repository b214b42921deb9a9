/** One socket as the protocol wants it: whole frames in, bytes out with back-pressure, and a clean end. */
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { TLSSocket } from "node:tls";
import type { AuthenticationChannel, Encryption, Peer } from "../session/authentication.js";
import { ClientGoneError } from "../session/client-channel.js";
import type { StartupChannel } from "../session/startup.js";
import { type Frame, FrameReader } from "../wire/frame-reader.js";
import { InputQueue } from "./input-queue.js";
import { isLoopback } from "../core/loopback.js";
import type { TlsIdentity } from "./tls-identity.js";

/** Input read ahead of the message being worked on. */
const MAX_QUEUED_INPUT_BYTES = 262_144;
/** Largest packet or message before authentication: PostgreSQL's MAX_STARTUP_PACKET_LENGTH. */
const UNTRUSTED_MESSAGE_BYTES = 10_000;
/** How long a client may take to read the last bytes and close. */
const LINGER_MS = 1000;
/** What PostgreSQL's clients from version 17 on name when they negotiate. */
const ALPN_PROTOCOLS = ["postgresql"];

const YES = Buffer.from("S");

/**
 * Owns the socket. `pump` reads it, independently of the work, so that a client that hangs up is noticed while its
 * statement runs; everything else is called by the one task that serves the client.
 */
export class SocketChannel implements AuthenticationChannel, StartupChannel {
  readonly #socket: Socket;
  readonly #identity: TlsIdentity | undefined;
  readonly #address: string;
  /** What bytes go through: the socket, or TLS on top of it. */
  #stream: Socket;
  #encryption: Encryption | undefined;
  /** TLS has begun and nothing has come through it: nobody could read what is sent. */
  #handshaking = false;
  readonly #reader = new FrameReader();
  readonly #queue = new InputQueue(MAX_QUEUED_INPUT_BYTES, () => this.#stream.resume());
  #maxMessageBytes = UNTRUSTED_MESSAGE_BYTES;
  #hurried = false;
  #stopAtRest = false;
  #stopped = false;
  #wakeSender: (() => void) | undefined;
  /** Aborted when nothing that is to come counts any more. */
  readonly #ended = new AbortController();

  /** `identity` is what it shows to clients that want to encrypt; undefined when it cannot. */
  constructor(socket: Socket, identity: TlsIdentity | undefined) {
    this.#identity = identity;
    this.#socket = socket;
    this.#stream = socket;
    this.#address = socket.remoteAddress ?? "";
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    this.#listen(socket);
  }

  get peer(): Peer {
    return {
      address: this.#address,
      isLoopback: isLoopback(this.#address),
      encryption: this.#encryption,
    };
  }

  /** Reads until the client hangs up or the socket breaks; never rejects. */
  async pump(): Promise<void> {
    this.#read(this.#socket);
    const { signal } = this.#ended;
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  get unreadBytes(): number {
    return this.#reader.bufferedBytes + this.#queue.bytes + this.#stream.readableLength;
  }

  get canEncrypt(): boolean {
    return this.#identity !== undefined && this.#encryption === undefined;
  }

  /**
   * Agrees to encrypt, and does so from the next byte on: what this writes is still plain, and no byte can be read
   * between the two.
   */
  encrypt(): void {
    const identity = this.#identity;
    if (identity === undefined) throw new Error("there is no certificate to encrypt with");
    this.#socket.write(YES);
    this.#socket.removeAllListeners("data");
    const secure = new TLSSocket(this.#socket, {
      isServer: true,
      secureContext: identity.context,
      ALPNProtocols: ALPN_PROTOCOLS,
    });
    this.#stream = secure;
    this.#encryption = identity;
    this.#handshaking = true;
    this.#listen(secure);
    this.#read(secure);
  }

  async nextStartup(): Promise<Buffer | undefined> {
    return this.#nextFrom(() => this.#reader.nextStartup(UNTRUSTED_MESSAGE_BYTES), true);
  }

  nextFrame(atRest: boolean): Promise<Frame | undefined> | Frame | undefined {
    if (this.#isOver(atRest)) return undefined;
    return (
      this.#reader.next(this.#maxMessageBytes) ??
      this.#nextFrom(() => this.#reader.next(this.#maxMessageBytes), atRest)
    );
  }

  async send(bytes: Uint8Array): Promise<void> {
    const stream = this.#stream;
    if (!stream.writable || this.#handshaking) throw new ClientGoneError();
    // Most writes are with the kernel when this returns: then there is nothing to wait for.
    stream.write(bytes, this.#wake);
    while (stream.writableLength > 0) {
      await new Promise<void>((resolve) => {
        this.#wakeSender = resolve;
      });
      if (stream.destroyed) throw new ClientGoneError();
    }
  }

  async pause(ms: number): Promise<void> {
    // Rejects when the connection ends: whoever waits will see that next.
    await delay(ms, undefined, { signal: this.#ended.signal }).catch(() => undefined);
  }

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
    this.#ended.abort();
  }

  /** Says goodbye: what was sent goes out, what comes in is dropped, and after a moment the socket is gone. */
  async end(): Promise<void> {
    this.#endInput();
    if (this.#socket.closed) return;
    const timer = setTimeout(() => this.destroy(), LINGER_MS);
    const closed = new Promise<void>((resolve) => {
      this.#socket.once("close", () => resolve());
    });
    if (this.#handshaking) this.destroy();
    else if (this.#hurried) this.#stream.destroySoon();
    else this.#stream.end();
    await closed;
    clearTimeout(timer);
  }

  /** The client is not waited for when it ends. */
  hurry(): void {
    this.#hurried = true;
    if (this.#queue.isEnded) this.#stream.destroySoon();
  }

  destroy(): void {
    this.#stream.destroy();
    this.#socket.destroy();
  }

  /** Reads one of the two streams to its end. The socket below TLS gives nothing any more, and ends with it. */
  #read(stream: Socket): void {
    stream.on("data", (chunk: Buffer) => {
      this.#handshaking = false;
      if (!this.#queue.push(chunk)) stream.pause();
    });
    stream.once("end", () => this.#endInput());
    // A reset by the client, or a failed handshake: the same to us as its orderly end.
    stream.once("close", () => this.#endInput());
  }

  #endInput(): void {
    this.#stopped = true;
    this.#queue.end();
    this.#ended.abort();
  }

  /**
   * These only wake a waiting sender: the reason to end shows in `pump`. An error nobody listens to, for example of a
   * write behind the client's end, would end the process.
   */
  #listen(stream: Socket): void {
    stream.on("error", this.#wake);
    stream.on("close", this.#wake);
  }

  readonly #wake = (): void => this.#wakeSender?.();

  /** No more frames are wanted. */
  #isOver(atRest: boolean): boolean {
    return this.#stopped || (atRest && this.#stopAtRest);
  }

  async #nextFrom<T>(next: () => T | undefined, atRest: boolean): Promise<T | undefined> {
    for (;;) {
      if (this.#isOver(atRest)) return undefined;
      const frame = next();
      if (frame !== undefined) return frame;
      const chunks = await this.#queue.take(() => this.#isOver(atRest));
      if (chunks === undefined) return undefined;
      for (const chunk of chunks) this.#reader.push(chunk);
    }
  }
}
