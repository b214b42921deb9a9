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

test("what the registry has written over can be removed while sessions work, and nothing else", async () => {
  const path = newFile();
  const versions = "SELECT count(*) FROM duckbranch.version_log";
  {
    await using world = await World.open(path);
    await using main = await world.connect();
    await main.query("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1), (2, 2)");
    for (const name of ["a", "b", "c"]) {
      await main.query(`CREATE BRANCH ${name}`);
      await using branch = await world.connect(`main/${name}`);
      await branch.query("UPDATE t SET v = 3 WHERE id = 1; ALTER TABLE t ADD COLUMN w int DEFAULT 4");
      if (name === "a") await main.query("DROP BRANCH a");
    }
    await using busy = await world.connect("main/b");
    await busy.query("BEGIN");
    await busy.query("UPDATE t SET v = 5 WHERE id = 2");
    using file = await world.context.registry.database.connect("data");
    const [before] = await file.firstRow(versions);
    await world.context.registry.compactLogs(new AbortController().signal, 0);
    const [after] = await file.firstRow(versions);
    expect(Number(after)).toBeLessThan(Number(before));
    await busy.query("COMMIT");
  }
  await using world = await World.open(path);
  await using main = await world.connect();
  expect(await main.query(BRANCHES)).toEqual([
    ["a", "discarded", null],
    ["b", "active", null],
    ["c", "active", null],
  ]);
  for (const [name, second] of [
    ["b", 5],
    ["c", 2],
  ]) {
    await using branch = await world.connect(`main/${name}`);
    expect(await branch.query("SELECT * FROM t ORDER BY id")).toEqual([
      [1, 3, 4],
      [2, second, 4],
    ]);
  }
  expect(await main.query("SELECT * FROM t ORDER BY id")).toEqual([
    [1, 1],
    [2, 2],
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

test.each(["main", "main/parent"])(
  "what rows of %s were like before a restart is not taken for what a branch made after it sees",
  async (head) => {
    const path = newFile();
    const of = head === "main" ? "main" : "parent";
    await onMain(
      path,
      "CREATE TABLE t (id int PRIMARY KEY, m int); INSERT INTO t SELECT i, 0 FROM range(9) AS r (i); CREATE BRANCH parent",
    );
    {
      await using world = await World.open(path);
      await using session = await world.connect(head);
      await session.query(
        `TRUNCATE t; INSERT INTO t SELECT i, 0 FROM range(9) AS r (i); CREATE BRANCH b FROM ${of}`,
      );
      // Each keeps what b reads; only the first one is told to the registry.
      for (let i = 0; i < 9; i++) await session.query(`UPDATE t SET m = 1 WHERE id = ${i}`);
    }
    await using world = await World.open(path);
    await using session = await world.connect(head);
    await session.query(`CREATE BRANCH c FROM ${of}; UPDATE t SET m = 2 WHERE id > 3`);
    await using before = await world.connect("main/b");
    await using after = await world.connect("main/c");
    expect(await before.query("SELECT sum(m)::int FROM t")).toEqual([[0]]);
    expect(await after.query("SELECT sum(m)::int FROM t")).toEqual([[9]]);
  },
);
