/**
 * Columns of a result as Arrow's arrays, gathered from ranges of DuckDB's vectors.
 *
 * Shape   whole numbers, floating point, boolean, date, time and timestamps as Arrow's · numeric, and whole numbers of 128 bits, as
 *         decimal128 · bytea as binary · arrays as lists · everything else (text, enum, uuid, json, interval, ranges …) as utf8, as
 *         PostgreSQL writes it
 * Owns    its arrays: nothing of a vector is kept
 */
import * as arrow from "apache-arrow";
import { notSupported, type SqlError } from "../core/errors.js";
import { Cells, NULL_LENGTH } from "../engine/vector-cells.js";
import type { EngineType } from "../engine/types.js";
import { EngineTypeId } from "../engine/vector-values.js";
import type { ColumnVector } from "../engine/vectors.js";
import { binaryEncoder } from "./binary-encoders.js";
import type { ColumnEncoder } from "./cell-writer.js";
import { Bits, GrowingBytes } from "./growing-bytes.js";
import { isListLike, isVector, openList, type ListLike } from "./text-arrays.js";
import { textEncoder } from "./text-encoders.js";

export interface ArrowColumn {
  readonly type: arrow.DataType;
  /** Takes over rows `first` … `first + count - 1`. */
  append(vector: ColumnVector, first: number, count: number): void;
  /** What was taken over since the last call. */
  take(): arrow.Data;
}

const MICROSECOND = arrow.TimeUnit.MICROSECOND;
const WIDE = 16;
const HUGE_DIGITS = 38;

/** `timeZone` is the session's, for texts of what Arrow has no type for. */
export function arrowColumn(type: EngineType, timeZone: string): ArrowColumn {
  if (isListLike(type) && !isVector(type)) return new ListColumn(type, timeZone);
  const fixed = fixedColumn(type);
  if (fixed !== undefined) return fixed;
  if (type.typeId === EngineTypeId.BOOLEAN) return new FixedColumn(new arrow.Bool(), 1, bitsOf);
  if (type.typeId === EngineTypeId.BLOB)
    return new CellColumn(new arrow.Binary(), binaryEncoder(type, { timeZone }));
  return new CellColumn(new arrow.Utf8(), textEncoder(type, { timeZone }));
}

function fixedColumn(type: EngineType): FixedColumn | undefined {
  switch (type.typeId) {
    case EngineTypeId.TINYINT:
      return new FixedColumn(new arrow.Int8(), 1, (bytes) => new Int8Array(bytes));
    case EngineTypeId.UTINYINT:
      return new FixedColumn(new arrow.Uint8(), 1, (bytes) => new Uint8Array(bytes));
    case EngineTypeId.SMALLINT:
      return new FixedColumn(new arrow.Int16(), 2, (bytes) => new Int16Array(bytes));
    case EngineTypeId.USMALLINT:
      return new FixedColumn(new arrow.Uint16(), 2, (bytes) => new Uint16Array(bytes));
    case EngineTypeId.INTEGER:
      return new FixedColumn(new arrow.Int32(), 4, (bytes) => new Int32Array(bytes));
    case EngineTypeId.UINTEGER:
      return new FixedColumn(new arrow.Uint32(), 4, (bytes) => new Uint32Array(bytes));
    case EngineTypeId.BIGINT:
      return new FixedColumn(new arrow.Int64(), 8, bigIntegers);
    case EngineTypeId.UBIGINT:
      return new FixedColumn(new arrow.Uint64(), 8, (bytes) => new BigUint64Array(bytes));
    case EngineTypeId.FLOAT:
      return new FixedColumn(new arrow.Float32(), 4, (bytes) => new Float32Array(bytes));
    case EngineTypeId.DOUBLE:
      return new FixedColumn(new arrow.Float64(), 8, (bytes) => new Float64Array(bytes));
    case EngineTypeId.DATE:
      return new FixedColumn(new arrow.DateDay(), 4, finiteDays);
    case EngineTypeId.TIME:
      return new FixedColumn(new arrow.TimeMicrosecond(), 8, bigIntegers);
    case EngineTypeId.TIMESTAMP:
      return new FixedColumn(new arrow.Timestamp(MICROSECOND), 8, finiteMoments);
    case EngineTypeId.TIMESTAMP_TZ:
      return new FixedColumn(new arrow.Timestamp(MICROSECOND, "UTC"), 8, finiteMoments);
    case EngineTypeId.HUGEINT:
      return new FixedColumn(new arrow.Decimal(0, HUGE_DIGITS), WIDE, (bytes) => new Uint32Array(bytes));
    case EngineTypeId.DECIMAL: {
      const { width, scale } = type;
      return new FixedColumn(new arrow.Decimal(scale, width), storedWidth(width), widened);
    }
    default:
      return undefined;
  }
}

