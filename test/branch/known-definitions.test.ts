/** Definitions are remembered between statements and sessions: a changed one must be the one that is used. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

let opened: OpenWorld;
let main: TestSession;

beforeEach(async () => {
  opened = await OpenWorld.open();
  main = await opened.session();
  await main.query(
    "CREATE TABLE t (id int PRIMARY KEY, v int DEFAULT 7); INSERT INTO t VALUES (1, 10), (2, 20)",
  );
  await branchWriting("first");
});

afterEach(async () => await opened[Symbol.asyncDispose]());

/** A branch with a table of its own: its definition is main's as of its creation. */
async function branchWriting(name: string): Promise<TestSession> {
  const creator = await opened.session();
  await creator.query(`CREATE BRANCH ${name}`);
  const session = await opened.session(`main/${name}`);
  await session.query("UPDATE t SET v = 0 WHERE id = 1");
  return session;
}

/** Comments on column v of the branches' own tables. */
async function comments(): Promise<unknown[]> {
  using connection = await opened.world.context.registry.database.connect("data");
  const rows = await connection.rows(
    "SELECT comment FROM duckdb_columns() WHERE schema_name LIKE 'branch~_%' ESCAPE '~' AND column_name = 'v' ORDER BY comment NULLS LAST",
  );
  return rows.map((row) => row["comment"]);
}

test("a column that main adds is in branches made later, and not in earlier ones", async () => {
  const before = await opened.session("main/first");
  await main.query("ALTER TABLE t ADD COLUMN w text DEFAULT 'new'");
  const after = await branchWriting("second");
  await after.query("INSERT INTO t (id) VALUES (3)");
  expect(await after.query("SELECT * FROM t ORDER BY id")).toEqual([
    [1, 0, "new"],
    [2, 20, "new"],
    [3, 7, "new"],
  ]);
  await before.query("INSERT INTO t VALUES (3)");
  expect(await before.query("SELECT * FROM t WHERE id = 3")).toEqual([[3, 7]]);
});

test("comments and indexes that main adds are in branches made later", async () => {
  await main.query("COMMENT ON COLUMN t.v IS 'it''s'; CREATE UNIQUE INDEX one_v ON t (v)");
  const after = await branchWriting("second");
  expect(await comments()).toEqual(["it's", null]);
  await expect(after.query("INSERT INTO t VALUES (9, 20)")).rejects.toMatchObject({ code: "23505" });
  await main.query("DROP INDEX one_v; COMMENT ON COLUMN t.v IS NULL");
  const later = await branchWriting("third");
  await later.query("INSERT INTO t VALUES (9, 20)");
  expect(await comments()).toEqual(["it's", null, null]);
});

test("a definition that is rolled back is used by its own transaction alone", async () => {
  await main.query("BEGIN; ALTER TABLE t ALTER COLUMN v SET DEFAULT 8; ALTER TABLE t ADD COLUMN w int");
  await main.query("INSERT INTO t VALUES (5)");
  expect(await main.query("SELECT v, w FROM t WHERE id = 5")).toEqual([[8, null]]);
  const meanwhile = await branchWriting("meanwhile");
  await meanwhile.query("INSERT INTO t VALUES (5)");
  expect(await meanwhile.query("SELECT * FROM t WHERE id = 5")).toEqual([[5, 7]]);
  await main.query("ROLLBACK");
  await main.query("INSERT INTO t VALUES (5)");
  expect(await main.query("SELECT * FROM t WHERE id = 5")).toEqual([[5, 7]]);
});

test("a table made anew under its name is another", async () => {
  await main.query("DROP TABLE t; CREATE TABLE t (name text PRIMARY KEY, id int, v int)");
  await main.query("INSERT INTO t VALUES ('a', 1, 1)");
  const after = await branchWriting("second");
  await after.query("INSERT INTO t VALUES ('b')");
  expect(await after.query("SELECT * FROM t ORDER BY name")).toEqual([
    ["a", 1, 0],
    ["b", null, null],
  ]);
  const before = await opened.session("main/first");
  await before.query("INSERT INTO t VALUES (3)");
  expect(await before.query("SELECT * FROM t WHERE id = 3")).toEqual([[3, 7]]);
});

test("what a branch changes of its own table reaches other sessions on it, and no other head", async () => {
  const [one, two] = [await opened.session("main/first"), await opened.session("main/first")];
  await two.query("INSERT INTO t VALUES (3)");
  await one.query("ALTER TABLE t ALTER COLUMN v SET DEFAULT 9; ALTER TABLE t ADD COLUMN w int DEFAULT 5");
  await two.query("INSERT INTO t VALUES (4)");
  expect(await two.query("SELECT * FROM t WHERE id >= 3 ORDER BY id")).toEqual([
    [3, 7, 5],
    [4, 9, 5],
  ]);
  await main.query("INSERT INTO t VALUES (4)");
  expect(await main.query("SELECT * FROM t WHERE id = 4")).toEqual([[4, 7]]);
});

test("a transaction that began before a change goes on with what it sees", async () => {
  const old = await opened.session("main");
  await old.query("CREATE TABLE other (id int PRIMARY KEY); BEGIN; SELECT count(*) FROM t");
  await main.query("ALTER TABLE t ADD COLUMN w int DEFAULT 5");
  await main.query("INSERT INTO t VALUES (6, 6)");
  expect(await old.query("SELECT * FROM t WHERE id = 1")).toEqual([[1, 10]]);
  await expect(old.query("INSERT INTO t VALUES (7)")).rejects.toMatchObject({ code: "40001" });
  await old.query("ROLLBACK");
  await old.query("INSERT INTO t VALUES (7)");
  expect(await old.query("SELECT * FROM t WHERE id = 7")).toEqual([[7, 7, 5]]);
});
