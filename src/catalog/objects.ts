/**
 * The objects of a session's head as helper views: schemas, relations, columns, constraints, indexes, sequences, types of
 * the user, each with its OID. Everything clients see is made of these.
 *
 * Main shows what DuckDB lists, without this server's own schemas. A branch shows the relations listed in a variable of
 * its session, each with the physical table it is read from; sequences and types are shared by all heads.
 */
import { STORE_SCHEMA, SYSTEM_SCHEMA } from "../branch/system-schema.js";
import { KEYED_TYPES } from "../core/keyed-types.js";
import { QUOTIENT, UNBOUNDED_NUMERIC } from "../core/unbounded-numeric.js";
import { DATA_CATALOG } from "../engine/database.js";
import { DOMAIN_MARK } from "./domain-mark.js";
import { oidExpression, PG, SNAPSHOT_PREFIX, VARIABLES, variable } from "./names.js";
import { VIEW_TYPES } from "./view-types.js";

const OID_MACRO = `CREATE MACRO ${PG}._oid(kind, sch, nam) AS ${oidExpression("kind", "sch", "nam")}`;

const HELPER_MACROS = [
  OID_MACRO,
  `CREATE MACRO ${PG}._schema_oid(_schema_name) AS CASE _schema_name WHEN 'public' THEN 2200 WHEN 'pg_catalog' THEN 11
     WHEN 'information_schema' THEN 13207 WHEN 'pg_toast' THEN 99 ELSE ${PG}._oid('n', '', _schema_name) END`,
  `CREATE MACRO ${PG}._public(sch) AS if(sch = 'main', 'public', sch)`,
  `CREATE MACRO ${PG}._is_shown(sch) AS sch <> '${SYSTEM_SCHEMA}' AND sch <> '${STORE_SCHEMA}'
     AND NOT regexp_full_match(sch, 'branch_[0-9a-f]{12}')`,
  // A branch's own sequences live where its tables do.
  `CREATE MACRO ${PG}._sequence_schema(sch) AS CASE WHEN ${PG}._is_shown(sch) THEN ${PG}._public(sch)
     WHEN list_contains(list_transform(${variable("relations")}, lambda r: r.physical_schema), sch) THEN 'public' END`,
  `CREATE MACRO ${PG}._on_main() AS getvariable('${VARIABLES.relations}') IS NULL`,
];

/** What a table's definition cannot keep, in its comment (sql/table-notes.ts). */
const NOTES = String.raw`nullif(regexp_extract(comment, '(?s)\nduckbranch notes (\{.*\})$', 1), '')::JSON`;

/** Relations by name, with the table that holds their rows; that of a materialized view has the view's query in its notes. */
const RELATION_NAMES = String.raw`
  SELECT database_name, sch, nam, if(query IS NULL, kind, 'm') AS kind, psch, pnam,
    coalesce('CREATE VIEW "' || replace(nam, '"', '""') || '" AS ' || query, definition) AS definition, coalesce(is_populated, populated) AS populated
  FROM (SELECT *, view->>'query' AS query, (view->>'populated')::BOOLEAN AS is_populated FROM (
  SELECT *, CASE WHEN kind = 'r' AND contains(comment, 'duckbranch notes {') THEN ${NOTES}->'view' END AS view FROM (
  SELECT database_name, ${PG}._public(schema_name) AS sch, table_name AS nam, 'r' AS kind, schema_name AS psch,
    table_name AS pnam, NULL::VARCHAR AS definition, comment, NULL AS populated
  FROM duckdb_tables() WHERE database_name = '${DATA_CATALOG}' AND NOT temporary AND ${PG}._is_shown(schema_name) AND ${PG}._on_main()
  UNION ALL
  SELECT database_name, ${PG}._public(schema_name), view_name, 'v', schema_name, view_name, sql, NULL, NULL
  FROM duckdb_views() WHERE database_name = '${DATA_CATALOG}' AND NOT internal AND ${PG}._is_shown(schema_name) AND ${PG}._on_main()
  UNION ALL
  SELECT 'temp', 'pg_temp', table_name, 'r', schema_name, table_name, NULL, NULL, NULL FROM duckdb_tables() WHERE database_name = 'temp'
    AND NOT starts_with(table_name, '${SNAPSHOT_PREFIX}')
  UNION ALL
  SELECT 'temp', 'pg_temp', view_name, 'v', schema_name, view_name, regexp_replace(sql, '(${DATA_CATALOG}|"?temp"?\.main)\.', '', 'g'), NULL, NULL FROM duckdb_views() WHERE database_name = 'temp' AND NOT internal
  UNION ALL
  SELECT '${DATA_CATALOG}', l."schema", l."name", l.kind, l.physical_schema, l.physical_name, l.definition, t.comment, l.populated
  FROM (SELECT unnest(${variable("relations")}) AS l) LEFT JOIN (
    SELECT schema_name, table_name, comment FROM duckdb_tables() WHERE database_name = '${DATA_CATALOG}' AND contains(comment, 'duckbranch notes {')) AS t
    ON t.schema_name = l.physical_schema AND t.table_name = l.physical_name)))`;

