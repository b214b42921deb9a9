/**
 * pg_catalog's functions as macros. Their parameters are called _1, _2 … and what they look up has columns no client names
 * (see lookups.ts): DuckDB substitutes arguments as text, so a parameter named like a column would bind to the wrong one.
 */
import { FUNCTION_TEXTS } from "./function-texts.js";
import { FORMAT_TYPE } from "./format-type.js";
import { PG } from "./names.js";
import { printedQuery } from "./printed-texts.js";
import { CONSTRAINT_TEXT, INDEX_TEXT, KEY_TEXT, PRETTY } from "./printing/functions-of-sql.js";
import { PRIVILEGES, PRIVILEGE_VIEWS } from "./privilege-functions.js";
import { PROPERTIES } from "./property-functions.js";
import { lastValue } from "../engine/sequence-state.js";
import { TYPE_NAMES } from "./snapshot.js";
import { DATABASE_SIZE, SIZE_VIEWS, sizeOf } from "./table-sizes.js";
import { TYPE_FUNCTION_OIDS } from "./type-functions.js";

/** Overloads: parameter count ⇒ body; `1 BIGINT` is that of an OID, which takes less than a name. */
type Bodies = Readonly<Record<number, string>> & { readonly "1 BIGINT"?: string };

/** `(SELECT … WHERE _key = _1)`: one value or NULL, correlated with the caller. */
function lookup(view: string, key = "_1", more = ""): string {
  return `(SELECT any_value(_value) FROM ${PG}._lookup_${view} WHERE _key = ${key}${more})`;
}

/** The same body whatever the number of arguments, from `least` to `most`. */
function sameForArity(body: string, least: number, most: number): Bodies {
  return Object.fromEntries(Array.from({ length: most - least + 1 }, (_, i) => [least + i, body]));
}

/** A column of functions has their names. */
const comment = lookup("object_comment", "TRY_CAST(_1 AS BIGINT)");
/** Visible unless it is known to be elsewhere: built-ins are, and so is what this server has none of. */
const visible: Bodies = { 1: "_1 IS NOT NULL" };

/** In a lambda the argument is computed once, however large it is. */
const SIZE = `list_transform([_1], lambda _bytes: CASE WHEN abs(_bytes) < 10240 THEN _bytes::BIGINT::VARCHAR || ' bytes'
  WHEN abs(_bytes) < 10485760 THEN round(_bytes / 1024.0)::BIGINT::VARCHAR || ' kB'
  WHEN abs(_bytes) < 10737418240 THEN round(_bytes / 1048576.0)::BIGINT::VARCHAR || ' MB'
  WHEN abs(_bytes) < 10995116277760 THEN round(_bytes / 1073741824.0)::BIGINT::VARCHAR || ' GB'
  ELSE round(_bytes / 1099511627776.0)::BIGINT::VARCHAR || ' TB' END)[1]`;

/** A text made of one row of what is looked up: made in a view it would be made of each. */
function textOf(view: string, text: string, oid = "_1"): string {
  return `(SELECT any_value(${text}) FROM ${PG}._lookup_${view} WHERE _oid = ${oid})`;
}

/**
 * `body` with the argument's text as _text, computed once: DuckDB copies an argument to wherever a macro names it, and of
 * casts within casts within sub-queries that made a second of planning.
 */
const withText = (body: string): string => `(SELECT ${body} FROM (SELECT _1::VARCHAR AS _text) AS _argument)`;
const NUMBER = `regexp_full_match(_text, '-|\\d+')`;
const AS_NUMBER = `try_cast(_text AS BIGINT)`;
const shownRelation = (oid: string): string =>
  `(SELECT any_value(_shown) FROM ${PG}._lookup_relation WHERE _oid = ${oid})`;
const byName = (view: string): string => lookup(view, `${PG}._stored_name(_text)`);
/** An OID: of a number, as it is, and otherwise of a name there must be. */
const orNumber = (kind: string, view: string): string =>
  withText(`CASE WHEN ${NUMBER} THEN coalesce(${AS_NUMBER}, 0)
    ELSE coalesce(${byName(view)}, error('${kind} "' || _text || '" does not exist')) END`);

const roleNumber = (name: string): string =>
  `CASE ${name} WHEN getvariable('duckbranch_user') THEN 10 WHEN 'pg_database_owner' THEN 6171 END`;

