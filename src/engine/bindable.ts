/**
 * Values as they are bound. The binding writes a BIGNUM with a word too many in front: DuckDB shows it as the right number
 * and finds it equal to none. It goes as text instead, which DuckDB reads as the number where it is used as one.
 */
import {
  ARRAY,
  BIGINT,
  DuckDBArrayValue,
  DuckDBListValue,
  DuckDBStructType,
  DuckDBTypeId,
  INTEGER,
  LIST,
  VARCHAR,
  arrayValue,
  listValue,
  type DuckDBPreparedStatement,
} from "@duckdb/node-api";
import { bindNull } from "./typed-null.js";
import type { EngineType, EngineValue } from "./types.js";

interface Bindable {
  readonly value: EngineValue;
  readonly type: EngineType;
}

/** Binds parameter `index`, counted from 1. The commonest types go without a value object in between. */
export function bindValue(
  statement: DuckDBPreparedStatement,
  index: number,
  value: EngineValue,
  type: EngineType,
): void {
  if (type === INTEGER && typeof value === "number") return statement.bindInteger(index, value);
  if (type === BIGINT && typeof value === "bigint") return statement.bindBigInt(index, value);
  if (type === VARCHAR && typeof value === "string") return statement.bindVarchar(index, value);
  if (value === null && type.typeId !== DuckDBTypeId.SQLNULL) return bindNull(statement, index, type);
  const bound = bindable(value, type);
  statement.bindValue(index, bound.value, bound.type);
}

/** The value and type to bind instead; the same for nearly all. */
function bindable(value: EngineValue, type: EngineType): Bindable {
  return holdsBignum(type) ? { value: withText(value), type: asText(type) } : { value, type: unnamed(type) };
}

/** Without the aliases of STRUCTs: a value by another name would have a result of another type. */
function unnamed(type: EngineType): EngineType {
  switch (type.typeId) {
    case DuckDBTypeId.LIST:
      return LIST(unnamed(type.valueType));
    case DuckDBTypeId.ARRAY:
      return ARRAY(unnamed(type.valueType), type.length);
    case DuckDBTypeId.STRUCT:
      return new DuckDBStructType(type.entryNames, type.entryTypes.map(unnamed));
    default:
      return type;
  }
}

function holdsBignum(type: EngineType): boolean {
  const { typeId } = type;
  if (typeId === DuckDBTypeId.LIST || typeId === DuckDBTypeId.ARRAY) return holdsBignum(type.valueType);
  return typeId === DuckDBTypeId.BIGNUM;
}

function asText(type: EngineType): EngineType {
  switch (type.typeId) {
    case DuckDBTypeId.LIST:
      return LIST(asText(type.valueType));
    case DuckDBTypeId.ARRAY:
      return ARRAY(asText(type.valueType), type.length);
    default:
      return VARCHAR;
  }
}

function withText(value: EngineValue): EngineValue {
  if (typeof value === "bigint") return String(value);
  if (value instanceof DuckDBArrayValue) return arrayValue(value.items.map(withText));
  return value instanceof DuckDBListValue ? listValue(value.items.map(withText)) : value;
}
