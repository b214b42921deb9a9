/** Constraints on the merged rows: all that would be broken are told, by EXPLAIN MERGE too; what DuckDB only takes for broken is merged. */
import { describe, expect, test } from "vitest";
import { SqlError } from "../../src/core/errors.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

interface Refusal {
  readonly code: string;
  readonly lines: readonly string[];
}

async function refusal(session: TestSession, text: string): Promise<Refusal> {
  try {
    await session.query(text);
  } catch (error) {
    if (error instanceof SqlError) return { code: error.code, lines: (error.detail ?? "").split("\n") };
    throw error;
  }
  throw new Error("was not refused");
}

async function shown(session: TestSession, text: string): Promise<readonly string[]> {
  const rows = await session.query(`EXPLAIN ${text}`);
  return rows.flatMap((row) => (row[7] === "" ? [] : String(row[7]).split("\n")));
}

test("rows of several tables that no constraint allows are all told, before and by the merge", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`CREATE TABLE "a b" (id int PRIMARY KEY, u int UNIQUE, "x""y" text);
    CREATE UNIQUE INDEX low ON "a b" (lower("x""y"));
    CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int PRIMARY KEY, p int REFERENCES parent);
    CREATE TABLE bag (a int UNIQUE, b int CHECK (b > 0));
    INSERT INTO "a b" VALUES (1, 1, 'one'), (2, 2, 'two'); INSERT INTO parent VALUES (1), (2), (3), (4); INSERT INTO child VALUES (1, 1); CREATE BRANCH "Ü"`);
  const branch = await open.session("main/Ü");
  await branch.query(`INSERT INTO "a b" VALUES (3, 30, 'Three'), (4, 40, 'four'); UPDATE "a b" SET u = 50 WHERE id = 2;
    DELETE FROM parent WHERE id = 2; INSERT INTO child VALUES (7, 3), (8, 4); INSERT INTO bag VALUES (5, 1), (6, 1)`);
  await main.query(`INSERT INTO "a b" VALUES (13, 30, 'thirteen'), (14, 50, 'FOUR'); INSERT INTO child VALUES (2, 2), (3, 3);
    INSERT INTO bag VALUES (5, 3); DELETE FROM child WHERE id = 3; DELETE FROM parent WHERE id > 2`);
  const expected = [
    'duplicate key value violates unique constraint "a b_u_key": {"u":30}',
    'duplicate key value violates unique constraint "a b_u_key": {"u":50}',
    'duplicate key value violates unique constraint "low": {"lower(\\"x\\"\\"y\\")":"four"}',
    'duplicate key value violates unique constraint "bag_a_key": {"a":5}',
    'insert or update on table "child" violates foreign key constraint "child_p_fkey": Key (p)=(2) of table "child" is not present in table "parent".',
    'insert or update on table "child" violates foreign key constraint "child_p_fkey": Key (p)=(3) of table "child" is not present in table "parent".',
    'insert or update on table "child" violates foreign key constraint "child_p_fkey": Key (p)=(4) of table "child" is not present in table "parent".',
  ].toSorted();
  expect((await shown(main, `MERGE BRANCH "Ü"`)).toSorted()).toEqual(expected);
  const { code, lines } = await refusal(main, `MERGE BRANCH "Ü"`);
  expect([code, lines.toSorted()]).toEqual(["23505", expected]);
  expect(await main.query("SELECT count(*)::int FROM child")).toEqual([[2]]);
});

test("what was set right on main is no violation, and what both made wrong is told by its rows", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(
    "CREATE TABLE t (id int PRIMARY KEY, u int UNIQUE); INSERT INTO t VALUES (1, 1), (2, 2); CREATE BRANCH b",
  );
  const branch = await open.session("main/b");
  await branch.query("INSERT INTO t VALUES (3, 10)");
  await main.query("INSERT INTO t VALUES (4, 10)");
  expect(await shown(main, "MERGE BRANCH b")).toHaveLength(1);
  await main.query("UPDATE t SET u = 11 WHERE id = 4");
  expect(await shown(main, "MERGE BRANCH b")).toEqual([]);
  await main.query("MERGE BRANCH b");
  expect(await main.query("SELECT id, u FROM t ORDER BY id")).toEqual([
    [1, 1],
    [2, 2],
    [3, 10],
    [4, 11],
  ]);
});

test("rows that a narrower type has no room for are told by the type", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(
    "CREATE TABLE t (id int PRIMARY KEY, v varchar(10)); INSERT INTO t VALUES (1, 'short'); CREATE BRANCH b",
  );
  const branch = await open.session("main/b");
  await branch.query("ALTER TABLE t ALTER COLUMN v TYPE varchar(5)");
  await main.query("INSERT INTO t VALUES (2, 'too long'), (3, 'longer')");
  const lines = ['{"id":2}', '{"id":3}'].map((row) => `value too long for type character varying(5): ${row}`);
  expect(await shown(main, "MERGE BRANCH b")).toEqual(lines);
  expect(await refusal(main, "MERGE BRANCH b")).toEqual({ code: "22001", lines });
});