/** The branch's own list; no rows on main. */
export const BRANCH_OBJECTS = `(SELECT unnest(${variable("objects")}) AS o)`;

/** Sequences with the name a client knows them by, and that of their OIDs. */
const SEQUENCES = `
  SELECT ${PG}._sequence_schema(schema_name) AS sch, sequence_name AS nam, schema_name AS own, start_value, min_value, max_value,
    increment_by, cycle, last_value, sql
  FROM duckdb_sequences() WHERE database_name = '${DATA_CATALOG}' AND ${PG}._sequence_schema(schema_name) IS NOT NULL
    AND (${PG}._on_main() OR NOT ${PG}._is_shown(schema_name) AND NOT EXISTS (
      FROM ${BRANCH_OBJECTS} WHERE o.physical_schema = schema_name AND o.physical_name = sequence_name))
  UNION ALL
  SELECT ${PG}._public(o.duck_schema), o."name", o.duck_schema, s.start_value, s.min_value, s.max_value, s.increment_by, s.cycle,
    s.last_value, s.sql
  FROM ${BRANCH_OBJECTS} JOIN duckdb_sequences() AS s ON s.database_name = '${DATA_CATALOG}' AND s.schema_name = o.physical_schema
    AND s.sequence_name = o.physical_name WHERE o.kind = 'sequence' AND NOT o.is_dropped`;

/** Types that have a name. */
const USER_TYPES = `
  SELECT schema_name, type_name, logical_type, labels, comment FROM duckdb_types()
  WHERE database_name = '${DATA_CATALOG}' AND NOT internal AND ${PG}._is_shown(schema_name) AND ${PG}._on_main()
  UNION ALL
  SELECT o.duck_schema, o."name", o.logical_type, o.labels, o.comment FROM ${BRANCH_OBJECTS} WHERE o.kind = 'type'`;
const SHARED_TYPES = `FROM ${PG}._user_type WHERE true`;

/** A schema is there when main has it, or when something in it is visible. */
const SCHEMAS = `
  SELECT 11 AS oid, 'pg_catalog' AS nam UNION ALL SELECT 13207, 'information_schema' UNION ALL SELECT 99, 'pg_toast'
  UNION ALL SELECT 2200, 'public'
  UNION ALL SELECT ${PG}._schema_oid(nam), nam FROM (
    SELECT schema_name AS nam FROM duckdb_schemas()
    WHERE database_name = '${DATA_CATALOG}' AND ${PG}._is_shown(schema_name) AND ${PG}._on_main()
      AND schema_name NOT IN ('main', 'information_schema', 'pg_catalog')
    UNION SELECT sch FROM ${PG}._relation_name UNION SELECT sch FROM ${PG}._sequence
    UNION SELECT o."name" FROM ${BRANCH_OBJECTS} WHERE o.kind = 'schema'
    UNION SELECT ${PG}._public(schema_name) ${SHARED_TYPES} AND logical_type IN ('ENUM', 'STRUCT')) WHERE nam <> 'public'`;

/** The mark that keeps a foreign key, as JSON: see sql/foreign-keys.ts. */
const FOREIGN_KEY_PATTERN = "\\(''foreign key (\\{(?:[^'']|'''')*\\})''(?:\\)| IS NOT NULL)";
const listOf = (field: string): string => `from_json(foreign_key->'$.${field}', '["VARCHAR"]')`;

