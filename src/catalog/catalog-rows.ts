/**
 * Rows of pg_class, pg_attribute, pg_index and pg_constraint, as far as they stay the same until a definition changes, with
 * what their printed texts are made of: helpers, to be copied. Joined anew in each statement they were most of its time. Texts
 * are no part of them: they are made for the rows that are asked for (printed-texts.ts).
 */
import { COLLATION, OPERATOR_CLASS } from "./index-methods.js";
import { PG } from "./names.js";
import { DESCRIBED } from "./printing/functions-of-sql.js";

/** Columns of each relation, as JSON. */
const TABLE_COLUMNS = `
  SELECT c.sch, c.rel, system.main.to_json(list({'name': c.nam, 'type': t.printed, 'domain': c.domain_oid IS NOT NULL} ORDER BY c.position))::VARCHAR AS columns,
    system.main.to_json(list(c.nam ORDER BY c.position))::VARCHAR AS names
  FROM ${PG}._typed_column AS c LEFT JOIN ${PG}._type AS t ON t.oid = c.type_oid WHERE c.kind IN ('r', 'v', 'm') GROUP BY c.sch, c.rel`;

/** Checks of domains: those a domain was given itself. */
const DOMAIN_CHECKS = `
  SELECT ${PG}._oid('k', d.sch || '.' || d.nam, d.c->>'name') AS oid, d.sch, d.position, d.c->>'name' AS nam, d.oid AS type_oid, d.c->>'source' AS source,
    t.printed AS base
  FROM (SELECT oid, sch, nam, (definition->>'base')::BIGINT AS base, unnest((definition->'checks')::JSON[]) AS c, generate_subscripts((definition->'checks')::JSON[], 1) AS position FROM ${PG}._domain) AS d
  LEFT JOIN ${PG}._type AS t ON t.oid = d.base WHERE d.c->>'domain' = d.nam`;

const isExpression = "starts_with(i.key, '(')";

/** Keys of indexes; an expression has a name and a type of its own: `described` has both. */
const KEYS = `
  SELECT i.*, if(${isExpression}, ${DESCRIBED}(i.key, k.columns), NULL) AS described
  FROM ${PG}._index_key AS i JOIN ${PG}._table_columns AS k ON k.sch = i.sch AND k.rel = i.rel`;

/**
 * System relations too, so that 'pg_class'::regclass means something. `shown` is the name as it is printed, `rows` about how many
 * there were when this was read.
 */
const CLASS_ROWS = `
  SELECT c.*, ${PG}._qualified(c.sch, c.nam) AS shown, ${PG}._is_visible(c.sch) AS visible, ${PG}._schema_oid(c.sch) AS namespace, coalesce(t.oid, 0) AS row_type, coalesce(i.natts, n.natts, if(c.kind = 'S', 3, 0)) AS natts,
    CASE c.kind WHEN 'r' THEN 2 WHEN 'm' THEN 2 WHEN 'i' THEN coalesce(i.method, 403) ELSE 0 END AS method,
    (c.sch, c.nam) IN (SELECT (sch, rel) FROM ${PG}._index) AS has_index, coalesce(k.checks, 0) AS checks,
    c.kind = 'r' AND (c.sch, c.nam) IN (SELECT unnest([(sch, rel), (referenced_schema, referenced_table)]) FROM ${PG}._constraint WHERE kind = 'f') AS has_references,
    c.kind <> 'm' OR (c.sch, c.nam) NOT IN (SELECT (sch, nam) FROM ${PG}._relation_name WHERE NOT populated) AS populated,
    coalesce(if(c.kind IN ('r', 'm'), e.rows, 0), -1) AS rows
  FROM (SELECT * FROM ${PG}._class UNION ALL SELECT oid, sch, nam, kind, NULL, NULL, NULL, NULL, NULL FROM ${PG}._system_class) AS c
  LEFT JOIN ${PG}._row_type AS t ON t.relid = c.oid
  LEFT JOIN (SELECT database_name, schema_name, table_name, estimated_size AS rows FROM duckdb_tables()) AS e
    ON e.database_name = c.database_name AND e.schema_name = c.psch AND e.table_name = c.pnam
  LEFT JOIN (SELECT i.sch, i.rel, i.nam, any_value(a.oid) AS method, any_value(len(i.keys)) AS natts FROM ${PG}._index AS i
    LEFT JOIN ${PG}._access_method AS a ON a.nam = i.method GROUP BY ALL) AS i ON c.kind = 'i' AND i.sch = c.sch AND i.rel = c.rel AND i.nam = c.nam
  LEFT JOIN (SELECT sch, rel, kind, count(*) AS natts FROM ${PG}._column GROUP BY ALL) AS n ON n.sch = c.sch AND n.rel = c.nam AND n.kind = c.kind
  LEFT JOIN (SELECT sch, rel, count(*) AS checks FROM ${PG}._constraint WHERE kind = 'c' GROUP BY ALL) AS k ON k.sch = c.sch AND k.rel = c.nam`;