const DEFINITIONS: Readonly<Record<string, Bodies>> = {
  pg_get_expr: { 2: "rtrim(_1::VARCHAR)", 3: `if(_3, ${PRETTY}(_1::VARCHAR), _1)` },
  pg_get_constraintdef: {
    1: textOf("constraint", `${CONSTRAINT_TEXT}(_definition, _read, 'plain')`),
    2: textOf("constraint", `${CONSTRAINT_TEXT}(_definition, _read, if(_2, 'pretty', 'plain'))`),
  },
  pg_get_indexdef: {
    1: textOf("index", `${INDEX_TEXT}(_definition, _read, 'plain')`),
    3: textOf(
      "index",
      `if(_2 = 0, ${INDEX_TEXT}(_definition, _read, if(_3, 'pretty', 'plain')), coalesce(${KEY_TEXT}(_keys[_2], _read, if(_3, 'pretty', 'plain')), ''))`,
    ),
  },
  pg_get_viewdef: {
    1: textOf("view", printedQuery("'plain'", "_"), `${PG}._regclass(_1)`),
    // A number is the width of lines.
    2: textOf(
      "view",
      printedQuery("if(_2::VARCHAR = 'false', 'plain', 'pretty')", "_"),
      `${PG}._regclass(_1)`,
    ),
  },
  pg_get_serial_sequence: { 2: lookup("serial", `${PG}._regclass(_1)`, " AND _sub = _2") },
  pg_get_function_arguments: { 1: `(SELECT any_value(_value) FROM ${PG}._lookup_arguments WHERE _key = _1)` },
  pg_get_function_identity_arguments: { 1: lookup("identity") },
  pg_get_function_result: { 1: `(SELECT any_value(_value) FROM ${PG}._lookup_result WHERE _key = _1)` },
  pg_get_functiondef: { 1: `(SELECT any_value(_value) FROM ${PG}._lookup_function WHERE _key = _1)` },
  pg_get_function_sqlbody: sameForArity("NULL::VARCHAR", 1, 1),
  pg_get_ruledef: sameForArity("NULL::VARCHAR", 1, 2),
  pg_get_triggerdef: sameForArity("NULL::VARCHAR", 1, 2),
  pg_get_partkeydef: sameForArity("NULL::VARCHAR", 1, 1),
  pg_get_statisticsobjdef_columns: sameForArity("NULL::VARCHAR", 1, 1),
  pg_describe_object: sameForArity("NULL::VARCHAR", 3, 3),
};

const NAMES: Readonly<Record<string, Bodies>> = {
  format_type: { 2: FORMAT_TYPE },
  pg_get_userbyid: {
    1: `CASE _1 WHEN 10 THEN getvariable('duckbranch_user') WHEN 6171 THEN 'pg_database_owner' ELSE 'unknown (OID=' || _1::VARCHAR || ')' END`,
  },
  pg_encoding_to_char: { 1: "if(_1 = 6, 'UTF8', '')" },
  pg_char_to_encoding: { 1: "if(upper(_1) IN ('UTF8', 'UNICODE'), 6, -1)" },
  getdatabaseencoding: { 0: "'UTF8'" },
  pg_client_encoding: {
    0: `(SELECT any_value(_value) FROM ${PG}._lookup_setting WHERE _key = 'client_encoding')`,
  },
  obj_description: sameForArity(comment, 1, 2),
  shobj_description: sameForArity("NULL::VARCHAR", 2, 2),
  col_description: { 2: lookup("comment", "_1", " AND _sub = _2") },
  current_schemas: { 1: `if(_1, list_prepend('pg_catalog', ${PG}._search_path()), ${PG}._search_path())` },
  current_schema: { 0: `${PG}._search_path()[1]` },
  current_setting: sameForArity(
    `(SELECT any_value(_value) FROM ${PG}._lookup_setting WHERE _key = lower(_1))`,
    1,
    2,
  ),
};

