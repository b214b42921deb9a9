/** What pg_catalog tells of views. */
import { PG } from "./names.js";
import { printedQuery } from "./printed-texts.js";
import type { Content } from "./shapes.js";

/** Of a materialized view. */
const POPULATED = `(c.sch, c.nam) NOT IN (SELECT (sch, nam) FROM ${PG}._relation_name WHERE NOT populated)`;

export const VIEWS: Content = {
  columns: {
    schemaname: "c.sch",
    viewname: "c.nam",
    viewowner: "getvariable('duckbranch_user')",
    definition: printedQuery("'plain'", "c."),
  },
  from: `${PG}._stored_view AS c WHERE c.kind = 'v'`,
};

export const MATERIALIZED_VIEWS: Content = {
  columns: {
    schemaname: "c.sch",
    matviewname: "c.nam",
    matviewowner: "getvariable('duckbranch_user')",
    hasindexes: `(c.sch, c.nam) IN (SELECT (sch, rel) FROM ${PG}._index)`,
    ispopulated: POPULATED,
    definition: printedQuery("'plain'", "c."),
  },
  from: `${PG}._stored_view AS c WHERE c.kind = 'm'`,
};