const RAW_CONSTRAINTS = `
  SELECT sch, rel, position, if(foreign_key IS NULL, type, 'FOREIGN KEY') AS type, expression, coalesce(${listOf("columns")}, columns) AS columns,
    coalesce(foreign_key->>'$.table', referenced_table) AS referenced_table, coalesce(${listOf("target")}, referenced_columns) AS referenced_columns,
    coalesce(${PG}._public(foreign_key->>'$.schema'), sch) AS referenced_schema, foreign_key
  FROM (SELECT *, CASE WHEN type = 'CHECK' AND contains(expression, 'foreign key {')
      THEN replace(nullif(regexp_extract(expression, '${FOREIGN_KEY_PATTERN}', 1), ''), '''''', '''')::JSON END AS foreign_key FROM (
  SELECT r.sch, r.nam AS rel, c.constraint_index AS position, c.constraint_type AS type, c.expression, list_filter(c.constraint_column_names, lambda _n, _i: list_position(c.constraint_column_names, _n) = _i) AS columns,
    c.referenced_table, c.referenced_column_names AS referenced_columns
  FROM ${PG}._relation_name AS r JOIN duckdb_constraints() AS c
    ON c.database_name = r.database_name AND c.schema_name = r.psch AND c.table_name = r.pnam
  UNION ALL
  SELECT l."schema", l."name", l.position, l.type, l.expression, l.columns, NULL, NULL
  FROM (SELECT unnest(${variable("constraints")}) AS l)))`;

/** The label that keeps a name, as JSON: see sql/constraint-labels.ts. */
const LABEL_PATTERN = "\\(''constraint (\\{(?:[^'']|'''')*\\})''(?:\\)| IS NOT NULL)";
/** The check that holds a column to its type: see sql/held-types.ts. */
const LIMIT_PATTERN =
  "\\(''type ([a-z ]+?)(?:\\((\\d+)\\))?( with(?:out)? time zone)?(\\[\\])?''(?:\\)| IS NOT NULL)";
/** A type held by such a check: `name` is what stands in front of its modifier. */
const HELD_OID = `CASE l.type WHEN 'character' THEN if(l.brackets = '', 1042, 1014) WHEN 'character varying' THEN if(l.brackets = '', 1043, 1015) WHEN 'json' THEN 114 WHEN 'interval' THEN 1186
  WHEN 'time' THEN 1083 WHEN 'timestamp' THEN if(l.zone = ' with time zone', 1184, 1114) END`;
const WRITTEN_DEFAULT = `nullif(regexp_replace(c.default_value, '^duckbranch_(?:timestamp|timestamptz|time|interval)\\((.*), \\d\\)$', '\\1', 's'), 'NULL')`;
const HELD_TYPMOD = `CASE WHEN l.length IS NULL THEN -1 WHEN l.type = 'interval' THEN 2147418112 | l.length WHEN starts_with(l.type, 'char') THEN l.length + 4 ELSE l.length END`;
/** The check that keeps a column's merge policy: see sql/merge-policies.ts. */
const POLICY_PATTERN = "\\(''merge policy ([a-z_]+)''(?:\\)| IS NOT NULL)";
/** The check that holds a column to its domain: see core/domain-checks.ts. */
const DOMAIN_PATTERN = "\\(''domain ";
const DOMAIN_LABEL = "\\(''domain (\\{(?:[^'']|'''')*\\})''(?:\\)| IS NOT NULL)";
const LABELLED_CONSTRAINTS = `
  SELECT *, coalesce(foreign_key, nullif(replace(regexp_extract(expression, '${LABEL_PATTERN}', 1), '''''', ''''), '')::JSON) AS label
  FROM ${PG}._raw_constraint WHERE type <> 'NOT NULL' AND NOT coalesce(regexp_matches(expression, '${LIMIT_PATTERN}|${DOMAIN_PATTERN}|${POLICY_PATTERN}'), false)`;

/** Options of columns. */
const MERGE_POLICIES = `
  SELECT c.oid AS relid, p.nam, any_value(p.policy) AS policy
  FROM (SELECT sch, rel, columns[1] AS nam, regexp_extract(expression, '${POLICY_PATTERN}', 1) AS policy
    FROM ${PG}._raw_constraint WHERE type = 'CHECK') AS p
  JOIN ${PG}._class AS c ON c.sch = p.sch AND c.nam = p.rel AND c.kind = 'r' WHERE p.policy <> '' GROUP BY c.oid, p.nam`;

