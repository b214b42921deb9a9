/** A live branch follows its parent table by table, until it writes the table: from then on that one stays as it was. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { MAIN } from "../../src/branch/model.js";
import { OpenWorld } from "../support/open-world.js";
import { World, type TestSession } from "../support/world.js";

let opened: OpenWorld;
let main: TestSession;
let live: TestSession;

beforeEach(async () => {
  opened = await OpenWorld.open();
  main = await opened.session();
  await main.query(`CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 10), (2, 20), (3, 30);
    CREATE TABLE u (id int PRIMARY KEY, v int); INSERT INTO u VALUES (1, 100);
    CREATE BRANCH "a ""live"" one" WITH (isolation 'live')`);
  live = await opened.session('main/a "live" one');
});

afterEach(async () => await opened[Symbol.asyncDispose]());

async function values(session: TestSession, table = "t"): Promise<unknown[]> {
  return (await session.query(`SELECT v FROM ${table} ORDER BY id`)).map(([v]) => v);
}

async function branchOf(parent: string, name: string, isolation: "snapshot" | "live"): Promise<TestSession> {
  await main.query(`CREATE BRANCH ${name} FROM ${parent} WITH (isolation '${isolation}')`);
  return await opened.session(`main/${name}`);
}

const NAME = '"a ""live"" one"';

describe("what the branch has not written", () => {
  test("follows rows, columns, views and tables of main", async () => {
    await main.query("UPDATE t SET v = v + 1; CREATE VIEW w AS SELECT sum(v) AS v, 1 AS id FROM t");
    expect(await values(live)).toEqual([11, 21, 31]);
    expect(await values(live, "w")).toEqual([63n]);
    await main.query(
      "ALTER TABLE t ADD COLUMN x int DEFAULT 5; CREATE TABLE fresh (id int PRIMARY KEY, v int)",
    );
    expect(await live.query("SELECT x FROM t WHERE id = 1")).toEqual([[5]]);
    await main.query("INSERT INTO fresh VALUES (1, 1); DROP TABLE u");
    expect(await values(live, "fresh")).toEqual([1]);
    await expect(live.query("SELECT * FROM u")).rejects.toMatchObject({ code: "42P01" });
  });

  test("stands still inside a transaction, as on main", async () => {
    await live.query("BEGIN; SELECT count(*) FROM t");
    await main.query("UPDATE t SET v = 0");
    expect(await values(live)).toEqual([10, 20, 30]);
    await live.query("COMMIT");
    expect(await values(live)).toEqual([0, 0, 0]);
  });
});

describe("what the branch has written", () => {
  test("stays as it was at the first write, and the rest goes on following", async () => {
    await main.query("UPDATE t SET v = 11 WHERE id = 1");
    await live.query("UPDATE t SET v = -2 WHERE id = 2");
    await main.query("UPDATE t SET v = v + 1000; INSERT INTO t VALUES (4, 4); UPDATE u SET v = 101");
    expect(await values(live)).toEqual([11, -2, 30]);
    expect(await values(live, "u")).toEqual([101]);
    expect(await values(main)).toEqual([1011, 1020, 1030, 4]);
    await main.query("DROP TABLE t");
    expect(await values(live)).toEqual([11, -2, 30]);
  });

  test("a table dropped or made on the branch does not follow its namesake", async () => {
    await live.query("DROP TABLE u; CREATE TABLE z (id int PRIMARY KEY, v int); INSERT INTO z VALUES (1, 7)");
    await main.query(
      "UPDATE u SET v = 1; CREATE TABLE z (id int PRIMARY KEY, v int); INSERT INTO z VALUES (1, 8)",
    );
    await expect(live.query("SELECT * FROM u")).rejects.toMatchObject({ code: "42P01" });
    expect(await values(live, "z")).toEqual([7]);
    await live.query("CREATE TABLE u (id int PRIMARY KEY, v int); INSERT INTO u VALUES (1, 55)");
    expect(await values(live, "u")).toEqual([55]);
    expect(await values(main, "u")).toEqual([1]);
  });

  test("a write that finds nothing, or is rolled back, leaves the table following", async () => {
    await live.query("UPDATE t SET v = 0 WHERE false; BEGIN; UPDATE t SET v = 0; ROLLBACK");
    await main.query("UPDATE t SET v = 1");
    expect(await values(live)).toEqual([1, 1, 1]);
  });

  test("a first write that main was quicker than is a lost race", async () => {
    await live.query("BEGIN; SELECT count(*) FROM t");
    await main.query("UPDATE t SET v = 99 WHERE id = 1");
    await live.query("UPDATE t SET v = -1 WHERE id = 2");
    await expect(live.query("COMMIT")).rejects.toMatchObject({ code: "40001" });
    expect(await values(live)).toEqual([99, 20, 30]);
    await live.query("UPDATE t SET v = -1 WHERE id = 2");
    expect(await values(live)).toEqual([99, -1, 30]);
  });

  test("a writer of main that began before does not reach what is pinned", async () => {
    const writer = await opened.session();
    await writer.query("BEGIN; UPDATE t SET v = 77 WHERE id = 1");
    await live.query("UPDATE t SET v = -2 WHERE id = 2");
    await writer.query("COMMIT");
    expect(await values(live)).toEqual([10, -2, 30]);
    expect(await values(main)).toEqual([77, 20, 30]);
  });

  test("is what DIFF and MERGE compare with", async () => {
    await main.query("UPDATE t SET v = 11 WHERE id = 1");
    await live.query("UPDATE t SET v = -2 WHERE id = 2");
    await main.query("UPDATE t SET v = 31 WHERE id = 3");
    const diff = await main.query(`DIFF BRANCH ${NAME}`);
    expect(diff).toHaveLength(1);
    expect(JSON.stringify(diff[0])).toContain("-2");
    await main.query(`MERGE BRANCH ${NAME}`);
    expect(await values(main)).toEqual([11, -2, 31]);
  });

  test("a row that main changed too since the first write is a conflict", async () => {
    await live.query("UPDATE t SET v = -2 WHERE id = 2");
    await main.query("UPDATE t SET v = 21 WHERE id = 2");
    await main.query(`MERGE BRANCH ${NAME} USING manual`);
    expect(await main.query("SELECT base_value, main_value, branch_value FROM duckbranch.conflicts")).toEqual(
      [['{"id":2,"v":20}', '{"id":2,"v":21}', '{"id":2,"v":-2}']],
    );
    expect(await values(main)).toEqual([10, 21, 30]);
  });
});

describe("branches of live branches", () => {
  test("a snapshot of a live branch stays, whatever main and the branch do", async () => {
    await live.query("UPDATE u SET v = 102");
    const child = await branchOf(NAME, "child", "snapshot");
    await main.query("UPDATE t SET v = 0; UPDATE u SET v = 0");
    await live.query("UPDATE u SET v = 103; UPDATE t SET v = -1");
    expect(await values(child)).toEqual([10, 20, 30]);
    expect(await values(child, "u")).toEqual([102]);
    await main.query("DELETE FROM t; DROP TABLE u");
    expect(await values(child)).toEqual([10, 20, 30]);
    await child.query("UPDATE t SET v = 5 WHERE id = 1");
    expect(await values(child)).toEqual([5, 20, 30]);
    expect(await values(live)).toEqual([-1, -1, -1]);
  });

  test("a live branch of a live branch follows both", async () => {
    const child = await branchOf(NAME, "child", "live");
    await main.query("UPDATE t SET v = 1");
    expect(await values(child)).toEqual([1, 1, 1]);
    await live.query("UPDATE t SET v = 2 WHERE id = 2");
    await main.query("UPDATE t SET v = 0");
    expect(await values(child)).toEqual([1, 2, 1]);
    await child.query("UPDATE t SET v = 3 WHERE id = 3");
    await live.query("UPDATE t SET v = 9");
    expect(await values(child)).toEqual([1, 2, 3]);
    await child.query("UPDATE u SET v = 7");
    await main.query("UPDATE u SET v = 8");
    expect([await values(child, "u"), await values(live, "u")]).toEqual([[7], [8]]);
  });

  test("a live branch of a snapshot follows its parent, not main", async () => {
    const parent = await branchOf("main", "parent", "snapshot");
    const child = await branchOf("parent", "child", "live");
    await main.query("UPDATE t SET v = 0");
    expect(await values(child)).toEqual([10, 20, 30]);
    await parent.query("UPDATE t SET v = 11 WHERE id = 1");
    expect(await values(child)).toEqual([11, 20, 30]);
    await child.query("INSERT INTO t VALUES (4, 40)");
    await parent.query("DELETE FROM t");
    expect(await values(child)).toEqual([11, 20, 30, 40]);
  });

  test("what only they read goes when they end", async () => {
    const child = await branchOf(NAME, "child", "snapshot");
    await main.query("UPDATE t SET v = 0 WHERE id = 1; DROP TABLE u");
    expect(await values(child)).toEqual([10, 20, 30]);
    await main.query(`DROP BRANCH child; DROP BRANCH ${NAME}`);
    const { state, database } = opened.world.context.registry;
    using connection = await database.connect("data");
    const kept = await connection.rows(
      "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'duckbranch_store'",
    );
    expect(kept).toEqual([]);
    expect(state.versionsOf(MAIN)).toHaveLength(1);
  });
});

test("it goes on following after a restart, but for what it has written", async () => {
  const folder = mkdtempSync(join(tmpdir(), "duckbranch-live-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "data.duckdb");
  {
    await using world = await World.open(path);
    await using first = await world.connect();
    await first.query(`CREATE TABLE "ä.""t" (id int PRIMARY KEY, v int); INSERT INTO "ä.""t" VALUES (1, 10), (2, 20);
      CREATE TABLE u (id int PRIMARY KEY, v int); INSERT INTO u VALUES (1, 100);
      CREATE BRANCH l WITH (isolation 'live')`);
    await using branch = await world.connect("main/l");
    await branch.query('UPDATE "ä.""t" SET v = 11 WHERE id = 1');
  }
  await using world = await World.open(path);
  await using first = await world.connect();
  await first.query('UPDATE "ä.""t" SET v = 0; UPDATE u SET v = 0');
  await using branch = await world.connect("main/l");
  expect(await values(branch, '"ä.""t"')).toEqual([11, 20]);
  expect(await values(branch, "u")).toEqual([0]);
});

test("its isolation can be read", async () => {
  const [row] = await main.query("SELECT name, isolation FROM duckbranch.branches");
  expect(row).toEqual(['a "live" one', "live"]);
  await expect(main.query("CREATE BRANCH x WITH (isolation 'lively')")).rejects.toMatchObject({
    code: "22023",
  });
});
