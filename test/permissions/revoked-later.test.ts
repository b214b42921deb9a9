/** What a session holds of somebody's rights when those go: temporary views and macros, channels. Merges into closed branches. */
import { expect, test } from "vitest";
import { fullAccess, type Principal, type Scope } from "../../src/core/scopes.js";
import { OpenWorld } from "../support/open-world.js";

function reader(name: string, scopes: Set<Scope>): Principal {
  return { ...fullAccess(name), scopes: () => scopes };
}

const MADE = [
  "CREATE TEMP VIEW tv AS SELECT * FROM mine.t",
  "CREATE TEMP VIEW over AS SELECT * FROM tv",
  "CREATE TEMP MACRO tm() AS TABLE SELECT * FROM mine.t",
  "CREATE TEMP MACRO ts() AS (SELECT max(b) FROM mine.t)",
  "USE BRANCH mine; CREATE TEMP VIEW here AS SELECT * FROM t; USE BRANCH main",
];
const USED = ["SELECT * FROM tv", "SELECT * FROM over", "FROM tm()", "SELECT ts()", "SELECT * FROM here"];

test("temporary views and macros read no more than their user may by then", async () => {
  await using open = await OpenWorld.open();
  const root = await open.session("main", fullAccess("root"));
  await root.query(`CREATE TABLE t (a int PRIMARY KEY, b int); INSERT INTO t VALUES (1, 1);
    CREATE BRANCH mine WITH (access 'private'); GRANT READ ON BRANCH mine TO ben`);
  const scopes = new Set<Scope>(["data:read"]);
  const ben = await open.session("main", reader("ben", scopes));
  for (const sql of MADE) expect([sql, await ben.outcome(sql)]).toEqual([sql, "ok"]);
  for (const sql of USED) expect([sql, await ben.outcome(sql)]).toEqual([sql, "ok"]);
  await root.query("REVOKE READ ON BRANCH mine FROM ben");
  for (const sql of USED) expect([sql, await ben.outcome(sql)]).toEqual([sql, "42501"]);
  expect(await ben.outcome("SELECT * FROM t")).toBe("ok");
  scopes.delete("data:read");
  for (const sql of [...USED, "SELECT * FROM t"])
    expect([sql, await ben.outcome(sql)]).toEqual([sql, "42501"]);
});

test("payloads go to those who may read when they are sent", async () => {
  await using open = await OpenWorld.open();
  const root = await open.session("main", fullAccess("root"));
  const scopes = new Set<Scope>(["data:read"]);
  const ben = await open.session("main", reader("ben", scopes));
  await ben.query("BEGIN; LISTEN c; COMMIT");
  await root.query("BEGIN; NOTIFY c, 'first'; COMMIT");
  scopes.clear();
  await root.query("BEGIN; NOTIFY c, 'second'; COMMIT");
  expect(ben.session.takeNotifications().map(({ payload }) => payload)).toEqual(["first"]);
});

test("DuckDB's completion and statistics know all branches: they are administrators'", async () => {
  await using open = await OpenWorld.open();
  const root = await open.session("main", fullAccess("root"));
  await root.query("CREATE TABLE t (a int PRIMARY KEY)");
  const ben = await open.session("main", reader("ben", new Set(["data:read"])));
  for (const sql of ["SELECT * FROM sql_auto_complete('select * from ')", "SELECT stats(a) FROM t"])
    expect([sql, await ben.outcome(sql)]).toEqual([sql, "42501"]);
  await expect(ben.query("SELECT * FROM branch_lo")).rejects.toMatchObject({
    code: "42P01",
    hint: undefined,
  });
});

test("a merge into a closed branch is told to nobody else", async () => {
  await using open = await OpenWorld.open();
  const root = await open.session("main", fullAccess("root"));
  await root.query(`CREATE TABLE t (a int PRIMARY KEY); CREATE BRANCH up WITH (access 'private'); CREATE BRANCH low FROM up;
    ALTER BRANCH low SET (access 'open'); USE BRANCH low; INSERT INTO t VALUES (1); USE BRANCH main; MERGE BRANCH low`);
  const asked =
    "SELECT (SELECT count(*) FROM duckbranch.merges)::int, (SELECT count(*) FROM duckbranch.history WHERE action = 'merge')::int";
  expect(await root.query(asked)).toEqual([[1, 1]]);
  const ben = await open.session("main", reader("ben", new Set(["data:read"])));
  expect(await ben.query(asked)).toEqual([[0, 0]]);
});

test("system tables can be read while a written branch is deleted", async () => {
  await using open = await OpenWorld.open(undefined, { discardedMs: 60_000 });
  const root = await open.session("main", fullAccess("root"));
  await root.query(
    "CREATE TABLE t (a int PRIMARY KEY); CREATE BRANCH b; USE BRANCH b; INSERT INTO t VALUES (1); USE BRANCH main; DROP BRANCH b",
  );
  expect(await root.query("SELECT branch, table_name FROM duckbranch.branch_tables")).toEqual([["b", "t"]]);
  expect(await root.query("SELECT name, status FROM duckbranch.branches")).toEqual([["b", "discarded"]]);
  expect(await root.outcome("SELECT * FROM _hatidata_branches")).toBe("ok");
});