/** `expr`, `expr1`: what an expression is called when another is called so. */
const KEY_NAME = `regexp_extract(i.described, '^(.*):', 1) || coalesce(nullif(row_number() OVER (PARTITION BY i.sch, i.rel, i.nam, i.described IS NULL, regexp_extract(i.described, '^(.*):', 1) ORDER BY i.position) - 1, 0)::VARCHAR, '')`;

const ATTRIBUTES = `
  SELECT c.oid AS attrelid, t.nam, coalesce(t.domain_oid, t.type_oid) AS type_oid, if(t.domain_oid IS NULL, t.typmod, -1) AS typmod, t.position, t.not_null, t.default_value IS NOT NULL AS has_default, t.dimensions, t.identity, t.default_value
  FROM ${PG}._typed_column AS t JOIN ${PG}._class AS c ON c.sch = t.sch AND c.nam = t.rel AND c.kind IN ('r', 'v', 'm', 'c')
  UNION ALL
  SELECT c.oid, coalesce(${KEY_NAME}, i.key), if(i.method = 'hash', 23, coalesce(t.domain_oid, t.type_oid, e.oid, 25)), if(i.method = 'hash' OR t.domain_oid IS NOT NULL, -1, coalesce(t.typmod, -1)), i.position, false, false, 0, '', NULL
  FROM ${PG}._described_key AS i JOIN ${PG}._class AS c ON c.sch = i.sch AND c.nam = i.nam AND c.kind = 'i'
  LEFT JOIN ${PG}._typed_column AS t ON t.sch = i.sch AND t.rel = i.rel AND t.nam = i.key
  LEFT JOIN ${PG}._type AS e ON e.printed = regexp_extract(i.described, ':(.*)$', 1)
  UNION ALL
  SELECT c.oid, s.nam, s.type_oid, -1, s.position, true, false, 0, '', NULL
  FROM ${PG}._class AS c, (VALUES ('last_value', 20, 1), ('log_cnt', 20, 2), ('is_called', 16, 3)) AS s(nam, type_oid, position) WHERE c.kind = 'S'
  UNION ALL
  SELECT s.attrelid, s.nam, t.oid, -1, s.position, s.not_null, false, 0, '', NULL FROM ${PG}._system_column AS s JOIN ${PG}._builtin_type AS t ON t.typname = s.type`;

const ATTRIBUTE_ROWS = `
  SELECT a.*, p.policy, coalesce(t.typlen, 4) AS typlen, coalesce(t.typbyval, false) AS typbyval, coalesce(t.typalign, 'i') AS typalign,
    coalesce(t.typstorage, 'p') AS typstorage, ${COLLATION} AS collation
  FROM (${ATTRIBUTES}) AS a LEFT JOIN ${PG}._type AS t ON t.oid = a.type_oid
  LEFT JOIN ${PG}._merge_policy AS p ON p.relid = a.attrelid AND p.nam = a.nam`;

/** `definition` is what its text is made of, `read` the columns of the table, where a key or the predicate is an expression over them. */
const INDEX_ROWS = `
  SELECT i.*, system.main.to_json({'schema': i.sch, 'table': i.rel, 'name': i.nam, 'unique': i.is_unique, 'method': i.method, 'keys': i.keys, 'keyCount': i.key_count,
      'classes': i.classes, 'options': i.options, 'where': i.predicate})::VARCHAR AS definition, x.oid, r.oid AS relid, k.numbers, k.collations[:i.key_count] AS collations, k.operator_classes[:i.key_count] AS operator_classes,
    if(i.predicate IS NOT NULL OR k.has_expressions, c.columns, NULL) AS read
  FROM ${PG}._index AS i JOIN ${PG}._class AS x ON x.sch = i.sch AND x.nam = i.nam AND x.kind = 'i' AND x.rel = i.rel
  JOIN ${PG}._class AS r ON r.sch = i.sch AND r.nam = i.rel AND r.kind IN ('r', 'm')
  JOIN (SELECT i.sch, i.rel, i.nam, list(coalesce(c.position, 0) ORDER BY i.position) AS numbers, bool_or(${isExpression}) AS has_expressions,
      list(${OPERATOR_CLASS} ORDER BY i.position) AS operator_classes, list(${COLLATION} ORDER BY i.position) AS collations FROM ${PG}._index_key AS i
    LEFT JOIN ${PG}._typed_column AS c ON c.sch = i.sch AND c.rel = i.rel AND c.nam = i.key
    LEFT JOIN ${PG}._type AS t ON t.oid = c.type_oid GROUP BY ALL) AS k ON k.sch = i.sch AND k.rel = i.rel AND k.nam = i.nam
  LEFT JOIN ${PG}._table_columns AS c ON c.sch = i.sch AND c.rel = i.rel`;

