/** Encoding of one column: what every encoder of this folder looks like, and the loop they share. */
import { NULL_LENGTH, type Cells } from "../engine/vector-cells.js";
import type { ColumnVector } from "../engine/vectors.js";
import type { DateStyle, IntervalStyle } from "./styled-datetime.js";

/** Session settings that change how values are written. */
export interface EncodingOptions {
  readonly timeZone: string;
  /** As PostgreSQL's extra_float_digits: above 0 (the default) the shortest text that reads back the same. */
  readonly extraFloatDigits?: number;
  readonly byteaOutput?: "hex" | "escape";
  /** Left out for ISO. */
  readonly dateStyle?: DateStyle | undefined;
  /** Left out for postgres. */
  readonly intervalStyle?: IntervalStyle | undefined;
}

/** Writes rows `first` … `first + count - 1` of a vector as cells 0 … `count - 1`, after `cells.reset(count)`. */
export type ColumnEncoder = (vector: ColumnVector, first: number, count: number, cells: Cells) => void;

/** Writes the value of one row at `at`, gives back the position after it. Never called for NULL. */
export type CellWriter = (bytes: Uint8Array, at: number, row: number) => number;

/** An encoder for values of at most `maxBytes`, whose writer can also write straight into a row. */
export interface BoundedEncoder extends ColumnEncoder {
  readonly maxBytes: number;
  readonly open: (vector: ColumnVector) => CellWriter;
}

/** An encoder for values of at most `maxBytes`: room is reserved once per column, `open` is called once per vector. */
export function boundedEncoder(maxBytes: number, open: (vector: ColumnVector) => CellWriter): BoundedEncoder {
  const encode: ColumnEncoder = (vector, first, count, cells) => {
    const bytes = cells.reserve(count * maxBytes);
    const { starts, lengths } = cells;
    const write = open(vector);
    let at = cells.used;
    for (let i = 0; i < count; i++) {
      const row = first + i;
      if (vector.isNull(row)) {
        lengths[i] = NULL_LENGTH;
        continue;
      }
      const end = write(bytes, at, row);
      starts[i] = at;
      lengths[i] = end - at;
      at = end;
    }
    cells.used = at;
  };
  return Object.assign(encode, { maxBytes, open });
}

export function isBounded(encode: ColumnEncoder): encode is BoundedEncoder {
  return "maxBytes" in encode;
}