/** Constraints by the names their tables' definitions keep, and otherwise by those PostgreSQL would have chosen. */
const CONSTRAINTS = `
  SELECT * EXCLUDE (base, own, nth), coalesce(own, base || if(nth = 1, '', (nth - 1)::VARCHAR)) AS nam FROM (
    SELECT *, row_number() OVER (PARTITION BY sch, rel, base, own IS NULL ORDER BY position) AS nth FROM (
      SELECT c.* EXCLUDE (type, label) REPLACE (regexp_replace(c.expression, '^\\((.*) AND (?:\\(length)?${LABEL_PATTERN}(?: > 0)?\\)\\)$', '\\1', 's') AS expression),
        coalesce(l.name, c.label->>'$.name') AS own,
        CASE c.type WHEN 'PRIMARY KEY' THEN 'p' WHEN 'UNIQUE' THEN 'u' WHEN 'FOREIGN KEY' THEN 'f' ELSE 'c' END AS kind,
        c.rel || CASE c.type WHEN 'PRIMARY KEY' THEN '_pkey' WHEN 'UNIQUE' THEN '_' || array_to_string(c.columns, '_') || '_key'
          WHEN 'FOREIGN KEY' THEN '_' || array_to_string(c.columns, '_') || '_fkey'
          ELSE if(len(c.columns) = 1, '_' || c.columns[1], '') || '_check' END AS base
      FROM ${PG}._labelled_constraint AS c LEFT JOIN (
        SELECT sch, rel, label->>'$.name' AS name, label->>'$.type' AS type, label->>'$.columns[*]' AS columns FROM ${PG}._labelled_constraint) AS l
        ON l.sch = c.sch AND l.rel = c.rel AND l.columns = c.columns AND starts_with(lower(c.type), l.type)
      WHERE c.label->>'$.type' IS NULL))`;

/** Of tables: their own words, and behind them what their definition cannot keep (sql/table-notes.ts). */
const TABLE_COMMENTS = String.raw`
  SELECT sch, rel, nullif(regexp_replace(comment, '(?s)\nduckbranch notes \{.*\}$', ''), '') AS comment,
    ${NOTES} AS notes
  FROM (SELECT r.sch, r.nam AS rel, t.comment FROM ${PG}._relation_name AS r JOIN duckdb_tables() AS t
    ON r.kind IN ('r', 'm') AND t.database_name = r.database_name AND t.schema_name = r.psch AND t.table_name = r.pnam WHERE t.comment IS NOT NULL
    UNION ALL SELECT l."schema", l."name", l.comment FROM (SELECT unnest(${variable("relations")}) AS l) WHERE l.comment IS NOT NULL)`;

/** `[a, '(coalesce(a, 1))', '"b ""c"']`: DuckDB's list of keys as a text. */
const WRITTEN_KEYS = String.raw`list_transform(regexp_extract_all(i.expressions[2:-2], '''(?:[^''\\]|\\.)*''|[^,'' ][^,]*'),
  lambda _e: CASE WHEN _e[1] = '''' THEN regexp_replace(_e[2:-2], '\\(.)', '\1', 'g') ELSE _e END)`;
const UNQUOTED_KEYS = `list_transform(${WRITTEN_KEYS}, lambda _k: if(_k[1] = '"', replace(_k[2:-2], '""', '"'), _k))`;

