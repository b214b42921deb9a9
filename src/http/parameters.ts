/** Parameters of a statement, given as JSON, in PostgreSQL's text form for the types the statement wants. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { elementOidOf, OID } from "../pgtypes/oids.js";
import type { BoundParameter } from "../query/types.js";

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

const UTF8 = new TextEncoder();

/** Errors: 08P01 for another number of values than the statement has parameters, 22P02 for one that is none of its type. */
export function bindJson(values: readonly JsonValue[], oids: readonly number[]): BoundParameter[] {
  if (values.length !== oids.length) {
    throw new SqlError(
      SQLSTATE.protocolViolation,
      `${values.length} parameters were given, but the statement requires ${oids.length}`,
    );
  }
  return values.map((value, index) => {
    const text = textOf(value, oids[index] ?? OID.text, index + 1);
    return { format: "text", bytes: text === null ? null : UTF8.encode(text) };
  });
}

function textOf(value: JsonValue, oid: number, number: number): string | null {
  if (value === null) return null;
  if (typeof value === "string") return value;
  if (typeof value !== "object") return String(value);
  if (oid === OID.json || oid === OID.jsonb) return JSON.stringify(value);
  const element = elementOidOf(oid);
  if (isList(value) && element !== undefined) return arrayText(value, element, number);
  throw new SqlError(
    SQLSTATE.invalidTextRepresentation,
    `parameter $${number} is ${isList(value) ? "a list" : "an object"}, which its type is not`,
    { hint: "cast the parameter, for example $1::int[] or $1::jsonb" },
  );
}

/** `{"a","b",NULL}`. Elements are quoted: what is in them is never read as syntax. */
function arrayText(values: readonly JsonValue[], element: number, number: number): string {
  const texts = values.map((value) => {
    if (isList(value)) return arrayText(value, element, number);
    const text = textOf(value, element, number);
    return text === null ? "NULL" : `"${text.replace(/["\\]/g, "\\$&")}"`;
  });
  return `{${texts.join(",")}}`;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
