/**
 * Fields of binary COPY data, by the PostgreSQL type a column is announced as, as PostgreSQL's text of the same value: one
 * reader per type serves both formats then.
 *
 * Errors  as PostgreSQL's receive functions: 08P01 for bytes that are missing, 22P03 for too many and for what is no value
 */
import { keyedTypeByOid } from "./keyed/registry.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { EngineType } from "../engine/types.js";
import { MICROS_PER_DAY, writeDate, writeEra, writeTime } from "./calendar.js";
import { arrayLiteral } from "./copy-binary-arrays.js";
import { badFormat, missingData, type BinaryReader } from "./copy-binary-errors.js";
import { numericText } from "./copy-binary-numeric.js";
import { describeType, elementOidOf, OID } from "./oids.js";
import { decodeUtf8 } from "./utf8.js";

/** Days from 1970-01-01 to 2000-01-01, PostgreSQL's epoch. */
const EPOCH_DAYS = 10_957;
const FIRST_DAY = -2_451_545;
const END_DAY = 2_145_031_949;
const FIRST_MICROS = -211_813_488_000_000_000n;
const END_MICROS = 9_223_371_331_200_000_000n;
const MAX_INT64 = 9_223_372_036_854_775_807n;
/** PostgreSQL: less than 16 hours to either side. */
const MAX_OFFSET_SECONDS = 16 * 3600 - 1;
const JSONB_VERSION = 1;
const SCRATCH = new Uint8Array(64);

/** The reader of a column's fields. */
export function binaryFieldReader(type: EngineType): BinaryReader {
  return readerOf(describeType(type).oid);
}

function readerOf(oid: number): BinaryReader {
  const elementOid = elementOidOf(oid);
  if (elementOid !== undefined) {
    const element = readerOf(elementOid);
    return (bytes) => arrayLiteral(bytes, elementOid, element);
  }
  const keyed = keyedTypeByOid(oid);
  if (keyed !== undefined) return (bytes) => keyed.readBinary(bytes).text;
  return READERS.get(oid) ?? decodeUtf8;
}

const READERS: ReadonlyMap<number, BinaryReader> = new Map<number, BinaryReader>([
  [OID.bool, (bytes) => (fixed(bytes, 1).getUint8(0) === 0 ? "f" : "t")],
  [OID.int2, (bytes) => String(fixed(bytes, 2).getInt16(0))],
  [OID.int4, (bytes) => String(fixed(bytes, 4).getInt32(0))],
  [OID.int8, (bytes) => bigintText(fixed(bytes, 8))],
  [OID.float4, (bytes) => floatText(fixed(bytes, 4).getFloat32(0))],
  [OID.float8, (bytes) => floatText(fixed(bytes, 8).getFloat64(0))],
  [OID.numeric, numericText],
  [OID.bytea, (bytes) => `\\x${Buffer.from(bytes).toString("hex")}`],
  [OID.varbit, bitText],
  [OID.uuid, (bytes) => hexText(fixed(bytes, 16))],
  [OID.date, (bytes) => dateText(fixed(bytes, 4).getInt32(0))],
  [OID.time, (bytes) => timeText(fixed(bytes, 8))],
  [OID.timetz, timetzText],
  [OID.timestamp, (bytes) => momentText(fixed(bytes, 8), "")],
  [OID.timestamptz, (bytes) => momentText(fixed(bytes, 8), "+00")],
  [OID.interval, intervalText],
  [OID.jsonb, documentText],
]);

/** The version of its form, and the text. */
function documentText(bytes: Uint8Array): string {
  const [version] = bytes;
  if (version === undefined) throw missingData();
  if (version !== JSONB_VERSION)
    throw new SqlError(SQLSTATE.internalError, `unsupported jsonb version number ${version}`);
  return decodeUtf8(bytes.subarray(1));
}

/** A view of exactly `size` bytes. */
function fixed(bytes: Uint8Array, size: number): DataView {
  if (bytes.length < size) throw missingData();
  if (bytes.length > size) throw badFormat();
  return new DataView(bytes.buffer, bytes.byteOffset, size);
}

function outOfRange(what: string): SqlError {
  return new SqlError(SQLSTATE.datetimeFieldOverflow, `${what} out of range`);
}

