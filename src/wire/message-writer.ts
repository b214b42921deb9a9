/** A growing buffer of backend messages. Knows framing, not the messages. */
import type { Charset } from "../core/charset.js";

const INITIAL_BYTES = 1024;

/**
 * Collects messages until they are taken.
 *
 * Use     begin(tag) · fields · end(), or `append` for messages already framed
 * Owns    `take` gives the bytes away: they are never written again
 */
export class MessageWriter {
  #buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #length = 0;
  #lengthFieldAt = -1;
  /** In which texts are written; UTF-8 without one. */
  charset: Charset | undefined;

  /** Bytes of whole messages waiting to be taken. */
  get length(): number {
    return this.#length;
  }

  /** Starts a message with its one-character type. */
  begin(tag: string): this {
    this.uint8(tag.charCodeAt(0));
    this.#lengthFieldAt = this.#reserve(4);
    return this;
  }

  /** Ends the message begun last: fills in its length. */
  end(): void {
    this.#buffer.writeInt32BE(this.#length - this.#lengthFieldAt, this.#lengthFieldAt);
    this.#lengthFieldAt = -1;
  }

  uint8(value: number): this {
    const at = this.#reserve(1);
    this.#buffer.writeUInt8(value, at);
    return this;
  }

  int16(value: number): this {
    const at = this.#reserve(2);
    this.#buffer.writeInt16BE(value, at);
    return this;
  }

  uint16(value: number): this {
    const at = this.#reserve(2);
    this.#buffer.writeUInt16BE(value, at);
    return this;
  }

  int32(value: number): this {
    const at = this.#reserve(4);
    this.#buffer.writeInt32BE(value, at);
    return this;
  }

  uint32(value: number): this {
    const at = this.#reserve(4);
    this.#buffer.writeUInt32BE(value, at);
    return this;
  }

  /**
   * A text and its zero byte. A zero inside would end the field early and shift all that follows: it is replaced, and so is
   * what the client's encoding lacks, in names and messages; rows are held to more.
   */
  cstring(text: string): this {
    const safe = text.includes("\0") ? text.replaceAll("\0", "\uFFFD") : text;
    if (this.charset !== undefined) return this.append(this.charset.encodeLossy(safe)).uint8(0);
    const bytes = Buffer.byteLength(safe);
    const at = this.#reserve(bytes + 1);
    this.#buffer.write(safe, at, bytes, "utf8");
    this.#buffer.writeUInt8(0, at + bytes);
    return this;
  }

  /** Copies bytes as they are: part of a message, or messages framed by someone else. */
  append(bytes: Uint8Array): this {
    const at = this.#reserve(bytes.length);
    this.#buffer.set(bytes, at);
    return this;
  }

  /** Gives away what was written so far. */
  take(): Buffer {
    const bytes = this.#buffer.subarray(0, this.#length);
    this.#buffer = Buffer.allocUnsafe(INITIAL_BYTES);
    this.#length = 0;
    return bytes;
  }

  #reserve(count: number): number {
    const at = this.#length;
    const needed = at + count;
    if (needed > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
      grown.set(this.#buffer.subarray(0, at));
      this.#buffer = grown;
    }
    this.#length = needed;
    return at;
  }
}
