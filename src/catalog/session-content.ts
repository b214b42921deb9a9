/** Relations of pg_catalog that show what the session itself holds. */
import { SESSION_CALL } from "./names.js";
import type { Content } from "./shapes.js";

/** The only role there is. */
const OWNER = "10";
const PREPARED_FIELDS =
  "name VARCHAR, statement VARCHAR, prepare_time TIMESTAMPTZ, parameter_types VARCHAR[], from_sql BOOLEAN";

const ACTIVITY_FIELDS = `pid INTEGER, usename VARCHAR, datname VARCHAR, application_name VARCHAR, backend_start TIMESTAMPTZ,
  xact_start TIMESTAMPTZ, query_start TIMESTAMPTZ, state_change TIMESTAMPTZ, state VARCHAR, query VARCHAR`;

/** The session's answer, JSON. */
function ask(what: string, argument = "NULL"): string {
  return `${SESSION_CALL}(getvariable('duckbranch_session'), '${what}', ${argument}, NULL, NULL)::JSON`;
}

/** A row per object of its list. */
function answer(view: string, fields: string): string {
  return `(SELECT unnest(CAST(${ask(view)} AS STRUCT(${fields})[])) AS s)`;
}

/** Branches that are schemas to the tools that made them so. */
export const BRANCH_SCHEMAS = `(SELECT unnest(CAST(${ask("branch_schemas")} AS VARCHAR[])) AS sch)`;

/** Their tables. DuckDB asks for those of the schemas alone that a condition leaves. */
export const BRANCH_TABLES = `SELECT sch, t."name", t.kind FROM (
  SELECT sch, unnest(CAST(${ask("branch_tables", "sch")} AS STRUCT("name" VARCHAR, kind VARCHAR)[])) AS t FROM ${BRANCH_SCHEMAS})`;

export const PREPARED_STATEMENTS: Content = {
  columns: {
    name: "s.name",
    statement: "s.statement",
    prepare_time: "s.prepare_time",
    parameter_types: "s.parameter_types",
    from_sql: "s.from_sql",
    generic_plans: "0",
    custom_plans: "0",
  },
  from: answer("pg_prepared_statements", PREPARED_FIELDS),
};

const CURSOR_FIELDS =
  "name VARCHAR, statement VARCHAR, is_holdable BOOLEAN, is_binary BOOLEAN, is_scrollable BOOLEAN, creation_time TIMESTAMPTZ";

export const CURSORS: Content = {
  columns: {
    name: "s.name",
    statement: "s.statement",
    is_holdable: "s.is_holdable",
    is_binary: "s.is_binary",
    is_scrollable: "s.is_scrollable",
    creation_time: "s.creation_time",
  },
  from: answer("pg_cursors", CURSOR_FIELDS),
};

export const ACTIVITY: Content = {
  columns: {
    datname: "s.datname",
    pid: "s.pid",
    usesysid: OWNER,
    usename: "s.usename",
    application_name: "s.application_name",
    backend_start: "s.backend_start",
    xact_start: "s.xact_start",
    query_start: "s.query_start",
    state_change: "s.state_change",
    state: "s.state",
    query: "s.query",
    backend_type: "'client backend'",
  },
  from: answer("pg_stat_activity", ACTIVITY_FIELDS),
};
