/** What a branch's overlay has to keep right, statement by statement. The state is always compared whole, on both heads. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MAIN } from "../../src/branch/model.js";
import { type TestSession, World } from "../support/world.js";

const ROWS = 2_000;

let world: World;
let main: TestSession;
let branch: TestSession;

beforeEach(async () => {
  world = await World.open();
  main = await world.connect();
  await main.query(`CREATE TABLE t (id int PRIMARY KEY, code int UNIQUE, v int NOT NULL DEFAULT 7 CHECK (v < 1000000));
    INSERT INTO t SELECT i, i * 10, 0 FROM range(${ROWS}) r(i)`);
  await main.query("CREATE BRANCH b");
  branch = await world.connect("main/b");
});

afterEach(async () => {
  await branch[Symbol.asyncDispose]();
  await main[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** Ids and values that differ from how the table began. */
async function changes(session: TestSession): Promise<unknown[][]> {
  return await session.query(
    `SELECT id, code, v FROM t WHERE v <> 0 OR code IS DISTINCT FROM id * 10 OR id >= ${ROWS} ORDER BY id`,
  );
}

async function count(session: TestSession): Promise<number> {
  return Number((await session.query("SELECT count(*) FROM t"))[0]?.[0]);
}

/** How many rows the branch's own table holds; undefined when the branch has none. */
async function ownRows(): Promise<number | undefined> {
  const { state, database } = world.context.registry;
  const own = [...state.branches.keys()]
    .filter((head) => head !== MAIN)
    .flatMap((head) => state.liveVersionsOf(head))
    .find(({ name }) => name === "t");
  if (own?.physical == null) return undefined;
  using connection = await database.connect("data");
  const [row] = await connection.rows(
    `SELECT count(*)::INTEGER AS n FROM "${own.physical.schema}"."${own.physical.name}"`,
  );
  return Number(row?.["n"]);
}

describe("a write takes over the rows it changes", () => {
  test.each([
    ["UPDATE t SET v = 1 WHERE id = 5", 1, [[5, 50, 1]]],
    [
      "UPDATE t SET v = s.w FROM (VALUES (3, 30), (4, 40)) AS s(id, w) WHERE s.id = t.id",
      2,
      [
        [3, 30, 30],
        [4, 40, 40],
      ],
    ],
    [
      "WITH s AS (SELECT 9 AS id) UPDATE t AS x SET v = v + 1 WHERE x.id IN (SELECT id FROM s)",
      1,
      [[9, 90, 1]],
    ],
    ["INSERT INTO t VALUES (5, 50, 3) ON CONFLICT (id) DO UPDATE SET v = excluded.v", 1, [[5, 50, 3]]],
    ["INSERT INTO t (id, code) VALUES (5000, 1), (6, 60) ON CONFLICT (id) DO NOTHING", 2, [[5000, 1, 7]]],
    ["UPDATE t SET id = 9000 WHERE id = 8", 1, [[9000, 80, 0]]],
  ])("%s", async (sql, rows, expected) => {
    await branch.query(sql);
    expect(await changes(branch)).toEqual(expected);
    expect(await ownRows()).toBe(rows);
    expect(await changes(main)).toEqual([]);
    expect(await count(main)).toBe(ROWS);
  });

  test("a deleted row is gone from the branch alone, and its key is free", async () => {
    await branch.query("DELETE FROM t WHERE id BETWEEN 10 AND 19");
    expect(await count(branch)).toBe(ROWS - 10);
    await branch.query("INSERT INTO t VALUES (10, 100, 5)");
    expect(await changes(branch)).toEqual([[10, 100, 5]]);
    expect(await count(main)).toBe(ROWS);
  });

  test("a statement that changes nothing leaves no trace", async () => {
    await branch.query("UPDATE t SET v = 1 WHERE false; DELETE FROM t WHERE id = -1");
    await branch.query("INSERT INTO t VALUES (5, 50, 3) ON CONFLICT DO NOTHING");
    expect(await ownRows()).toBeUndefined();
  });

  test("neither does one on a table without a key, which is copied for it", async () => {
    await main.query("CREATE TABLE keyless (a int, b int[]); INSERT INTO keyless VALUES (1, [1])");
    await main.query("CREATE BRANCH other");
    await using other = await world.connect("main/other");
    await other.query("UPDATE keyless SET a = 2 WHERE a = 7; DELETE FROM keyless WHERE false");
    await other.query(
      "BEGIN; DELETE FROM keyless WHERE a = 9; INSERT INTO keyless SELECT * FROM keyless WHERE a > 1; COMMIT",
    );
    const modified = "SELECT modified_table_count FROM duckbranch.branches WHERE name = 'other'";
    expect(await main.query(modified)).toEqual([[0n]]);
    await other.query("BEGIN; UPDATE keyless SET a = 2; DELETE FROM keyless WHERE a = 9; COMMIT");
    expect(await main.query(modified)).toEqual([[1n]]);
    expect(await other.query("SELECT a FROM keyless")).toEqual([[2]]);
  });

  test.each([
    [1_300_000, 60_000, 60_000],
    [400_000, 60_000, 400_000],
  ])("of %i rows, %i changed ones make an own table of %i", async (rows, changed, own) => {
    await main.query("CREATE BRANCH other; DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, v int)");
    await main.query(`INSERT INTO t SELECT i, 0 FROM range(${rows}) r(i); DROP BRANCH b; DROP BRANCH other`);
    await main.query("CREATE BRANCH large");
    await using large = await world.connect("main/large");
    await large.query(`UPDATE t SET v = 1 WHERE id < ${changed}`);
    expect(await large.query("SELECT sum(v)::int, count(*)::int FROM t")).toEqual([[changed, rows]]);
    expect(await ownRows()).toBe(own);
  });

  test("a choice without an order is made once, on the whole table", async () => {
    await branch.query("DELETE FROM t WHERE id IN (SELECT id FROM t LIMIT 3)");
    expect(await count(branch)).toBe(ROWS - 3);
    expect(await ownRows()).toBe(ROWS - 3);
  });
});

