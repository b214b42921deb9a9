/** Binary parameters by PostgreSQL type OID. Every byte of a value must be used, as PostgreSQL checks too. */
import { canonicalJson } from "../core/canonical-json.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { EngineType } from "../engine/types.js";
import {
  BIGINT,
  BIT,
  BLOB,
  BOOLEAN,
  DATE,
  DOUBLE,
  FLOAT,
  INTEGER,
  INTERVAL,
  SMALLINT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  TIMETZ,
  UUID,
  VARCHAR,
  bitValue,
  blobValue,
  dateValue,
  intervalValue,
  timeTZValue,
  timeValue,
  timestampTZValue,
  timestampValue,
  uuidValue,
} from "../engine/vector-values.js";
import { INFINITE_DAYS } from "./calendar.js";
import { isEnum, requireLabel } from "./enum-types.js";
import { badBinary, datetimeOutOfRange } from "./input-errors.js";
import { keyedEngineValue, keyedTypeByOid } from "./keyed/registry.js";
import { numericFrom } from "./keyed/numeric-bytes.js";
import { OID, describeType, elementOidOf, type RecordType } from "./oids.js";
import { plainType } from "./parse-value.js";
import { elementTypeOf, typedList, type ArrayTree } from "./typed-list.js";
import { typedRecord } from "./typed-record.js";
import { SQL_NULL, typedNumber, type TypedValue } from "./typed-value.js";
import { identityOf, isComposite, userElementOid } from "./user-types.js";
import { decodeUtf8 } from "./utf8.js";

const EPOCH_DAYS = 10_957;
const EPOCH_MICROS = 946_684_800_000_000n;
const MAX_INT64 = 9_223_372_036_854_775_807n;
const MAX_DIMENSIONS = 6;

/** Reads a value of type `oid`. Errors: SqlError 22P03 when its bytes are not one, 0A000 for an OID not known here. */
export function decodeBinary(bytes: Uint8Array, oid: number, inferred: EngineType | undefined): TypedValue {
  if (isEnum(inferred)) return { value: requireLabel(inferred, decodeUtf8(bytes)), type: VARCHAR };
  if (isComposite(inferred) && !TEXTS.has(oid)) return decodeRecord(bytes, inferred);
  // What the client declared says what it sends: an array of texts may be cast to one of an enum.
  const elementOid = elementOidOf(oid) ?? userElementOid(inferred);
  if (elementOid !== undefined) return decodeArray(bytes, elementOid, inferred);
  return decodeNumber(bytes, oid, inferred) ?? decodeTemporal(bytes, oid) ?? decodeOther(bytes, oid);
}

/** A view of exactly `size` bytes. Errors: 08P01 for fewer, as PostgreSQL, which reads them off the message. */
function fixed(bytes: Uint8Array, size: number, typeName: string): DataView {
  if (bytes.length < size)
    throw new SqlError(SQLSTATE.protocolViolation, "insufficient data left in message");
  if (bytes.length !== size) throw badBinary(typeName);
  return new DataView(bytes.buffer, bytes.byteOffset, size);
}

function decodeNumber(
  bytes: Uint8Array,
  oid: number,
  inferred: EngineType | undefined,
): TypedValue | undefined {
  switch (oid) {
    case OID.int2:
      return { value: fixed(bytes, 2, "smallint").getInt16(0), type: SMALLINT };
    case OID.int4:
      return { value: fixed(bytes, 4, "integer").getInt32(0), type: INTEGER };
    case OID.oid:
    case OID.xid:
    case OID.cid:
      return { value: BigInt(fixed(bytes, 4, "oid").getUint32(0)), type: BIGINT };
    case OID.int8:
      return { value: fixed(bytes, 8, "bigint").getBigInt64(0), type: BIGINT };
    case OID.float4:
      return { value: fixed(bytes, 4, "real").getFloat32(0), type: FLOAT };
    case OID.float8:
      return { value: fixed(bytes, 8, "double precision").getFloat64(0), type: DOUBLE };
    case OID.numeric:
      return typedNumber(numericFrom(bytes), inferred);
    default:
      return undefined;
  }
}

