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
import { isComposite, userElementOid } from "./user-types.js";
import { decodeUtf8 } from "./utf8.js";
import { readWhole, ValueReader } from "./value-reader.js";

const EPOCH_DAYS = 10_957;
const EPOCH_MICROS = 946_684_800_000_000n;
const MAX_INT64 = 9_223_372_036_854_775_807n;
const MAX_DIMENSIONS = 6;

/** Reads a value of type `oid`. Errors: SqlError 08P01, 22P03 when its bytes are not one, 0A000 for an OID not known here. */
export function decodeBinary(bytes: Uint8Array, oid: number, inferred: EngineType | undefined): TypedValue {
  if (isEnum(inferred)) return { value: requireLabel(inferred, decodeUtf8(bytes)), type: VARCHAR };
  if (isComposite(inferred) && !TEXTS.has(oid)) return decodeRecord(bytes, inferred);
  // What the client declared says what it sends: an array of texts may be cast to one of an enum.
  const elementOid = elementOidOf(oid) ?? userElementOid(inferred);
  if (elementOid !== undefined) return decodeArray(bytes, elementOid, inferred);
  return decodeNumber(bytes, oid, inferred) ?? decodeTemporal(bytes, oid) ?? decodeOther(bytes, oid);
}

function decodeNumber(
  bytes: Uint8Array,
  oid: number,
  inferred: EngineType | undefined,
): TypedValue | undefined {
  switch (oid) {
    case OID.int2:
      return { value: readWhole(bytes, (value) => value.int16()), type: SMALLINT };
    case OID.int4:
      return { value: readWhole(bytes, (value) => value.int32()), type: INTEGER };
    case OID.oid:
    case OID.xid:
    case OID.cid:
      return { value: BigInt(readWhole(bytes, (value) => value.uint32())), type: BIGINT };
    case OID.int8:
      return { value: readWhole(bytes, (value) => value.int64()), type: BIGINT };
    case OID.float4:
      return { value: readWhole(bytes, (value) => value.float32()), type: FLOAT };
    case OID.float8:
      return { value: readWhole(bytes, (value) => value.float64()), type: DOUBLE };
    case OID.numeric:
      return typedNumber(numericFrom(bytes), inferred);
    default:
      return undefined;
  }
}

function decodeTemporal(bytes: Uint8Array, oid: number): TypedValue | undefined {
  switch (oid) {
    case OID.date:
      return { value: dateValue(dateDays(readWhole(bytes, (value) => value.int32()))), type: DATE };
    case OID.time:
      return { value: timeValue(readWhole(bytes, timeOfDay)), type: TIME };
    case OID.timetz:
      return readWhole(bytes, (value) => ({
        value: timeTZValue(timeOfDay(value), -zoneOf(value)),
        type: TIMETZ,
      }));
    case OID.timestamp:
      return { value: timestampValue(readWhole(bytes, epochMicros)), type: TIMESTAMP };
    case OID.timestamptz:
      return { value: timestampTZValue(readWhole(bytes, epochMicros)), type: TIMESTAMPTZ };
    case OID.interval:
      return readWhole(bytes, (value) => {
        const [micros, days, months] = [value.int64(), value.int32(), value.int32()];
        return { value: intervalValue(months, days, micros), type: INTERVAL };
      });
    default:
      return undefined;
  }
}

const MICROS_PER_DAY = 86_400_000_000n;
const ZONE_LIMIT_SECONDS = 16 * 3600;

function timeOfDay(reader: ValueReader): bigint {
  const micros = reader.int64();
  if (micros < 0n || micros > MICROS_PER_DAY)
    throw new SqlError(SQLSTATE.datetimeFieldOverflow, "time out of range");
  return micros;
}

/** Seconds west of Greenwich. */
function zoneOf(reader: ValueReader): number {
  const seconds = reader.int32();
  if (Math.abs(seconds) >= ZONE_LIMIT_SECONDS)
    throw new SqlError(SQLSTATE.invalidTimeZoneDisplacement, "time zone displacement out of range");
  return seconds;
}

function dateDays(days: number): number {
  if (days === 0x7fffffff) return INFINITE_DAYS;
  if (days === -0x80000000) return -INFINITE_DAYS;
  if (days + EPOCH_DAYS >= INFINITE_DAYS) throw datetimeOutOfRange("date", String(days));
  return days + EPOCH_DAYS;
}

