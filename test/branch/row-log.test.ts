/** What main keeps of the rows it changes while branches read its tables as they were. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keptRows } from "../support/kept-rows.js";
import { OpenWorld } from "../support/open-world.js";
import { type TestSession, World } from "../support/world.js";

let opened: OpenWorld;
let main: TestSession;

beforeEach(async () => {
  opened = await OpenWorld.open();
  main = await opened.session();
  await main.query(`CREATE TABLE t (id int PRIMARY KEY, v int, w int, tags int[]);
    INSERT INTO t SELECT i, 0, 0, [i] FROM range(1000) r(i)`);
});

afterEach(async () => await opened[Symbol.asyncDispose]());

async function fork(name: string): Promise<TestSession> {
  await main.query(`CREATE BRANCH ${name}`);
  return await opened.session(`main/${name}`);
}

/** A table's rows that are not as they were in the beginning, and how many there are. */
async function rows(session: TestSession): Promise<unknown> {
  const [[count] = []] = await session.query("SELECT count(*)::int FROM t");
  const changed = await session.query(
    "SELECT id, v, w FROM t WHERE v <> 0 OR w <> 0 OR id >= 1000 OR tags <> [id] ORDER BY id",
  );
  return { count, changed };
}

async function sums(session: TestSession): Promise<unknown> {
  return await session.query("SELECT count(*)::int, sum(n)::int, sum(l[1])::int FROM k");
}

const UNTOUCHED = { count: 1000, changed: [] };