function decodeTemporal(bytes: Uint8Array, oid: number): TypedValue | undefined {
  switch (oid) {
    case OID.date:
      return { value: dateValue(dateDays(fixed(bytes, 4, "date").getInt32(0))), type: DATE };
    case OID.time:
      return { value: timeValue(fixed(bytes, 8, "time").getBigInt64(0)), type: TIME };
    case OID.timetz: {
      const view = fixed(bytes, 12, "time with time zone");
      return { value: timeTZValue(view.getBigInt64(0), -view.getInt32(8)), type: TIMETZ };
    }
    case OID.timestamp:
      return { value: timestampValue(epochMicros(fixed(bytes, 8, "timestamp"))), type: TIMESTAMP };
    case OID.timestamptz: {
      const view = fixed(bytes, 8, "timestamp with time zone");
      return { value: timestampTZValue(epochMicros(view)), type: TIMESTAMPTZ };
    }
    case OID.interval: {
      const view = fixed(bytes, 16, "interval");
      return {
        value: intervalValue(view.getInt32(12), view.getInt32(8), view.getBigInt64(0)),
        type: INTERVAL,
      };
    }
    default:
      return undefined;
  }
}

function dateDays(days: number): number {
  if (days === 0x7fffffff) return INFINITE_DAYS;
  if (days === -0x80000000) return -INFINITE_DAYS;
  if (days + EPOCH_DAYS >= INFINITE_DAYS) throw datetimeOutOfRange("date", String(days));
  return days + EPOCH_DAYS;
}

function epochMicros(view: DataView): bigint {
  const micros = view.getBigInt64(0);
  if (micros === MAX_INT64) return MAX_INT64;
  if (micros === -MAX_INT64 - 1n) return -MAX_INT64;
  const since1970 = micros + EPOCH_MICROS;
  if (since1970 >= MAX_INT64) throw datetimeOutOfRange("timestamp", String(micros));
  return since1970;
}

function decodeOther(bytes: Uint8Array, oid: number): TypedValue {
  switch (oid) {
    case OID.bool:
      return { value: fixed(bytes, 1, "boolean").getUint8(0) !== 0, type: BOOLEAN };
    case OID.uuid:
      fixed(bytes, 16, "uuid");
      return { value: uuidValue(BigInt(`0x${Buffer.from(bytes).toString("hex")}`)), type: UUID };
    case OID.bytea:
      return { value: blobValue(Uint8Array.from(bytes)), type: BLOB };
    case OID.bit:
    case OID.varbit:
      return decodeBits(bytes);
    case OID.jsonb:
      if (bytes[0] !== 1) throw badBinary("jsonb");
      return { value: canonicalJson(decodeUtf8(bytes.subarray(1))), type: VARCHAR };
    case OID.text:
    case OID.varchar:
    case OID.bpchar:
    case OID.name:
    case OID.unknown:
    case OID.json:
      return { value: decodeUtf8(bytes), type: VARCHAR };
    default: {
      const keyed = keyedTypeByOid(oid);
      if (keyed !== undefined) return keyedEngineValue(keyed, keyed.readBinary(bytes));
      throw notSupported(`binary parameters of type OID ${oid} are not supported`, "send the value as text");
    }
  }
}

function decodeBits(bytes: Uint8Array): TypedValue {
  if (bytes.length < 4) throw badBinary("bit varying");
  const count = new DataView(bytes.buffer, bytes.byteOffset, 4).getInt32(0);
  if (count < 1 || bytes.length !== 4 + ((count + 7) >> 3)) throw badBinary("bit varying");
  const bits = Array.from(bytes.subarray(4), (byte) => byte.toString(2).padStart(8, "0")).join("");
  return { value: bitValue(bits.slice(0, count)), type: BIT };
}

