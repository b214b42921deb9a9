/**
 * Definitions and names of objects, by OID. The columns are called `_key`, `_sub` and `_value` because macros look them up
 * with an argument that is the caller's own column: a name the caller could use would bind to the wrong table.
 */
import { PG, variable } from "./names.js";
import { RESERVED_WORDS } from "./reserved-words.js";

/** One text, not a list: DuckDB binds each element of one anew wherever the macro is called. */
const reserved = `' ${[...RESERVED_WORDS].join(" ")} '`;

/** Macros that only put texts together. Parameters have names no client's column has. */
const NAMING = [
  `CREATE MACRO ${PG}.quote_ident(_text) AS CASE WHEN regexp_full_match(_text::VARCHAR, '[a-z_][a-z0-9_]*')
     AND NOT contains(${reserved}, (' ' || _text::VARCHAR || ' ')::VARCHAR) THEN _text::VARCHAR ELSE '"' || replace(_text::VARCHAR, '"', '""') || '"' END`,
  `CREATE MACRO ${PG}._search_path() AS coalesce(${variable("searchPath")}, ['public'])`,
  `CREATE MACRO ${PG}._is_visible(_schema_name) AS _schema_name IN ('pg_catalog', 'pg_temp') OR list_contains(${PG}._search_path(), _schema_name)`,
  `CREATE MACRO ${PG}._full(_schema_name, _object) AS ${PG}.quote_ident(_schema_name) || '.' || ${PG}.quote_ident(_object)`,
  `CREATE MACRO ${PG}._qualified(_schema_name, _object) AS
     if(${PG}._is_visible(_schema_name), ${PG}.quote_ident(_object), ${PG}._full(_schema_name, _object))`,
  `CREATE MACRO ${PG}._columns_text(_names) AS array_to_string(list_transform(_names, lambda _n: ${PG}.quote_ident(_n)), ', ')`,
  // CREATE VIEW "a as b" (x) AS SELECT … ⇒  SELECT …
  `CREATE MACRO ${PG}._view_query(_definition) AS
     ' ' || rtrim(regexp_replace(_definition, '(?is)^\\s*create\\s(?:[^"]|"[^"]*")*?\\sas\\s+', ''), '; ' || chr(10)) || ';'`,
  // "Public"."Orders", public.orders ⇒ the parts as they are stored, joined by a dot
  `CREATE MACRO ${PG}._stored_name(_text) AS if(contains(_text, '"'),
     replace(replace(replace(_text, '""', chr(1)), '"', ''), chr(1), '"'), lower(_text))`,
];

/** With the database's name, too. */
const RELATION_OIDS = `
  SELECT key AS _key, oid AS _value FROM ${PG}._named_relation
  UNION ALL SELECT getvariable('duckbranch_database') || '.' || key, oid FROM ${PG}._named_relation WHERE NOT short`;

const TYPES = `SELECT oid AS _key, printed AS _value FROM ${PG}._type`;
const TYPE_OIDS = `SELECT key AS _key, oid AS _value FROM ${PG}._named_type`;

const SCHEMA_OIDS = `SELECT nam AS _key, oid AS _value FROM ${PG}._schema`;

const COMMENTS = `SELECT oid AS _key, position AS _sub, comment AS _value FROM ${PG}._description`;

const OBJECT_COMMENTS = `SELECT oid AS _key, comment AS _value FROM ${PG}._description WHERE position = 0 UNION ALL SELECT oid, comment FROM ${PG}._function_comment UNION ALL SELECT oid, comment FROM ${PG}._builtin_comment`;

/** By the table's OID and the column's name: the sequence that belongs to the column. */
const SERIALS = `
  SELECT c.oid AS _key, t.nam AS _sub, ${PG}._full(t.sch, replace(t.owned_sequence, '''''', '''')) AS _value FROM ${PG}._column AS t
  JOIN ${PG}._class AS c ON c.sch = t.sch AND c.nam = t.rel AND c.kind = 'r' WHERE t.owned_sequence IS NOT NULL`;

/** A helper's rows, each column with an underscore in front of its name. */
function lookedUp(helper: string): string {
  return `SELECT COLUMNS(*) AS '_\\0' FROM ${PG}.${helper}`;
}

export function namingStatements(): readonly string[] {
  return NAMING;
}

/** Statements that make the look-up views; everything they read comes first. */
export function lookupStatements(): readonly string[] {
  const views: readonly (readonly [string, string])[] = [
    ["_lookup_relation", lookedUp("_class_row")],
    ["_lookup_relation_oid", RELATION_OIDS],
    ["_lookup_type", TYPES],
    ["_lookup_type_oid", TYPE_OIDS],
    ["_lookup_schema_oid", SCHEMA_OIDS],
    ["_lookup_index", lookedUp("_index_row")],
    ["_lookup_constraint", lookedUp("_constraint_row")],
    ["_lookup_view", lookedUp("_stored_view")],
    ["_lookup_comment", COMMENTS],
    ["_lookup_object_comment", OBJECT_COMMENTS],
    ["_lookup_serial", SERIALS],
  ];
  return views.map(([name, query]) => `CREATE VIEW ${PG}.${name} AS ${query}`);
}