function epochMicros(reader: ValueReader): bigint {
  const micros = reader.int64();
  if (micros === MAX_INT64) return MAX_INT64;
  if (micros === -MAX_INT64 - 1n) return -MAX_INT64;
  const since1970 = micros + EPOCH_MICROS;
  if (since1970 >= MAX_INT64) throw datetimeOutOfRange("timestamp", String(micros));
  return since1970;
}

function decodeOther(bytes: Uint8Array, oid: number): TypedValue {
  switch (oid) {
    case OID.bool:
      return { value: readWhole(bytes, (value) => value.uint8()) !== 0, type: BOOLEAN };
    case OID.uuid:
      readWhole(bytes, (value) => value.bytes(16));
      return { value: uuidValue(BigInt(`0x${Buffer.from(bytes).toString("hex")}`)), type: UUID };
    case OID.bytea:
      return { value: blobValue(Uint8Array.from(bytes)), type: BLOB };
    case OID.bit:
    case OID.varbit:
      return decodeBits(bytes);
    case OID.jsonb:
      return { value: canonicalJson(jsonbText(bytes)), type: VARCHAR };
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

function jsonbText(bytes: Uint8Array): string {
  const version = new ValueReader(bytes).uint8();
  if (version !== 1)
    throw new SqlError(SQLSTATE.internalError, `unsupported jsonb version number ${version}`);
  return decodeUtf8(bytes.subarray(1));
}

function decodeBits(bytes: Uint8Array): TypedValue {
  return readWhole(bytes, (value) => {
    const count = value.int32();
    if (count < 0) throw badBinary("invalid length in external bit string");
    const packed = value.bytes((count + 7) >> 3);
    value.end();
    // DuckDB has no BIT without bits.
    if (count === 0) throw notSupported("bit strings without bits are not supported");
    const bits = Array.from(packed, (byte) => byte.toString(2).padStart(8, "0")).join("");
    return { value: bitValue(bits.slice(0, count)), type: BIT };
  });
}

/** Texts that stand where a composite type is wanted. */
const TEXTS: ReadonlySet<number> = new Set([OID.text, OID.varchar, OID.bpchar, OID.unknown]);

/** The layout is described in records.ts. Errors: 42804 for other fields than the type has. */
function decodeRecord(bytes: Uint8Array, type: RecordType): TypedValue {
  return readWhole(bytes, (reader) => {
    const expected = type.entryTypes.length;
    const count = reader.int32();
    if (count !== expected) {
      throw new SqlError(
        SQLSTATE.datatypeMismatch,
        `wrong number of columns: ${count}, expected ${expected}`,
      );
    }
    const fields = type.entryTypes.map((entry, index) => {
      const oid = reader.uint32();
      requireField(oid, describeType(entry).oid, index);
      const value = reader.counted();
      return value === null ? SQL_NULL : decodeBinary(value, oid, entry);
    });
    return typedRecord(type, fields, plainType);
  });
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
  const items = readWhole(bytes, (reader) => new ArrayReader(reader, elementOid).readLevel(0, inferred));
  return typedList(items, plainType(elementOid), inferred);
}

class ArrayReader {
  readonly #reader: ValueReader;
  readonly #elementOid: number;
  readonly #sizes: readonly number[];

  constructor(reader: ValueReader, elementOid: number) {
    this.#reader = reader;
    this.#elementOid = elementOid;
    const dimensions = readDimensions(reader);
    const flags = reader.int32();
    if (flags !== 0 && flags !== 1) throw badBinary("invalid array flags");
    const oid = reader.uint32();
    if (oid !== elementOid)
      throw new SqlError(
        SQLSTATE.datatypeMismatch,
        `binary data has array element type ${oid} instead of expected ${elementOid}`,
      );
    this.#sizes = Array.from({ length: dimensions }, () => {
      const size = reader.int32();
      reader.int32();
      return size;
    });
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

  #readElement(element: EngineType | undefined): TypedValue {
    const value = this.#reader.counted();
    return value === null ? SQL_NULL : decodeBinary(value, this.#elementOid, element);
  }
}

function readDimensions(reader: ValueReader): number {
  const dimensions = reader.int32();
  if (dimensions < 0) throw badBinary(`invalid number of dimensions: ${dimensions}`);
  if (dimensions <= MAX_DIMENSIONS) return dimensions;
  throw new SqlError(
    SQLSTATE.programLimitExceeded,
    `number of array dimensions (${dimensions}) exceeds the maximum allowed (${MAX_DIMENSIONS})`,
  );
}
