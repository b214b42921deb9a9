/** What PostgreSQL counts by table, index and sequence. Here a table has its rows. */
import { PG } from "./names.js";
import type { Content } from "./shapes.js";

const TABLE_PLACES: Content = {
  columns: { relid: "c.oid", schemaname: "c.sch", relname: "c.nam" },
  from: `${PG}._class AS c WHERE c.kind IN ('r', 'm')`,
};

/** What nobody counts is 0. */
const TABLE_STATISTICS: Content = {
  columns: {
    ...TABLE_PLACES.columns,
    n_live_tup: `greatest(coalesce(n.estimated_size, 0), 0)`,
    ...Object.fromEntries(
      "seq_scan seq_tup_read idx_scan idx_tup_fetch n_tup_ins n_tup_upd n_tup_del n_dead_tup"
        .split(" ")
        .map((name) => [name, "0"]),
    ),
  },
  from: `${PG}._class AS c LEFT JOIN duckdb_tables() AS n ON n.database_name = c.database_name AND n.schema_name = c.psch
    AND n.table_name = c.pnam WHERE c.kind IN ('r', 'm')`,
};

function indexStatistics(counted: readonly string[]): Content {
  return {
    columns: {
      relid: "r.oid",
      indexrelid: "c.oid",
      schemaname: "c.sch",
      relname: "c.rel",
      indexrelname: "c.nam",
      ...Object.fromEntries(counted.map((name) => [name, "0"])),
    },
    from: `${PG}._class AS c JOIN ${PG}._class AS r ON r.sch = c.sch AND r.nam = c.rel AND r.kind IN ('r', 'm') WHERE c.kind = 'i'`,
  };
}

const INDEX_STATISTICS = indexStatistics(["idx_scan", "idx_tup_read", "idx_tup_fetch"]);
const INDEX_PLACES = indexStatistics(["idx_blks_read", "idx_blks_hit"]);

const SEQUENCE_STATISTICS: Content = {
  columns: { relid: "c.oid", schemaname: "c.sch", relname: "c.nam", blks_read: "0", blks_hit: "0" },
  from: `${PG}._class AS c WHERE c.kind = 'S'`,
};

/** Drizzle finds the indexes behind keys by them. */
export const STATISTICS: readonly (readonly [name: string, content: Content])[] = [
  ["pg_stat_all_tables", TABLE_STATISTICS],
  ["pg_stat_user_tables", TABLE_STATISTICS],
  ["pg_statio_all_tables", TABLE_PLACES],
  ["pg_statio_user_tables", TABLE_PLACES],
  ["pg_stat_all_indexes", INDEX_STATISTICS],
  ["pg_stat_user_indexes", INDEX_STATISTICS],
  ["pg_statio_all_indexes", INDEX_PLACES],
  ["pg_statio_user_indexes", INDEX_PLACES],
  ["pg_statio_all_sequences", SEQUENCE_STATISTICS],
  ["pg_statio_user_sequences", SEQUENCE_STATISTICS],
];