describe("only rows that change are kept", () => {
  test.each([
    ["UPDATE t SET v = 1 WHERE id = 5", 1],
    ["UPDATE t SET v = 1 WHERE id = 5; UPDATE t SET v = 2 WHERE id IN (5, 6)", 2],
    ["UPDATE t SET id = id + 5000 WHERE id < 3", 3],
    ["UPDATE t SET tags = [7] WHERE id < 4; UPDATE t SET tags = [8] WHERE id < 4", 4],
    ["UPDATE t AS x SET v = s.n FROM (VALUES (3, 30), (4, 40)) AS s(id, n) WHERE s.id = x.id", 2],
    ["DELETE FROM t WHERE id >= 990; CHECKPOINT; INSERT INTO t VALUES (995, 1, 1, [])", 10],
    ["DELETE FROM t USING (SELECT 4 AS n) AS s WHERE t.id = s.n", 1],
    ["WITH s AS (SELECT 9 AS id) DELETE FROM t WHERE id IN (SELECT id FROM s)", 1],
    ["PREPARE p AS UPDATE t SET v = $1 WHERE id = $2; EXECUTE p(1, 2); EXECUTE p(3, 4)", 2],
    [
      "BEGIN; UPDATE t SET v = 1 WHERE id = 1; DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (1, 5, 5, [1]); COMMIT",
      1,
    ],
    ["INSERT INTO t SELECT i, 0, 0, [i] FROM range(2000, 2500) r(i)", 0],
    ["INSERT INTO t VALUES (3, 1, 1, []) ON CONFLICT DO NOTHING; INSERT INTO t VALUES (3000, 1, 1, [])", 0],
    ["UPDATE t SET v = 1 WHERE id = -1", 0],
    ["INSERT INTO t VALUES (1, 9, 9, []), (-1, 2, 2, []) ON CONFLICT (id) DO UPDATE SET v = excluded.v", 1],
    [
      "PREPARE u AS INSERT INTO t (id, v) SELECT $1 + i, $2 FROM range(5) r(i) ON CONFLICT (id) DO UPDATE SET v = $2 RETURNING id; EXECUTE u(997, 3)",
      3,
    ],
    [
      "WITH s AS (SELECT 3 AS id, 8 AS v) INSERT INTO t AS x SELECT id, v FROM s ON CONFLICT (id) DO UPDATE SET v = x.v + excluded.v WHERE x.v = 99",
      1,
    ],
    [
      "MERGE INTO t USING (VALUES (1, 5), (2, 6), (2000, 7)) AS s (id, v) ON t.id = s.id WHEN MATCHED AND s.v = 6 THEN DELETE WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.v)",
      2,
    ],
    [
      "INSERT INTO t VALUES (2000, 1, 1, []); UPDATE t SET v = 2 WHERE id = 2000; DELETE FROM t WHERE id = 2000",
      0,
    ],
  ])("%s", async (statements, count) => {
    const early = await fork("early");
    await main.query(statements);
    const after = await rows(main);
    expect(await rows(early)).toEqual(UNTOUCHED);
    expect(await keptRows(opened.world)).toEqual({ logged: [count], copied: [] });
    const late = await fork("late");
    await main.query("UPDATE t SET w = 77 WHERE id = 500; DELETE FROM t WHERE id = 501");
    expect(await rows(late)).toEqual(after);
    expect(await rows(early)).toEqual(UNTOUCHED);
  });

  test("a row is kept once for each state that is read of it", async () => {
    const one = await fork("one");
    for (let v = 1; v <= 5; v++) await main.query(`UPDATE t SET v = ${v} WHERE id = 1`);
    const two = await fork("two");
    for (let v = 6; v <= 9; v++) await main.query(`UPDATE t SET v = ${v} WHERE id = 1`);
    expect(await keptRows(opened.world)).toEqual({ logged: [2], copied: [] });
    expect(await rows(one)).toEqual(UNTOUCHED);
    expect(await rows(two)).toEqual({ count: 1000, changed: [[1, 5, 0]] });
    expect(await rows(main)).toEqual({ count: 1000, changed: [[1, 9, 0]] });
  });

  test("a table without a key can be added to; what deletes rows copies it", async () => {
    await main.query("CREATE TABLE k (n int); INSERT INTO k SELECT * FROM range(100)");
    const one = await fork("one");
    await main.query("INSERT INTO k VALUES (100)");
    expect(await keptRows(opened.world)).toEqual({ logged: [0], copied: [] });
    const two = await fork("two");
    await main.query(
      "DELETE FROM k WHERE n < 50; CHECKPOINT; INSERT INTO k SELECT * FROM range(200, 300); CHECKPOINT",
    );
    for (const [session, count, sum] of [
      [one, 100n, 4950n],
      [two, 101n, 5050n],
    ] as const)
      expect(await session.query("SELECT count(*), sum(n)::bigint FROM k")).toEqual([[count, sum]]);
    expect((await keptRows(opened.world)).copied).toEqual([101]);
    // Rows are missing now, so that ids may change: one more copy.
    const three = await fork("three");
    await main.query("INSERT INTO k VALUES (1000); DELETE FROM k WHERE n = 50; CHECKPOINT");
    expect(await three.query("SELECT count(*), max(n)::bigint FROM k")).toEqual([[151n, 299n]]);
  });

  test("rows without a key that are changed where they are are logged; what takes rows away copies the table", async () => {
    await main.query("CREATE TABLE k (n int, l int[]); INSERT INTO k SELECT i, [i] FROM range(100) r(i)");
    const one = await fork("one");
    await main.query("UPDATE k SET n = 1000 WHERE n < 3; PREPARE p AS UPDATE k SET n = $1 WHERE n = $2");
    await main.query("EXECUTE p(2000, 50)");
    expect(await keptRows(opened.world)).toEqual({ logged: [4], copied: [] });
    const two = await fork("two");
    // A list, and what is returned, are taken away and added anew.
    await main.query("UPDATE k SET l = [0] WHERE n = 99; CHECKPOINT");
    expect((await keptRows(opened.world)).copied).toEqual([100]);
    const three = await fork("three");
    await main.query("UPDATE k SET n = 3000 WHERE n = 98 RETURNING n; CHECKPOINT");
    expect(await sums(one)).toEqual([[100, 4950, 4950]]);
    expect(await sums(two)).toEqual([[100, 4950 - 3 + 3000 - 50 + 2000, 4950]]);
    expect(await sums(three)).toEqual([[100, 4950 - 3 + 3000 - 50 + 2000, 4950 - 99]]);
  });
});

