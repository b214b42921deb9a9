/**
 * NULL with a type. One without makes DuckDB bind the statement anew, and what is computed from it another type: of
 * `$1::text || 'x'` an integer.
 */
import type { DuckDBPreparedStatement } from "@duckdb/node-api";
import bindings, { type Value } from "@duckdb/node-bindings";
import type { EngineType } from "./types.js";

/** By type's name: there are few, and values are never changed. */
const NULLS = new Map<string, Value>();

export function bindNull(statement: DuckDBPreparedStatement, index: number, type: EngineType): void {
  const name = type.toString();
  let value = NULLS.get(name);
  if (value === undefined) {
    value = typedNull(type);
    NULLS.set(name, value);
  }
  // The client library binds no values of the bindings' own.
  bindings.bind_value(statement["prepared_statement"], index, value);
}

/** An element of a list has the list's type, whatever it is made from. */
function typedNull(type: EngineType): Value {
  const list = bindings.create_list_value(type.toLogicalType().logical_type, [bindings.create_null_value()]);
  return bindings.get_list_child(list, 0);
}
