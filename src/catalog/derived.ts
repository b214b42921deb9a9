/** Helper views between the objects and what clients see: built-in types and relations, types, functions, comments. */
import { DATA_CATALOG } from "../engine/database.js";
import { quoteLiteral } from "../sql/names.js";
import { BUILTIN_FUNCTIONS, builtinTables } from "./builtin/tables.js";
import { BUILTIN_TYPES } from "./builtin-types.js";
import { ACCESS_METHODS } from "./index-methods.js";
import { PG, variable } from "./names.js";
import { BRANCH_OBJECTS } from "./objects.js";
import { INFORMATION_SCHEMA, PG_CATALOG, type RelationShape } from "./shapes.js";
import { EXTENTS } from "./table-sizes.js";
import { TYPE_FUNCTIONS } from "./type-functions.js";

const TYPE_COLUMNS = `oid BIGINT, typname VARCHAR, typlen SMALLINT, typtype VARCHAR, typcategory VARCHAR, typispreferred BOOLEAN,
  typelem BIGINT, typarray BIGINT, typinput VARCHAR, typoutput VARCHAR, typreceive VARCHAR, typsend VARCHAR, typbyval BOOLEAN,
  typalign VARCHAR, typstorage VARCHAR, sql_name VARCHAR`;

/** Facts that never change are real tables of the void catalogue: scanned, not computed. */
function staticTables(): string[] {
  const types = BUILTIN_TYPES.trim().split("\n").map(typeRow);
  const systems: readonly (readonly [string, RelationShape])[] = [
    ...[...PG_CATALOG.values()].map((shape) => ["pg_catalog", shape] as const),
    ...[...INFORMATION_SCHEMA.values()].map((shape) => ["information_schema", shape] as const),
  ];
  const classes = systems.map(([schema, s]) => row([s.oid, schema, s.name, s.kind]));
  const columns = systems.flatMap(([, s]) =>
    s.columns.map((column, index) => [s.oid, column.name, index + 1, column.type, column.notNull]),
  );
  return [
    ACCESS_METHODS,
    `CREATE TABLE ${PG}._builtin_type (${TYPE_COLUMNS})`,
    `INSERT INTO ${PG}._builtin_type VALUES ${types.join(", ")}`,
    `CREATE TABLE ${PG}._system_class (oid BIGINT, sch VARCHAR, nam VARCHAR, kind VARCHAR)`,
    `INSERT INTO ${PG}._system_class VALUES ${classes.join(", ")}`,
    `CREATE TABLE ${PG}._system_column (attrelid BIGINT, nam VARCHAR, position INTEGER, type VARCHAR, not_null BOOLEAN)`,
    // Thousands: DuckDB takes a tenth of a second to read them as VALUES.
    `INSERT INTO ${PG}._system_column SELECT c->>0, c->>1, c->>2, c->>3, c->>4
     FROM (SELECT unnest(from_json(${quoteLiteral(JSON.stringify(columns))}, '["JSON"]')) AS c)`,
  ];
}

function typeRow(line: string): string {
  const fields = line.split(" ");
  const sqlName = (fields[15] ?? "").replaceAll("~", " ");
  return row([...fields.slice(0, 15), sqlName]);
}

function row(values: readonly (string | number | boolean)[]): string {
  return `(${values.map((value) => (typeof value === "string" ? quoteLiteral(value) : String(value))).join(", ")})`;
}