/** `definition` and `read` as of an index. In the order in which they were made, in which PostgreSQL shows those of domains. */
const CONSTRAINT_ROWS = `
  SELECT c.*, system.main.to_json({'kind': c.kind, 'columns': c.columns, 'source': c.source, 'domain': c.domain_read IS NOT NULL,
      'table': ${PG}._qualified(c.referenced_schema, c.referenced_table), 'target': c.referenced_columns, 'rules': c.foreign_key})::VARCHAR AS definition, coalesce(x.oid, 0) AS index_oid, if(c.kind = 'c', coalesce(c.domain_read, k.columns), NULL) AS read
  FROM (SELECT *, 0 AS type_oid, expression AS source, NULL AS domain_read FROM ${PG}._constraint_numbers
    UNION ALL BY NAME SELECT oid, sch, position, nam, 'c' AS kind, 0 AS conrelid, type_oid, source,
      system.main.to_json([{'name': 'VALUE', 'type': base}])::VARCHAR AS domain_read FROM ${PG}._domain_check) AS c
  LEFT JOIN ${PG}._referenced_key AS u ON u.oid = c.oid
  LEFT JOIN ${PG}._class AS x ON x.kind = 'i' AND x.sch = coalesce(u.sch, c.sch) AND x.nam = coalesce(u.nam, c.nam) AND x.rel = coalesce(u.rel, c.rel)
    AND (c.kind IN ('p', 'u') OR u.oid IS NOT NULL)
  LEFT JOIN ${PG}._table_columns AS k ON k.sch = c.sch AND k.rel = c.rel
  ORDER BY c.sch, c.rel, c.position`;

/**
 * Which key's index a foreign key relies on: that of the key over the columns it refers to, in any order. `oid` of the foreign
 * key, and the index by its schema, relation and name; a primary key's before another's.
 */
const REFERENCED_KEYS = `
  SELECT f.oid, min_by(k.sch, (k.kind, k.nam)) AS sch, min_by(k.rel, (k.kind, k.nam)) AS rel, min_by(k.nam, (k.kind, k.nam)) AS nam
  FROM ${PG}._constraint_numbers AS f JOIN ${PG}._constraint_numbers AS k
    ON k.conrelid = f.confrelid AND k.kind IN ('p', 'u') AND list_sort(k.conkey) = list_sort(f.confkey)
  WHERE f.kind = 'f' GROUP BY f.oid`;

/** Relations by the names they can be written with: the first in search_path, and with a schema all. */
const NAMED_RELATIONS = `
  SELECT sch || '.' || nam AS key, oid, false AS short FROM ${PG}._class_row
  UNION ALL SELECT nam, min_by(oid, coalesce(list_position(${PG}._search_path(), sch), 0)), true FROM ${PG}._class_row
    WHERE visible OR sch = 'pg_catalog' GROUP BY nam`;

/** Types by either of their names: int4, integer. */
const NAMED_TYPES = `
  SELECT key, min_by(oid, place) AS oid FROM (
    SELECT typname AS key, oid, coalesce(list_position(${PG}._search_path(), sch), 0) AS place FROM ${PG}._type WHERE ${PG}._is_visible(sch)
    UNION ALL SELECT printed, oid, 0 FROM ${PG}._type
    UNION ALL FROM (VALUES ('int', 23, 0), ('decimal', 1700, 0), ('dec', 1700, 0), ('float', 701, 0), ('char', 1042, 0))
    UNION ALL SELECT 'pg_catalog.' || typname, oid, 0 FROM ${PG}._builtin_type
    UNION ALL SELECT sch || '.' || typname, oid, 0 FROM ${PG}._type WHERE sch <> 'pg_catalog') GROUP BY key`;

/** Views, and relations that each may read: those whose names stand in its text. */
const STORED_VIEWS = `
  SELECT c.oid, c.sch, c.nam, c.kind, ${PG}._view_query(c.definition) AS stored, k.names, r.relations
  FROM ${PG}._class AS c JOIN ${PG}._table_columns AS k ON k.sch = c.sch AND k.rel = c.nam
  LEFT JOIN (SELECT v.oid, system.main.to_json(list({'schema': t.sch, 'name': t.rel, 'columns': t.columns::JSON}))::VARCHAR AS relations
    FROM ${PG}._class AS v JOIN ${PG}._table_columns AS t ON contains(lower(v.definition), lower(replace(t.rel, '"', '""'))) WHERE v.kind IN ('v', 'm') GROUP BY v.oid) AS r
    ON r.oid = c.oid
  WHERE c.kind IN ('v', 'm')`;

/** By name, each after those it reads. */
export const ROW_QUERIES: readonly (readonly [name: string, query: string])[] = [
  ["_table_columns", TABLE_COLUMNS],
  ["_domain_check", DOMAIN_CHECKS],
  ["_described_key", KEYS],
  ["_referenced_key", REFERENCED_KEYS],
  ["_class_row", CLASS_ROWS],
  ["_named_relation", NAMED_RELATIONS],
  ["_named_type", NAMED_TYPES],
  ["_attribute_row", ATTRIBUTE_ROWS],
  ["_index_row", INDEX_ROWS],
  ["_constraint_row", CONSTRAINT_ROWS],
  ["_stored_view", STORED_VIEWS],
];
