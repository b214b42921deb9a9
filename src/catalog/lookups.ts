/**
 * Definitions of objects as text, by OID. The columns are called `_key`, `_sub` and `_value` because macros look them up
 * with an argument that is the caller's own column: a name the caller could use would bind to the wrong table.
 */
import { PG, variable } from "./names.js";
import { printedQuery } from "./printed-texts.js";
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
  `CREATE MACRO ${PG}._index_definition(_index, _index_keys, _index_predicate) AS
     'CREATE ' || if(_index.is_unique, 'UNIQUE ', '') || 'INDEX ' || ${PG}.quote_ident(_index.nam) || ' ON ' || ${PG}._full(_index.sch, _index.rel) ||
     ' USING ' || _index.method || ' (' || array_to_string(list_transform(_index_keys[:_index.key_count], lambda _text, _nth: _text || coalesce(' ' || nullif(_index.classes[_nth], ''), '') ||
       CASE _index.options[_nth] WHEN 1 THEN ' DESC NULLS LAST' WHEN 2 THEN ' NULLS FIRST' WHEN 3 THEN ' DESC' ELSE '' END), ', ') || ')'
     || if(len(_index_keys) > _index.key_count, ' INCLUDE (' || array_to_string(_index_keys[_index.key_count + 1:], ', ') || ')', '')
     || coalesce(' WHERE ' || _index_predicate, '')`,
  // CREATE VIEW "a as b" (x) AS SELECT … ⇒  SELECT …
  `CREATE MACRO ${PG}._view_query(_definition) AS
     ' ' || rtrim(regexp_replace(_definition, '(?is)^\\s*create\\s(?:[^"]|"[^"]*")*?\\sas\\s+', ''), '; ' || chr(10)) || ';'`,
  // "Public"."Orders", public.orders ⇒ the parts as they are stored, joined by a dot
  `CREATE MACRO ${PG}._stored_name(_text) AS if(contains(_text, '"'),
     replace(replace(replace(_text, '""', chr(1)), '"', ''), chr(1), '"'), lower(_text))`,
];

const RELATIONS = `
  SELECT oid AS _key, ${PG}._qualified(sch, nam) AS _value, ${PG}._is_visible(sch) AS _sub FROM ${PG}._class
  UNION ALL SELECT oid, ${PG}._qualified(sch, nam), ${PG}._is_visible(sch) FROM ${PG}._system_class`;

const RELATION_OIDS = `
  SELECT sch || '.' || nam AS _key, oid AS _value FROM ${PG}._class
  UNION ALL SELECT getvariable('duckbranch_database') || '.' || sch || '.' || nam, oid FROM ${PG}._class
  UNION ALL SELECT nam, min_by(oid, coalesce(list_position(${PG}._search_path(), sch), 0)) FROM ${PG}._class WHERE ${PG}._is_visible(sch) GROUP BY nam
  UNION ALL SELECT sch || '.' || nam, oid FROM ${PG}._system_class
  UNION ALL SELECT nam, oid FROM ${PG}._system_class WHERE sch = 'pg_catalog'`;

const TYPES = `SELECT oid AS _key, printed AS _value FROM ${PG}._type`;

/** By either of a type's names: int4, integer. */
const TYPE_OIDS = `
  SELECT _key, min_by(oid, place) AS _value FROM (
    SELECT typname AS _key, oid, coalesce(list_position(${PG}._search_path(), sch), 0) AS place FROM ${PG}._type WHERE ${PG}._is_visible(sch)
    UNION ALL SELECT printed, oid, 0 FROM ${PG}._type
    UNION ALL FROM (VALUES ('int', 23, 0), ('decimal', 1700, 0), ('dec', 1700, 0), ('float', 701, 0), ('char', 1042, 0))
    UNION ALL SELECT 'pg_catalog.' || typname, oid, 0 FROM ${PG}._builtin_type
    UNION ALL SELECT sch || '.' || typname, oid, 0 FROM ${PG}._type WHERE sch <> 'pg_catalog') GROUP BY _key`;

const SCHEMA_OIDS = `SELECT nam AS _key, oid AS _value FROM ${PG}._schema`;