/** Indexes of CREATE INDEX, and those behind keys, which DuckDB does not list. Columns of INCLUDE stand behind the keys. */
const INDEXES = `
  SELECT * EXCLUDE (own, note), own || coalesce(from_json(note->'include', '["VARCHAR"]'), []) AS keys, len(own) AS key_count,
    coalesce(note->>'method', 'btree') AS method, coalesce(from_json(note->'options', '["INTEGER"]'), list_transform(own, lambda _k: 0)) AS options,
    from_json(note->'classes', '["VARCHAR"]') AS classes, note->>'where' AS predicate
  FROM (SELECT * REPLACE (coalesce(from_json(note->'keys', '["VARCHAR"]'), own) AS own) FROM (
    SELECT i.sch, i.rel, i.index_name AS nam, i.is_unique, false AS is_primary, NULL AS constraint_name, ${UNQUOTED_KEYS} AS own,
      map_extract_value((k.notes->'indexes')::MAP(VARCHAR, JSON), i.index_name) AS note
    FROM (SELECT r.sch, r.nam AS rel, d.index_name, d.is_unique, d.expressions FROM ${PG}._relation_name AS r JOIN duckdb_indexes() AS d
        ON d.database_name = r.database_name AND d.schema_name = r.psch AND d.table_name = r.pnam AND r.kind IN ('r', 'm')
      UNION ALL SELECT l."schema", l."name", l.index_name, l.is_unique, l.expressions FROM (SELECT unnest(${variable("indexes")}) AS l)) AS i
    LEFT JOIN ${PG}._table_comment AS k ON k.sch = i.sch AND k.rel = i.rel
    UNION ALL
    SELECT sch, rel, nam, true, kind = 'p', nam, columns, NULL FROM ${PG}._constraint WHERE kind IN ('p', 'u')))`;

/** All that has a row in pg_class, OIDs made distinct. */
const CLASSES = `
  SELECT * REPLACE (oid + row_number() OVER (PARTITION BY oid ORDER BY kind, sch, nam) - 1 AS oid) FROM (
    SELECT ${PG}._oid('c', sch, nam) AS oid, sch, nam, kind, database_name, psch, pnam, definition, NULL::VARCHAR AS rel FROM ${PG}._relation_name
    UNION ALL SELECT ${PG}._oid('c', sch, nam), sch, nam, 'c', NULL, NULL, NULL, NULL, NULL FROM ${PG}._composite
    UNION ALL SELECT ${PG}._oid('i', sch, nam), sch, nam, 'i', NULL, NULL, NULL, NULL, rel FROM ${PG}._index
    UNION ALL SELECT ${PG}._oid('S', own, nam), sch, nam, 'S', NULL, NULL, NULL, NULL, NULL FROM ${PG}._sequence)`;

const ENUMS = `
  SELECT ${PG}._oid('e', schema_name, type_name) AS oid, ${PG}._oid('a', schema_name, type_name) AS array_oid,
    ${PG}._public(schema_name) AS sch, type_name AS nam, labels, comment,
    'ENUM(' || array_to_string(list_transform(labels, lambda l: '''' || replace(l, '''', '''''') || ''''), ', ') || ')' AS printed
  ${SHARED_TYPES} AND logical_type = 'ENUM' AND NOT coalesce(starts_with(labels[1], '${DOMAIN_MARK}'), false)`;

const DOMAINS = `
  SELECT ${PG}._oid('e', schema_name, type_name) AS oid, ${PG}._oid('a', schema_name, type_name) AS array_oid,
    ${PG}._public(schema_name) AS sch, type_name AS nam, comment, (labels[1]::JSON)->'duckbranch_domain' AS definition
  ${SHARED_TYPES} AND logical_type = 'ENUM' AND starts_with(labels[1], '${DOMAIN_MARK}')`;

const COMPOSITES = `
  SELECT ${PG}._oid('e', l.duck_schema, l."name") AS oid, ${PG}._oid('a', l.duck_schema, l."name") AS array_oid,
    l."schema" AS sch, l."name" AS nam, l.printed, l.fields, t.comment
  FROM (SELECT unnest(${variable("composites")}) AS l)
  LEFT JOIN (SELECT schema_name, type_name, comment ${SHARED_TYPES}) AS t ON t.schema_name = l.duck_schema AND t.type_name = l."name"`;

/** A default that draws from the column's own sequence (query/owned-sequences.ts): serial, or an identity column. */
const OWNED_PATTERN =
  "(?i)^coalesce\\(nextval\\(''(?:\"[^\"]*\"\\.|[^\".]*\\.)*\"?([^\"]*)\"?''\\), length\\(''(serial|owned|generated by default as identity|generated always as identity)(?: start -?[0-9]+)?(?: cache ([0-9]+))?''\\)\\)$";

/** Around such a default of a column that has none. */
const UNSET_PATTERN =
  "(?i)^CASE\\s+WHEN \\(CAST\\(''f'' AS BOOLEAN\\)\\) THEN \\((coalesce\\(.*\\))\\) ELSE NULL END$";