describe("what cannot be logged", () => {
  test.each([
    "UPDATE t SET v = 1",
    "UPDATE t SET v = 1 WHERE id IN (SELECT id FROM t ORDER BY random() LIMIT 3)",
    "TRUNCATE t",
    "ALTER TABLE t ADD COLUMN x int DEFAULT 4",
    "ALTER TABLE t DROP COLUMN w",
    "ALTER TABLE t RENAME TO u",
    "DROP TABLE t",
    "DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, v int, w int, tags int[])",
    "BEGIN; INSERT INTO t VALUES (1, 9, 9, []) ON CONFLICT (id) DO UPDATE SET v = 9; UPDATE t SET v = 1; COMMIT",
    "INSERT OR REPLACE INTO t VALUES (1, 9, 9, [])",
    "MERGE INTO t USING (SELECT 1 AS n) AS s ON t.id = s.n WHEN MATCHED THEN UPDATE SET v = 5 WHEN NOT MATCHED BY SOURCE THEN DELETE",
  ])("%s makes one copy for all branches", async (statement) => {
    const one = await fork("one");
    await main.query("UPDATE t SET v = 1 WHERE id = 1; INSERT INTO t VALUES (1000, 0, 0, [])");
    const two = await fork("two");
    await main.query("UPDATE t SET v = 2 WHERE id IN (1, 2); DELETE FROM t WHERE id = 3");
    await main.query(statement);
    expect(await rows(one)).toEqual(UNTOUCHED);
    expect(await rows(two)).toEqual({
      count: 1001,
      changed: [
        [1, 1, 0],
        [1000, 0, 0],
      ],
    });
    expect(await keptRows(opened.world)).toEqual({ logged: [4], copied: [1000] });
    await main.query("DROP BRANCH one");
    expect(await rows(two)).toMatchObject({ count: 1001 });
    await main.query("DROP BRANCH two");
    expect(await keptRows(opened.world)).toEqual({ logged: [], copied: [] });
  });
});

describe("a merge into main", () => {
  test("logs for the others the rows that it changes", async () => {
    const [one, two] = [await fork("one"), await fork("two")];
    await one.query(
      "UPDATE t SET v = 1 WHERE id = 1; DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (1000, 1, 1, [])",
    );
    await main.query("MERGE BRANCH one");
    expect(await rows(two)).toEqual(UNTOUCHED);
    expect(await keptRows(opened.world)).toMatchObject({ logged: [2] });
    await two.query("UPDATE t SET w = 2 WHERE id = 1");
    expect(await main.query("MERGE BRANCH two USING branch_wins")).toBeDefined();
    expect(await rows(main)).toEqual({
      count: 1000,
      changed: [
        [1, 0, 2],
        [1000, 1, 1],
      ],
    });
  });

  test("of rows added to a table without a key copies nothing", async () => {
    await main.query("CREATE TABLE k (n int); INSERT INTO k SELECT * FROM range(100)");
    const [one, two] = [await fork("one"), await fork("two")];
    await one.query("INSERT INTO k VALUES (100)");
    await main.query("MERGE BRANCH one");
    expect(await two.query("SELECT count(*)::int FROM k")).toEqual([[100]]);
    expect(await main.query("SELECT count(*)::int FROM k")).toEqual([[101]]);
    expect(await keptRows(opened.world)).toEqual({ logged: [0], copied: [] });
  });
});

