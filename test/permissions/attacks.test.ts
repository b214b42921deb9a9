/** What somebody who may only read tries, in every odd form, to write, or to read of what is closed to them. */
import { expect, test } from "vitest";
import { fullAccess } from "../../src/core/scopes.js";
import { OpenWorld } from "../support/open-world.js";

const WRITES = [
  "WITH x AS (INSERT INTO t VALUES (9, 9) RETURNING *) SELECT * FROM x",
  "WITH x AS (UPDATE t SET b = 9 RETURNING *), y AS (DELETE FROM t RETURNING *) SELECT 1",
  "EXPLAIN ANALYZE INSERT INTO t VALUES (9, 9)",
  "EXPLAIN (ANALYZE) DELETE FROM t",
  "CREATE TEMP TABLE x1 AS SELECT nextval('s')",
  "CREATE TEMP VIEW x2 AS SELECT nextval('s')",
  "SELECT nextval('s')",
  "SELECT nextval('public.s'::regclass)",
  "SELECT setval('s', 99)",
  "SELECT * FROM draws",
  "SELECT drawn()",
  "SELECT public.drawn()",
  "SELECT * FROM (SELECT drawn()) AS x",
  "SELECT CASE WHEN drawn() > 0 THEN 1 END",
  "PREPARE p1 AS INSERT INTO t VALUES (9, 9)",
  "PREPARE p2(int) AS SELECT $1; EXECUTE p2(nextval('s'))",
  "BEGIN; DECLARE c1 CURSOR FOR SELECT nextval('s'); FETCH c1; ROLLBACK",
  "BEGIN; SAVEPOINT a; UPDATE t SET b = 9; ROLLBACK",
  "SELECT 1; INSERT INTO t VALUES (9, 9)",
  "INSERT INTO public.t VALUES (9, 9)",
  "INSERT INTO main.t VALUES (9, 9)",
  "SELECT * INTO made FROM t",
  "CREATE TABLE made AS SELECT * FROM t",
  "CREATE TABLE made (LIKE t)",
  "CREATE VIEW made AS SELECT * FROM t",
  "CREATE MACRO made() AS 1",
  "CREATE FUNCTION made() RETURNS int LANGUAGE sql AS 'SELECT 1'",
  "CREATE TYPE made AS ENUM ('a')",
  "CREATE DOMAIN made AS int",
  "CREATE SCHEMA made",
  "CREATE INDEX made ON t (b)",
  "ALTER TABLE t ADD COLUMN made int",
  "ALTER TABLE t RENAME TO made",
  "ALTER SEQUENCE s RESTART",
  "TRUNCATE t",
  "TRUNCATE t RESTART IDENTITY",
  "DROP TABLE t",
  "DROP TABLE t, s CASCADE",
  "DROP VIEW v",
  "DROP SEQUENCE s",
  "DROP FUNCTION drawn",
  "DROP SCHEMA public CASCADE",
  "COMMENT ON TABLE t IS 'x'",
  "COPY t FROM STDIN",
  "COPY (DELETE FROM t RETURNING *) TO STDOUT",
  "MERGE INTO t USING t AS u ON t.a = u.a WHEN MATCHED THEN DELETE",
  "INSERT INTO t SELECT * FROM t ON CONFLICT (a) DO UPDATE SET b = 9",
  "UPDATE duckbranch.branches SET owner = 'me'",
  "INSERT INTO duckbranch.history SELECT * FROM duckbranch.history",
  "SELECT pg_notify('c', 'x')",
  "NOTIFY c",
  "CHECKPOINT",
  "VACUUM",
  "REINDEX TABLE t",
  "CREATE BRANCH made",
  "DROP BRANCH closed",
  "MERGE BRANCH closed",
  "GRANT READ ON BRANCH closed TO reader",
  "ALTER BRANCH closed SET (access 'open')",
  "SELECT branch_grant('closed', 'read', 'reader')",
  "SELECT * FROM branch_create('made')",
];