const VISIBILITY: Readonly<Record<string, Bodies>> = {
  pg_table_is_visible: { 1: `_1 IN (SELECT _oid FROM ${PG}._lookup_relation WHERE _visible)` },
  pg_type_is_visible: { 1: `_1 IN (SELECT _key FROM ${PG}._lookup_type WHERE NOT contains(_value, '.'))` },
  pg_function_is_visible: { 1: `_1 IN (SELECT _key FROM ${PG}._lookup_result WHERE _sub)` },
  ...Object.fromEntries(
    `operator opclass opfamily collation conversion ts_config ts_parser ts_dict ts_template statistics_obj`
      .split(" ")
      .map((what) => [`pg_${what}_is_visible`, visible]),
  ),
};

const SIZES: Readonly<Record<string, Bodies>> = {
  pg_size_pretty: { 1: SIZE },
  pg_relation_size: sameForArity(sizeOf("_main"), 1, 2),
  pg_table_size: { 1: sizeOf("_table") },
  pg_indexes_size: { 1: sizeOf("_indexes") },
  pg_total_relation_size: { 1: sizeOf("_table + _indexes") },
  pg_database_size: { 1: DATABASE_SIZE },
  pg_tablespace_size: { 1: DATABASE_SIZE },
};

/** What PostgreSQL counts and this server does not. */
const STATISTICS: Readonly<Record<string, Bodies>> = {
  ...Object.fromEntries(
    `numscans tuples_returned tuples_fetched tuples_inserted tuples_updated tuples_deleted live_tuples dead_tuples
     blocks_fetched blocks_hit vacuum_count autovacuum_count analyze_count autoanalyze_count`
      .split(/\s+/)
      .map((what) => [`pg_stat_get_${what}`, sameForArity("if(_1 IS NULL, NULL, 0)::BIGINT", 1, 1)]),
  ),
  pg_blocking_pids: { 1: "[]::INTEGER[]" },
};

const CASTS: Readonly<Record<string, Bodies>> = {
  _regclass: {
    1: orNumber("relation", "relation_oid"),
  },
  _regclass_name: {
    1: withText(`CASE WHEN ${NUMBER} THEN coalesce(${shownRelation(AS_NUMBER)}, if(_text = '0', '-', _text))
    ELSE coalesce((SELECT any_value(t._shown) FROM ${PG}._lookup_relation AS t JOIN ${PG}._lookup_relation_oid AS o ON t._oid = o._value
      WHERE o._key = ${PG}._stored_name(_text)), _text) END`),
    "1 BIGINT": `coalesce(${shownRelation("_1")}, if(_1 = 0, '-', _1::VARCHAR))`,
  },
  _regtype: {
    1: orNumber("type", "type_oid"),
  },
  _regtype_name: {
    1: withText(`CASE WHEN ${NUMBER} THEN coalesce(${lookup("type", AS_NUMBER)}, if(_text = '0', '-', _text))
    ELSE coalesce((SELECT any_value(t._value) FROM ${PG}._lookup_type AS t JOIN ${PG}._lookup_type_oid AS o ON t._key = o._value
      WHERE o._key = ${PG}._stored_name(_text)), _text) END`),
    "1 BIGINT": `coalesce(map_extract_value(${TYPE_NAMES}, _1), if(_1 = 0, '-', _1::VARCHAR))`,
  },
  _regtype_names: {
    1: `(SELECT list(coalesce(v._value, u._position::VARCHAR) ORDER BY u._position) FROM
      (SELECT unnest(_1) AS _type, generate_subscripts(_1, 1) AS _position) AS u LEFT JOIN ${PG}._lookup_type AS v ON v._key = u._type)`,
  },
  _regnamespace: {
    1: orNumber("schema", "schema_oid"),
  },
  _regnamespace_name: {
    1: withText(
      `CASE WHEN ${NUMBER} THEN coalesce((SELECT ${PG}.quote_ident(any_value(_key)) FROM ${PG}._lookup_schema_oid WHERE _value = ${AS_NUMBER}), if(_text = '0', '-', _text)) ELSE _text END`,
    ),
  },
  _regproc: {
    1: orNumber("function", "function_oid"),
  },
  _regproc_name: {
    1: withText(`CASE WHEN ${NUMBER} THEN coalesce(${lookup("function_name", AS_NUMBER)}, if(_text = '0', '-', _text))
      ELSE regexp_replace(_text, '^pg_catalog[.]', '') END`),
  },
  // typreceive and the like as numbers: see dialect/catalog-columns.ts.
  _type_function: { 1: `map_extract_value(${TYPE_FUNCTION_OIDS}, _1)::BIGINT` },
  to_regproc: { 1: withText(byName("function_oid")) },
  // Without its arguments: there is one function of a name.
  to_regprocedure: {
    1: withText(
      `(SELECT any_value(_value) FROM ${PG}._lookup_function_oid WHERE _key = ${PG}._stored_name(regexp_replace(_text, '\\(.*$', '')))`,
    ),
  },
  _regrole: {
    1: withText(
      `CASE WHEN ${NUMBER} THEN coalesce(${AS_NUMBER}, 0) ELSE coalesce(${roleNumber(`${PG}._stored_name(_text)`)}, error('role "' || _text || '" does not exist')) END`,
    ),
  },
  _regrole_name: {
    1: withText(
      `CASE WHEN ${NUMBER} THEN CASE ${AS_NUMBER} WHEN 10 THEN ${PG}.quote_ident(getvariable('duckbranch_user')) WHEN 6171 THEN 'pg_database_owner' WHEN 0 THEN '-' ELSE _text END ELSE _text END`,
    ),
  },
  to_regrole: { 1: withText(roleNumber(`${PG}._stored_name(_text)`)) },
  to_regclass: { 1: withText(byName("relation_oid")) },
  to_regtype: { 1: withText(byName("type_oid")) },
  to_regnamespace: { 1: withText(byName("schema_oid")) },
};

