/**
 * DuckDB types as the PostgreSQL types a client is told.
 *
 * Shape   oid · size (bytes, -1 = variable) · typmod (-1 = none), the three fields of RowDescription
 * Limits  an ENUM whose type the catalogue does not have (dropped, or never named) is announced as text: a client that
 *         looks an OID up must find it
 * Source  pg_type.dat of PostgreSQL 15
 */
import { notSupported } from "../core/errors.js";
import { KEYED_TYPES, keyedTypeName } from "../core/keyed-types.js";
import { isQuotient, isUnbounded } from "../core/unbounded-numeric.js";
import type { EngineType } from "../engine/types.js";
import { EngineTypeId } from "../engine/vector-values.js";
import { identityOf, isRow } from "./user-types.js";

export const OID = {
  bool: 16,
  bytea: 17,
  char: 18,
  name: 19,
  int8: 20,
  int2: 21,
  int2vector: 22,
  int4: 23,
  regproc: 24,
  text: 25,
  oid: 26,
  xid: 28,
  cid: 29,
  oidvector: 30,
  json: 114,
  float4: 700,
  float8: 701,
  unknown: 705,
  bpchar: 1042,
  varchar: 1043,
  date: 1082,
  time: 1083,
  timestamp: 1114,
  timestamptz: 1184,
  interval: 1186,
  timetz: 1266,
  bit: 1560,
  varbit: 1562,
  numeric: 1700,
  uuid: 2950,
  record: 2249,
  regprocedure: 2202,
  regoper: 2203,
  regoperator: 2204,
  void: 2278,
  regclass: 2205,
  regtype: 2206,
  jsonb: 3802,
  regnamespace: 4089,
  regrole: 4096,
} as const;

/** Element OID → array OID. */
const ARRAY_OID: ReadonlyMap<number, number> = new Map([
  [OID.bool, 1000],
  [OID.bytea, 1001],
  [OID.char, 1002],
  [OID.name, 1003],
  [OID.int2vector, 1006],
  [OID.regproc, 1008],
  [OID.xid, 1011],
  [OID.cid, 1012],
  [OID.oidvector, 1013],
  [OID.int2, 1005],
  [OID.int4, 1007],
  [OID.text, 1009],
  [OID.bpchar, 1014],
  [OID.varchar, 1015],
  [OID.int8, 1016],
  [OID.float4, 1021],
  [OID.float8, 1022],
  [OID.oid, 1028],
  [OID.timestamp, 1115],
  [OID.date, 1182],
  [OID.time, 1183],
  [OID.timestamptz, 1185],
  [OID.interval, 1187],
  [OID.numeric, 1231],
  [OID.timetz, 1270],
  [OID.bit, 1561],
  [OID.varbit, 1563],
  [OID.json, 199],
  [OID.uuid, 2951],
  [OID.record, 2287],
  [OID.regprocedure, 2207],
  [OID.regoper, 2208],
  [OID.regoperator, 2209],
  [OID.regclass, 2210],
  [OID.regtype, 2211],
  [OID.jsonb, 3807],
  ...[...KEYED_TYPES.values()].map(({ oid, arrayOid }) => [oid, arrayOid] as const),
  [OID.regnamespace, 4090],
  [OID.regrole, 4097],
]);

const ELEMENT_OID: ReadonlyMap<number, number> = new Map(
  [...ARRAY_OID].map(([element, array]) => [array, element]),
);

export interface PgTypeInfo {
  readonly oid: number;
  /** `typlen`: bytes of the internal form, -1 when it varies. */
  readonly size: number;
  /** Type modifier: `((precision << 16) | scale) + 4` for a DECIMAL, else -1. */
  readonly typmod: number;
}

const TEXT: PgTypeInfo = { oid: OID.text, size: -1, typmod: -1 };

function plain(oid: number, size: number): PgTypeInfo {
  return { oid, size, typmod: -1 };
}

/** A STRUCT that is sent as a record: see `isRow`. */
export type RecordType = Extract<EngineType, { typeId: EngineTypeId.STRUCT }>;

/** True for DuckDB's JSON, a VARCHAR by another name, whether clients know it as json or as jsonb. */
export function isJson(type: EngineType): boolean {
  return type.typeId === EngineTypeId.VARCHAR && (type.alias === "JSON" || type.alias === "jsonb");
}

/** The element OID of an array OID, or undefined for any other OID. */
export function elementOidOf(arrayOid: number): number | undefined {
  return ELEMENT_OID.get(arrayOid);
}

/** Types DuckDB holds as another, by the alias of that: see catalog/column-types.ts. */
const NAMED_TYPES: ReadonlyMap<string, PgTypeInfo> = new Map([
  ["oid", plain(OID.oid, 4)],
  ["xid", plain(OID.xid, 4)],
  ["cid", plain(OID.cid, 4)],
  ["name", plain(OID.name, 64)],
  ["char", plain(OID.char, 1)],
  ["varchar", plain(OID.varchar, -1)],
  ["bpchar", plain(OID.bpchar, -1)],
  ["jsonb", plain(OID.jsonb, -1)],
  ["numeric", plain(OID.numeric, -1)],
  ["bit", plain(OID.bit, -1)],
  ["int2vector", plain(OID.int2vector, -1)],
  ["oidvector", plain(OID.oidvector, -1)],
  ["regproc", plain(OID.regproc, 4)],
  ["regprocedure", plain(OID.regprocedure, 4)],
  ["regoper", plain(OID.regoper, 4)],
  ["regoperator", plain(OID.regoperator, 4)],
  ["void", plain(OID.void, 4)],
  ["regclass", plain(OID.regclass, 4)],
  ["regtype", plain(OID.regtype, 4)],
  ["regnamespace", plain(OID.regnamespace, 4)],
  ["regrole", plain(OID.regrole, 4)],
]);