const CLOSED = [
  "USE BRANCH closed",
  "SET branch = 'closed'",
  "SELECT use_branch('closed')",
  "SELECT * FROM closed.t",
  "SELECT closed.t.a FROM closed.t",
  "SELECT * FROM closed.public.t",
  "TABLE closed.t",
  "SELECT (SELECT max(b) FROM closed.t)",
  "WITH q AS (SELECT * FROM closed.t) SELECT * FROM q",
  "SELECT * FROM SCHEMA.t",
  "SELECT * FROM data.SCHEMA.t",
  "SET search_path = SCHEMA; SELECT * FROM t",
  "SET search_path = closed; SELECT * FROM t_of_closed",
  "SELECT set_config('search_path', 'SCHEMA', false); SELECT * FROM t",
  "SELECT * FROM query('SELECT * FROM SCHEMA.t')",
  "SELECT * FROM query_table('SCHEMA.t')",
  "SUMMARIZE closed.t",
  "DESCRIBE closed.t",
  "EXPLAIN SELECT * FROM closed.t",
  "CREATE TEMP TABLE x3 AS SELECT * FROM closed.t",
  "CREATE TEMP TABLE x4 (LIKE closed.t)",
  "CREATE TEMP VIEW x5 AS SELECT * FROM closed.t",
  "CREATE TEMP MACRO x6() AS TABLE SELECT * FROM closed.t",
  "PREPARE p3 AS SELECT * FROM closed.t",
  "BEGIN; DECLARE c2 CURSOR FOR SELECT * FROM closed.t; ROLLBACK",
  "COPY closed.t TO STDOUT",
  "COPY (SELECT * FROM closed.t) TO STDOUT",
  "DIFF BRANCH closed",
  "SELECT * FROM branch_diff('closed')",
  "EXPLAIN MERGE BRANCH closed",
  "DESCRIBE BRANCH closed",
  "SELECT * FROM branch_get('closed')",
  "SELECT * FROM duckbranch.branch_log",
  "SELECT * FROM data.duckbranch.branch_log",
  "SELECT * FROM duckdb_tables()",
  "SELECT * FROM duckdb_columns",
  "SELECT * FROM sqlite_master",
  "SELECT * FROM pragma_storage_info('SCHEMA.t')",
  "PIVOT closed.t ON a USING sum(b)",
  "SELECT 't'::regclass, * FROM closed.t AS x (a, b)",
  "SELECT * FROM v, LATERAL (SELECT * FROM closed.t) AS x",
];

/** Refused, or not possible for anybody. */
const REFUSED = /^(?:42501|0A000|42P01|3F000|42601|55000|42703|42704|42883|3D000)$/;

test("a reader writes nothing and sees nothing that is closed", async () => {
  await using open = await OpenWorld.open();
  const root = await open.session("main", fullAccess("root"));
  await root.query(`CREATE TABLE t (a int PRIMARY KEY, b int); INSERT INTO t VALUES (1, 1); CREATE SEQUENCE s;
    CREATE VIEW v AS SELECT b FROM t; CREATE VIEW draws AS SELECT nextval('s') AS n; CREATE MACRO drawn() AS nextval('s')`);
  await root.query("CREATE BRANCH shared; CREATE BRANCH closed WITH (access 'private'); USE BRANCH closed");
  await root.query("CREATE TABLE t_of_closed (a int); UPDATE t SET b = 2; USE BRANCH main");
  const [[schema] = []] = await root.query(
    "SELECT schema_name FROM duckbranch.branches WHERE name = 'closed'",
  );
  const state = `SELECT (SELECT string_agg(t::text, ',') FROM t), (SELECT string_agg(table_name, ',' ORDER BY table_name) FROM information_schema.tables WHERE table_schema = 'public'),
    (SELECT string_agg(name || owner || access || status, ',' ORDER BY name) FROM duckbranch.branches)`;
  const before = await root.query(state);
  const reader = { ...fullAccess("reader"), scopes: () => new Set(["data:read"] as const) };
  for (const database of ["main", "main/shared"]) {
    const session = await open.session(database, reader);
    const got: string[] = [];
    for (const text of [...WRITES, ...CLOSED]) {
      const outcome = await session.outcome(text.replaceAll("SCHEMA", String(schema)));
      if (!REFUSED.test(outcome)) got.push(`${database}: ${text}: ${outcome}`);
      await session.query("ROLLBACK; RESET search_path; DEALLOCATE ALL");
    }
    expect(got).toEqual([]);
    expect(await session.query("SELECT current_branch()")).toEqual([
      [database === "main" ? "main" : "shared"],
    ]);
  }
  expect(await root.query(state)).toEqual(before);
  expect(await root.query("SELECT nextval('s')")).toEqual([[1n]]);
  await root.query("USE BRANCH shared");
  expect(await root.query("SELECT * FROM t")).toEqual([[1, 1]]);
});
