/** The binding's type ids and value constructors, under the engine's door: other folders must not import the binding. */
import {
  DuckDBBigIntType,
  DuckDBArrayValue,
  DuckDBBitType,
  DuckDBDoubleType,
  DuckDBBlobValue,
  DuckDBListValue,
  DuckDBStructType,
  DuckDBStructValue,
  DuckDBTypeId,
  DuckDBVarCharType,
  ENUM,
  LIST,
} from "@duckdb/node-api";
import type { EngineType, EngineValue } from "./types.js";

export {
  ARRAY,
  BIGINT,
  BIGNUM,
  BIT,
  BLOB,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  DuckDBTypeId as EngineTypeId,
  FLOAT,
  HUGEINT,
  INTEGER,
  INTERVAL,
  LIST,
  SMALLINT,
  SQLNULL,
  STRUCT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  TIMETZ,
  UHUGEINT,
  UTINYINT,
  UUID,
  VARCHAR,
  arrayValue,
  bitValue,
  blobValue,
  dateValue,
  decimalValue,
  intervalValue,
  listValue,
  structValue,
  timeTZValue,
  timeValue,
  timestampTZValue,
  timestampValue,
  uuidValue,
} from "@duckdb/node-api";

/** The same type by another name, where it can have one: columns of the catalogue are announced by it. */
export function withAlias(type: EngineType, alias: string): EngineType {
  switch (type.typeId) {
    case DuckDBTypeId.BIGINT:
      return DuckDBBigIntType.create(alias);
    case DuckDBTypeId.BIT:
      return DuckDBBitType.create(alias);
    case DuckDBTypeId.DOUBLE:
      return DuckDBDoubleType.create(alias);
    case DuckDBTypeId.VARCHAR:
      return DuckDBVarCharType.create(alias);
    case DuckDBTypeId.LIST:
      return LIST(type.valueType, alias);
    case DuckDBTypeId.ENUM:
      return ENUM(type.values, alias);
    case DuckDBTypeId.STRUCT:
      return new DuckDBStructType(type.entryNames, type.entryTypes, alias);
    default:
      return type;
  }
}

/** The elements of a list's or array's value; undefined for any other value. */
export function listItems(value: EngineValue): readonly EngineValue[] | undefined {
  const isList = value instanceof DuckDBListValue || value instanceof DuckDBArrayValue;
  return isList ? value.items : undefined;
}

/** The fields of a STRUCT's value. */
export function structEntries(value: EngineValue): Readonly<Record<string, EngineValue>> {
  return value instanceof DuckDBStructValue ? value.entries : {};
}

/** The bytes of a BLOB's value; none for any other. */
export function blobBytes(value: unknown): Uint8Array {
  return value instanceof DuckDBBlobValue ? value.bytes : new Uint8Array();
}

/** The bytes of a BLOB's value in hexadecimal digits. */
export function blobHex(value: EngineValue): string {
  return Buffer.from(blobBytes(value)).toString("hex");
}

/** A STRUCT with the same names of fields and other types. */
export function withFields(type: DuckDBStructType, types: readonly EngineType[]): DuckDBStructType {
  return new DuckDBStructType(type.entryNames, types, type.alias);
}
