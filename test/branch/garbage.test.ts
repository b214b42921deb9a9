/** What pins need is kept, what no pin needs is gone. */
import { expect, test } from "vitest";
import { MAIN } from "../../src/branch/model.js";
import { World, type TestSession } from "../support/world.js";

async function keptTables(session: TestSession): Promise<number> {
  const rows = await session.query(
    "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'duckbranch_store' OR schema_name LIKE 'branch\\_%' ESCAPE '\\'",
  );
  return Number(rows[0]?.[0]);
}

test("a preserved table stays as long as any of its pins, and goes with the last", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(
    "CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1); CREATE BRANCH a; CREATE BRANCH b",
  );
  await main.query("UPDATE t SET id = 2; CREATE BRANCH c; UPDATE t SET id = 3");
  expect(await keptTables(main)).toBe(2);
  await main.query("DROP BRANCH a");
  await using b = await world.connect("main/b");
  await using c = await world.connect("main/c");
  expect(await b.query("SELECT id FROM t")).toEqual([[1]]);
  expect(await c.query("SELECT id FROM t")).toEqual([[2]]);
  await main.query("DROP BRANCH b");
  expect(await c.query("SELECT id FROM t")).toEqual([[2]]);
  expect(await keptTables(main)).toBe(1);
  await main.query("DROP BRANCH c");
  expect(await keptTables(main)).toBe(0);
  expect(world.context.registry.state.versionsOf(MAIN)).toHaveLength(1);
});

test("a branch made from a branch keeps what it reads through its parent", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query("CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1); CREATE BRANCH parent");
  await using parent = await world.connect("main/parent");
  await parent.query("CREATE BRANCH child");
  await using child = await world.connect("main/child");
  await main.query("INSERT INTO t VALUES (2)");
  await parent.query("INSERT INTO t VALUES (3)");
  expect(await child.query("SELECT id FROM t")).toEqual([[1]]);
  await expect(main.query("DROP BRANCH parent")).rejects.toMatchObject({ code: "2BP01" });
  await main.query("MERGE BRANCH child; DROP BRANCH child; DROP BRANCH parent");
  expect(await keptTables(main)).toBe(0);
});

test("main's writes copy nothing when no branch is there, or none needs the table", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query("CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1); UPDATE t SET id = 2");
  expect(await keptTables(main)).toBe(0);
  await main.query(
    "CREATE BRANCH b; CREATE TABLE later (id INTEGER); INSERT INTO later VALUES (1); DELETE FROM later",
  );
  expect(await keptTables(main)).toBe(0);
  await main.query("UPDATE t SET id = 3; UPDATE t SET id = 4");
  expect(await keptTables(main)).toBe(1);
});

test("an update that changes no row still leaves the branch equal to its base in DIFF and MERGE", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(
    "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER); INSERT INTO t VALUES (1, 1); CREATE BRANCH b",
  );
  await using branch = await world.connect("main/b");
  await branch.query(
    "UPDATE t SET v = 2 WHERE false; UPDATE t SET v = 5; UPDATE t SET v = 1; DELETE FROM t; INSERT INTO t VALUES (1, 1)",
  );
  expect(await main.query("DIFF BRANCH b")).toEqual([]);
  await main.query("UPDATE t SET v = 9");
  const [merged] = await main.query("MERGE BRANCH b USING branch_wins");
  expect(merged?.[0]).toBe("merged");
  expect(await main.query("SELECT v FROM t")).toEqual([[9]]);
});