/** True for a type whose values are OIDs that are shown, and held, as names. */
export function isNameOfOid(type: EngineType): boolean {
  return type.typeId === EngineTypeId.VARCHAR && type.alias?.startsWith("reg") === true;
}

/** The array OID of an element OID, or undefined where there is none. */
export function arrayOidOf(elementOid: number): number | undefined {
  return ARRAY_OID.get(elementOid);
}

/** The type a client is told for a result column or parameter. Null (a column this server makes) is text. */
export function describeType(type: EngineType | null): PgTypeInfo {
  if (type === null) return TEXT;
  const named =
    type.alias === undefined ? undefined : NAMED_TYPES.get(type.alias.replace(/^(bpchar)\(.*/, "$1"));
  if (named !== undefined) return named;
  switch (type.typeId) {
    case EngineTypeId.BOOLEAN:
      return plain(OID.bool, 1);
    case EngineTypeId.TINYINT:
    case EngineTypeId.UTINYINT:
    case EngineTypeId.SMALLINT:
      return plain(OID.int2, 2);
    case EngineTypeId.USMALLINT:
    case EngineTypeId.INTEGER:
      return plain(OID.int4, 4);
    case EngineTypeId.UINTEGER:
    case EngineTypeId.BIGINT:
      return plain(OID.int8, 8);
    case EngineTypeId.UBIGINT:
    case EngineTypeId.HUGEINT:
    case EngineTypeId.UHUGEINT:
    case EngineTypeId.BIGNUM:
    case EngineTypeId.INTEGER_LITERAL:
      return plain(OID.numeric, -1);
    case EngineTypeId.DECIMAL:
      return isUnbounded(type) || isQuotient(type)
        ? plain(OID.numeric, -1)
        : { oid: OID.numeric, size: -1, typmod: ((type.width << 16) | type.scale) + 4 };
    case EngineTypeId.FLOAT:
      return plain(OID.float4, 4);
    case EngineTypeId.DOUBLE:
      return plain(OID.float8, 8);
    case EngineTypeId.VARCHAR:
      return isJson(type) ? plain(OID.json, -1) : TEXT;
    case EngineTypeId.ENUM: {
      const identity = identityOf(type);
      return identity === undefined ? TEXT : plain(identity.oid, 4);
    }
    case EngineTypeId.SQLNULL:
    case EngineTypeId.ANY:
    case EngineTypeId.STRING_LITERAL:
      return TEXT;
    case EngineTypeId.BLOB:
      return plain(OID.bytea, -1);
    case EngineTypeId.BIT:
      return plain(OID.varbit, -1);
    case EngineTypeId.UUID:
      return plain(OID.uuid, 16);
    case EngineTypeId.DATE:
      return plain(OID.date, 4);
    case EngineTypeId.TIME:
    case EngineTypeId.TIME_NS:
      return plain(OID.time, 8);
    case EngineTypeId.TIME_TZ:
      return plain(OID.timetz, 12);
    case EngineTypeId.TIMESTAMP:
    case EngineTypeId.TIMESTAMP_NS:
      return plain(OID.timestamp, 8);
    case EngineTypeId.TIMESTAMP_S:
      return { oid: OID.timestamp, size: 8, typmod: 0 };
    case EngineTypeId.TIMESTAMP_MS:
      return { oid: OID.timestamp, size: 8, typmod: 3 };
    case EngineTypeId.TIMESTAMP_TZ:
      return plain(OID.timestamptz, 8);
    case EngineTypeId.INTERVAL:
      return plain(OID.interval, 16);
    case EngineTypeId.STRUCT:
      return describeStruct(type);
    case EngineTypeId.MAP:
    case EngineTypeId.UNION:
      return plain(OID.json, -1);
    case EngineTypeId.LIST:
    case EngineTypeId.ARRAY:
      return describeArray(type.valueType);
    case EngineTypeId.GEOMETRY:
    case EngineTypeId.VARIANT:
      throw unsendable(type);
    default:
      return type satisfies never;
  }
}

function describeStruct(type: RecordType): PgTypeInfo {
  const name = keyedTypeName(type.entryNames);
  const keyed = name === undefined ? undefined : KEYED_TYPES.get(name);
  if (keyed !== undefined) return plain(keyed.oid, FIXED_SIZES.get(keyed.oid) ?? -1);
  return plain(identityOf(type)?.oid ?? (isRow(type) ? OID.record : OID.json), -1);
}

/** Bytes of keyed types that have a fixed number of them. */
const FIXED_SIZES: ReadonlyMap<number, number> = new Map([
  [829, 6],
  [774, 8],
  [600, 16],
  [601, 32],
  [603, 32],
  [628, 24],
  [718, 24],
]);

/** PostgreSQL has one array type per element type, whatever the number of dimensions; typmods are the element's. */
function describeArray(element: EngineType): PgTypeInfo {
  if (element.typeId === EngineTypeId.LIST || element.typeId === EngineTypeId.ARRAY) {
    return describeArray(element.valueType);
  }
  const { oid, typmod } = describeType(element);
  const ownArray = identityOf(element)?.arrayOid;
  return { oid: ownArray ?? ARRAY_OID.get(oid) ?? 1009, size: -1, typmod };
}

/** GEOMETRY and VARIANT have no PostgreSQL type that would not be a guess. */
export function unsendable(type: EngineType): Error {
  return notSupported(`type ${type.toString()} cannot be sent to a client`, "cast the column to VARCHAR");
}