/** `suffix`: what stands behind the qualified name where the type is printed. The macros are named once: DuckDB plans each of their calls. */
const USER_MADE_TYPES = `
  SELECT e.oid, e.nam AS typname, 4 AS typlen, 'e' AS typtype, 'E' AS typcategory, e.array_oid AS typarray, 0 AS typelem, 'enum_in' AS typinput, 'enum_out' AS typoutput,
    'enum_recv' AS typreceive, 'enum_send' AS typsend, true AS typbyval, 'i' AS typalign, 'p' AS typstorage, '' AS suffix, e.nam, e.sch, 0 AS relid, 0 AS base,
    -1 AS base_typmod, false AS not_null, NULL::VARCHAR AS by_default
  FROM ${PG}._enum AS e
  UNION ALL
  SELECT d.oid, d.nam, coalesce(b.typlen, -1), 'd', coalesce(b.typcategory, 'U'), d.array_oid, 0, 'domain_in', coalesce(b.typoutput, 'record_out'),
    'domain_recv', coalesce(b.typsend, 'record_send'), coalesce(b.typbyval, false), coalesce(b.typalign, 'i'), coalesce(b.typstorage, 'x'),
    '', d.nam, d.sch, 0, (d.definition->>'base')::BIGINT, (d.definition->>'typmod')::INTEGER,
    coalesce(d.definition->>'notNull' = d.nam, false), d.definition->>'default'
  FROM ${PG}._domain AS d LEFT JOIN ${PG}._builtin_type AS b ON b.oid = (d.definition->>'base')::BIGINT
  UNION ALL
  SELECT r.oid, r.nam, -1, 'c', 'C', r.array_oid, 0, 'record_in', 'record_out', 'record_recv', 'record_send', false, 'd', 'x',
    '', r.nam, r.sch, r.relid, 0, -1, false, NULL
  FROM ${PG}._row_type AS r
  UNION ALL
  SELECT e.array_oid, '_' || e.nam, -1, 'b', 'A', 0, e.oid, 'array_in', 'array_out', 'array_recv', 'array_send', false, e.align, 'x',
    '[]', e.nam, e.sch, 0, 0, -1, false, NULL
  FROM (SELECT oid, array_oid, sch, nam, 'i' AS align FROM ${PG}._enum UNION ALL SELECT oid, array_oid, sch, nam, 'i' FROM ${PG}._domain UNION ALL SELECT oid, array_oid, sch, nam, 'd' FROM ${PG}._row_type) AS e`;

/** Built-in types, enums, composite types, and the types of tables' and views' rows, each with its array type. */
const TYPES = `
  SELECT * RENAME (sql_name AS printed), 11 AS namespace, 'pg_catalog' AS sch, 0 AS relid, 0 AS base, -1 AS base_typmod, false AS not_null, NULL::VARCHAR AS by_default FROM ${PG}._builtin_type
  UNION ALL
  SELECT oid, typname, typlen, typtype, typcategory, false, typelem, typarray, typinput, typoutput, typreceive, typsend, typbyval, typalign, typstorage,
    ${PG}._qualified(sch, nam) || suffix, ${PG}._schema_oid(sch), sch, relid, base, base_typmod, not_null, by_default
  FROM (${USER_MADE_TYPES})`;

/** Rows of composite types, tables and views have types; `relid` is the relation of their attributes. */
const ROW_TYPES = `
  SELECT t.oid, t.array_oid, t.sch, t.nam, c.oid AS relid FROM ${PG}._composite AS t
  JOIN ${PG}._class AS c ON c.kind = 'c' AND c.sch = t.sch AND c.nam = t.nam
  UNION ALL
  SELECT ${PG}._oid('t', '', oid::VARCHAR), ${PG}._oid('ta', '', oid::VARCHAR), sch, nam, oid FROM ${PG}._class WHERE kind IN ('r', 'v', 'm')`;

const INDEX_KEYS = `SELECT sch, rel, nam, method, unnest(keys) AS key, generate_subscripts(keys, 1) AS position FROM ${PG}._index`;

