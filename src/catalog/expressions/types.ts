/** What a value is, in PostgreSQL's words. */
import { notSupported } from "../../core/errors.js";
import { raisedText } from "../../engine/failure.js";
import { quoteLiteral } from "../../sql/names.js";
import { any, type Definitions } from "./definition.js";

const NAMES = [
  ["VARCHAR", "text"],
  ["DOUBLE", "double precision"],
  ["FLOAT", "real"],
  ["TIMESTAMP", "timestamp without time zone"],
  ["TIME", "time without time zone"],
  ["BLOB", "bytea"],
  ["BIT", "bit varying"],
  ["HUGEINT", "numeric"],
  ["UBIGINT", "numeric"],
  ["UINTEGER", "bigint"],
  ["TINYINT", "smallint"],
  ["UTINYINT", "smallint"],
  ["USMALLINT", "integer"],
  ['"NULL"', "unknown"],
] as const;

const ELEMENT = "regexp_extract(typeof(_1), '^[^\\[]*')";
/** See core/keyed-types.ts. */
const KEYED = `regexp_extract(typeof(_1), '^STRUCT\\("pg_catalog\\.(\\w+)" VARCHAR, "text" VARCHAR\\)', 1)`;
const NAME = `CASE WHEN ${KEYED} <> '' THEN ${KEYED} ${NAMES.map(([engine, name]) => `WHEN ${ELEMENT} = '${engine}' THEN '${name}'`).join(" ")}
  WHEN starts_with(typeof(_1), 'DECIMAL') THEN 'numeric' WHEN starts_with(typeof(_1), 'STRUCT(') THEN 'record' ELSE lower(${ELEMENT}) END`;

/** A setting that is on or off, as DuckDB reads a boolean. */
const SWITCH = "CASE _1 WHEN 'on' THEN 'true' WHEN 'off' THEN 'false' ELSE _1 END";

/** A text that is computed: how to read it as a record DuckDB does not know. */
const COMPUTED = notSupported("a computed text cannot be cast to a composite type");
const ROW_OPERAND = `CASE WHEN typeof(_1) IN ('VARCHAR', 'JSON', 'VARCHAR[]') THEN error(${quoteLiteral(raisedText(COMPUTED))}) ELSE _1 END`;

export const TYPES: Definitions = {
  duckbranch_row_operand: [any(1, ROW_OPERAND)],
  duckbranch_switch: [any(1, SWITCH)],
  pg_typeof: [any(1, `${NAME} || if(contains(typeof(_1), '['), '[]', '')`)],
};
