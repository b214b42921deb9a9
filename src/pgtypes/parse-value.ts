/** Text input by PostgreSQL type OID: the value, and the DuckDB type it is bound as. */
import { arrayDelimiter } from "../core/keyed-types.js";
import { canonicalJson } from "../core/canonical-json.js";
import { parseBytea } from "../core/bytea.js";
import type { EngineType } from "../engine/types.js";
import {
  BIGINT,
  BIT,
  BLOB,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  EngineTypeId,
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
import { isEnum, requireLabel } from "./enum-types.js";
import { engineTypeOf, keyedEngineValue, keyedTypeByOid } from "./keyed/registry.js";
import { OID, describeType, elementOidOf, type RecordType } from "./oids.js";
import { parseArrayLiteral, type ArrayItem } from "./parse-array.js";
import { parseBits } from "./parse-bytes.js";
import { parseRecordLiteral } from "./record-literal.js";
import { parseDate, parseTime, parseTimestamp, parseTimestamptz, parseTimetz } from "./parse-datetime.js";
import { parseInterval } from "./parse-interval.js";
import {
  parseBoolean,
  parseFloat4,
  parseFloat8,
  parseInteger,
  parseNumeric,
  parseUuid,
} from "./parse-numbers.js";
import { elementTypeOf, typedList, type ArrayTree } from "./typed-list.js";
import { typedRecord } from "./typed-record.js";
import { SQL_NULL, typedNumber, type TypedValue } from "./typed-value.js";
import { isComposite, userElementOid } from "./user-types.js";

export interface InputOptions {
  /** For times without a zone that are read as TIMESTAMPTZ. */
  readonly timeZone: string;
}

/** Reads a text as the type `oid`; types not known here stay text. `inferred`: where the value goes, if known. */
export function parseValue(
  text: string,
  oid: number,
  inferred: EngineType | undefined,
  options: InputOptions,
): TypedValue {
  if (isEnum(inferred)) return { value: requireLabel(inferred, text), type: VARCHAR };
  if (isComposite(inferred)) return parseRecord(text, inferred, options);
  const elementOid = elementOidOf(oid) ?? userElementOid(inferred) ?? textElementOid(oid, inferred);
  if (elementOid !== undefined) return parseArray(text, elementOid, inferred, options);
  const keyed = keyedTypeByOid(oid);
  if (keyed !== undefined) return keyedEngineValue(keyed, keyed.read(text, options));
  return parseNumber(text, oid, inferred) ?? parseTemporal(text, oid, options) ?? parseOther(text, oid);
}

/** No type of PostgreSQL's own has such a number. */
const USER_OIDS = 16_384;

/** A value declared as an array of a user's enum, where an array of texts is wanted. */
function textElementOid(oid: number, inferred: EngineType | undefined): number | undefined {
  const isWanted =
    inferred?.typeId === EngineTypeId.LIST && inferred.valueType.typeId === EngineTypeId.VARCHAR;
  return isWanted && oid >= USER_OIDS ? OID.text : undefined;
}

function parseNumber(text: string, oid: number, inferred: EngineType | undefined): TypedValue | undefined {
  switch (oid) {
    case OID.int2:
      return { value: Number(parseInteger(text, "smallint")), type: SMALLINT };
    case OID.int4:
      return { value: Number(parseInteger(text, "integer")), type: INTEGER };
    case OID.int8:
    case OID.oid:
    case OID.xid:
    case OID.cid:
      return { value: parseInteger(text, "bigint"), type: BIGINT };
    case OID.numeric:
      return typedNumber(parseNumeric(text), inferred);
    case OID.float4:
      return { value: parseFloat4(text), type: FLOAT };
    case OID.float8:
      return { value: parseFloat8(text), type: DOUBLE };
    default:
      return undefined;
  }
}

function parseTemporal(text: string, oid: number, { timeZone }: InputOptions): TypedValue | undefined {
  switch (oid) {
    case OID.date:
      return { value: dateValue(parseDate(text)), type: DATE };
    case OID.time:
      return { value: timeValue(parseTime(text)), type: TIME };
    case OID.timetz: {
      const { micros, offset } = parseTimetz(text, timeZone);
      return { value: timeTZValue(micros, offset), type: TIMETZ };
    }
    case OID.timestamp:
      return { value: timestampValue(parseTimestamp(text)), type: TIMESTAMP };
    case OID.timestamptz:
      return { value: timestampTZValue(parseTimestamptz(text, timeZone)), type: TIMESTAMPTZ };
    case OID.interval: {
      const { months, days, micros } = parseInterval(text);
      return { value: intervalValue(months, days, micros), type: INTERVAL };
    }
    default:
      return undefined;
  }
}

function parseOther(text: string, oid: number): TypedValue {
  switch (oid) {
    case OID.bool:
      return { value: parseBoolean(text), type: BOOLEAN };
    case OID.uuid:
      return { value: uuidValue(parseUuid(text)), type: UUID };
    case OID.bytea:
      return { value: blobValue(parseBytea(text)), type: BLOB };
    case OID.bit:
    case OID.varbit:
      return { value: bitValue(parseBits(text)), type: BIT };
    case OID.jsonb:
      return { value: canonicalJson(text), type: VARCHAR };
    default:
      return { value: text, type: VARCHAR };
  }
}

/** The type a value of this OID is bound as when there is no value to look at: NULLs and empty arrays. */
export function plainType(oid: number): EngineType {
  const keyed = keyedTypeByOid(oid);
  return keyed === undefined ? (PLAIN_TYPES.get(oid) ?? VARCHAR) : engineTypeOf(keyed);
}

const PLAIN_TYPES: ReadonlyMap<number, EngineType> = new Map<number, EngineType>([
  [OID.bool, BOOLEAN],
  [OID.int2, SMALLINT],
  [OID.int4, INTEGER],
  [OID.int8, BIGINT],
  [OID.oid, BIGINT],
  [OID.xid, BIGINT],
  [OID.cid, BIGINT],
  [OID.numeric, DECIMAL()],
  [OID.float4, FLOAT],
  [OID.float8, DOUBLE],
  [OID.bytea, BLOB],
  [OID.uuid, UUID],
  [OID.bit, BIT],
  [OID.varbit, BIT],
  [OID.date, DATE],
  [OID.time, TIME],
  [OID.timetz, TIMETZ],
  [OID.timestamp, TIMESTAMP],
  [OID.timestamptz, TIMESTAMPTZ],
  [OID.interval, INTERVAL],
]);

function parseRecord(text: string, type: RecordType, options: InputOptions): TypedValue {
  const fields = parseRecordLiteral(text, type.entryTypes.length).map((field, index) => {
    const entry = type.entryTypes[index];
    if (field === null || entry === undefined) return SQL_NULL;
    return parseValue(field, describeType(entry).oid, entry, options);
  });
  return typedRecord(type, fields, plainType);
}

function parseArray(
  text: string,
  elementOid: number,
  inferred: EngineType | undefined,
  options: InputOptions,
): TypedValue {
  const read = (items: readonly ArrayItem[], type: EngineType | undefined): readonly ArrayTree[] => {
    const element = elementTypeOf(type);
    return items.map((item) => {
      if (item === null) return SQL_NULL;
      return typeof item === "string" ? parseValue(item, elementOid, element, options) : read(item, element);
    });
  };
  const delimiter = arrayDelimiter(keyedTypeByOid(elementOid)?.name);
  return typedList(read(parseArrayLiteral(text, delimiter), inferred), plainType(elementOid), inferred);
}