/** Texts that stand where a composite type is wanted. */
const TEXTS: ReadonlySet<number> = new Set([OID.text, OID.varchar, OID.bpchar, OID.unknown]);

/** The layout is described in records.ts. Errors: 42804 for other fields than the type has. */
function decodeRecord(bytes: Uint8Array, type: RecordType): TypedValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const expected = type.entryTypes.length;
  const count = bytes.length < 4 ? -1 : view.getInt32(0);
  if (count !== expected) {
    throw new SqlError(SQLSTATE.datatypeMismatch, `wrong number of columns: ${count}, expected ${expected}`);
  }
  let at = 4;
  const fields = type.entryTypes.map((entry, index) => {
    if (at + 8 > bytes.length)
      throw new SqlError(SQLSTATE.protocolViolation, "insufficient data left in message");
    const [oid, length] = [view.getUint32(at), view.getInt32(at + 4)];
    at += 8;
    requireField(oid, describeType(entry).oid, index);
    if (length === -1) return SQL_NULL;
    if (length < 0 || at + length > bytes.length)
      throw new SqlError(SQLSTATE.protocolViolation, "insufficient data left in message");
    const value = bytes.subarray(at, at + length);
    at += length;
    return decodeBinary(value, oid, entry);
  });
  if (at !== bytes.length) throw badBinary(identityOf(type)?.name ?? "record");
  return typedRecord(type, fields, plainType);
}

const DOCUMENTS: ReadonlySet<number> = new Set([OID.json, OID.jsonb]);

function requireField(oid: number, expected: number, index: number): void {
  // Of a field's two JSON types DuckDB knows one.
  if (oid === expected || (DOCUMENTS.has(oid) && DOCUMENTS.has(expected))) return;
  throw new SqlError(
    SQLSTATE.datatypeMismatch,
    `binary data has type ${oid} instead of expected ${expected} in record column ${index + 1}`,
  );
}

/** The layout is described in binary-arrays.ts; lower bounds are lost, as DuckDB's lists have none. */
function decodeArray(bytes: Uint8Array, elementOid: number, inferred: EngineType | undefined): TypedValue {
  const reader = new ArrayReader(bytes, elementOid);
  const items = reader.readLevel(0, inferred);
  reader.readEnd();
  return typedList(items, plainType(elementOid), inferred);
}

class ArrayReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #elementOid: number;
  readonly #sizes: number[] = [];
  #at = 12;

  constructor(bytes: Uint8Array, elementOid: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#elementOid = elementOid;
    if (bytes.length < 12) throw badBinary("array");
    const dimensions = this.#view.getInt32(0);
    if (dimensions < 0 || dimensions > MAX_DIMENSIONS || bytes.length < 12 + 8 * dimensions)
      throw badBinary("array");
    if (this.#view.getInt32(8) !== elementOid) throw badBinary("array");
    for (let i = 0; i < dimensions; i++) this.#sizes.push(this.#view.getInt32(12 + 8 * i));
    this.#at += 8 * dimensions;
  }

  readLevel(depth: number, inferred: EngineType | undefined): readonly ArrayTree[] {
    const element = elementTypeOf(inferred);
    const isLeaf = depth >= this.#sizes.length - 1;
    const items: ArrayTree[] = [];
    for (let left = this.#sizes[depth] ?? 0; left > 0; left--) {
      items.push(isLeaf ? this.#readElement(element) : this.readLevel(depth + 1, element));
    }
    return items;
  }

  readEnd(): void {
    if (this.#at !== this.#bytes.length) throw badBinary("array");
  }

  #readElement(element: EngineType | undefined): TypedValue {
    if (this.#at + 4 > this.#bytes.length) throw badBinary("array");
    const length = this.#view.getInt32(this.#at);
    this.#at += 4;
    if (length === -1) return SQL_NULL;
    if (length < 0 || this.#at + length > this.#bytes.length) throw badBinary("array");
    const value = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return decodeBinary(value, this.#elementOid, element);
  }
}