/** A default that draws from a sequence by its name alone: `nextval('plain')`, `nextval('"other"."s"')`. */
const DRAWN_PATTERN = '(?i)^nextval\\(\'\'(?:"?[^".]*"?\\.)??(?:"?([^".]*)"?\\.)?"?([^".]*)"?\'\'\\)$';

const NEXT_VALUE = `'nextval(''' || replace(${PG}._qualified(drawn_schema, drawn_sequence), '''', '''''') || '''::regclass)'`;

/** `drawn_sequence`: what a default draws from, the column's own or another. */
const COLUMNS = `
  SELECT * REPLACE (if(drawn_sequence IS NULL OR identity <> '', default_value, ${NEXT_VALUE}) AS default_value)
  FROM (SELECT c.* EXCLUDE (owned, written) REPLACE (if(c.owned.kind IN ('', 'serial'), c.default_value, NULL) AS default_value), nullif(c.owned.name, '') AS owned_sequence, nullif(c.owned.cache, '')::BIGINT AS owned_cache,
    CASE c.owned.kind WHEN 'generated always as identity' THEN 'a' WHEN 'generated by default as identity' THEN 'd' ELSE '' END AS identity,
    CASE c.owned.kind WHEN '' THEN d.nam WHEN 'owned' THEN NULL ELSE replace(c.owned.name, '''''', '''') END AS drawn_sequence, if(c.owned.name <> '', c.sch, d.sch) AS drawn_schema
  FROM (SELECT *, regexp_extract(regexp_replace(coalesce(default_value, ''), '${UNSET_PATTERN}', '\\1'), '${OWNED_PATTERN}', ['name', 'kind', 'cache']) AS owned,
    regexp_extract(coalesce(default_value, ''), '${DRAWN_PATTERN}', ['schema', 'name']) AS written FROM (
  SELECT r.sch, r.nam AS rel, r.kind, c.column_name AS nam, c.column_index AS position, c.data_type AS type, c.column_default AS default_value,
    NOT c.is_nullable AND r.kind = 'r' AS not_null, c.comment
  FROM ${PG}._relation_name AS r JOIN duckdb_columns() AS c
    ON c.database_name = r.database_name AND c.schema_name = r.psch AND c.table_name = r.pnam
  UNION ALL
  SELECT l."schema", l."name", l.kind, l."column", l.position, l.type, l.default_value, l.not_null, l.comment
  FROM (SELECT unnest(${variable("columns")}) AS l)
  UNION ALL
  SELECT sch, nam, 'c', f."name", position, f."type", NULL, false, NULL
  FROM (SELECT sch, nam, unnest(fields) AS f, generate_subscripts(fields, 1) AS position FROM ${PG}._composite))) AS c
  LEFT JOIN (SELECT sch, nam, row_number() OVER (PARTITION BY nam ORDER BY sch <> 'public', sch) AS nth FROM ${PG}._sequence) AS d
    ON d.nam = c.written.name AND if(c.written.schema = '', d.nth = 1, d.sch = ${PG}._public(c.written.schema)))`;

const BASE_TYPE_OIDS: readonly (readonly [oid: number, array: number, names: readonly string[]])[] = [
  [16, 1000, ["BOOLEAN"]],
  [21, 1005, ["TINYINT", "UTINYINT", "SMALLINT"]],
  [23, 1007, ["USMALLINT", "INTEGER"]],
  [20, 1016, ["UINTEGER", "BIGINT"]],
  [1700, 1231, ["UBIGINT", "HUGEINT", "UHUGEINT", "BIGNUM", "DECIMAL"]],
  [700, 1021, ["FLOAT"]],
  [701, 1022, ["DOUBLE"]],
  [114, 199, ["JSON", "STRUCT", "MAP", "UNION"]],
  [17, 1001, ["BLOB"]],
  [1562, 1563, ["BIT"]],
  [2950, 2951, ["UUID"]],
  [1082, 1182, ["DATE"]],
  [1083, 1183, ["TIME", "TIME_NS"]],
  [1266, 1270, ["TIME WITH TIME ZONE"]],
  [1114, 1115, ["TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"]],
  [1184, 1185, ["TIMESTAMP WITH TIME ZONE"]],
  [1186, 1187, ["INTERVAL"]],
  ...[...KEYED_TYPES].map(([name, { oid, arrayOid }]) => [oid, arrayOid, [name]] as const),
];