function bigIntegers(bytes: ArrayBuffer): BigInt64Array {
  return new BigInt64Array(bytes);
}

/** As DuckDB keeps them, with either sign. */
const INFINITE_DAY = 2 ** 31 - 1;
const INFINITE_MOMENT = 2n ** 63n - 1n;

function finiteDays(bytes: ArrayBuffer): Int32Array {
  const days = new Int32Array(bytes);
  if (days.includes(INFINITE_DAY) || days.includes(-INFINITE_DAY)) throw infinite("date");
  return days;
}

function finiteMoments(bytes: ArrayBuffer): BigInt64Array {
  const moments = new BigInt64Array(bytes);
  if (moments.includes(INFINITE_MOMENT) || moments.includes(-INFINITE_MOMENT)) throw infinite("timestamp");
  return moments;
}

/** A reader would take it for a day in some year. */
function infinite(type: string): SqlError {
  return notSupported(`an infinite ${type} has no value in Arrow`, "cast it to text, or ask for JSON or CSV");
}

/** DuckDB keeps a decimal in the smallest integer that holds its digits. */
function storedWidth(digits: number): number {
  if (digits <= 4) return 2;
  if (digits <= 9) return 4;
  return digits <= 18 ? 8 : WIDE;
}

/** Numbers of any stored width as those of 128 bits, which have the same sign. */
function widened(bytes: ArrayBuffer, width: number): Uint32Array {
  if (width === WIDE) return new Uint32Array(bytes);
  const count = bytes.byteLength / width;
  const wide = new Uint32Array(count * 4);
  const view = new DataView(bytes);
  for (let row = 0; row < count; row++) {
    const at = row * width;
    const high = width === 8 ? view.getInt32(at + 4, true) : undefined;
    const low = width === 2 ? view.getInt16(at, true) : view.getInt32(at, true);
    const sign = (high ?? low) < 0 ? -1 : 0;
    wide.set([low, high ?? sign, sign, sign], row * 4);
  }
  return wide;
}

/** A byte per boolean as a bit per boolean. */
function bitsOf(bytes: ArrayBuffer): Uint8Array {
  const bits = new Bits();
  for (const byte of new Uint8Array(bytes)) bits.push(byte !== 0);
  return bits.take();
}

/** Values of one width, as they lie in memory. What is under a NULL is zero: it could be anybody's. */
class FixedColumn implements ArrowColumn {
  readonly type: arrow.DataType;
  readonly #width: number;
  readonly #arrayOf: (bytes: ArrayBuffer, width: number) => ArrayBufferView;
  readonly #values = new GrowingBytes();
  readonly #validity = new Bits();

  constructor(
    type: arrow.DataType,
    width: number,
    arrayOf: (bytes: ArrayBuffer, width: number) => ArrayBufferView,
  ) {
    this.type = type;
    this.#width = width;
    this.#arrayOf = arrayOf;
  }

