/** Labels that main gives to an enum while a branch has tables of its own that use it, when the branch is brought up to date. */
import { expect, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

const BEFORE = `CREATE TYPE mood AS ENUM ('a', 'b');
  CREATE TABLE t (id int PRIMARY KEY, m mood, ms mood[] DEFAULT '{a}', CHECK (m <> 'b' OR id > 0)); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'a');
  CREATE TABLE u (id int PRIMARY KEY, m mood); INSERT INTO u VALUES (1, 'b'); CREATE VIEW v AS SELECT id FROM t WHERE m = 'a'; CREATE BRANCH b`;
const LABELS = "SELECT array_to_string(enum_range(NULL::mood), ' ')";

async function all(session: TestSession): Promise<unknown[]> {
  return [
    await session.query("SELECT id, m::text, ms::text FROM t ORDER BY t.m, id"),
    await session.query("SELECT id, m::text FROM own ORDER BY own.m, id"),
    await session.query("SELECT id FROM v ORDER BY id"),
    await session.query(LABELS),
  ];
}

test("tables of the branch take main's labels", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(BEFORE);
  const b = await open.session("main/b");
  await b.query("CREATE TABLE own (id int PRIMARY KEY, m mood); INSERT INTO own VALUES (1, 'b'), (2, 'a')");
  const before = await all(b);
  await main.query("ALTER TYPE mood ADD VALUE 'y' BEFORE 'b'");
  const [row] = await main.query("MERGE BRANCH main INTO b");
  await b.query("INSERT INTO own VALUES (3, 'y')");
  expect((await all(b))[1]).toEqual([
    [2, "a"],
    [3, "y"],
    [1, "b"],
  ]);
  // They cannot go back with a row that has the new one.
  expect(await main.outcome(`UNDO MERGE '${String(row?.[1])}'`)).toBe("40002");
  await b.query("DELETE FROM own WHERE m = 'y'");
  await main.query(`UNDO MERGE '${String(row?.[1])}'`);
  expect(await all(b)).toEqual(before);
  expect(await b.outcome("INSERT INTO own VALUES (3, 'y')")).toBe("22P02");
  await main.query("MERGE BRANCH main INTO b; MERGE BRANCH b");
  await main.query("INSERT INTO own VALUES (3, 'y')");
});

test("a label that main gives another name is a conflict with rows that have it", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(BEFORE);
  const b = await open.session("main/b");
  await b.query("CREATE TABLE own (id int PRIMARY KEY, m mood); INSERT INTO own VALUES (1, 'b')");
  const before = await all(b);
  await main.query(
    "DROP TABLE u; ALTER TABLE t DROP CONSTRAINT t_check; ALTER TYPE mood RENAME VALUE 'b' TO 'c'",
  );
  expect(await main.outcome("MERGE BRANCH main INTO b")).toBe("40002");
  expect(await all(b)).toEqual(before);
  await b.query("UPDATE own SET m = 'a'");
  await main.query("MERGE BRANCH main INTO b");
  expect((await all(b)).slice(1)).toEqual([[[1, "a"]], [[1], [3]], [["a c"]]]);
});

test("labels of both sides are united, the parent's order first, and undone", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(BEFORE);
  const b = await open.session("main/b");
  await b.query(`ALTER TYPE mood ADD VALUE 'x'; UPDATE t SET m = 'x' WHERE id = 1;
    CREATE TABLE own (id int PRIMARY KEY, m mood); INSERT INTO own VALUES (1, 'x'), (2, 'b')`);
  await main.query(
    "ALTER TYPE mood ADD VALUE 'y' BEFORE 'b'; UPDATE t SET m = 'y' WHERE id = 2; INSERT INTO t VALUES (4, 'y')",
  );
  const before = await all(b);
  const [row] = await main.query("MERGE BRANCH main INTO b");
  const united = [
    [
      [3, "a", "{a}"],
      [2, "y", "{a}"],
      [4, "y", "{a}"],
      [1, "x", "{a}"],
    ],
    [
      [2, "b"],
      [1, "x"],
    ],
    [[3]],
    [["a y b x"]],
  ];
  expect(await all(b)).toEqual(united);
  expect(await main.query(LABELS)).toEqual([["a y b"]]);
  expect(await b.outcome("INSERT INTO t VALUES (-1, 'b')")).toBe("23514");
  await main.query(`UNDO MERGE '${String(row?.[1])}'`);
  expect(await all(b)).toEqual(before);
  await main.query("MERGE BRANCH main INTO b; MERGE BRANCH b");
  expect(await all(main)).toEqual(united);
});

test("other types that both sides made are in conflict", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(BEFORE);
  const b = await open.session("main/b");
  await b.query("CREATE DOMAIN d AS int CHECK (VALUE > 0)");
  await main.query("CREATE DOMAIN d AS int CHECK (VALUE > 1)");
  expect(await main.outcome("MERGE BRANCH main INTO b USING branch_wins")).toBe("40002");
});
