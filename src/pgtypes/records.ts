/**
 * `row(…)`: a STRUCT whose fields have no names is PostgreSQL's record, in its own text and binary form.
 *
 * Shape   text `(1,"a b",)`: NULL is nothing, quotes and backslashes inside quotes are doubled
 *         binary: fields i32 · per field: type OID i32 · length i32 (-1 = NULL) · bytes
 */
import { Cells, NULL_LENGTH } from "../engine/vector-cells.js";
import type { ColumnVector } from "../engine/vectors.js";
import { writeInt32 } from "./big-endian.js";
import type { ColumnEncoder } from "./cell-writer.js";
import { describeType, type RecordType } from "./oids.js";

const [OPEN, CLOSE, COMMA, QUOTE, BACKSLASH] = [0x28, 0x29, 0x2c, 0x22, 0x5c];

/** Encoders of a record's fields, one per field and in their order. */
type FieldEncoders = readonly ColumnEncoder[];

export function recordText(type: RecordType, encoders: FieldEncoders): ColumnEncoder {
  return eachRecord(type, encoders, (fields, i, cells) => {
    cells.push(OPEN);
    for (const [index, values] of fields.entries()) {
      if (index > 0) cells.push(COMMA);
      writeField(values, i, cells);
    }
    cells.push(CLOSE);
  });
}

export function recordBinary(type: RecordType, encoders: FieldEncoders): ColumnEncoder {
  const oids = type.entryTypes.map((entry) => describeType(entry).oid);
  return eachRecord(type, encoders, (fields, i, cells) => {
    writeInt32(cells.reserve(4), cells.used, fields.length);
    cells.used += 4;
    for (const [index, values] of fields.entries()) {
      const length = values.length(i);
      writeInt32(cells.reserve(8), writeInt32(cells.reserve(8), cells.used, oids[index] ?? 0), length);
      cells.used += 8;
      if (length !== NULL_LENGTH) cells.append(values.bytes, values.start(i), values.start(i) + length);
    }
  });
}

type RecordWriter = (fields: readonly Cells[], i: number, cells: Cells) => void;

function eachRecord(type: RecordType, encoders: FieldEncoders, write: RecordWriter): ColumnEncoder {
  const fields = encoders.map(() => new Cells());
  return (vector, first, count, cells) => {
    for (const [index, encode] of encoders.entries()) encodeField(vector, index, { encode, first, count });
    for (let i = 0; i < count; i++) {
      if (vector.isNull(first + i)) {
        cells.putNull(i);
        continue;
      }
      const start = cells.used;
      write(fields, i, cells);
      cells.finish(i, start);
    }
  };

  function encodeField(
    vector: ColumnVector,
    index: number,
    { encode, first, count }: { encode: ColumnEncoder; first: number; count: number },
  ): void {
    const [values, entry] = [fields[index], type.entryTypes[index]];
    if (values === undefined || entry === undefined) throw new Error("a record has a type for each field");
    values.reset(count);
    encode(vector.structChild(index, entry), first, count, values);
  }
}

function writeField(values: Cells, i: number, cells: Cells): void {
  const length = values.length(i);
  if (length === NULL_LENGTH) return;
  const start = values.start(i);
  if (!needsQuotes(values.bytes, start, length)) return cells.append(values.bytes, start, start + length);
  cells.push(QUOTE);
  for (let at = start; at < start + length; at++) {
    const byte = values.bytes[at] ?? 0;
    if (byte === QUOTE || byte === BACKSLASH) cells.push(byte);
    cells.push(byte);
  }
  cells.push(QUOTE);
}

/** record_out quotes the empty string, and whatever its own syntax would read differently. */
function needsQuotes(bytes: Uint8Array, start: number, length: number): boolean {
  if (length === 0) return true;
  for (let at = start; at < start + length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE || byte === BACKSLASH || byte === OPEN || byte === CLOSE || byte === COMMA)
      return true;
    if (byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)) return true;
  }
  return false;
}
