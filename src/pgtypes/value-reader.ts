/** Reads the fields of one binary value, with the errors that PostgreSQL's receive functions have for wrong lengths. */
import { SQLSTATE, SqlError } from "../core/errors.js";

/** A value that goes on behind its last field. PostgreSQL says which parameter it was: whoever knows that says so, too. */
export class LeftOverBytes extends SqlError {
  constructor(place = "") {
    super(SQLSTATE.invalidBinaryRepresentation, `incorrect binary data format${place}`);
  }
}

/**
 * A cursor over one value.
 *
 * Errors  08P01 past the end; 22P03 (`end`) with bytes left over
 * Owns    nothing: `bytes` returns views of the value
 */
export class ValueReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  uint8(): number {
    if (this.left === 0) throw new SqlError(SQLSTATE.protocolViolation, "no data left in message");
    return this.#view.getUint8(this.#at++);
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2));
  }

  int16(): number {
    return this.#view.getInt16(this.#advance(2));
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4));
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4));
  }

  int64(): bigint {
    return this.#view.getBigInt64(this.#advance(8));
  }

  float32(): number {
    return this.#view.getFloat32(this.#advance(4));
  }

  float64(): number {
    return this.#view.getFloat64(this.#advance(8));
  }

  bytes(count: number): Uint8Array {
    const start = this.#advance(count);
    return this.#bytes.subarray(start, start + count);
  }

  /** Behind its length; null for one that is NULL. */
  counted(): Uint8Array | null {
    const length = this.int32();
    return length === -1 ? null : this.bytes(length);
  }

  end(): void {
    if (this.left !== 0) throw new LeftOverBytes();
  }

  /** As `end`, with 08P01: some types end a value as a message is ended. */
  endMessage(): void {
    if (this.left !== 0) throw new SqlError(SQLSTATE.protocolViolation, "invalid message format");
  }

  #advance(count: number): number {
    if (count < 0 || count > this.left)
      throw new SqlError(SQLSTATE.protocolViolation, "insufficient data left in message");
    const start = this.#at;
    this.#at += count;
    return start;
  }
}

/** Reads a value of one field. */
export function readWhole<T>(bytes: Uint8Array, read: (reader: ValueReader) => T): T {
  const reader = new ValueReader(bytes);
  const value = read(reader);
  reader.end();
  return value;
}