describe("constraints hold over base and overlay", () => {
  test.each([
    ["INSERT INTO t VALUES (5, -1, 0)", "23505"],
    ["INSERT INTO t VALUES (-1, 50, 0)", "23505"],
    ["INSERT INTO t SELECT id + 1000, -id, 0 FROM t WHERE id > 0", "23505"],
    ["UPDATE t SET id = 6 WHERE id = 5", "23505"],
    ["UPDATE t SET code = 60 WHERE id = 5", "23505"],
    ["INSERT INTO t VALUES (5, 60, 0) ON CONFLICT (id) DO UPDATE SET code = excluded.code", "23505"],
    ["UPDATE t SET v = NULL WHERE id = 5", "23502"],
    ["UPDATE t SET v = 1000000 WHERE id = 5", "23514"],
    ["UPDATE t SET id = CASE id WHEN 5 THEN 6 ELSE 5 END WHERE id IN (5, 6)", "ok"],
  ])("%s is %s", async (sql, outcome) => {
    expect(await branch.outcome(sql)).toBe(outcome);
    expect(await count(branch)).toBe(ROWS);
    expect(await count(main)).toBe(ROWS);
    const swapped = [
      [5, 60, 0],
      [6, 50, 0],
    ];
    expect(await changes(branch)).toEqual(outcome === "ok" ? swapped : []);
  });
});

describe("an overlay stands on its base whatever becomes of main's table", () => {
  test.each([
    ["UPDATE t SET v = 99; DELETE FROM t WHERE id < 500; INSERT INTO t VALUES (7777, 1, 1)"],
    ["DELETE FROM t WHERE id < 1990; CHECKPOINT; INSERT INTO t VALUES (1, 10, 0)"],
    ["TRUNCATE t"],
    ["ALTER TABLE t ADD COLUMN w int DEFAULT 3"],
    ["DROP TABLE t"],
  ])("%s", async (sql) => {
    await branch.query("UPDATE t SET v = 1 WHERE id = 700; DELETE FROM t WHERE id = 701");
    await main.query(sql);
    await branch.query("UPDATE t SET v = 2 WHERE id = 3; UPDATE t SET v = v + 10 WHERE id = 700");
    expect(await changes(branch)).toEqual([
      [3, 30, 2],
      [700, 7000, 11],
    ]);
    expect(await count(branch)).toBe(ROWS - 1);
    expect(await branch.outcome("INSERT INTO t VALUES (4, -4, 0)")).toBe("23505");
  });

  test("a branch of a branch takes its parent's overlay along, and neither sees the other's later rows", async () => {
    await branch.query("UPDATE t SET v = 1 WHERE id = 1; DELETE FROM t WHERE id = 2");
    await branch.query("CREATE BRANCH c FROM b");
    await using child = await world.connect("main/c");
    await child.query("UPDATE t SET v = v + 10 WHERE id IN (1, 3)");
    await branch.query("UPDATE t SET v = 5 WHERE id = 4; INSERT INTO t VALUES (2, 20, 6)");
    await main.query("UPDATE t SET v = 8");
    expect(await changes(child)).toEqual([
      [1, 10, 11],
      [3, 30, 10],
    ]);
    expect(await count(child)).toBe(ROWS - 1);
    expect(await changes(branch)).toEqual([
      [1, 10, 1],
      [2, 20, 6],
      [4, 40, 5],
    ]);
  });

  test("a rolled back write leaves the branch as it was", async () => {
    await branch.query("UPDATE t SET v = 1 WHERE id = 1");
    await branch.query("BEGIN; UPDATE t SET v = 2 WHERE id < 10; DELETE FROM t WHERE id = 100; ROLLBACK");
    expect(await changes(branch)).toEqual([[1, 10, 1]]);
    expect(await count(branch)).toBe(ROWS);
  });
});
