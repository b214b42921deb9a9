/** Indexes that a branch makes or drops are merged with its rows. */
import { expect, test } from "vitest";
import type { World } from "../support/world.js";
import { OpenWorld } from "../support/open-world.js";

async function indexesOf(world: World, schema: string): Promise<unknown[]> {
  using connection = await world.context.registry.database.connect("data");
  const rows = await connection.rows(
    "SELECT index_name, table_name FROM duckdb_indexes() WHERE schema_name = ? ORDER BY ALL",
    [schema],
  );
  return rows.map((row) => `${String(row["table_name"])}.${String(row["index_name"])}`);
}

test("a merge takes a branch's indexes along, into main and into a branch", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`CREATE TABLE t (id int PRIMARY KEY, a int, b int); INSERT INTO t VALUES (1, 10, 5), (2, 20, 6);
    CREATE TABLE k (n int); INSERT INTO k VALUES (1); CREATE INDEX old ON t (b); CREATE BRANCH b`);
  const b = await open.session("main/b");
  await b.query("CREATE BRANCH c FROM b");
  const c = await open.session("main/c");
  await c.query(`CREATE UNIQUE INDEX "Über a" ON t (a); DROP INDEX old; CREATE INDEX kn ON k (n); INSERT INTO k VALUES (2);
    UPDATE t SET a = a + 1 WHERE id = 1; INSERT INTO t VALUES (3, 30, 7)`);
  await c.query("MERGE BRANCH c");
  expect(await b.outcome("INSERT INTO t VALUES (4, 11, 0)")).toBe("23505");
  await main.query("UPDATE t SET b = 50 WHERE id = 2");
  expect(await b.outcome("MERGE BRANCH b")).toBe("ok");
  expect(await indexesOf(open.world, "main")).toEqual(["k.kn", "t.Über a"]);
  expect(await main.outcome("INSERT INTO t VALUES (4, 11, 0)")).toBe("23505");
  expect(await main.query("SELECT id, a FROM t ORDER BY id")).toEqual([
    [1, 11],
    [2, 20],
    [3, 30],
  ]);
});
