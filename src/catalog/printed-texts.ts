/** Definitions in PostgreSQL's text: views over the helpers, computed for the rows that are asked for (printing/). */
import { FORMAT_TYPE } from "./format-type.js";
import { PG } from "./names.js";
import { PRINTED, PRINTED_VIEW, READS_COLUMNS, VIEW_READS } from "./printing/functions-of-sql.js";

/** Defaults, and what generated columns are made of: DuckDB lists both as defaults. */
const DEFAULTS = `
  SELECT t.sch, t.rel, t.kind, t.nam, t.position, t.is_generated,
    ${PRINTED}(t.default_value, ${PG}._format_type(t.type_oid, t.typmod), if(t.is_generated, k.columns, '[]'), 'stored') AS printed
  FROM (SELECT *, ${READS_COLUMNS}(default_value) = 't' AS is_generated FROM ${PG}._typed_column WHERE default_value IS NOT NULL) AS t
  JOIN ${PG}._table_columns AS k ON k.sch = t.sch AND k.rel = t.rel`;

/** What each view reads: relations, and columns of them. */
const READ_RELATIONS = `
  SELECT oid, sch, nam, kind, r."schema" AS read_schema, r."name" AS read_name, r."columns" AS read_columns FROM (
    SELECT oid, sch, nam, kind, unnest(from_json(${VIEW_READS}(stored, relations, sch), '[{"schema": "VARCHAR", "name": "VARCHAR", "columns": ["VARCHAR"]}]')) AS r
    FROM ${PG}._stored_view)`;

/** Functions a view may call, as JSON: one row. */
const OWN_FUNCTIONS = `SELECT system.main.to_json(list(sch || '.' || nam))::VARCHAR AS _functions FROM ${PG}._function WHERE sch <> 'pg_catalog'`;

/** A view's query in a style; as it is stored where it cannot be printed. The columns of _stored_view have the prefix `at`. */
export function printedQuery(style: string, at: string): string {
  return `coalesce(${PRINTED_VIEW}(${at}stored, ${at}relations, system.main.to_json(${PG}._search_path())::VARCHAR, ${at}names, ${style}, ${at}sch,
    (SELECT _functions FROM ${PG}._own_functions)), ${at}stored)`;
}

/** Statements that make the views; the helpers come first. */
export function printedStatements(): readonly string[] {
  const views: readonly (readonly [string, string])[] = [
    ["_printed_default", DEFAULTS],
    ["_view_read", READ_RELATIONS],
    ["_own_functions", OWN_FUNCTIONS],
  ];
  const macro = `CREATE MACRO ${PG}._format_type(_1, _2) AS ${FORMAT_TYPE}`;
  return [macro, ...views.map(([name, query]) => `CREATE VIEW ${PG}.${name} AS ${query}`)];
}
