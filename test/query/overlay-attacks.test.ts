/** What an attack on overlays found: races for a row of the base, reads of the table that is written, choices behind a view. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

let opened: OpenWorld;
let main: TestSession;

beforeEach(async () => {
  opened = await OpenWorld.open();
  main = await opened.session();
  await main.query(`CREATE TABLE t (id int PRIMARY KEY, u int UNIQUE, a int);
    INSERT INTO t SELECT i, i * 10, i FROM range(1, 9) r(i); CREATE BRANCH b`);
});

afterEach(async () => await opened[Symbol.asyncDispose]());

describe("two sessions of a branch and one row of the base", () => {
  test.each([
    ["UPDATE t SET id = 33 WHERE id = 3", "UPDATE t SET id = 34 WHERE id = 3"],
    ["DELETE FROM t WHERE id = 3", "UPDATE t SET a = a + 5 WHERE id = 3"],
    ["DELETE FROM t WHERE id = 3", "DELETE FROM t WHERE id = 3"],
    ["DELETE FROM t WHERE id = 3", "UPDATE t SET a = a WHERE id BETWEEN 2 AND 4"],
    ["DELETE FROM t WHERE id = 3", "INSERT INTO t VALUES (3, 30, 77) ON CONFLICT (id) DO UPDATE SET a = 77"],
    ["DELETE FROM t WHERE id = 3", "UPDATE t SET a = 1"],
    ["DELETE FROM t WHERE id = 3", "TRUNCATE t"],
    ["UPDATE t SET id = 33, u = 330 WHERE id = 3", "DELETE FROM t WHERE id = 3"],
    ["UPDATE t SET a = 7 WHERE id = 3", "DELETE FROM t WHERE id = 3"],
    ["UPDATE t SET id = 33 WHERE id = 3", "ALTER TABLE t ADD COLUMN c int"],
  ])("%s, then %s", async (first, second) => {
    const [x, y] = [await opened.session("main/b"), await opened.session("main/b")];
    // The overlay is there.
    await x.query("UPDATE t SET a = 0 WHERE id = 1");
    for (const session of [x, y]) await session.query("BEGIN; SELECT count(*) FROM t");
    await x.query(first);
    const waiting = y.outcome(second);
    await x.query("COMMIT");
    const after = await x.query("SELECT id, a FROM t ORDER BY id");
    expect(await waiting).toBe("40001");
    expect(await y.outcome("COMMIT")).toBe("ok");
    expect(await x.query("SELECT id, a FROM t ORDER BY id")).toEqual(after);
  });

  test("rows apart from each other are no race", async () => {
    const [x, y] = [await opened.session("main/b"), await opened.session("main/b")];
    await x.query("UPDATE t SET a = 0 WHERE id = 1");
    for (const session of [x, y]) await session.query("BEGIN; SELECT count(*) FROM t");
    await x.query("UPDATE t SET a = 30 WHERE id = 3");
    const waiting = y.outcome("UPDATE t SET a = 40 WHERE id = 4");
    await x.query("COMMIT");
    expect(await waiting).toBe("ok");
    await y.query("COMMIT");
    expect(await x.query("SELECT id, a FROM t WHERE id IN (3, 4) ORDER BY id")).toEqual([
      [3, 30],
      [4, 40],
    ]);
  });

  test("alone, each statement is done again after a lost race", async () => {
    const pair = [await opened.session("main/b"), await opened.session("main/b")];
    await pair[0]?.query("UPDATE t SET a = 0 WHERE id = 1");
    for (let id = 2; id <= 8; id++)
      await Promise.all(
        pair.map(async (session) => await session.query(`UPDATE t SET a = a + 1 WHERE id = ${id}`)),
      );
    expect(await main.query("SELECT sum(a)::int FROM b.t WHERE id > 1")).toEqual([
      [2 + 3 + 4 + 5 + 6 + 7 + 8 + 14],
    ]);
  });
});

describe("a write that reads what it writes", () => {
  test.each([
    ["INSERT INTO t SELECT id + 100, u + 1000, a FROM t", 16],
    ["INSERT INTO t SELECT id + 100, u + 1000, a FROM t RETURNING id", 16],
    ["INSERT INTO t (id) SELECT x.id * 100 + y.id FROM t x, t AS y", 72],
    ["INSERT INTO t SELECT id + 100, u + 1000, a FROM (SELECT * FROM t) AS s", 16],
    ["WITH s AS (SELECT * FROM t) INSERT INTO t SELECT id + 100, u + 1000, a FROM s", 16],
    ["INSERT INTO t SELECT id + 100, u + 1000, a FROM v", 16],
    ["INSERT INTO t SELECT id + 100, NULL, a FROM t UNION ALL SELECT id + 200, NULL, a FROM public.t", 24],
    ["DELETE FROM t USING t AS z WHERE z.id > t.id", 1],
    ["DELETE FROM t USING (VALUES (5), (5)) AS s(i) WHERE s.i = t.id", 7],
    ["DELETE FROM t AS x USING (VALUES (5), (5), (6)) AS s(i) WHERE s.i = x.id RETURNING x.id", 6],
  ])("%s leaves %i rows", async (statement, count) => {
    await main.query("DROP BRANCH b; CREATE VIEW v AS SELECT * FROM t; CREATE BRANCH b");
    await using once = await opened.world.connect("main/b");
    await once.query(statement);
    expect(await once.query("SELECT count(*)::int FROM t")).toEqual([[count]]);
    // The same where the overlay holds rows of its own already.
    await main.query("CREATE BRANCH c");
    await using again = await opened.world.connect("main/c");
    await again.query("UPDATE t SET a = a WHERE id < 4");
    await again.query(statement);
    expect(await again.query("SELECT count(*)::int FROM t")).toEqual([[count]]);
  });

  test("a join with itself sees the rows as they were", { timeout: 60_000 }, async () => {
    await main.query(
      "CREATE TABLE big (id int PRIMARY KEY, a int); INSERT INTO big SELECT i, i FROM range(200000) r(i)",
    );
    await main.query("CREATE BRANCH c");
    const branch = await opened.session("main/c");
    for (const session of [main, branch]) {
      await session.query(
        "UPDATE big SET a = z.a + 1 FROM big z WHERE z.id = big.id + 1 AND big.id BETWEEN 5 AND 20000",
      );
      expect(
        await session.query("SELECT count(*)::int FROM big WHERE id BETWEEN 5 AND 20000 AND a <> id + 2"),
      ).toEqual([[0]]);
      await session.query(
        "UPDATE big SET id = big.id + 1000000 FROM big AS z WHERE z.id = big.id - 1 AND big.id BETWEEN 5 AND 20000",
      );
      expect(await session.query("SELECT count(*)::int FROM big WHERE id >= 1000000")).toEqual([[19_996]]);
    }
  });
});

test("a choice that a view makes is made once", async () => {
  await main.query("CREATE VIEW v AS SELECT id FROM t ORDER BY random() LIMIT 3; CREATE BRANCH c");
  const branch = await opened.session("main/c");
  await branch.query("UPDATE t SET a = -1 WHERE id IN (SELECT id FROM v)");
  expect(await branch.query("SELECT count(*)::int FROM t WHERE a = -1")).toEqual([[3]]);
  await main.query("DELETE FROM t WHERE id IN (SELECT id FROM v)");
  expect(await main.query("SELECT count(*)::int FROM t")).toEqual([[5]]);
  expect(await branch.query("SELECT count(*)::int FROM t")).toEqual([[8]]);
});

test.each([
  "CREATE MACRO pick(n) AS (random() * 8)::int + n",
  "CREATE FUNCTION pick(n int) RETURNS int LANGUAGE sql AS 'SELECT (random() * 8)::int + n'",
])("rows that a user's function chooses are kept whichever they are: %s", async (definition) => {
  await main.query(`${definition}; CREATE BRANCH c`);
  const branch = await opened.session("main/c");
  for (let n = 0; n < 20; n++) await main.query("UPDATE t SET a = a + 100 WHERE id = pick(0)");
  await main.query("DELETE FROM t WHERE id BETWEEN pick(-4) AND pick(0)");
  expect(await branch.query("SELECT count(*)::int, sum(a)::int FROM t")).toEqual([[8, 36]]);
  await main.query("BEGIN; CREATE MACRO other(n) AS (random() * 8)::int + n");
  for (let n = 0; n < 20; n++) await main.query("UPDATE t SET a = a + 100 WHERE id = other(0)");
  await main.query("COMMIT");
  expect(await branch.query("SELECT count(*)::int, sum(a)::int FROM t")).toEqual([[8, 36]]);
});
