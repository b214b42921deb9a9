/** What PostgreSQL counts by table. Here a table has its rows. */
import { PG } from "./names.js";
import type { Content } from "./shapes.js";

export const TABLE_PLACES: Content = {
  columns: { relid: "c.oid", schemaname: "c.sch", relname: "c.nam" },
  from: `${PG}._class AS c WHERE c.kind = 'r'`,
};

/** What nobody counts is 0. */
export const TABLE_STATISTICS: Content = {
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
    AND n.table_name = c.pnam WHERE c.kind = 'r'`,
};
