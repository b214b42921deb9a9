/**
 * The cells of one column as byte slices: what encoders write and what row and COPY writers read.
 *
 * Shape   cell i = `bytes[starts[i] .. starts[i] + lengths[i]]`; length -1 = NULL; slices may overlap or leave gaps
 * Owns    one growable buffer, reused for every chunk; slices are valid until the next `reset`
 */
import { SQLSTATE, SqlError } from "../core/errors.js";

/** Above this the buffer is given back after use: one chunk of large values must not pin its memory. */
const KEPT_BYTES = 4 * 1024 * 1024;
/** The first buffer: most results are a few rows. */
const FIRST_BYTES = 256;
/** Slices are addressed by signed 32-bit offsets. */
const MAX_COLUMN_BYTES = 2 ** 31 - 1;

export const NULL_LENGTH = -1;

export class Cells {
  bytes: Uint8Array = new Uint8Array(0);
  starts: Int32Array = new Int32Array(0);
  lengths: Int32Array = new Int32Array(0);
  used = 0;

  get heldBytes(): number {
    return this.bytes.length + this.starts.byteLength + this.lengths.byteLength;
  }

  /** Forgets the cells and makes room for the slices of `count` new ones. */
  reset(count: number): void {
    this.used = 0;
    if (this.bytes.length > KEPT_BYTES) this.bytes = new Uint8Array(0);
    if (this.starts.length >= count) return;
    this.starts = new Int32Array(count);
    this.lengths = new Int32Array(count);
  }

  /** Makes room for `extra` more bytes after `used`, and gives the buffer back, which may be a new one. */
  reserve(extra: number): Uint8Array {
    const needed = this.used + extra;
    if (needed <= this.bytes.length) return this.bytes;
    if (needed > MAX_COLUMN_BYTES) {
      throw new SqlError(
        SQLSTATE.programLimitExceeded,
        "values of one column exceed 2 GB in one batch of rows",
        {
          hint: "fetch fewer rows at a time",
        },
      );
    }
    const grown = new Uint8Array(
      Math.min(MAX_COLUMN_BYTES, Math.max(needed, FIRST_BYTES, this.bytes.length * 2)),
    );
    grown.set(this.bytes.subarray(0, this.used));
    this.bytes = grown;
    return grown;
  }

  /** Appends one cell. For paths that are not worth a hand-written loop. */
  put(index: number, value: Uint8Array): void {
    this.reserve(value.length).set(value, this.used);
    this.starts[index] = this.used;
    this.lengths[index] = value.length;
    this.used += value.length;
  }

  putNull(index: number): void {
    this.starts[index] = this.used;
    this.lengths[index] = NULL_LENGTH;
  }

  /** Appends one byte to the cell being built; `finish` ends it. */
  push(byte: number): void {
    this.reserve(1)[this.used++] = byte;
  }

  /** Appends bytes to the cell being built. */
  append(source: Uint8Array, from: number, to: number): void {
    const bytes = this.reserve(to - from);
    let at = this.used;
    for (let i = from; i < to; i++) bytes[at++] = source[i] ?? 0;
    this.used = at;
  }

  /** Ends the cell that was built from `start` on. */
  finish(index: number, start: number): void {
    this.starts[index] = start;
    this.lengths[index] = this.used - start;
  }

  start(index: number): number {
    return this.starts[index] ?? 0;
  }

  length(index: number): number {
    return this.lengths[index] ?? NULL_LENGTH;
  }

  /** A view of one cell's bytes; empty for NULL. */
  slice(index: number): Uint8Array {
    const start = this.start(index);
    return this.bytes.subarray(start, start + Math.max(0, this.length(index)));
  }
}