/** As a result column of the type is announced, but an enum has its own type. `INTEGER[3][]` is an array of INTEGER. */
function typeOidMacro(name: string, pick: 0 | 1, otherwise: number): string {
  const whens = BASE_TYPE_OIDS.map((row) => {
    const names = row[2].map((text) => `'${text}'`).join(", ");
    return `WHEN t IN (${names}) THEN ${row[pick]}`;
  });
  return `CREATE MACRO ${PG}.${name}(t) AS CASE ${whens.join(" ")} ELSE ${otherwise} END`;
}

/** What a type's text begins with; of a STRUCT that holds a keyed type (core/keyed-types.ts) that type's name. */
const HEAD = `coalesce(nullif(regexp_extract(base, '^STRUCT\\("pg_catalog\\.(\\w+)" VARCHAR, "text" VARCHAR\\)$', 1), ''),
  regexp_replace(base, '\\(.*', '', 's'))`;

/** numeric without precision and scale. */
const UNBOUNDED = `[${[UNBOUNDED_NUMERIC, QUOTIENT].map(({ width, scale }) => `'DECIMAL(${width},${scale})'`).join(", ")}]`;

/** As shownTypeName() has it. */
const shownName = (name: string): string =>
  `if(regexp_full_match(${name}, '[a-z_][a-z0-9_$]*'), ${name}, '"' || replace(${name}, '"', '""') || '"')`;

const COLUMN_TYPES = `
  SELECT c.sch, c.rel, c.kind, c.nam, c.position, nullif(${WRITTEN_DEFAULT}, d.definition->>'default') AS default_value, c.not_null, c.comment, c.dimensions, c.identity,
    CASE WHEN l.type IS NOT NULL THEN ${HELD_OID} WHEN c.head = 'JSON' AND c.dimensions = 0 THEN 3802 WHEN c.dimensions > 0 THEN coalesce(e.array_oid, ${PG}._array_oid(c.head)) ELSE coalesce(e.oid, ${PG}._base_oid(c.head)) END AS type_oid,
    CASE WHEN l.type IS NOT NULL THEN ${HELD_TYPMOD} WHEN c.head = 'TIMESTAMP_S' THEN 0 WHEN c.head = 'TIMESTAMP_MS' THEN 3 WHEN c.head = 'DECIMAL' AND NOT list_contains(${UNBOUNDED}, c.base) THEN (regexp_extract(c.base, '\\((\\d+),', 1)::INTEGER << 16 | regexp_extract(c.base, ',(\\d+)\\)', 1)::INTEGER) + 4
      ELSE -1 END AS typmod, d.oid AS domain_oid
  FROM (SELECT *, regexp_replace(type, '(\\[\\d*\\])+$', '') AS base, ${HEAD} AS head,
    len(regexp_extract_all(regexp_extract(type, '(\\[\\d*\\])+$'), '\\[')) AS dimensions FROM ${PG}._column) AS c
  LEFT JOIN (SELECT printed, min_by(oid, oid) AS oid, min_by(array_oid, oid) AS array_oid FROM (
      SELECT printed, oid, array_oid FROM ${PG}._enum UNION ALL SELECT printed, oid, array_oid FROM ${PG}._composite) GROUP BY printed) AS e
    ON c.head IN ('ENUM', 'STRUCT') AND e.printed = c.base
  LEFT JOIN (SELECT sch, rel, nam, any_value(found.type) AS type, nullif(any_value(found.length), '')::INTEGER AS length, any_value(found.zone) AS zone, any_value(found.brackets) AS brackets
    FROM (SELECT sch, rel, columns[1] AS nam, regexp_extract(expression, '${LIMIT_PATTERN}', ['type', 'length', 'zone', 'brackets']) AS found
      FROM ${PG}._raw_constraint WHERE type = 'CHECK') WHERE found.type <> '' GROUP BY sch, rel, nam) AS l
    ON l.sch = c.sch AND l.rel = c.rel AND l.nam = c.nam
  LEFT JOIN (SELECT sch, rel, nam, any_value(domain) AS domain FROM (SELECT sch, rel, columns[1] AS nam,
        replace(nullif(regexp_extract(expression, '${DOMAIN_LABEL}', 1), ''), '''''', '''')::JSON->>'domain' AS domain
      FROM ${PG}._raw_constraint WHERE type = 'CHECK') WHERE domain IS NOT NULL GROUP BY sch, rel, nam) AS h
    ON h.sch = c.sch AND h.rel = c.rel AND h.nam = c.nam
  LEFT JOIN ${PG}._domain AS d ON h.domain = if(d.sch = 'public', '', ${shownName("d.sch")} || '.') || ${shownName("d.nam")}`;