describe("foreign keys that DuckDB takes for broken", () => {
  test.each([
    ["an indexed column", "UPDATE parent SET i = 70 WHERE id < 3"],
    ["a unique column", "UPDATE parent SET u = 70 WHERE id = 1"],
    ["an array", "UPDATE parent SET a = ARRAY[7, 8] WHERE id < 3"],
    ["the column of a foreign key", "UPDATE parent SET g = 2 WHERE id = 1"],
  ])("%s of a row that others refer to", async (_, change) => {
    await using open = await OpenWorld.open();
    const main = await open.session();
    await main.query(`CREATE TABLE grand (id int PRIMARY KEY); INSERT INTO grand VALUES (1), (2);
      CREATE TABLE parent (id int PRIMARY KEY, i int, u int UNIQUE, a int[], g int REFERENCES grand); CREATE INDEX by_i ON parent (i);
      CREATE TABLE child (id int PRIMARY KEY, p int REFERENCES parent, n text);
      INSERT INTO parent VALUES (1, 1, 1, ARRAY[1], 1), (2, 2, 2, ARRAY[2], 2), (3, 3, 3, ARRAY[3], NULL);
      INSERT INTO child VALUES (1, 1, 'x'), (2, 2, 'y'); CREATE BRANCH b; CREATE BRANCH other`);
    const branch = await open.session("main/b");
    await branch.query(`${change}; INSERT INTO child VALUES (3, 3, 'branch')`);
    await main.query("UPDATE child SET n = 'main' WHERE id = 2");
    const wanted = await branch.query("SELECT * EXCLUDE (a), a::text FROM parent ORDER BY id");
    const [merged] = await main.query("MERGE BRANCH b");
    expect(await main.query("SELECT * EXCLUDE (a), a::text FROM parent ORDER BY id")).toEqual(wanted);
    expect(await main.query("SELECT id, p, n FROM child ORDER BY id")).toEqual([
      [1, 1, "x"],
      [2, 2, "main"],
      [3, 3, "branch"],
    ]);
    expect(await main.outcome("DELETE FROM parent WHERE id = 1")).toBe("23503");
    expect(await main.outcome("INSERT INTO child VALUES (9, 9)")).toBe("23503");
    const other = await open.session("main/other");
    await other.query("UPDATE child SET n = 'other' WHERE id = 1");
    await main.query("MERGE BRANCH other");
    await main.query(`UNDO MERGE '${String(merged?.[1])}'`);
    expect(await main.query("SELECT i, u, a[1], g FROM parent ORDER BY id")).toEqual([
      [1, 1, 1, 1],
      [2, 2, 2, 2],
      [3, 3, 3, null],
    ]);
    expect(await main.query("SELECT id, n FROM child ORDER BY id")).toEqual([
      [1, "other"],
      [2, "main"],
    ]);
  });

  test("a table that refers to itself: rows and those they refer to are added, changed and deleted together", async () => {
    await using open = await OpenWorld.open();
    const main = await open.session();
    await main.query(`CREATE TABLE node (id int PRIMARY KEY, up int REFERENCES node, n text);
      INSERT INTO node VALUES (1, NULL, 'root'); INSERT INTO node VALUES (2, 1, 'leaf'); CREATE BRANCH b; CREATE BRANCH c; CREATE BRANCH round`);
    const b = await open.session("main/b");
    await b.query("INSERT INTO node VALUES (3, 5, 'last'), (5, 4, 'middle'), (4, 1, 'first')");
    await main.query("MERGE BRANCH b");
    const c = await open.session("main/c");
    await c.query(
      "INSERT INTO node VALUES (9, NULL, 'new'), (8, 9, 'below'); DELETE FROM node WHERE id <= 2",
    );
    expect(await shown(main, "MERGE BRANCH c")).toEqual([
      'insert or update on table "node" violates foreign key constraint "node_up_fkey": Key (up)=(1) of table "node" is not present in table "node".',
    ]);
    expect(await main.outcome("MERGE BRANCH c")).toBe("23503");
    await main.query(
      "DELETE FROM node WHERE id = 3; DELETE FROM node WHERE id = 5; DELETE FROM node WHERE id = 4; MERGE BRANCH c",
    );
    expect(await main.query("SELECT id, up FROM node ORDER BY id")).toEqual([
      [8, 9],
      [9, null],
    ]);
    const round = await open.session("main/round");
    await round.query("INSERT INTO node VALUES (20, 21, 'a'), (21, 20, 'b')");
    await main.query("MERGE BRANCH round");
    expect(await main.query("SELECT id, up FROM node ORDER BY id")).toEqual([
      [8, 9],
      [9, null],
      [20, 21],
      [21, 20],
    ]);
  });
});

test("into a branch, and a branch of it, by cells", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(
    "CREATE TABLE t (id int PRIMARY KEY, u int UNIQUE, v int CHECK (v < 100), w int); INSERT INTO t VALUES (1, 1, 1, 1), (2, 2, 2, 2); CREATE BRANCH p",
  );
  const parent = await open.session("main/p");
  await parent.query("CREATE BRANCH c FROM p");
  const child = await open.session("main/c");
  await child.query("UPDATE t SET u = 9 WHERE id = 1; INSERT INTO t VALUES (5, 5, 5, 5)");
  await parent.query(
    "UPDATE t SET u = 9 WHERE id = 2; INSERT INTO t VALUES (6, 5, 6, 6); UPDATE t SET w = 7 WHERE id = 1",
  );
  const lines = ['{"u":5}', '{"u":9}'].map(
    (row) => `duplicate key value violates unique constraint "t_u_key": ${row}`,
  );
  const merge = "MERGE BRANCH c WITH (granularity 'cell')";
  expect((await shown(parent, merge)).toSorted()).toEqual(lines);
  const { code, lines: told } = await refusal(parent, merge);
  expect([code, told.toSorted()]).toEqual(["23505", lines]);
});
