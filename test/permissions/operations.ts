/** Statements of every kind, and the scopes each takes. `write` stands for what writing on the session's head takes. */
import type { Scope } from "../../src/core/scopes.js";

export type Need = Scope | "write";

export interface Operation {
  readonly sql: string;
  /** All of them; those of an inner list are alternatives. */
  readonly needs: readonly (Need | readonly Need[])[];
  /** Where the HTTP API has no way to it. */
  readonly wireOnly?: boolean;
}

const READ = ["data:read"] as const;
const WRITE = ["write"] as const;
const BOTH = ["write", "data:read"] as const;

function all(needs: Operation["needs"], ...texts: readonly string[]): Operation[] {
  return texts.map((sql) => ({ sql, needs }));
}

/** They change nothing that lasts, however often they run. */
export const OPERATIONS: readonly Operation[] = [
  ...all(
    [],
    "SELECT 1",
    "VALUES (1), (2)",
    "SHOW search_path",
    "SHOW TABLES",
    "SET application_name = 'x'",
    "SET search_path = public",
    "SELECT current_user, version()",
    "SELECT relname FROM pg_class LIMIT 1",
    "SELECT table_name FROM information_schema.tables LIMIT 1",
    "SELECT name FROM duckbranch.branches",
    "SELECT name FROM _hatidata_branches",
    "SELECT * FROM duckbranch.history LIMIT 1",
    "SHOW BRANCHES",
    "DESCRIBE BRANCH side",
    "SELECT current_branch()",
    "CREATE TEMP TABLE IF NOT EXISTS own (a int)",
    "SELECT pg_advisory_unlock_all()",
    "UNLISTEN *",
    "CLOSE ALL",
    "RESET ALL",
  ),
  ...all(
    READ,
    "SELECT * FROM t",
    "TABLE t",
    "FROM t",
    "SELECT count(*) FROM public.t",
    "SELECT (SELECT max(b) FROM t)",
    "SELECT 1 WHERE EXISTS (SELECT FROM t)",
    "WITH q AS (SELECT * FROM t) SELECT * FROM q",
    "WITH RECURSIVE q AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM q, t WHERE n < 2) SELECT * FROM q",
    "SELECT * FROM v",
    "SELECT counted()",
    "SELECT * FROM side.t",
    "SELECT * FROM main.t",
    "EXPLAIN SELECT * FROM t",
    "EXPLAIN ANALYZE SELECT * FROM t",
    "DESCRIBE t",
    "SUMMARIZE t",
    "SELECT * FROM duckbranch.conflicts",
    "DIFF BRANCH side",
    "EXPLAIN MERGE BRANCH side",
    "SELECT * FROM nothing",
  ),
  ...all(
    WRITE,
    "INSERT INTO t SELECT 1, 1 WHERE false",
    "INSERT INTO public.t SELECT 1, 1 WHERE false",
    "INSERT INTO nothing VALUES (1)",
    "TRUNCATE nothing",
    "CREATE TABLE IF NOT EXISTS t (a int)",
    "CREATE VIEW nothing_of AS SELECT nothing",
    "CREATE SCHEMA IF NOT EXISTS extra",
    "CREATE SEQUENCE IF NOT EXISTS s",
    "ALTER TABLE t DROP COLUMN IF EXISTS nothing",
    "DROP TABLE IF EXISTS nothing",
    "DROP SCHEMA IF EXISTS nothing",
    "DROP FUNCTION IF EXISTS nothing",
    "COMMENT ON TABLE t IS 'x'",
    "SELECT nextval('s')",
    "SELECT setval('s', 5)",
    "ANALYZE t",
    "VACUUM",
  ),
  ...all(
    BOTH,
    "INSERT INTO t SELECT * FROM t WHERE false",
    "INSERT INTO t SELECT 1, 1 WHERE false RETURNING *",
    "INSERT INTO t SELECT 1, 1 WHERE false ON CONFLICT DO NOTHING",
    "UPDATE t SET b = b WHERE false",
    "DELETE FROM t WHERE false",
    "MERGE INTO t USING (SELECT 1 AS a WHERE false) AS x ON t.a = x.a WHEN MATCHED THEN DELETE",
    "WITH gone AS (DELETE FROM t WHERE false RETURNING *) SELECT * FROM gone",
    "EXPLAIN UPDATE t SET b = b",
    "CREATE TABLE IF NOT EXISTS t AS SELECT * FROM t",
    "SELECT * FROM draws",
    "SELECT drawn()",
  ),
  ...all(
    ["admin"],
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('t')",
    "SELECT * FROM pragma_storage_info('t')",
    "SELECT * FROM duckdb_tables()",
    "CHECKPOINT",
    "ALTER BRANCH nothing UNPROTECT",
  ),
  ...all([["data:read", "data:write", "main:write"]], "LOCK TABLE nothing"),
  ...all(["branches:create"], "CREATE BRANCH IF NOT EXISTS side", "ALTER BRANCH nothing SET (ttl '1 day')"),
  ...all(["branches:create"], "ALTER BRANCH nothing RENAME TO other", "ALTER BRANCH nothing PROTECT"),
  ...all(["branches:create"], "SELECT branch_create('main')", "SELECT hati_branch_create('main')"),
  ...all(["branches:merge"], "MERGE BRANCH nothing", "UNDO MERGE nothing", "ABANDON MERGE nothing"),
  ...all(["branches:merge"], "RESOLVE MERGE nothing WITH (t 'main_wins')"),
  ...all(["branches:merge"], "SELECT hati_branch_merge('nothing', 'main')"),
  ...all(["branches:discard"], "DROP BRANCH nothing", "DROP BRANCH IF EXISTS nothing CASCADE"),
  ...all(["branches:discard"], "SELECT branch_discard('nothing')"),
  ...all(["branches:discard"], "UNDELETE BRANCH nothing"),
  { sql: "LISTEN heard", needs: READ },
  ...all([["data:write", "main:write"]], "NOTIFY heard, 'x'", "SELECT pg_notify('heard', 'x')"),
  { sql: "COPY t TO STDOUT", needs: READ, wireOnly: true },
  { sql: "COPY (SELECT * FROM t) TO STDOUT", needs: READ, wireOnly: true },
  { sql: "COPY nothing FROM STDIN", needs: WRITE, wireOnly: true },
  { sql: "BEGIN; DECLARE c CURSOR FOR SELECT * FROM t; ROLLBACK", needs: READ, wireOnly: true },
  { sql: "PREPARE p AS SELECT * FROM t; DEALLOCATE p", needs: READ, wireOnly: true },
  { sql: "BEGIN; PREPARE p AS DELETE FROM t; ROLLBACK; DEALLOCATE p", needs: BOTH, wireOnly: true },
  {
    sql: "PREPARE p AS SELECT $1::int; EXECUTE p((SELECT max(b) FROM t)); DEALLOCATE p",
    needs: READ,
    wireOnly: true,
  },
  { sql: "SELECT 1; SELECT * FROM t", needs: READ, wireOnly: true },
];