const PRIVILEGE_LETTERS =
  "MAP {'a': 'INSERT', 'r': 'SELECT', 'w': 'UPDATE', 'd': 'DELETE', 'D': 'TRUNCATE', 'x': 'REFERENCES', 't': 'TRIGGER', 'U': 'USAGE', 'C': 'CREATE', 'X': 'EXECUTE'}";

/** When this process began: no text of its own, for what is made of these texts is kept for other processes. */
const STARTED = "CAST(getvariable('duckbranch_started') AS TIMESTAMPTZ)";

const OTHERS: Readonly<Record<string, Bodies>> = {
  pg_relation_filenode: { 1: `${PG}._regclass(_1)` },
  // A list: the dialect calls it inside unnest().
  pg_partition_ancestors: { 1: "[]::BIGINT[]" },
  txid_current: { 0: "system.main.txid_current()::BIGINT" },
  pg_backend_pid: { 0: "getvariable('duckbranch_pid')" },
  pg_my_temp_schema: { 0: "0" },
  // INSERT, UPDATE and DELETE; no view takes any of them.
  pg_relation_is_updatable: { 2: `CASE ${lookup("relation_kind")} WHEN 'r' THEN 28 ELSE 0 END` },
  pg_column_is_updatable: { 3: `_2 > 0 AND ${lookup("relation_kind")} = 'r'` },
  pg_sequence_last_value: { 1: lookup("last_value") },
  pg_is_other_temp_schema: { 1: "false" },
  pg_relation_is_publishable: { 1: "false" },
  pg_tablespace_location: { 1: "''" },
  pg_postmaster_start_time: { 0: STARTED },
  pg_conf_load_time: { 0: STARTED },
  // What pg_dump takes as given: it says nothing of who may do what here.
  acldefault: { 2: `CASE WHEN _1 = 'r' AND _2 IS NOT NULL THEN ${PG}._table_acl() END` },
  // Nobody but the session's user is in one.
  aclexplode: {
    1: `unnest(flatten(list_transform(_1::VARCHAR[], lambda _item: list_transform(regexp_extract_all(regexp_extract(_item, '=([^=/]*)/[^/]*$', 1), '[a-zA-Z][*]?'),
      lambda _letter: {grantor: 10::BIGINT, grantee: if(starts_with(_item, '='), 0, 10)::BIGINT, privilege_type: map_extract_value(${PRIVILEGE_LETTERS}, left(_letter, 1)), is_grantable: ends_with(_letter, '*')}))))`,
  },
  _pg_expandarray: { 1: "unnest(list_transform(_1, lambda _e, _i: {x: _e, n: _i::INTEGER}))" },
};

