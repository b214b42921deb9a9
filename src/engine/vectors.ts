/**
 * Raw reads of a chunk's columns: typed arrays laid over DuckDB's own memory, without a value object per cell.
 *
 * Owns    nothing: every array is a view that dies with the chunk; never keep it
 * Limits  little-endian machines only (DuckDB's Node binding has no other)
 * Source  measured: typed-array loops encode 4–10 M cells/s, the binding's converters 0.2 M
 */
import bindings, { type Vector } from "@duckdb/node-bindings";
import type { DataChunk, EngineType } from "./types.js";

/** One column of a chunk, or the children of a nested one. Row numbers count from 0 inside this vector. */
export class ColumnVector {
  readonly type: EngineType;
  readonly count: number;
  /** Bit `row & 7` of byte `row >> 3` is 1 when the row is not NULL; null when no row is. */
  readonly validity: Uint8Array | null;
  readonly #handle: Vector;

  /** `reachable`: rows that no valid parent row refers to are NULL here, so their memory is never looked at. */
  constructor(handle: Vector, type: EngineType, count: number, reachable: Uint8Array | null = null) {
    this.#handle = handle;
    this.type = type;
    this.count = count;
    const own =
      count === 0 ? null : (bindings.vector_get_validity(handle, Math.ceil(count / 64) * 8) ?? null);
    this.validity = reachable === null ? own : intersect(reachable, own);
  }

  isNull(row: number): boolean {
    return this.validity !== null && ((this.validity[row >> 3] ?? 0) & (1 << (row & 7))) === 0;
  }

  /** The vector's memory: `width` bytes per row. */
  bytes(width: number): Uint8Array<ArrayBuffer> {
    if (this.count === 0) return new Uint8Array(0);
    return unshared(bindings.vector_get_data(this.#handle, this.count * width));
  }

  int8(): Int8Array {
    const memory = this.bytes(1);
    return new Int8Array(memory.buffer, memory.byteOffset, this.count);
  }

  int16(): Int16Array {
    const memory = this.bytes(2);
    return new Int16Array(memory.buffer, memory.byteOffset, this.count);
  }

  uint16(): Uint16Array {
    const memory = this.bytes(2);
    return new Uint16Array(memory.buffer, memory.byteOffset, this.count);
  }

  /** `words` 32-bit words per row: 1 for INTEGER, 2 for a 64-bit value (low, high), 4 for a 128-bit one. */
  int32(words: number): Int32Array {
    const memory = this.bytes(4 * words);
    return new Int32Array(memory.buffer, memory.byteOffset, this.count * words);
  }

  uint32(words: number): Uint32Array {
    const memory = this.bytes(4 * words);
    return new Uint32Array(memory.buffer, memory.byteOffset, this.count * words);
  }

  float32(): Float32Array {
    const memory = this.bytes(4);
    return new Float32Array(memory.buffer, memory.byteOffset, this.count);
  }

  float64(): Float64Array {
    const memory = this.bytes(8);
    return new Float64Array(memory.buffer, memory.byteOffset, this.count);
  }

  bigInt64(): BigInt64Array {
    const memory = this.bytes(8);
    return new BigInt64Array(memory.buffer, memory.byteOffset, this.count);
  }

  /** Elements of a LIST or MAP: all rows' elements in one vector, addressed by `listEntries`. */
  listChild(type: EngineType): ColumnVector {
    const size = this.count === 0 ? 0 : bindings.list_vector_get_size(this.#handle);
    const reachable = new Uint8Array((size + 7) >> 3);
    const entries = this.listEntries();
    for (let row = 0; row < this.count; row++) {
      if (this.isNull(row)) continue;
      const offset = entries[row * 4] ?? 0;
      markRows(reachable, offset, Math.min(size, offset + (entries[row * 4 + 2] ?? 0)));
    }
    return new ColumnVector(bindings.list_vector_get_child(this.#handle), type, size, reachable);
  }

  /** Per row of a LIST or MAP: offset and length (each 64 bit, low word first) in `listChild`. */
  listEntries(): Uint32Array {
    return this.uint32(4);
  }

  /** Elements of an ARRAY: row r has those from `r * length`. */
  arrayChild(type: EngineType, length: number): ColumnVector {
    const size = this.count * length;
    const reachable = new Uint8Array((size + 7) >> 3);
    for (let row = 0; row < this.count; row++) {
      if (!this.isNull(row)) markRows(reachable, row * length, (row + 1) * length);
    }
    return new ColumnVector(bindings.array_vector_get_child(this.#handle), type, size, reachable);
  }

  /** A field of a STRUCT; a UNION is a struct whose field 0 is the tag. */
  structChild(index: number, type: EngineType): ColumnVector {
    return new ColumnVector(
      bindings.struct_vector_get_child(this.#handle, index),
      type,
      this.count,
      this.validity,
    );
  }
}

/** The binding declares ArrayBufferLike; what it makes is an external ArrayBuffer, never a shared one. */
function unshared(memory: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = memory;
  if (!(buffer instanceof ArrayBuffer)) throw new Error("the binding gave shared memory");
  return new Uint8Array(buffer, memory.byteOffset, memory.byteLength);
}

function markRows(bits: Uint8Array, from: number, to: number): void {
  for (let row = from; row < to; row++) bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
}

function intersect(reachable: Uint8Array, own: Uint8Array | null): Uint8Array {
  return own === null ? reachable : reachable.map((byte, index) => byte & (own[index] ?? 0));
}

/** Opens column `index` of a chunk. `type` is the column's type as the result declared it. */
export function openColumn(chunk: DataChunk, index: number, type: EngineType): ColumnVector {
  return new ColumnVector(bindings.data_chunk_get_vector(chunk.chunk, index), type, chunk.rowCount);
}

/** The `count` bytes behind the pointer that lies at `pointerOffset` in `memory`. */
export function bytesBehind(
  memory: Uint8Array<ArrayBuffer>,
  pointerOffset: number,
  count: number,
): Uint8Array {
  return bindings.get_data_from_pointer(memory.buffer, memory.byteOffset + pointerOffset, count);
}
