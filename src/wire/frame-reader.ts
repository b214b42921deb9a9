/**
 * Cuts one connection's byte stream into protocol frames. Knows lengths and limits, nothing of what a body means.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { type FrontendTag, isFrontendTag, isSmallMessage } from "./frontend-tags.js";

/** One typed message: its tag and its body, without the length. */
export interface Frame {
  readonly tag: FrontendTag;
  readonly body: Buffer;
}

/** Messages that hold no more than a name or a number: PostgreSQL's PQ_SMALL_MESSAGE_LIMIT. */
const SMALL_MESSAGE_BYTES = 10_000;
const LENGTH_BYTES = 4;

/** What arrived does not begin like a client of this protocol: PostgreSQL closes the connection without a word. */
export class NoStartupPacketError extends SqlError {}

/** Chunks are joined up to this size, so that a client sending single bytes cannot cost an object per byte. */
const JOIN_BYTES = 65_536;

/**
 * Splits one connection's byte stream into protocol frames, whatever the chunking.
 *
 * Shape   start-up packet = length i32 BE (counts itself) · body; typed frame = tag u8 · length i32 BE · body
 * Limits  unknown tag, length < 4 or above its limit → SqlError 08P01, before the body has arrived; the reader is
 *         dead afterwards and throws the same error again
 * Owns    frames are views of memory never rewritten; copy what must outlive the message by much
 * Source  https://www.postgresql.org/docs/15/protocol-message-formats.html
 */
export class FrameReader {
  readonly #chunks: Buffer[] = [];
  #bufferedBytes = 0;
  #failure: SqlError | undefined;

  /** Bytes received and not yet handed out. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** Takes over the chunk's memory: the caller must not write to it any more. */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#bufferedBytes += chunk.length;
    let last = chunk;
    let before = this.#chunks.at(-1);
    // Joins like a binary counter: every byte is copied at most log2(JOIN_BYTES) times.
    while (before && before.length < 2 * last.length && before.length + last.length <= JOIN_BYTES) {
      this.#chunks.pop();
      last = Buffer.concat([before, last]);
      before = this.#chunks.at(-1);
    }
    this.#chunks.push(last);
  }

  /** The next untagged packet's body, or undefined while it is incomplete. The limit counts its length field. */
  nextStartup(maxStartupBytes: number): Buffer | undefined {
    this.#throwIfDead();
    const header = this.#peek(LENGTH_BYTES);
    if (header === undefined) return undefined;
    const length = header.readInt32BE(0);
    if (length < LENGTH_BYTES * 2 || length > maxStartupBytes) {
      const message = "invalid length of startup packet";
      throw this.#die(new NoStartupPacketError(SQLSTATE.protocolViolation, message));
    }
    return this.#take(length)?.subarray(LENGTH_BYTES);
  }

  /** The next typed frame, or undefined while it is incomplete. The limit counts its length field, not its tag. */
  next(maxMessageBytes: number): Frame | undefined {
    this.#throwIfDead();
    const tag = this.#peek(1)?.readUInt8(0);
    if (tag === undefined) return undefined;
    if (!isFrontendTag(tag)) throw this.#die(violation(`invalid frontend message type ${tag}`));
    const header = this.#peek(1 + LENGTH_BYTES);
    if (header === undefined) return undefined;
    const length = header.readInt32BE(1);
    const limit = isSmallMessage(tag) ? Math.min(SMALL_MESSAGE_BYTES, maxMessageBytes) : maxMessageBytes;
    if (length < LENGTH_BYTES || length > limit) throw this.#die(violation("invalid message length"));
    const frame = this.#take(1 + length);
    return frame && { tag, body: frame.subarray(1 + LENGTH_BYTES) };
  }

  #throwIfDead(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #die(failure: SqlError): SqlError {
    this.#failure = failure;
    this.#chunks.length = 0;
    this.#bufferedBytes = 0;
    return failure;
  }

  /** The first `count` bytes in one piece, left where they are. */
  #peek(count: number): Buffer | undefined {
    if (this.#bufferedBytes < count) return undefined;
    let first = this.#chunks[0] ?? Buffer.alloc(0);
    if (first.length >= count) return first;
    let joined = 0;
    let bytes = 0;
    while (bytes < count) bytes += this.#chunks[joined++]?.length ?? 0;
    first = Buffer.concat(this.#chunks.splice(0, joined), bytes);
    this.#chunks.unshift(first);
    return first;
  }

  #take(count: number): Buffer | undefined {
    const first = this.#peek(count);
    if (first === undefined) return undefined;
    if (first.length === count) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(count);
    this.#bufferedBytes -= count;
    return first.subarray(0, count);
  }
}

function violation(message: string): SqlError {
  return new SqlError(SQLSTATE.protocolViolation, message);
}
