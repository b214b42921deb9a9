/** NaN and the infinities of PostgreSQL's numeric: DuckDB's decimals have none, so a double stands for such a value. */
import type { ColumnVector } from "../engine/vectors.js";
import { writeInt16 } from "./big-endian.js";
import { boundedEncoder, type CellWriter } from "./cell-writer.js";
import type { BoundParameter } from "./client-values.js";
import { decodeUtf8 } from "./utf8.js";

export type SpecialNumeric = "NaN" | "Infinity" | "-Infinity";

/** Bytes of a binary numeric without digits; the third pair says what it is. */
const HEADER_BYTES = 8;
const SIGNS: ReadonlyMap<number, SpecialNumeric> = new Map([
  [0xc000, "NaN"],
  [0xd000, "Infinity"],
  [0xf000, "-Infinity"],
]);
/** What PostgreSQL sends as the display scale of an infinity. */
const INFINITE_SCALE = 0x20;
const LONGEST_TEXT = 64;
/** Which no other number begins with, but for a sign or a blank. */
const FIRST = /^[ni+\-\s]$/i;

/** Undefined for any other text. */
export function specialNumeric(text: string): SpecialNumeric | undefined {
  const [, sign, word = ""] = /^\s*([+-]?)(nan|inf|infinity)\s*$/i.exec(text) ?? [];
  if (/^nan$/i.test(word)) return sign === "" ? "NaN" : undefined;
  return word === "" ? undefined : sign === "-" ? "-Infinity" : "Infinity";
}

/** Undefined for what is no such value of a numeric, whatever else it may be. */
export function specialNumericOf({ bytes, format }: BoundParameter): SpecialNumeric | undefined {
  if (bytes === null || bytes.length > LONGEST_TEXT) return undefined;
  if (format === "text")
    return FIRST.test(String.fromCharCode(bytes[0] ?? 0)) ? specialNumeric(decodeUtf8(bytes)) : undefined;
  const [high = 0, low = 0] = bytes.subarray(4, 6);
  return bytes.length === HEADER_BYTES ? SIGNS.get(high * 256 + low) : undefined;
}

/** Of doubles none of which is finite. */
export const specialNumericBinary = boundedEncoder(HEADER_BYTES, openSpecial);

function openSpecial(vector: ColumnVector): CellWriter {
  const words = vector.uint32(2);
  return (bytes, at, row) => {
    const [low = 0, high = 0] = words.subarray(2 * row, 2 * row + 2);
    const isInfinite = low === 0 && (high & 0xfffff) === 0;
    const sign = isInfinite ? (high >>> 31 === 1 ? 0xf000 : 0xd000) : 0xc000;
    const behind = writeInt16(bytes, writeInt16(bytes, at, 0), 0);
    return writeInt16(bytes, writeInt16(bytes, behind, sign), isInfinite ? INFINITE_SCALE : 0);
  };
}