const CONSTRAINT_NUMBERS = `
  SELECT ${PG}._oid('k', c.sch || '.' || c.rel, c.nam) AS oid, c.*, r.oid AS conrelid, f.oid AS confrelid, key.numbers AS conkey, fkey.numbers AS confkey
  FROM ${PG}._constraint AS c
  JOIN ${PG}._class AS r ON r.sch = c.sch AND r.nam = c.rel AND r.kind = 'r'
  LEFT JOIN ${PG}._class AS f ON c.kind = 'f' AND f.sch = c.referenced_schema AND f.nam = c.referenced_table AND f.kind = 'r'
  LEFT JOIN (${columnNumbers("columns", "c.sch", "c.rel")}) AS key ON key.sch = c.sch AND key.rel = c.rel AND key.nam = c.nam
  LEFT JOIN (${columnNumbers("referenced_columns", "c.referenced_schema", "c.referenced_table")}) AS fkey ON fkey.sch = c.sch AND fkey.rel = c.rel AND fkey.nam = c.nam`;

function columnNumbers(names: string, schema: string, relation: string): string {
  return `SELECT c.sch, c.rel, c.nam, list(t.position ORDER BY c.nth) AS numbers
    FROM (SELECT *, unnest(${names}) AS member, generate_subscripts(${names}, 1) AS nth FROM ${PG}._constraint) AS c
    JOIN ${PG}._column AS t ON t.sch = ${schema} AND t.rel = ${relation} AND t.nam = c.member GROUP BY ALL`;
}

const SCHEMA_COMMENTS = `(SELECT unnest(${variable("schemaComments")}) AS s)`;

/** Comments: of relations and columns from their physical tables, of enums. 1259, 1247 and 2606 are pg_class, pg_type and pg_constraint. */
const DESCRIPTIONS = `
  SELECT c.oid, 1259 AS classoid, 0 AS position, coalesce(t.comment, v.comment) AS comment
  FROM ${PG}._class AS c
  LEFT JOIN ${PG}._table_comment AS t ON c.kind IN ('r', 'm', 'v') AND t.sch = c.sch AND t.rel = c.nam
  LEFT JOIN duckdb_views() AS v ON c.kind = 'v' AND v.database_name = c.database_name AND v.schema_name = c.psch AND v.view_name = c.pnam
  WHERE coalesce(t.comment, v.comment) IS NOT NULL
  UNION ALL
  SELECT c.oid, 1259, t.position, t.comment FROM ${PG}._column AS t
  JOIN ${PG}._class AS c ON c.sch = t.sch AND c.nam = t.rel AND c.kind = t.kind WHERE t.comment IS NOT NULL
  UNION ALL
  SELECT oid, 1247, 0, comment FROM ${PG}._enum WHERE comment IS NOT NULL
  UNION ALL
  SELECT oid, 1247, 0, comment FROM ${PG}._composite WHERE comment IS NOT NULL
  UNION ALL
  SELECT oid, 1247, 0, comment FROM ${PG}._domain WHERE comment IS NOT NULL
  UNION ALL
  SELECT c.oid, 1259, 0, s.comment FROM duckdb_sequences() AS s JOIN ${PG}._sequence AS q ON q.own = s.schema_name AND q.nam = s.sequence_name
  JOIN ${PG}._class AS c ON c.kind = 'S' AND c.sch = q.sch AND c.nam = q.nam WHERE s.database_name = '${DATA_CATALOG}' AND s.comment IS NOT NULL AND ${PG}._on_main()
  UNION ALL
  SELECT c.oid, 1259, 0, o.comment FROM ${BRANCH_OBJECTS} JOIN ${PG}._class AS c ON c.kind = 'S' AND c.sch = ${PG}._public(o.duck_schema) AND c.nam = o."name"
  WHERE o.kind = 'sequence' AND NOT o.is_dropped AND o.comment IS NOT NULL
  UNION ALL
  SELECT c.oid, 1259, 0, i.said."value"->>'comment'
  FROM (SELECT sch, rel, unnest(map_entries((notes->'indexes')::MAP(VARCHAR, JSON))) AS said FROM ${PG}._table_comment) AS i
  JOIN ${PG}._class AS c ON c.kind = 'i' AND c.sch = i.sch AND c.nam = i.said."key" AND c.rel = i.rel WHERE i.said."value"->>'comment' IS NOT NULL
  UNION ALL
  SELECT n.oid, 2606, 0, k.said."value" FROM ${PG}._constraint_numbers AS n
  JOIN (SELECT sch, rel, unnest(map_entries((notes->'constraints')::MAP(VARCHAR, VARCHAR))) AS said FROM ${PG}._table_comment) AS k
    ON k.sch = n.sch AND k.rel = n.rel AND k.said."key" = n.nam
  UNION ALL
  SELECT 2200, 2615, 0, 'standard public schema' WHERE NOT EXISTS (FROM ${SCHEMA_COMMENTS} WHERE s."name" = 'public')
  UNION ALL SELECT 11, 2615, 0, 'system catalog schema'
  UNION ALL SELECT ${PG}._schema_oid(s."name"), 2615, 0, nullif(s.comment, '') FROM ${SCHEMA_COMMENTS} WHERE s.comment <> ''`;

