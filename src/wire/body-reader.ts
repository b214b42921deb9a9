/** Reads the fields of one message body. Bounds-checked: a short, long or badly encoded body is a SqlError. */
import { isUtf8 } from "node:buffer";
import type { Charset } from "../core/charset.js";
import { SQLSTATE, SqlError } from "../core/errors.js";

/**
 * A cursor over one message body.
 *
 * Errors  08P01 past the end, without a terminator, or (`end`) with bytes left over; 22021 for text that is not UTF-8,
 *         22P05 for text that is none in `charset`, if the client has one
 * Owns    nothing: `bytes` returns views of the body
 */
export class BodyReader {
  readonly #body: Buffer;
  readonly #charset: Charset | undefined;
  #offset = 0;

  constructor(body: Buffer, charset?: Charset) {
    this.#body = body;
    this.#charset = charset;
  }

  get remaining(): number {
    return this.#body.length - this.#offset;
  }

  uint8(): number {
    return this.#body.readUInt8(this.#advance(1));
  }

  /** Counts are unsigned on the wire: 65,535 parameters are allowed. */
  uint16(): number {
    return this.#body.readUInt16BE(this.#advance(2));
  }

  int16(): number {
    return this.#body.readInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.#body.readInt32BE(this.#advance(4));
  }

  uint32(): number {
    return this.#body.readUInt32BE(this.#advance(4));
  }

  bytes(count: number): Buffer {
    const start = this.#advance(count);
    return this.#body.subarray(start, start + count);
  }

  rest(): Buffer {
    return this.bytes(this.remaining);
  }

  /** A text ended by a zero byte. */
  cstring(): string {
    const end = this.#body.indexOf(0, this.#offset);
    if (end < 0) throw new SqlError(SQLSTATE.protocolViolation, "invalid string in message");
    const bytes = this.#body.subarray(this.#offset, end);
    const text = this.#charset === undefined ? decodeUtf8(bytes) : this.#charset.decode(bytes);
    this.#offset = end + 1;
    return text;
  }

  /** Call after the last field: bytes left over mean that client and server disagree on the message's shape. */
  end(): void {
    if (this.remaining !== 0) throw new SqlError(SQLSTATE.protocolViolation, "invalid message format");
  }

  #advance(count: number): number {
    if (count < 0 || count > this.remaining) {
      throw new SqlError(SQLSTATE.protocolViolation, "insufficient data left in message");
    }
    const start = this.#offset;
    this.#offset += count;
    return start;
  }
}

/** Decodes text a client sent; never replaces what it cannot read (22021, which names the bytes). */
export function decodeUtf8(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  const shown = Array.from(firstInvalid(bytes), (byte) => `0x${byte.toString(16).padStart(2, "0")}`).join(
    " ",
  );
  throw new SqlError(
    SQLSTATE.characterNotInRepertoire,
    `invalid byte sequence for encoding "UTF8": ${shown}`,
  );
}

/** The first character that is none, as long as its first byte announces. */
function firstInvalid(bytes: Buffer): Buffer {
  let at = 0;
  for (;;) {
    const character = bytes.subarray(at, at + announcedLength(bytes[at] ?? 0));
    if (!isUtf8(character) || character.length === 0) return character;
    at += character.length;
  }
}

function announcedLength(firstByte: number): number {
  if (firstByte >= 0xf0 && firstByte < 0xf8) return 4;
  if (firstByte >= 0xe0 && firstByte < 0xf0) return 3;
  return firstByte >= 0xc0 && firstByte < 0xe0 ? 2 : 1;
}