const INDEXES = `
  SELECT c.oid AS _key, ${PG}._index_definition(i, p.plain, p.predicate) AS _value,
    ${PG}._index_definition(i, p.pretty, p.pretty_predicate) AS _pretty, p.plain AS _sub, p.pretty AS _pretty_keys
  FROM ${PG}._index AS i JOIN ${PG}._class AS c ON c.kind = 'i' AND c.sch = i.sch AND c.nam = i.nam AND c.rel = i.rel
  JOIN ${PG}._printed_index AS p ON p.sch = i.sch AND p.rel = i.rel AND p.nam = i.nam`;

/** What a foreign key says behind its columns, in PostgreSQL's order. */
const FOREIGN_KEY_RULES = `if(coalesce((c.foreign_key->>'$.full')::BOOLEAN, false), ' MATCH FULL', '')
      || ${actionText("ON UPDATE", "onUpdate")} || ${actionText("ON DELETE", "onDelete")}
      || CASE c.foreign_key->>'$.deferrable' WHEN 'immediate' THEN ' DEFERRABLE' WHEN 'deferred' THEN ' DEFERRABLE INITIALLY DEFERRED' ELSE '' END`;

function actionText(event: string, field: string): string {
  const words = { r: "RESTRICT", c: "CASCADE", n: "SET NULL", d: "SET DEFAULT" };
  const whens = Object.entries(words).map(([action, text]) => `WHEN '${action}' THEN ' ${event} ${text}'`);
  return `CASE c.foreign_key->>'$.${field}' ${whens.join(" ")} ELSE '' END`;
}

const CONSTRAINTS = `
  SELECT c.oid AS _key, CASE kind WHEN 'p' THEN 'PRIMARY KEY (' || ${PG}._columns_text(columns) || ')'
    WHEN 'u' THEN 'UNIQUE (' || ${PG}._columns_text(columns) || ')'
    WHEN 'f' THEN 'FOREIGN KEY (' || ${PG}._columns_text(columns) || ') REFERENCES ' || ${PG}._qualified(referenced_schema, referenced_table) ||
      '(' || ${PG}._columns_text(referenced_columns) || ')' || ${FOREIGN_KEY_RULES}
    ELSE 'CHECK (' || p.plain || ')' END AS _value, 'CHECK (' || p.pretty || ')' AS _sub
  FROM ${PG}._constraint_numbers AS c LEFT JOIN ${PG}._printed_check AS p ON p.oid = c.oid
  UNION ALL SELECT d.oid, 'CHECK (' || p.plain || ')', 'CHECK (' || p.pretty || ')'
  FROM ${PG}._domain_check AS d JOIN ${PG}._printed_check AS p ON p.oid = d.oid`;

const VIEWS = `SELECT oid AS _key, ${printedQuery("v", "'plain'")} AS _value, ${printedQuery("v", "'pretty'")} AS _sub FROM ${PG}._stored_view AS v`;

const COMMENTS = `SELECT oid AS _key, position AS _sub, comment AS _value FROM ${PG}._description`;

const OBJECT_COMMENTS = `SELECT oid AS _key, comment AS _value FROM ${PG}._description WHERE position = 0 UNION ALL SELECT oid, comment FROM ${PG}._function_comment UNION ALL SELECT oid, comment FROM ${PG}._builtin_comment`;

/** By the table's OID and the column's name: the sequence that belongs to the column. */
const SERIALS = `
  SELECT c.oid AS _key, t.nam AS _sub, ${PG}._full(t.sch, replace(t.owned_sequence, '''''', '''')) AS _value FROM ${PG}._column AS t
  JOIN ${PG}._class AS c ON c.sch = t.sch AND c.nam = t.rel AND c.kind = 'r' WHERE t.owned_sequence IS NOT NULL`;

export function namingStatements(): readonly string[] {
  return NAMING;
}

/** Statements that make the look-up views; everything they read comes first. */
export function lookupStatements(): readonly string[] {
  const views: readonly (readonly [string, string])[] = [
    ["_lookup_relation", RELATIONS],
    ["_lookup_relation_oid", RELATION_OIDS],
    ["_lookup_type", TYPES],
    ["_lookup_type_oid", TYPE_OIDS],
    ["_lookup_schema_oid", SCHEMA_OIDS],
    ["_lookup_index", INDEXES],
    ["_lookup_constraint", CONSTRAINTS],
    ["_lookup_view", VIEWS],
    ["_lookup_comment", COMMENTS],
    ["_lookup_object_comment", OBJECT_COMMENTS],
    ["_lookup_serial", SERIALS],
  ];
  return views.map(([name, query]) => `CREATE VIEW ${PG}.${name} AS ${query}`);
}
