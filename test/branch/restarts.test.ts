/** What a registry says after a restart is what was said last, however many commits came between that it did not record. */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { World } from "../support/world.js";

const BRANCHES = "SELECT name, status, description FROM duckbranch.branches ORDER BY name";

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "duckbranch-restarts-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "data.duckdb");
}

/** Runs the statements on main of the file, opened for them alone; the rows of the last one. */
async function onMain(path: string, sql: string): Promise<unknown[][]> {
  await using world = await World.open(path);
  await using main = await world.connect();
  return await main.query(sql);
}

test("a branch that was altered late in one run and dropped early in the next stays dropped", async () => {
  const path = newFile();
  const inserts = Array.from({ length: 20 }, (_, i) => `INSERT INTO t VALUES (${i})`).join("; ");
  await onMain(
    path,
    `CREATE TABLE t (id int PRIMARY KEY); CREATE BRANCH b; CREATE BRANCH c; ${inserts};
     ALTER BRANCH b SET (description 'late'); ALTER BRANCH c SET (description 'late')`,
  );
  await onMain(path, "DROP BRANCH b; ALTER BRANCH c SET (description 'later')");
  expect(await onMain(path, BRANCHES)).toEqual([
    ["b", "discarded", "late"],
    ["c", "active", "later"],
  ]);
});

test("a table of a branch whose rows were all changed late in one run and dropped early in the next stays dropped", async () => {
  const path = newFile();
  {
    await using world = await World.open(path);
    await using main = await world.connect();
    await main.query("CREATE TABLE t (id int PRIMARY KEY); CREATE BRANCH b");
    await using branch = await world.connect("main/b");
    await branch.query("INSERT INTO t VALUES (100)");
    for (let i = 0; i < 20; i++) await main.query(`INSERT INTO t VALUES (${i})`);
    await branch.query("UPDATE t SET id = id + 1000");
  }
  {
    await using world = await World.open(path);
    await using branch = await world.connect("main/b");
    await branch.query("DROP TABLE t");
  }
  await using world = await World.open(path);
  await using branch = await world.connect("main/b");
  await branch.query("CREATE TABLE t (other int); INSERT INTO t VALUES (7)");
  expect(await branch.query("SELECT * FROM t")).toEqual([[7]]);
});

test("a schema dropped with tables that were altered and checkpointed leaves a file that opens after a crash", async () => {
  const path = newFile();
  const crashed = newFile();
  {
    await using world = await World.open(path);
    await using main = await world.connect();
    await main.query(
      `CREATE SCHEMA s; CREATE TABLE s.p (id int PRIMARY KEY); CREATE TABLE s.t (a int REFERENCES s.p);
       CREATE TABLE s.q (a int); ALTER TABLE s.q ADD COLUMN b int; CREATE TABLE kept (a int); INSERT INTO kept VALUES (1)`,
    );
    await world.context.registry.database.checkpoint();
    await main.query("CREATE BRANCH b; DROP SCHEMA s CASCADE");
    copyFileSync(path, crashed);
    copyFileSync(`${path}.wal`, `${crashed}.wal`);
  }
  expect(await onMain(crashed, "SELECT a FROM kept")).toEqual([[1]]);
  expect(await onMain(crashed, "SELECT count(*) FROM b.s.t")).toEqual([[0n]]);
});