  append(vector: ColumnVector, first: number, count: number): void {
    const width = this.#width;
    const own = this.#values.append(vector.bytes(width).subarray(first * width, (first + count) * width));
    for (let i = 0; i < count; i++) {
      const isNull = vector.isNull(first + i);
      this.#validity.push(!isNull);
      if (isNull) own.fill(0, i * width, (i + 1) * width);
    }
  }

  take(): arrow.Data {
    const data = this.#arrayOf(this.#values.take(), this.#width);
    return dataOf(this.type, this.#validity, { data });
  }
}

/** Texts and bytes. */
class CellColumn implements ArrowColumn {
  readonly type: arrow.DataType;
  readonly #encode: ColumnEncoder;
  readonly #cells = new Cells();
  readonly #bytes = new GrowingBytes();
  readonly #validity = new Bits();
  #ends: number[] = [0];

  constructor(type: arrow.DataType, encode: ColumnEncoder) {
    this.type = type;
    this.#encode = encode;
  }

  append(vector: ColumnVector, first: number, count: number): void {
    const cells = this.#cells;
    cells.reset(count);
    this.#encode(vector, first, count, cells);
    for (let i = 0; i < count; i++) this.push(cells.length(i) === NULL_LENGTH ? null : cells.slice(i));
  }

  push(value: Uint8Array | null): void {
    this.#validity.push(value !== null);
    if (value !== null) this.#bytes.append(value);
    this.#ends.push(this.#bytes.length);
  }

  take(): arrow.Data {
    const valueOffsets = Int32Array.from(this.#ends);
    this.#ends = [0];
    return dataOf(this.type, this.#validity, { valueOffsets, data: new Uint8Array(this.#bytes.take()) });
  }
}

class ListColumn implements ArrowColumn {
  readonly type: arrow.DataType;
  readonly #list: ListLike;
  readonly #items: ArrowColumn;
  readonly #validity = new Bits();
  #ends: number[] = [0];
  #used = 0;

  constructor(list: ListLike, timeZone: string) {
    this.#list = list;
    this.#items = arrowColumn(list.valueType, timeZone);
    this.type = new arrow.List(new arrow.Field("item", this.#items.type, true));
  }

  append(vector: ColumnVector, first: number, count: number): void {
    const rows = openList(vector, this.#list, first, count);
    // Lists mostly lie behind each other: then their items go together.
    let [from, to] = [0, 0];
    for (let i = 0; i < count; i++) {
      const isNull = vector.isNull(first + i);
      const length = isNull ? 0 : rows.lengthOf(i);
      if (length > 0 && rows.offsetOf(i) !== to) {
        if (to > from) this.#items.append(rows.child, from, to - from);
        from = rows.offsetOf(i);
        to = from;
      }
      to += length;
      this.#used += length;
      this.#validity.push(!isNull);
      this.#ends.push(this.#used);
    }
    if (to > from) this.#items.append(rows.child, from, to - from);
  }

  take(): arrow.Data {
    const valueOffsets = Int32Array.from(this.#ends);
    this.#ends = [0];
    this.#used = 0;
    return dataOf(this.type, this.#validity, { valueOffsets, child: this.#items.take() });
  }
}

/** Texts that this server made itself. */
export class TextColumn {
  readonly type = new arrow.Utf8();
  readonly #cells = new CellColumn(this.type, () => undefined);
  readonly #utf8 = new TextEncoder();

  push(value: string | null): void {
    this.#cells.push(value === null ? null : this.#utf8.encode(value));
  }

  take(): arrow.Data {
    return this.#cells.take();
  }
}

/** The library's own types want to know each type by its name: here it is any of them. */
function dataOf(type: arrow.DataType, validity: Bits, parts: object): arrow.Data {
  const { length, zeros: nullCount } = validity;
  const props: Parameters<typeof arrow.makeData>[0] = Object.assign({ type, length, nullCount }, parts, {
    nullBitmap: validity.take(),
  });
  return arrow.makeData(props);
}
