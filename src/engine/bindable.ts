/**
 * Values as they are bound. The binding writes a BIGNUM with a word too many in front: DuckDB shows it as the right number
 * and finds it equal to none. It goes as text instead, which DuckDB reads as the number where it is used as one.
 */
import {
  ARRAY,
  DuckDBArrayValue,
  DuckDBListValue,
  DuckDBTypeId,
  LIST,
  VARCHAR,
  arrayValue,
  listValue,
} from "@duckdb/node-api";
import type { EngineType, EngineValue } from "./types.js";

interface Bindable {
  readonly value: EngineValue;
  readonly type: EngineType;
}

/** The value and type to bind instead; the same for nearly all. */
export function bindable(value: EngineValue, type: EngineType): Bindable {
  return holdsBignum(type) ? { value: withText(value), type: asText(type) } : { value, type };
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
