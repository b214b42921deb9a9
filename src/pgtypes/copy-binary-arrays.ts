/**
 * Binary arrays of COPY data, as PostgreSQL's array literals.
 *
 * Shape   dimensions i32 · has nulls i32 · element OID i32 · per dimension size i32, lower bound i32 · per element length
 *         i32 (-1 = NULL), bytes; lower bounds are lost, as DuckDB's lists have none
 * Source  array_recv in PostgreSQL 15's arrayfuncs.c
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { badFormat, missingData, type BinaryReader } from "./copy-binary-errors.js";

const HEADER_BYTES = 12;
const MAX_DIMENSIONS = 6;
const MAX_ELEMENTS = 2 ** 27;

export function arrayLiteral(bytes: Uint8Array, elementOid: number, element: BinaryReader): string {
  const reader = new BinaryArray(bytes, elementOid, element);
  const literal = reader.readLevel(0);
  reader.readEnd();
  return literal;
}

class BinaryArray {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #element: BinaryReader;
  readonly #sizes: number[] = [];
  #at = HEADER_BYTES;

  constructor(bytes: Uint8Array, elementOid: number, element: BinaryReader) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#element = element;
    if (bytes.length < HEADER_BYTES) throw missingData();
    const dimensions = this.#view.getInt32(0);
    if (dimensions < 0) throw badFormat(`invalid number of dimensions: ${dimensions}`);
    if (dimensions > MAX_DIMENSIONS) {
      throw new SqlError(
        SQLSTATE.programLimitExceeded,
        `number of array dimensions (${dimensions}) exceeds the maximum allowed (${MAX_DIMENSIONS})`,
      );
    }
    const flags = this.#view.getInt32(4);
    if (flags !== 0 && flags !== 1) throw badFormat("invalid array flags");
    if (this.#view.getInt32(8) !== elementOid)
      throw new SqlError(SQLSTATE.datatypeMismatch, "wrong element type");
    for (let i = 0; i < dimensions; i++) this.#sizes.push(this.#readSize());
  }

  readLevel(depth: number): string {
    const isLeaf = depth >= this.#sizes.length - 1;
    const items: string[] = [];
    for (let left = this.#sizes[depth] ?? 0; left > 0; left--) {
      items.push(isLeaf ? this.#readElement() : this.readLevel(depth + 1));
    }
    return `{${items.join(",")}}`;
  }

  readEnd(): void {
    if (this.#at !== this.#bytes.length) throw badFormat();
  }

  #readSize(): number {
    if (this.#at + 8 > this.#bytes.length) throw missingData();
    const size = this.#view.getInt32(this.#at);
    this.#at += 8;
    // Empty dimensions make no text, whatever the sizes of the others.
    if (size < 0 || size > MAX_ELEMENTS || this.#sizes.some((before) => before * size > MAX_ELEMENTS)) {
      throw new SqlError(
        SQLSTATE.programLimitExceeded,
        `array size exceeds the maximum allowed (${MAX_ELEMENTS})`,
      );
    }
    return size;
  }

  #readElement(): string {
    if (this.#at + 4 > this.#bytes.length) throw missingData();
    const length = this.#view.getInt32(this.#at);
    this.#at += 4;
    if (length === -1) return "NULL";
    if (length < 0 || this.#at + length > this.#bytes.length) throw missingData();
    const value = this.#element(this.#bytes.subarray(this.#at, this.#at + length));
    this.#at += length;
    return `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  }
}