describe("at the same time", () => {
  test("a writer that began before any branch was there asked for no rows", async () => {
    const writer = await opened.session("main");
    await writer.query("BEGIN; UPDATE t SET v = 1 WHERE id = 1");
    const one = await fork("one");
    await writer.query("UPDATE t SET v = 1 WHERE id = 2; COMMIT");
    expect(await rows(one)).toEqual(UNTOUCHED);
    expect(await keptRows(opened.world)).toEqual({ logged: [], copied: [1000] });
  });

  test("a branch made between a writer's statement and its commit sees neither", async () => {
    const one = await fork("one");
    const [a, b] = [await opened.session("main"), await opened.session("main")];
    await a.query("BEGIN; UPDATE t SET v = 1 WHERE id = 1");
    await b.query("BEGIN; UPDATE t SET v = 2 WHERE id = 2; COMMIT");
    const two = await fork("two");
    await b.query("UPDATE t SET v = 3 WHERE id = 2; INSERT INTO t VALUES (1000, 0, 0, [])");
    await a.query("INSERT INTO t VALUES (1001, 0, 0, [])");
    const three = await fork("three");
    await a.query("COMMIT");
    const four = await fork("four");
    await main.query("DELETE FROM t WHERE id < 500");
    expect(await keptRows(opened.world)).toMatchObject({ copied: [] });
    expect(await rows(one)).toEqual(UNTOUCHED);
    expect(await rows(two)).toEqual({ count: 1000, changed: [[2, 2, 0]] });
    expect(await rows(three)).toEqual({
      count: 1001,
      changed: [
        [2, 3, 0],
        [1000, 0, 0],
      ],
    });
    expect(await rows(four)).toEqual({
      count: 1002,
      changed: [
        [1, 1, 0],
        [2, 3, 0],
        [1000, 0, 0],
        [1001, 0, 0],
      ],
    });
  });

  test("two writers of one row, and a branch made between their commits", async () => {
    const one = await fork("one");
    const [a, b] = [await opened.session("main"), await opened.session("main")];
    await a.query("BEGIN; UPDATE t SET v = 1 WHERE id = 1");
    const outcome = await b.outcome("UPDATE t SET w = 2 WHERE id = 1");
    const two = await fork("two");
    const between = await rows(two);
    expect(await a.outcome("COMMIT")).toBe("ok");
    expect(between).toEqual(outcome === "ok" ? { count: 1000, changed: [[1, 0, 2]] } : UNTOUCHED);
    expect(await rows(two)).toEqual(between);
    expect(await rows(one)).toEqual(UNTOUCHED);
  });

  test("rows of a rolled back writer, kept for nothing, change nothing", async () => {
    const one = await fork("one");
    await main.query("BEGIN; UPDATE t SET v = 1 WHERE id = 1; SAVEPOINT s; UPDATE t SET v = 1 WHERE id = 2");
    await main.query("ROLLBACK TO s; UPDATE t SET v = 4 WHERE id = 3; COMMIT");
    await main.query("BEGIN; UPDATE t SET v = 1 WHERE id < 100; ROLLBACK");
    const two = await fork("two");
    await main.query("UPDATE t SET v = 6 WHERE id IN (2, 3)");
    expect(await rows(one)).toEqual(UNTOUCHED);
    expect(await rows(two)).toEqual({
      count: 1000,
      changed: [
        [1, 1, 0],
        [3, 4, 0],
      ],
    });
  });

  test("another head's state cannot be read where this transaction has changed the rows beneath it", async () => {
    const one = await fork("one");
    await one.query("UPDATE t SET v = 5 WHERE id = 5");
    await main.query("UPDATE t SET v = 6 WHERE id = 6");
    await main.query("BEGIN; UPDATE t SET v = 7 WHERE id = 7");
    expect(await main.outcome("SELECT * FROM one.t")).toBe("0A000");
    await main.query("ROLLBACK");
    expect(await main.query("SELECT id, v FROM one.t WHERE v <> 0")).toEqual([[5, 5]]);
  });
});

test("a branch's own writes stand on what the log keeps of main", async () => {
  const one = await fork("one");
  await main.query("UPDATE t SET v = 1 WHERE id < 10; DELETE FROM t WHERE id = 20");
  await one.query(
    "UPDATE t SET w = 3 WHERE id IN (1, 20); DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (1000, 1, 1, [])",
  );
  await main.query("UPDATE t SET v = 2 WHERE id < 10; INSERT INTO t VALUES (20, 4, 4, [])");
  expect(await one.outcome("INSERT INTO t VALUES (5, 0, 0, [])")).toBe("23505");
  expect(await rows(one)).toEqual({
    count: 1000,
    changed: [
      [1, 0, 3],
      [20, 0, 3],
      [1000, 1, 1],
    ],
  });
});

test("names of kept tables are not given again after a restart", async () => {
  const folder = await mkdtemp(join(tmpdir(), "duckbranch-row-log-"));
  const path = join(folder, "data.duckdb");
  try {
    {
      await using first = await World.open(path);
      await using session = await first.connect();
      await session.query(
        "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1); CREATE BRANCH b",
      );
      // A log, and a copy beneath it that no version is named after.
      await session.query("UPDATE t SET v = 2 WHERE id = 1; UPDATE t SET v = 3");
    }
    await using again = await World.open(path);
    await using session = await again.connect();
    for (let n = 0; n < 5; n++)
      await session.query(`CREATE BRANCH c${n}; UPDATE t SET v = v + 1; UPDATE t SET v = v + 1 WHERE id = 1`);
    expect(
      await session.query("SELECT v FROM b.t UNION ALL SELECT v FROM c0.t UNION ALL SELECT v FROM c4.t"),
    ).toEqual([[1], [3], [11]]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
