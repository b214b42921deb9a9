/**
 * Binary fields of the types that rows are mostly made of, written into their column without a string in between. What a
 * writer does not take (false) goes the way of all other values, which also finds the errors.
 */
import type { EngineType } from "../engine/types.js";
import { EngineTypeId } from "../engine/vector-values.js";
import { MAX_TIMESTAMP_TEXT, MICROS_PER_DAY, writeDate, writeTime } from "./calendar.js";
import type { JsonColumn } from "./copy-json-column.js";
import { MAX_FLOAT_TEXT, writeDouble } from "./float-text.js";

/** Puts the field as an item; false when it put nothing. */
export type PlainBinaryWriter = (bytes: Uint8Array, start: number, end: number, out: JsonColumn) => boolean;

/** Days from 1970-01-01 to 2000-01-01, PostgreSQL's epoch. */
const EPOCH_DAYS = 10_957;
const TWO_32 = 4_294_967_296;
/** The years 1 to 9999: four digits and no era. */
const FIRST_DAY = -719_162;
const LAST_DAY = 2_932_896;
const SCRATCH = new Uint8Array(Math.max(MAX_TIMESTAMP_TEXT, MAX_FLOAT_TEXT));
const VIEW = new DataView(new ArrayBuffer(8));

/** Undefined for types without such a writer. */
export function plainBinaryWriter(type: EngineType): PlainBinaryWriter | undefined {
  switch (type.typeId) {
    case EngineTypeId.SMALLINT:
      return putSmallint;
    case EngineTypeId.INTEGER:
      return putInteger;
    case EngineTypeId.BIGINT:
      return putBigint;
    case EngineTypeId.DOUBLE:
      return putDouble;
    case EngineTypeId.DATE:
      return putDate;
    case EngineTypeId.TIMESTAMP:
      return putTimestamp;
    default:
      return undefined;
  }
}

/** Big-endian and signed. */
function int32At(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16);
  return high | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
}

/** A 64-bit integer, if a double holds it exactly; otherwise NaN. */
function safeInt64At(bytes: Uint8Array, at: number): number {
  const high = int32At(bytes, at);
  if (high < -0x100000 || high >= 0x100000) return Number.NaN;
  return high * TWO_32 + (int32At(bytes, at + 4) >>> 0);
}

function putSmallint(bytes: Uint8Array, start: number, end: number, out: JsonColumn): boolean {
  if (end - start !== 2) return false;
  out.putInteger((((bytes[start] ?? 0) << 24) | ((bytes[start + 1] ?? 0) << 16)) >> 16);
  return true;
}

function putInteger(bytes: Uint8Array, start: number, end: number, out: JsonColumn): boolean {
  if (end - start !== 4) return false;
  out.putInteger(int32At(bytes, start));
  return true;
}

function putBigint(bytes: Uint8Array, start: number, end: number, out: JsonColumn): boolean {
  const value = end - start === 8 ? safeInt64At(bytes, start) : Number.NaN;
  if (Number.isNaN(value)) return false;
  out.putInteger(value);
  return true;
}

function putDouble(bytes: Uint8Array, start: number, end: number, out: JsonColumn): boolean {
  if (end - start !== 8) return false;
  VIEW.setInt32(0, int32At(bytes, start));
  VIEW.setInt32(4, int32At(bytes, start + 4));
  out.putText(SCRATCH, 0, writeDouble(SCRATCH, 0, VIEW.getFloat64(0)));
  return true;
}

function putDate(bytes: Uint8Array, start: number, end: number, out: JsonColumn): boolean {
  const days = int32At(bytes, start) + EPOCH_DAYS;
  if (end - start !== 4 || days < FIRST_DAY || days > LAST_DAY) return false;
  out.putText(SCRATCH, 0, writeDate(SCRATCH, 0, days));
  return true;
}

function putTimestamp(bytes: Uint8Array, start: number, end: number, out: JsonColumn): boolean {
  const micros = end - start === 8 ? safeInt64At(bytes, start) : Number.NaN;
  const day = Math.floor(micros / MICROS_PER_DAY);
  const days = day + EPOCH_DAYS;
  if (!(days >= FIRST_DAY && days <= LAST_DAY)) return false;
  const at = writeDate(SCRATCH, 0, days);
  SCRATCH[at] = 0x20;
  out.putText(SCRATCH, 0, writeTime(SCRATCH, at + 1, micros - day * MICROS_PER_DAY));
  return true;
}
