/** Text of LIST and ARRAY: PostgreSQL's array literals, `{a,"b c",NULL}`. */
import { arrayDelimiter, keyedTypeName } from "../core/keyed-types.js";
import { Cells, NULL_LENGTH } from "../engine/vector-cells.js";
import type { EngineType } from "../engine/types.js";
import { EngineTypeId } from "../engine/vector-values.js";
import type { ColumnVector } from "../engine/vectors.js";
import type { ColumnEncoder } from "./cell-writer.js";

const OPEN = 0x7b;
const CLOSE = 0x7d;
const BLANK = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NULL_TEXT = new TextEncoder().encode("NULL");

export type ListLike = Extract<EngineType, { typeId: EngineTypeId.LIST | EngineTypeId.ARRAY }>;

export function isListLike(type: EngineType): type is ListLike {
  return type.typeId === EngineTypeId.LIST || type.typeId === EngineTypeId.ARRAY;
}

/** The elements of rows `first` … of a list vector: where each row's elements lie in the child vector. */
export interface ListRows {
  readonly child: ColumnVector;
  /** First element of row i (from `first`), and how many; the numbers of NULL rows mean nothing. */
  offsetOf(i: number): number;
  lengthOf(i: number): number;
  /** All elements the rows refer to lie in low … high - 1. */
  readonly low: number;
  readonly high: number;
}

export function openList(vector: ColumnVector, type: ListLike, first: number, count: number): ListRows {
  if (type.typeId === EngineTypeId.ARRAY) {
    const { length } = type;
    const child = vector.arrayChild(type.valueType, length);
    const offsetOf = (i: number): number => (first + i) * length;
    return { child, offsetOf, lengthOf: () => length, low: first * length, high: (first + count) * length };
  }
  const entries = vector.listEntries();
  const offsetOf = (i: number): number => entries[(first + i) * 4] ?? 0;
  const lengthOf = (i: number): number => entries[(first + i) * 4 + 2] ?? 0;
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (let i = 0; i < count; i++) {
    if (vector.isNull(first + i) || lengthOf(i) === 0) continue;
    low = Math.min(low, offsetOf(i));
    high = Math.max(high, offsetOf(i) + lengthOf(i));
  }
  return { child: vector.listChild(type.valueType), offsetOf, lengthOf, low: Math.min(low, high), high };
}

/**
 * Builds array literals from the elements' text.
 *
 * Limits  lists of lists of different lengths have no PostgreSQL array: their text nests as it is, `{{1},{2,3}}`;
 *         one without any element is `{}`, as PostgreSQL has no empty dimension
 */
export function arrayText(type: ListLike, elementEncoder: ColumnEncoder): ColumnEncoder {
  const nested = isListLike(type.valueType);
  const delimiter = arrayDelimiter(keyedName(type)).charCodeAt(0);
  return listText(type, elementEncoder, (row, cells) => writeArray({ ...row, nested, delimiter }, cells));
}

function keyedName(type: EngineType): string | undefined {
  if (isListLike(type)) return keyedName(type.valueType);
  return type.typeId === EngineTypeId.STRUCT ? keyedTypeName(type.entryNames) : undefined;
}

/** int2vector and oidvector, which only the catalogue has: `1 2`. */
export function isVector(type: ListLike): boolean {
  return type.alias === "int2vector" || type.alias === "oidvector";
}

export function vectorText(type: ListLike, elementEncoder: ColumnEncoder): ColumnEncoder {
  return listText(type, elementEncoder, ({ elements, from, to }, cells) => {
    for (let element = from; element < to; element++) {
      if (element > from) cells.push(BLANK);
      const start = elements.start(element);
      cells.append(elements.bytes, start, start + elements.length(element));
    }
  });
}

/** Encodes all elements of a column of lists at once, and has each row put together from its own. */
function listText(
  type: ListLike,
  elementEncoder: ColumnEncoder,
  writeRow: (row: Omit<ArrayElements, "nested" | "delimiter">, cells: Cells) => void,
): ColumnEncoder {
  const elements = new Cells();
  return (vector, first, count, cells) => {
    const rows = openList(vector, type, first, count);
    elements.reset(rows.high - rows.low);
    elementEncoder(rows.child, rows.low, rows.high - rows.low, elements);
    for (let i = 0; i < count; i++) {
      if (vector.isNull(first + i)) {
        cells.putNull(i);
        continue;
      }
      const start = cells.used;
      const from = rows.offsetOf(i) - rows.low;
      writeRow({ elements, from, to: from + rows.lengthOf(i) }, cells);
      cells.finish(i, start);
    }
  };
}

interface ArrayElements {
  readonly elements: Cells;
  readonly from: number;
  readonly to: number;
  readonly nested: boolean;
  readonly delimiter: number;
}

function writeArray({ elements, from, to, nested, delimiter }: ArrayElements, cells: Cells): void {
  cells.push(OPEN);
  for (let i = from; i < to; i++) {
    if (nested && isEmptyArray(elements, i) && allEmpty(elements, from, to)) break;
    if (i > from) cells.push(delimiter);
    if (nested) writeNested(elements, i, cells);
    else writeElement(elements, i, delimiter, cells);
  }
  cells.push(CLOSE);
}

function isEmptyArray(elements: Cells, index: number): boolean {
  return elements.length(index) === 2;
}

function allEmpty(elements: Cells, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (!isEmptyArray(elements, i)) return false;
  return true;
}

function writeNested(elements: Cells, index: number, cells: Cells): void {
  const [start, length] = [elements.start(index), elements.length(index)];
  if (length === NULL_LENGTH) cells.append(NULL_TEXT, 0, 4);
  else cells.append(elements.bytes, start, start + length);
}

function writeElement(elements: Cells, index: number, delimiter: number, cells: Cells): void {
  const length = elements.length(index);
  const start = elements.start(index);
  if (length === NULL_LENGTH) cells.append(NULL_TEXT, 0, 4);
  else if (!needsQuotes(elements.bytes, start, length, delimiter))
    cells.append(elements.bytes, start, start + length);
  else writeQuoted(elements.bytes, start, length, cells);
}

/** array_out quotes the empty string, NULL in any case, and whatever its own syntax would read differently. */
function needsQuotes(bytes: Uint8Array, start: number, length: number, delimiter: number): boolean {
  if (length === 0 || (length === 4 && isNullWord(bytes, start))) return true;
  for (let i = start; i < start + length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === QUOTE || byte === BACKSLASH || byte === OPEN || byte === CLOSE || byte === delimiter)
      return true;
    if (byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)) return true;
  }
  return false;
}

function isNullWord(bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < 4; i++) if (((bytes[start + i] ?? 0) & 0xdf) !== NULL_TEXT[i]) return false;
  return true;
}

function writeQuoted(source: Uint8Array, start: number, length: number, cells: Cells): void {
  const bytes = cells.reserve(2 + length * 2);
  let at = cells.used;
  bytes[at++] = QUOTE;
  for (let i = start; i < start + length; i++) {
    const byte = source[i] ?? 0;
    if (byte === QUOTE || byte === BACKSLASH) bytes[at++] = BACKSLASH;
    bytes[at++] = byte;
  }
  bytes[at++] = QUOTE;
  cells.used = at;
}
