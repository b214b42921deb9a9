/**
 * Parameters as clients bind them, as DuckDB values.
 *
 * Order   the type a client declared (OID) wins, then what DuckDB inferred for the place, then text
 * Limits  a value is never rounded to the inferred type: `price = 1.234` must not find 1.23. A number goes in as the
 *         smallest DECIMAL that holds it, a small integer as PostgreSQL's type of that name, and DuckDB compares or casts
 */
import { requireJson } from "../core/json-text.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { EngineType } from "../engine/types.js";
import type { BoundParameter } from "./client-values.js";
import { OID, describeType } from "./oids.js";
import { decodeBinary } from "./parameters-binary.js";
import { parseValue, type InputOptions } from "./parse-value.js";
import { SQL_NULL, type TypedValue } from "./typed-value.js";
import { EngineTypeId } from "../engine/vector-values.js";
import { decodeUtf8 } from "./utf8.js";
import { LeftOverBytes } from "./value-reader.js";

export type { InputOptions } from "./parse-value.js";
export type { TypedValue } from "./typed-value.js";

/**
 * Reads one bound parameter.
 *
 * Errors  SqlError 22P02, 22003, 22007, 22008 as PostgreSQL's input functions; 22P03 for bad binary, 22021 for bad UTF-8,
 *         0A000 for a binary format not known here
 */
export function decodeParameter(
  parameter: BoundParameter,
  oid: number,
  inferred: EngineType | undefined,
  options: InputOptions = { timeZone: "UTC" },
): TypedValue {
  const { bytes, format } = parameter;
  if (bytes === null) return nullOf(inferred);
  const target = oid === 0 || oid === OID.unknown ? inferParameterOid(inferred) : oid;
  if (format === "binary") return decodeBinary(bytes, target, inferred);
  return parseValue(decodeUtf8(bytes), target, inferred, options);
}

/** NULL of the type that the statement was bound with; types of many parts, and of users, are found anew. */
function nullOf(inferred: EngineType | undefined): TypedValue {
  return inferred !== undefined && PLAIN.has(inferred.typeId) && inferred.alias === undefined
    ? { value: null, type: inferred }
    : SQL_NULL;
}

const PLAIN: ReadonlySet<EngineTypeId> = new Set([
  EngineTypeId.BOOLEAN,
  EngineTypeId.SMALLINT,
  EngineTypeId.INTEGER,
  EngineTypeId.BIGINT,
  EngineTypeId.FLOAT,
  EngineTypeId.DOUBLE,
  EngineTypeId.DECIMAL,
  EngineTypeId.VARCHAR,
  EngineTypeId.BLOB,
  EngineTypeId.UUID,
  EngineTypeId.DATE,
  EngineTypeId.TIME,
  EngineTypeId.TIMESTAMP,
  EngineTypeId.TIMESTAMP_TZ,
  EngineTypeId.INTERVAL,
]);

/**
 * Checks the value of the parameter of this number.
 *
 * Errors  those of `decodeParameter` for a value that is none of its type; what may depend on its place passes
 */
export function requireValue(
  parameter: BoundParameter,
  oid: number,
  timeZone: string,
  number?: number,
): void {
  try {
    const { value } = decodeParameter(parameter, oid, undefined, { timeZone });
    if ((oid === OID.json || oid === OID.jsonb) && typeof value === "string") requireJson(value);
  } catch (error) {
    if (error instanceof LeftOverBytes && number !== undefined)
      throw new LeftOverBytes(` in bind parameter ${number}`);
    if (!(error instanceof SqlError) || error.code !== SQLSTATE.featureNotSupported) throw error;
  }
}

/** The OID a client is told for a parameter whose type it did not declare. */
export function inferParameterOid(inferred: EngineType | undefined): number {
  if (inferred === undefined || isUnknown(inferred)) return OID.text;
  return describeType(inferred).oid;
}

/** Types without a PostgreSQL counterpart: DuckDB casts a text to them. */
function isUnknown({ typeId }: EngineType): boolean {
  return typeId === EngineTypeId.ANY || typeId === EngineTypeId.GEOMETRY || typeId === EngineTypeId.VARIANT;
}