/** Functions called in FROM. */
const TABLES: Readonly<Record<string, string>> = {
  pg_options_to_table:
    "(_1) AS TABLE SELECT NULL::VARCHAR AS option_name, NULL::VARCHAR AS option_value WHERE _1 IS NULL AND false",
  pg_partition_tree:
    "(_1) AS TABLE SELECT NULL::BIGINT AS relid, NULL::BIGINT AS parentrelid, NULL::BOOLEAN AS isleaf, NULL::INTEGER AS level WHERE _1 IS NULL AND false",
  pg_get_keywords:
    "() AS TABLE SELECT keyword_name AS word, CASE keyword_category WHEN 'reserved' THEN 'R' ELSE 'U' END AS catcode FROM duckdb_keywords()",
};

const LOOKUPS = [
  `CREATE VIEW ${PG}._lookup_setting AS SELECT lower(name) AS _key, setting AS _value FROM ${PG}.pg_settings`,
  `CREATE VIEW ${PG}._lookup_function_oid AS SELECT nam AS _key, min(oid) AS _value FROM ${PG}._function WHERE ${PG}._is_visible(sch) GROUP BY nam
     UNION ALL SELECT sch || '.' || nam, min(oid) FROM ${PG}._function GROUP BY sch, nam`,
  // With its schema where the name alone is another's, too.
  `CREATE VIEW ${PG}._lookup_function_name AS SELECT oid AS _key, if(${PG}._is_visible(sch) AND count(*) OVER (PARTITION BY nam) = 1, ${PG}.quote_ident(nam), ${PG}._full(sch, nam)) AS _value FROM ${PG}._function`,
  `CREATE VIEW ${PG}._lookup_relation_kind AS SELECT oid AS _key, kind AS _value FROM ${PG}._class`,
  `CREATE VIEW ${PG}._lookup_last_value AS SELECT c.oid AS _key, ${lastValue("s")} AS _value FROM ${PG}._sequence AS s
     JOIN ${PG}._class AS c ON c.kind = 'S' AND c.sch = s.sch AND c.nam = s.nam`,
  ...FUNCTION_TEXTS,
  ...PRIVILEGE_VIEWS,
  ...SIZE_VIEWS,
];

const ALL: Readonly<Record<string, Bodies>> = {
  ...CASTS,
  ...DEFINITIONS,
  ...NAMES,
  ...VISIBILITY,
  ...PRIVILEGES,
  ...SIZES,
  ...STATISTICS,
  ...OTHERS,
  ...PROPERTIES,
};

/** PostgreSQL's name ⇒ DuckDB's, where only the name differs. */
export const RENAMED_FUNCTIONS: ReadonlyMap<string, string> = new Map([
  // Of the extension uuid-ossp: TypeORM and older schemas write it as a column's default, where no macro could stand.
  ["uuid_generate_v4", "gen_random_uuid"],
  ["json_build_object", "json_object"],
  ["jsonb_build_object", "json_object"],
  ["json_build_array", "json_array"],
  ["jsonb_build_array", "json_array"],
  // The dialect puts to_json() around it: NULL, not [], for no rows.
  ["json_agg", "list"],
  ["jsonb_agg", "list"],
  ["json_object_agg", "json_group_object"],
  ["jsonb_object_agg", "json_group_object"],
  ["every", "bool_and"],
  ["regexp_matches", "regexp_all_matches"],
  // DuckDB's grammar sends these past the search path unless their names are quoted.
  ["substring", '"substring"'],
  ["position", '"position"'],
  ["overlay", '"overlay"'],
]);

export const CATALOG_FUNCTIONS: ReadonlySet<string> = new Set([
  ...Object.keys(ALL),
  ...Object.keys(TABLES),
  "quote_ident",
]);

/** Statements that make the functions; the catalogue's relations come first. */
export function functionStatements(): readonly string[] {
  const scalars = Object.entries(ALL).map(([name, bodies]) => {
    const overloads = Object.entries(bodies).map(([count, body]) => `(${parameters(count)}) AS ${body}`);
    return `CREATE MACRO ${PG}."${name}"${overloads.join(", ")}`;
  });
  const tables = Object.entries(TABLES).map(([name, body]) => `CREATE MACRO ${PG}."${name}"${body}`);
  return [...LOOKUPS, ...scalars, ...tables];
}

function parameters(key: string): string {
  const [count, type = ""] = key.split(" ");
  return Array.from({ length: Number(count) }, (_, i) => `_${i + 1} ${type}`.trim()).join(", ");
}
