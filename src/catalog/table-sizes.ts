/**
 * What relations take. DuckDB does not say: it is the rows' number times a row's width, in pages, as PostgreSQL would keep them
 * (a page for texts of any length as soon as there is a column of one, an index's own page or two). An estimate, right for
 * small tables. The database's size is the file's.
 */
import { DATA_CATALOG } from "../engine/database.js";
import { PG } from "./names.js";

const PAGE = 8192;
/** Behind a page's header; before a row's columns stand its own header and its place in the page. */
const [PAGE_ROOM, ROW_HEAD] = [8168, 28];
/** Rows longer than this may keep a column elsewhere. */
const LONGEST_ROW = 2032;

const WIDTH = `CASE WHEN t.typlen > 0 THEN t.typlen ELSE 16 END`;
/** A column's largest value; NULL for one without a limit. */
const LIMIT = `CASE WHEN t.typlen > 0 THEN t.typlen WHEN c.type_oid IN (1042, 1043) AND c.typmod >= 4 THEN 4 * (c.typmod - 4) + 4
  WHEN c.type_oid = 1700 AND c.typmod >= 4 THEN 40 END`;

/** By each name a relation is asked for, and by its OID: where its rows are, and what a row takes. No rows are counted here. */
export const EXTENTS = `
  SELECT n.key, k.kind, r.database_name, r.psch, r.pnam, w.width, w.is_long, x.indexes
  FROM ${PG}._class AS k
  JOIN (SELECT oid::VARCHAR AS key, oid FROM ${PG}._class
    UNION ALL SELECT sch || '.' || nam, oid FROM ${PG}._class
    UNION ALL SELECT nam, oid FROM ${PG}._class WHERE ${PG}._is_visible(sch)) AS n ON n.oid = k.oid
  LEFT JOIN ${PG}._class AS r ON r.kind IN ('r', 'm') AND r.sch = k.sch AND r.nam = if(k.kind = 'i', k.rel, k.nam) AND k.kind IN ('r', 'm', 'i')
  LEFT JOIN (SELECT c.sch, c.rel, sum(${WIDTH}) AS width, bool_or(${LIMIT} IS NULL) OR sum(${LIMIT}) > ${LONGEST_ROW} AS is_long
    FROM ${PG}._typed_column AS c JOIN ${PG}._type AS t ON t.oid = c.type_oid WHERE c.kind IN ('r', 'm') GROUP BY c.sch, c.rel) AS w
    ON w.sch = r.sch AND w.rel = r.nam
  LEFT JOIN (SELECT sch, rel, count(*) AS indexes FROM ${PG}._class WHERE kind = 'i' GROUP BY sch, rel) AS x ON x.sch = r.sch AND x.rel = r.nam`;

const HEAP = `ceil(n.estimated_size * (e.width + ${ROW_HEAD}) / ${PAGE_ROOM}) * ${PAGE}`;
/** An index has a page that describes it, and pages of entries once there are rows. */
const INDEX = `${PAGE} + ceil(n.estimated_size * 20 / ${PAGE_ROOM}) * ${PAGE}`;
const MAIN = `CASE e.kind WHEN 'r' THEN ${HEAP} WHEN 'm' THEN ${HEAP} WHEN 'i' THEN ${INDEX} WHEN 'S' THEN ${PAGE} ELSE 0 END`;

export const SIZE_VIEWS: readonly string[] = [
  `CREATE VIEW ${PG}._lookup_size AS SELECT e.key AS _key, ${MAIN} AS _main, ${MAIN} + if(e.kind IN ('r', 'm') AND e.is_long, ${PAGE}, 0) AS _table,
     if(e.kind IN ('r', 'm'), coalesce(e.indexes, 0) * (${INDEX}), 0) AS _indexes
   FROM ${PG}._extent AS e LEFT JOIN duckdb_tables() AS n ON n.database_name = e.database_name AND n.schema_name = e.psch AND n.table_name = e.pnam`,
];

/** Sizes of a relation by its OID or its name. */
export function sizeOf(parts: string): string {
  return `(SELECT any_value(${parts})::BIGINT FROM ${PG}._lookup_size WHERE _key = ${PG}._stored_name(_1::VARCHAR))`;
}

export const DATABASE_SIZE = `(SELECT any_value(if(total_blocks > 0, block_size * total_blocks, ${PAGE}))::BIGINT FROM pragma_database_size() WHERE database_name = '${DATA_CATALOG}')`;
