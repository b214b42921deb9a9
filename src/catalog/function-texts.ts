/** Texts about the user's functions, by OID: arguments, results, definitions as PostgreSQL prints them; macros as DuckDB does. */
import { PG } from "./names.js";
import { PRINTED as PRINT } from "./printing/functions-of-sql.js";
import { TYPE_NAMES } from "./snapshot.js";

/** Names of types in CREATE FUNCTION, as stored, and as they are printed where the two differ. */
export const PRINTED_TYPES: ReadonlyMap<string, string> = new Map([
  ["bool", "boolean"],
  ["int2", "smallint"],
  ["int4", "integer"],
  ["int8", "bigint"],
  ["float4", "real"],
  ["float8", "double precision"],
  ["varchar", "character varying"],
  ["time", "time without time zone"],
  ["timestamp", "timestamp without time zone"],
  ["timestamptz", "timestamp with time zone"],
]);

const PRINTED = `MAP {${[...PRINTED_TYPES].map(([name, printed]) => `'${name}': '${printed}'`).join(", ")}}`;

/** One argument of a declared function: its name, if it has one, and its type. */
const ARGUMENT = `if((declared->>'variadic')::BOOLEAN AND _i = len(parameters), 'VARIADIC ', '') || if(starts_with(_p, '$'), '', ${PG}.quote_ident(_p) || ' ') || coalesce(${PG}._function_type(declared->'arguments'->>(_i - 1)), map_extract_value(${TYPE_NAMES}, (declared->'argumentOids'->>(_i - 1))::BIGINT))`;

/** The default of the argument of number `_i`, of a row that has `declared`. */
export const DEFAULT = `${PRINT}(declared->'defaults'->>(_i - 1), map_extract_value(${TYPE_NAMES}, (declared->'argumentOids'->>(_i - 1))::BIGINT), '[]', 'plain')`;

function argumentList(each: string): string {
  return `CASE WHEN declared IS NULL THEN array_to_string(parameters, ', ')
    ELSE array_to_string(list_transform(parameters, lambda _p, _i: ${each}), ', ') END`;
}

const RESULT = `CASE WHEN declared IS NOT NULL THEN if(is_table, 'SETOF ', '') || coalesce(${PG}._function_type(declared->>'returns'), map_extract_value(${TYPE_NAMES}, (declared->>'returnsOid')::BIGINT)) WHEN is_table THEN 'SETOF record' ELSE 'anyelement' END`;

/** VOLATILE is what a function is without a word. */
const OPTIONS = `CASE WHEN declared->>'volatility' <> 'volatile' OR (declared->>'strict')::BOOLEAN
  THEN chr(10) || ' ' || concat_ws(' ', nullif(upper(declared->>'volatility'), 'VOLATILE'), if((declared->>'strict')::BOOLEAN, 'STRICT', NULL)) ELSE '' END`;

const DEFINITION = `CASE WHEN declared IS NULL
  THEN 'CREATE MACRO ' || ${PG}._full(sch, nam) || '(' || array_to_string(parameters, ', ') || ') AS ' || if(is_table, 'TABLE ', '') || body
  ELSE 'CREATE OR REPLACE FUNCTION ' || ${PG}._full(sch, nam) || '(' || _arguments || ')' || chr(10) || ' RETURNS ' || _result || chr(10) || ' LANGUAGE sql'
    || ${OPTIONS} || chr(10) || 'AS $function$' || body || '$function$' || chr(10) END`;

/** Statements that make the look-ups; the helpers come first. */
export const FUNCTION_TEXTS: readonly string[] = [
  `CREATE MACRO ${PG}._function_type(_type) AS coalesce(map_extract_value(${PRINTED}, rtrim(_type, '[]')), rtrim(_type, '[]')) || if(ends_with(_type, '[]'), '[]', '')`,
  `CREATE VIEW ${PG}._lookup_arguments AS SELECT oid AS _key,
     ${argumentList(`${ARGUMENT} || coalesce(' DEFAULT ' || ${DEFAULT}, '')`)} AS _value FROM ${PG}._function`,
  `CREATE VIEW ${PG}._lookup_identity AS SELECT oid AS _key, ${argumentList(ARGUMENT)} AS _value FROM ${PG}._function`,
  `CREATE VIEW ${PG}._lookup_result AS SELECT oid AS _key, ${RESULT} AS _value, ${PG}._is_visible(sch) AS _sub FROM ${PG}._function`,
  `CREATE VIEW ${PG}._lookup_function AS SELECT f.oid AS _key, ${DEFINITION} AS _value FROM (SELECT f.*, a._value AS _arguments, r._value AS _result
     FROM ${PG}._function AS f JOIN ${PG}._lookup_arguments AS a ON a._key = f.oid JOIN ${PG}._lookup_result AS r ON r._key = f.oid) AS f`,
];
