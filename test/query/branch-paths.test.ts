/** HatiData's tools go to a branch by search_path: it is that branch, and never main by mistake. */
import { expect, test } from "vitest";
import { fullAccess } from "../../src/core/scopes.js";
import { OpenWorld } from "../support/open-world.js";

test("a search_path that begins with a branch's schema leads to the branch, and another one back", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session("main");
  await main.query(
    "CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1); CREATE BRANCH b; CREATE BRANCH c",
  );
  const [[schema] = []] = await main.query("SELECT schema_name FROM duckbranch.branches WHERE name = 'b'");
  for (const path of [`'${String(schema)},main'`, `${String(schema)}, main`, `"${String(schema)}"`]) {
    await main.query(`SET search_path = ${path}; UPDATE t SET a = a + 1`);
    expect(await main.query("SELECT current_branch()")).toEqual([["b"]]);
    await main.query("SET search_path = public");
    expect(await main.query("SELECT current_branch(), (SELECT max(a) FROM t)")).toEqual([["main", 1]]);
  }
  await main.query(`SET search_path = ${String(schema)}; RESET search_path`);
  expect(await main.query("SELECT current_branch(), (SELECT max(a) FROM b.t)")).toEqual([["main", 4]]);
  await main.query(`BEGIN; SET search_path = '${String(schema)},main'; ROLLBACK`);
  expect(await main.query("SELECT current_branch()")).toEqual([["main"]]);
  await main.query("USE BRANCH c; SET search_path = public");
  expect(await main.query("SELECT current_branch()")).toEqual([["c"]]);
  for (const told of ["USE BRANCH b", "SET branch = 'b'"]) {
    await main.query(`SET search_path = ${String(schema)}; ${told}; SET search_path = public`);
    expect([told, await main.query("SELECT current_branch()")]).toEqual([told, [["b"]]]);
  }
});

test("a branch that is not there, or is somebody else's, is refused", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session("main");
  await main.query("CREATE TABLE t (a int PRIMARY KEY); CREATE BRANCH b WITH (access 'private')");
  const [[schema] = []] = await main.query("SELECT schema_name FROM duckbranch.branches");
  expect(await main.outcome("SET search_path = 'branch_0123456789ab,main'")).toBe("3D000");
  const ben = await open.session("main", {
    ...fullAccess("ben"),
    scopes: () => new Set(["data:read"] as const),
  });
  expect(await ben.outcome(`SET search_path = '${String(schema)},main'`)).toBe("42501");
  expect(await ben.query("SELECT current_branch()")).toEqual([["main"]]);
});

test("no other way of setting search_path leads half the way to a branch", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session("main");
  await main.query("CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1); CREATE BRANCH b");
  const [[schema] = []] = await main.query("SELECT schema_name FROM duckbranch.branches");
  await main.query("UPDATE b.t SET a = 2").catch(() => undefined);
  for (const set of [
    `SELECT set_config('search_path', '${String(schema)},main', false)`,
    `SELECT pg_catalog.set_config('search_path', 'public, ${String(schema)}', false)`,
    `SET search_path = public, ${String(schema)}`,
  ])
    expect([set, await main.outcome(set)]).toEqual([set, "0A000"]);
  expect(await main.query("SELECT current_branch(), a FROM t")).toEqual([["main", 1]]);
  await main.query(`SET search_path = '${String(schema).toUpperCase()},main'`);
  expect(await main.query("SELECT current_branch()")).toEqual([["b"]]);
});
