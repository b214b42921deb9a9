/** Text of values that are bytes in DuckDB: strings, blobs, bit strings, UUIDs, enums and BIGNUM. */
import type { EngineType } from "../engine/types.js";
import { Cells, NULL_LENGTH } from "../engine/vector-cells.js";
import { readStrings } from "../engine/vector-strings.js";
import { EngineTypeId } from "../engine/vector-values.js";
import type { ColumnVector } from "../engine/vectors.js";
import { bignumOf } from "./bignum.js";
import { boundedEncoder, type ColumnEncoder, type EncodingOptions } from "./cell-writer.js";

type EnumType = Extract<EngineType, { typeId: EngineTypeId.ENUM }>;

const BACKSLASH = 0x5c;
const HEX = new TextEncoder().encode("0123456789abcdef");
const UTF8 = new TextEncoder();

/** VARCHAR is UTF-8 on both sides: the cells are the strings as they lie. Binary format is the same. */
export const varcharText: ColumnEncoder = readStrings;

/** Reads the raw strings into a scratch, then builds each cell from them. */
function transformed(build: (source: Cells, index: number, cells: Cells) => void): ColumnEncoder {
  const source = new Cells();
  return (vector, first, count, cells) => {
    source.reset(count);
    readStrings(vector, first, count, source);
    for (let i = 0; i < count; i++) {
      if (source.length(i) === NULL_LENGTH) {
        cells.putNull(i);
        continue;
      }
      const start = cells.used;
      build(source, i, cells);
      cells.finish(i, start);
    }
    source.reset(0);
  };
}

export function blobText({ byteaOutput = "hex" }: EncodingOptions): ColumnEncoder {
  return transformed(byteaOutput === "hex" ? buildHex : buildEscape);
}

/** `\x` and two digits a byte. */
function buildHex(source: Cells, index: number, cells: Cells): void {
  const value = source.slice(index);
  const bytes = cells.reserve(2 + value.length * 2);
  let at = cells.used;
  bytes[at++] = BACKSLASH;
  bytes[at++] = 0x78;
  for (const byte of value) {
    bytes[at++] = HEX[byte >> 4] ?? 0;
    bytes[at++] = HEX[byte & 15] ?? 0;
  }
  cells.used = at;
}

/** bytea_output = escape: printable ASCII as it is, a backslash twice, all other bytes as `\ooo`. */
function buildEscape(source: Cells, index: number, cells: Cells): void {
  const value = source.slice(index);
  const bytes = cells.reserve(value.length * 4);
  let at = cells.used;
  for (const byte of value) {
    if (byte >= 0x20 && byte <= 0x7e) {
      if (byte === BACKSLASH) bytes[at++] = BACKSLASH;
      bytes[at++] = byte;
      continue;
    }
    bytes[at++] = BACKSLASH;
    bytes[at++] = 0x30 + (byte >> 6);
    bytes[at++] = 0x30 + ((byte >> 3) & 7);
    bytes[at++] = 0x30 + (byte & 7);
  }
  cells.used = at;
}

/** BIT: one byte with the number of padding bits, then the bits, padded in front. */
export const bitText: ColumnEncoder = transformed((source, index, cells) => {
  const value = source.slice(index);
  const padding = value[0] ?? 0;
  const total = (value.length - 1) * 8;
  const bytes = cells.reserve(total);
  let at = cells.used;
  for (let bit = padding; bit < total; bit++) {
    bytes[at++] = 0x30 + (((value[1 + (bit >> 3)] ?? 0) >> (7 - (bit & 7))) & 1);
  }
  cells.used = at;
});

export const bignumText: ColumnEncoder = transformed((source, index, cells) => {
  const text = UTF8.encode(bignumOf(source.slice(index)).toString());
  cells.append(text, 0, text.length);
});

/** UUID: 128 bits, low byte first, the highest bit flipped so that it sorts as a signed integer. */
export const uuidText: ColumnEncoder = boundedEncoder(36, (vector) => {
  const memory = vector.bytes(16);
  return (bytes, at, row) => {
    let next = at;
    for (let i = 15; i >= 0; i--) {
      const byte = (memory[row * 16 + i] ?? 0) ^ (i === 15 ? 0x80 : 0);
      bytes[next++] = HEX[byte >> 4] ?? 0;
      bytes[next++] = HEX[byte & 15] ?? 0;
      if (i === 12 || i === 10 || i === 8 || i === 6) bytes[next++] = 0x2d;
    }
    return next;
  };
});

/** ENUM: the vector has positions in the label list, 1, 2 or 4 bytes wide by the number of labels. */
export function enumText(type: EnumType): ColumnEncoder {
  const labels = type.values.map((label) => UTF8.encode(label));
  return (vector, first, count, cells) => {
    const positions = enumPositions(vector, type);
    for (let i = 0; i < count; i++) {
      const label = vector.isNull(first + i) ? undefined : labels[positions[first + i] ?? -1];
      if (label === undefined) {
        cells.putNull(i);
        continue;
      }
      const start = cells.used;
      cells.append(label, 0, label.length);
      cells.finish(i, start);
    }
  };
}

function enumPositions(vector: ColumnVector, type: EnumType): ArrayLike<number> {
  if (type.internalTypeId === EngineTypeId.UTINYINT) return vector.bytes(1);
  return type.internalTypeId === EngineTypeId.USMALLINT ? vector.uint16() : vector.uint32(1);
}