/** What CREATE FUNCTION said, inside the macro's text: see catalog/function-catalog.ts. */
const DECLARED = `replace(nullif(regexp_extract(macro_definition, '''duckbranch function (\\{(?:[^'']|'''')*\\})''', 1), ''), '''''', '''')::JSON`;

/** The user's macros. */
const FUNCTIONS = `
  SELECT ${PG}._oid('f', schema_name, function_name || array_to_string(parameters, ',')) AS oid, ${PG}._public(schema_name) AS sch, function_name AS nam,
    parameters, coalesce(${DECLARED}->>'source', macro_definition) AS body, function_type = 'table_macro' AS is_table, ${DECLARED} AS declared
  FROM duckdb_functions() WHERE database_name = '${DATA_CATALOG}' AND NOT internal AND function_type IN ('macro', 'table_macro')
    AND ${PG}._is_shown(schema_name) AND ${PG}._on_main()
  UNION ALL
  SELECT ${PG}._oid('f', schema_name, function_name || array_to_string(parameters, ',')), ${PG}._public(schema_name), function_name,
    parameters, coalesce(${DECLARED}->>'source', macro_definition), is_table, ${DECLARED}
  FROM (SELECT o.duck_schema AS schema_name, o."name" AS function_name, o.parameters, o.definition AS macro_definition, o.is_table
    FROM ${BRANCH_OBJECTS} WHERE o.kind = 'function')
  UNION ALL ${TYPE_FUNCTIONS} UNION ALL ${BUILTIN_FUNCTIONS}`;

/** Not among the copies: few ask for them, and DuckDB lists its thousands of functions. */
const FUNCTION_COMMENTS = `
  SELECT ${PG}._oid('f', schema_name, function_name || array_to_string(parameters, ',')) AS oid, comment FROM duckdb_functions()
  WHERE database_name = '${DATA_CATALOG}' AND NOT internal AND comment IS NOT NULL AND ${PG}._is_shown(schema_name) AND ${PG}._on_main()
  UNION ALL
  SELECT ${PG}._oid('f', o.duck_schema, o."name" || array_to_string(o.parameters, ',')), o.comment FROM ${BRANCH_OBJECTS}
  WHERE o.kind = 'function' AND o.comment IS NOT NULL`;

/** Facts about PostgreSQL itself. */
export function staticStatements(): readonly string[] {
  return [...staticTables(), ...builtinTables()];
}

/** More helpers by name; those of objects.ts come first. */
export const DERIVED_QUERIES: readonly (readonly [name: string, query: string])[] = [
  ["_row_type", ROW_TYPES],
  ["_type", TYPES],
  ["_index_key", INDEX_KEYS],
  ["_constraint_numbers", CONSTRAINT_NUMBERS],
  ["_description", DESCRIPTIONS],
  ["_extent", EXTENTS],
  ["_function", FUNCTIONS],
  ["_function_comment", FUNCTION_COMMENTS],
];
