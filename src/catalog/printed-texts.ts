/** Definitions in PostgreSQL's text: views over the helpers, computed for the rows that are asked for (printing/). */
import { FORMAT_TYPE } from "./format-type.js";
import { PG } from "./names.js";
import { DESCRIBED, PRINTED, PRINTED_VIEW, READS_COLUMNS, VIEW_READS } from "./printing/functions-of-sql.js";
import { TYPE_NAMES } from "./snapshot.js";

const typeName = (oid: string): string => `map_extract_value(${TYPE_NAMES}, ${oid})`;

/** Columns of each relation, as JSON. */
const TABLE_COLUMNS = `
  SELECT sch, rel, system.main.to_json(list({'name': nam, 'type': ${typeName("type_oid")}, 'domain': domain_oid IS NOT NULL} ORDER BY position))::VARCHAR AS columns,
    system.main.to_json(list(nam ORDER BY position))::VARCHAR AS names
  FROM ${PG}._typed_column WHERE kind IN ('r', 'v', 'm') GROUP BY sch, rel`;

/** Defaults, and what generated columns are made of: DuckDB lists both as defaults. */
const DEFAULTS = `
  SELECT t.sch, t.rel, t.kind, t.nam, t.position, t.is_generated,
    ${PRINTED}(t.default_value, ${PG}._format_type(t.type_oid, t.typmod), if(t.is_generated, k.columns, '[]'), 'stored') AS printed
  FROM (SELECT *, ${READS_COLUMNS}(default_value) = 't' AS is_generated FROM ${PG}._typed_column WHERE default_value IS NOT NULL) AS t
  JOIN ${PG}._table_columns AS k ON k.sch = t.sch AND k.rel = t.rel`;

/** Checks of domains: those a domain was given itself. */
const DOMAIN_CHECKS = `
  SELECT ${PG}._oid('k', sch || '.' || nam, c->>'name') AS oid, sch, c->>'name' AS nam, oid AS type_oid, c->>'source' AS source,
    ${typeName("base")} AS base
  FROM (SELECT oid, sch, nam, (definition->>'base')::BIGINT AS base, unnest((definition->'checks')::JSON[]) AS c FROM ${PG}._domain)
  WHERE c->>'domain' = nam`;

/** The value is called VALUE, which is no name. */
const ofDomain = (form: string): string =>
  `replace(${PRINTED}(source, '', system.main.to_json([{'name': 'VALUE', 'type': base}])::VARCHAR, '${form}'), '"VALUE"', 'VALUE')`;

const CHECKS = `
  SELECT c.oid, ${PRINTED}(c.expression, '', k.columns, 'plain') AS plain, ${PRINTED}(c.expression, '', k.columns, 'pretty') AS pretty
  FROM ${PG}._constraint_numbers AS c JOIN ${PG}._table_columns AS k ON k.sch = c.sch AND k.rel = c.rel WHERE c.kind = 'c'
  UNION ALL SELECT oid, ${ofDomain("plain")}, ${ofDomain("pretty")} FROM ${PG}._domain_check`;

const isExpression = "starts_with(i.key, '(')";

/** Keys of indexes; an expression has a name and a type of its own. */
const KEYS = `
  SELECT i.sch, i.rel, i.nam, i.method, i.position, i.key, ${isExpression} AS is_expression,
    if(${isExpression}, ${PRINTED}(i.key, '', k.columns, 'plain key'), ${PG}.quote_ident(i.key)) AS plain,
    if(${isExpression}, ${PRINTED}(i.key, '', k.columns, 'pretty key'), ${PG}.quote_ident(i.key)) AS pretty,
    if(${isExpression}, ${DESCRIBED}(i.key, k.columns), NULL) AS described
  FROM ${PG}._index_key AS i JOIN ${PG}._table_columns AS k ON k.sch = i.sch AND k.rel = i.rel`;

const predicate = (form: string): string =>
  `CASE WHEN i.predicate IS NOT NULL THEN ${PRINTED}(i.predicate, '', c.columns, '${form}') END`;

const INDEXES = `
  SELECT i.sch, i.rel, i.nam, k.plain, k.pretty, k.expressions, ${predicate("plain")} AS predicate, ${predicate("pretty")} AS pretty_predicate
  FROM ${PG}._index AS i JOIN (SELECT sch, rel, nam, list(plain ORDER BY position) AS plain, list(pretty ORDER BY position) AS pretty,
      array_to_string(list(regexp_replace(plain, '^\\((.*)\\)$', '\\1', 's') ORDER BY position) FILTER (WHERE is_expression), ', ') AS expressions
    FROM ${PG}._printed_key GROUP BY sch, rel, nam) AS k ON k.sch = i.sch AND k.rel = i.rel AND k.nam = i.nam
  LEFT JOIN ${PG}._table_columns AS c ON c.sch = i.sch AND c.rel = i.rel`;

/** Relations that a view may read: those whose names stand in its text. */
const VIEWS = `
  SELECT c.oid, c.sch, c.nam, c.kind, ${PG}._view_query(c.definition) AS stored, k.names, r.relations,
    (SELECT system.main.to_json(list(f.sch || '.' || f.nam))::VARCHAR FROM ${PG}._function AS f WHERE f.sch <> 'pg_catalog') AS functions
  FROM ${PG}._class AS c JOIN ${PG}._table_columns AS k ON k.sch = c.sch AND k.rel = c.nam
  LEFT JOIN (SELECT v.oid, system.main.to_json(list({'schema': t.sch, 'name': t.rel, 'columns': t.columns::JSON}))::VARCHAR AS relations
    FROM ${PG}._class AS v JOIN ${PG}._table_columns AS t ON contains(lower(v.definition), lower(replace(t.rel, '"', '""'))) WHERE v.kind IN ('v', 'm') GROUP BY v.oid) AS r
    ON r.oid = c.oid
  WHERE c.kind IN ('v', 'm')`;

/** What each view reads: relations, and columns of them. */
const READ_RELATIONS = `
  SELECT oid, sch, nam, kind, r."schema" AS read_schema, r."name" AS read_name, r."columns" AS read_columns FROM (
    SELECT oid, sch, nam, kind, unnest(from_json(${VIEW_READS}(stored, relations, sch), '[{"schema": "VARCHAR", "name": "VARCHAR", "columns": ["VARCHAR"]}]')) AS r
    FROM ${PG}._stored_view)`;

/** A view's query in a style; as it is stored where it cannot be printed. */
export function printedQuery(view: string, style: string): string {
  return `coalesce(${PRINTED_VIEW}(${view}.stored, ${view}.relations, system.main.to_json(${PG}._search_path())::VARCHAR, ${view}.names, ${style}, ${view}.sch, ${view}.functions), ${view}.stored)`;
}

/** Statements that make the views; the helpers come first. */
export function printedStatements(): readonly string[] {
  const views: readonly (readonly [string, string])[] = [
    ["_table_columns", TABLE_COLUMNS],
    ["_domain_check", DOMAIN_CHECKS],
    ["_printed_default", DEFAULTS],
    ["_printed_check", CHECKS],
    ["_printed_key", KEYS],
    ["_printed_index", INDEXES],
    ["_stored_view", VIEWS],
    ["_view_read", READ_RELATIONS],
  ];
  const macro = `CREATE MACRO ${PG}._format_type(_1, _2) AS ${FORMAT_TYPE}`;
  return [macro, ...views.map(([name, query]) => `CREATE VIEW ${PG}.${name} AS ${query}`)];
}