/** A double holds it exactly as long as its upper half is small. */
function bigintText(view: DataView): string {
  const high = view.getInt32(0);
  if (high >= -0x100000 && high < 0x100000) return String(high * 4_294_967_296 + view.getUint32(4));
  return String(view.getBigInt64(0));
}

function floatText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function hexText(view: DataView): string {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString("hex");
}

/** Number of bits i32, then the bits from the highest one on. */
function bitText(bytes: Uint8Array): string {
  if (bytes.length < 4) throw missingData();
  const count = new DataView(bytes.buffer, bytes.byteOffset, 4).getInt32(0);
  if (count < 0) throw badFormat("invalid length in external bit string");
  const size = 4 + ((count + 7) >> 3);
  if (bytes.length < size) throw missingData();
  if (bytes.length > size) throw badFormat();
  const bits = Array.from(bytes.subarray(4), (byte) => byte.toString(2).padStart(8, "0")).join("");
  return bits.slice(0, count);
}

function written(end: number): string {
  return String.fromCharCode(...SCRATCH.subarray(0, end));
}

function dateText(days: number): string {
  if (days === 0x7fffffff) return "infinity";
  if (days === -0x80000000) return "-infinity";
  if (days < FIRST_DAY || days >= END_DAY) throw outOfRange("date");
  return written(writeEra(SCRATCH, writeDate(SCRATCH, 0, days + EPOCH_DAYS)));
}

function timeText(view: DataView): string {
  const micros = view.getBigInt64(0);
  if (micros < 0n || micros > BigInt(MICROS_PER_DAY)) throw outOfRange("time");
  return written(writeTime(SCRATCH, 0, Number(micros)));
}

/** Microseconds i64, then the zone in seconds *west* of UTC i32. */
function timetzText(bytes: Uint8Array): string {
  const view = fixed(bytes, 12);
  const west = view.getInt32(8);
  if (Math.abs(west) > MAX_OFFSET_SECONDS) {
    throw new SqlError(SQLSTATE.invalidTimeZoneDisplacement, "time zone displacement out of range");
  }
  const size = Math.abs(west);
  const parts = [size / 3600, (size / 60) % 60, size % 60].map((part) =>
    String(Math.floor(part)).padStart(2, "0"),
  );
  return `${timeText(new DataView(bytes.buffer, bytes.byteOffset, 8))}${west > 0 ? "-" : "+"}${parts.join(":")}`;
}

/** Microseconds since 2000-01-01; the ends of the range are the infinities. */
function momentText(view: DataView, zone: string): string {
  const high = view.getInt32(0);
  if (high >= -0x100000 && high < 0x100000)
    return momentOf(high * 4_294_967_296 + view.getUint32(4), MICROS_PER_DAY, zone);
  const micros = view.getBigInt64(0);
  if (micros === MAX_INT64) return "infinity";
  if (micros === -MAX_INT64 - 1n) return "-infinity";
  if (micros < FIRST_MICROS || micros >= END_MICROS) throw outOfRange("timestamp");
  const day = BigInt(MICROS_PER_DAY);
  const rest = ((micros % day) + day) % day;
  return momentAt(Number((micros - rest) / day), Number(rest), zone);
}

function momentOf(micros: number, day: number, zone: string): string {
  const days = Math.floor(micros / day);
  return momentAt(days, micros - days * day, zone);
}

function momentAt(days: number, micros: number, zone: string): string {
  let at = writeDate(SCRATCH, 0, days + EPOCH_DAYS);
  SCRATCH[at++] = 0x20;
  at = writeTime(SCRATCH, at, micros);
  for (let i = 0; i < zone.length; i++) SCRATCH[at++] = zone.charCodeAt(i);
  return written(writeEra(SCRATCH, at));
}

/** Microseconds i64 · days i32 · months i32. */
function intervalText(bytes: Uint8Array): string {
  const view = fixed(bytes, 16);
  const micros = view.getBigInt64(0);
  const sign = micros < 0n ? "-" : "";
  const size = micros < 0n ? -micros : micros;
  const seconds = `${size / 1_000_000n}.${String(size % 1_000_000n).padStart(6, "0")}`;
  return `${view.getInt32(12)} mons ${view.getInt32(8)} days ${sign}${seconds} secs`;
}