/** What a view computes has DuckDB's precision, and none of PostgreSQL's: a table's columns and casts say what is known of it. */
const TYPED_COLUMNS = `
  WITH typed AS MATERIALIZED (${COLUMN_TYPES})
  SELECT c.* EXCLUDE (domain_oid) REPLACE (if(v.oid IS NULL OR v.oid IN (SELECT oid FROM ${PG}._domain), c.type_oid, v.oid) AS type_oid,
    CASE WHEN v.oid IS NOT NULL THEN v.typmod WHEN c.kind = 'v' AND c.type_oid IN (1700, 1231) THEN -1 ELSE c.typmod END AS typmod),
    coalesce(c.domain_oid, CASE WHEN v.oid IN (SELECT oid FROM ${PG}._domain) THEN v.oid END) AS domain_oid
  FROM typed AS c LEFT JOIN (SELECT unnest(from_json(${VIEW_TYPES}(
      (SELECT system.main.to_json(list({'schema': r.sch, 'name': r.nam, 'definition': r.definition, 'columns': k.names}))::VARCHAR
        FROM ${PG}._relation_name AS r JOIN (SELECT sch, rel, list(nam ORDER BY position) AS names FROM typed WHERE kind = 'v' GROUP BY sch, rel) AS k
          ON k.sch = r.sch AND k.rel = r.nam WHERE r.kind = 'v' HAVING count(*) > 0),
      (SELECT system.main.to_json(list({'schema': sch, 'name': rel, 'columns': columns}))::VARCHAR FROM (
        SELECT sch, rel, list({'name': t.nam, 'type': coalesce('oid:' || t.domain_oid, e.typname, b.typname), 'typmod': t.typmod, 'array': e.typname IS NOT NULL} ORDER BY t.position) AS columns
        FROM typed AS t LEFT JOIN ${PG}._builtin_type AS b ON b.oid = t.type_oid LEFT JOIN ${PG}._builtin_type AS e ON e.oid = b.typelem AND b.typcategory = 'A'
        WHERE t.kind IN ('r', 'm') AND EXISTS (FROM ${PG}._relation_name WHERE kind = 'v') GROUP BY sch, rel))),
      '[{"schema": "VARCHAR", "view": "VARCHAR", "position": "INTEGER", "oid": "BIGINT", "typmod": "INTEGER", "holder": "BIGINT"}]'), recursive := true)) AS v
    ON c.kind = 'v' AND v."schema" = c.sch AND v."view" = c.rel AND v.position = c.position AND v.holder IN (0, c.type_oid)`;

/** Macros the helpers are made with. */
export function objectMacros(): readonly string[] {
  return [...HELPER_MACROS, typeOidMacro("_base_oid", 0, 25), typeOidMacro("_array_oid", 1, 1009)];
}

/** The helpers by name, each after those it reads. */
export const OBJECT_QUERIES: readonly (readonly [name: string, query: string])[] = [
  ["_relation_name", RELATION_NAMES],
  ["_sequence", SEQUENCES],
  ["_user_type", USER_TYPES],
  ["_schema", SCHEMAS],
  ["_raw_constraint", RAW_CONSTRAINTS],
  ["_labelled_constraint", LABELLED_CONSTRAINTS],
  ["_constraint", CONSTRAINTS],
  ["_table_comment", TABLE_COMMENTS],
  ["_index", INDEXES],
  ["_enum", ENUMS],
  ["_composite", COMPOSITES],
  ["_domain", DOMAINS],
  ["_class", CLASSES],
  ["_merge_policy", MERGE_POLICIES],
  ["_column", COLUMNS],
  ["_typed_column", TYPED_COLUMNS],
];
