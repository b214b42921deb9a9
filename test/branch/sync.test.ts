/** MERGE BRANCH of the parent INTO a branch: the branch sees the parent's present state, with what it changed itself. */
import { expect, test } from "vitest";
import { Garbage } from "../../src/branch/garbage.js";
import { releaseOverdue } from "../../src/branch/release-overdue.js";
import { temporaryDirectory } from "../cli/temporary-directory.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

const TABLES = `CREATE TABLE t (id int PRIMARY KEY, qty int, note text); INSERT INTO t VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c'), (4, 40, 'd');
  CREATE TABLE u (id int PRIMARY KEY); INSERT INTO u VALUES (1); CREATE BRANCH b`;
const ALL = "SELECT id, qty, note FROM t ORDER BY id";

test("what the parent changed is there, what the branch changed stays, and nothing else is a difference", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(TABLES);
  const b = await open.session("main/b");
  await b.query("UPDATE t SET qty = 11 WHERE id = 1; INSERT INTO t VALUES (5, 50, 's')");
  await main.query(
    "UPDATE t SET note = 'B' WHERE id = 2; DELETE FROM t WHERE id = 3; INSERT INTO u VALUES (2)",
  );
  const [row] = await main.query("MERGE BRANCH main INTO b");
  expect(row?.filter((_, column) => [0, 2, 3, 5].includes(column))).toEqual(["merged", "main", "b", "t"]);
  expect(await b.query(ALL)).toEqual([
    [1, 11, "a"],
    [2, 20, "B"],
    [4, 40, "d"],
    [5, 50, "s"],
  ]);
  expect(await b.query("SELECT count(*)::int FROM u")).toEqual([[2]]);
  expect(await main.query("SELECT count(*)::int FROM t WHERE qty = 11 OR id = 5")).toEqual([[0]]);
  await main.query("MERGE BRANCH b");
  expect(await main.query(ALL)).toEqual(await b.query(ALL));
});

test("branches made from it go on seeing it as it was, also after a restart, and merge into what it is now", async () => {
  await using folder = await temporaryDirectory();
  const path = folder.file("data.duckdb");
  const first = await OpenWorld.open(path);
  let open = first;
  const main = await open.session();
  await main.query(TABLES);
  const b = await open.session("main/b");
  await b.query("UPDATE t SET qty = 11 WHERE id = 1; CREATE BRANCH c FROM b");
  const before = await b.query(ALL);
  const c = await open.session("main/c");
  await c.query("UPDATE t SET qty = 44 WHERE id = 4; CREATE BRANCH d FROM c");
  await main.query(
    "UPDATE t SET qty = qty + 1 WHERE id = 2; DELETE FROM t WHERE id = 3; INSERT INTO u VALUES (2)",
  );
  await main.query("MERGE BRANCH main INTO b");
  await main.query("UPDATE t SET qty = 0; DELETE FROM u; MERGE BRANCH main INTO b USING branch_wins");
  const changed = before.map((row) => (row[0] === 4 ? [4, 44, "d"] : row));
  const look = async (): Promise<void> => {
    const [seenByC, seenByD] = [await open.session("main/c"), await open.session("main/d")];
    expect(await seenByC.query(ALL)).toEqual(changed);
    expect(await seenByD.query(ALL)).toEqual(changed);
    expect(await seenByD.query("SELECT id FROM u")).toEqual([[1]]);
    expect(await (await open.session("main/b")).query(ALL)).toEqual([
      [1, 11, "a"],
      [2, 0, "b"],
      [4, 0, "d"],
    ]);
  };
  await look();
  await first[Symbol.asyncDispose]();
  await using reopened = await OpenWorld.open(path);
  open = reopened;
  await look();
  const again = await open.session("main/c");
  await again.query("MERGE BRANCH c USING branch_wins");
  expect(await (await open.session("main/b")).query("SELECT qty FROM t WHERE id = 4")).toEqual([[44]]);
});

test("a branch is brought up to date from its parent only; a live one and one that has ended are refused", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(
    `${TABLES}; CREATE BRANCH c FROM b; CREATE BRANCH l WITH (isolation 'live'); CREATE BRANCH gone`,
  );
  await main.query("MERGE BRANCH gone");
  expect(await main.outcome("MERGE BRANCH main INTO c")).toBe("0A000");
  expect(await main.outcome("MERGE BRANCH main")).toBe("0A000");
  expect(await main.outcome("MERGE BRANCH main INTO l")).toBe("0A000");
  expect(await main.outcome("MERGE BRANCH main INTO gone")).toBe("55000");
  expect(await main.outcome("MERGE BRANCH main INTO nobody")).toBe("3D000");
  expect(await main.outcome("MERGE BRANCH nobody INTO b")).toBe("3D000");
  expect((await main.query("MERGE BRANCH main INTO b"))[0]?.[0]).toBe("up_to_date");
  await (await open.session("main/b")).query("INSERT INTO u VALUES (9)");
  expect((await main.query("MERGE BRANCH main INTO b"))[0]?.[0]).toBe("up_to_date");
  await main.query("INSERT INTO u VALUES (2)");
  expect((await main.query("MERGE BRANCH b INTO c"))[0]?.[0]).toBe("merged");
  expect((await main.query("MERGE BRANCH main INTO b"))[0]?.[0]).toBe("merged");
  expect((await main.query("MERGE BRANCH main INTO b"))[0]?.[0]).toBe("up_to_date");
});

/** The golden scenario's rows, the branch's and main's. */
const BRANCH = `UPDATE t SET qty = 11 WHERE id = 1; UPDATE t SET qty = 21 WHERE id = 2; DELETE FROM t WHERE id = 3;
  UPDATE t SET note = 'D' WHERE id = 4; INSERT INTO t VALUES (5, 50, 's')`;
const MAIN = `UPDATE t SET note = 'A' WHERE id = 1; UPDATE t SET qty = 22 WHERE id = 2; UPDATE t SET qty = 33 WHERE id = 3;
  DELETE FROM t WHERE id = 4; INSERT INTO t VALUES (6, 60, 't')`;

async function golden(open: OpenWorld): Promise<{ main: TestSession; b: TestSession }> {
  const main = await open.session();
  await main.query(TABLES);
  const b = await open.session("main/b");
  await b.query(BRANCH);
  await main.query(MAIN);
  return { main, b };
}

test.each([
  ["main_wins", "row", ["1 10 A", "2 22 b", "3 33 c", "5 50 s", "6 60 t"]],
  ["branch_wins", "row", ["1 11 a", "2 21 b", "4 40 D", "5 50 s", "6 60 t"]],
  ["main_wins", "cell", ["1 11 A", "2 22 b", "3 33 c", "5 50 s", "6 60 t"]],
  ["branch_wins", "cell", ["1 11 A", "2 21 b", "4 40 D", "5 50 s", "6 60 t"]],
])("the golden scenario the other way round: %s, by %s", async (strategy, granularity, rows) => {
  await using open = await OpenWorld.open();
  const { main, b } = await golden(open);
  const [mains, branchs] = [await main.query(ALL), await b.query(ALL)];
  expect(await main.outcome(`MERGE BRANCH main INTO b WITH (granularity '${granularity}')`)).toBe("40002");
  const sql = `MERGE BRANCH main INTO b USING ${strategy} WITH (granularity '${granularity}')`;
  await main.query(`EXPLAIN ${sql}`);
  expect(await b.query(ALL)).toEqual(branchs);
  await main.query(sql);
  expect((await b.query(ALL)).map((row) => row.join(" "))).toEqual(rows);
  expect(await main.query(ALL)).toEqual(mains);
  await main.query("MERGE BRANCH b");
  expect((await main.query(ALL)).map((row) => row.join(" "))).toEqual(rows);
});

test("conflicts wait for a resolution, or for being given up; what is merged then is what is there then", async () => {
  await using open = await OpenWorld.open();
  const { main, b } = await golden(open);
  const before = await b.query(ALL);
  const merge = async (): Promise<string> =>
    String((await main.query("MERGE BRANCH main INTO b USING manual"))[0]?.[1]);
  const first = await merge();
  expect(
    await main.query(`SELECT branch_name, target, status FROM duckbranch.merges WHERE merge_id = '${first}'`),
  ).toEqual([["main", "b", "conflicted"]]);
  expect(await main.outcome("MERGE BRANCH main INTO b")).toBe("55000");
  expect(await main.outcome("MERGE BRANCH b")).toBe("55000");
  await main.query(`ABANDON MERGE '${first}'`);
  expect(await b.query(ALL)).toEqual(before);
  const second = await merge();
  await b.query("INSERT INTO u VALUES (8)");
  await main.query("INSERT INTO u VALUES (7)");
  await main.query(`RESOLVE MERGE '${second}' WITH (t = branch_wins)`);
  expect(await main.query("SELECT status FROM duckbranch.branches WHERE name = 'b'")).toEqual([["active"]]);
  expect(await b.query("SELECT id FROM u ORDER BY id")).toEqual([[1], [7], [8]]);
  expect((await b.query(ALL)).map((row) => row.join(" "))).toEqual([
    "1 11 a",
    "2 21 b",
    "4 40 D",
    "5 50 s",
    "6 60 t",
  ]);
  await main.query(`UNDO MERGE '${second}'`);
  expect(await b.query("SELECT id FROM u ORDER BY id")).toEqual([[1], [8]]);
  expect(await b.query(ALL)).toEqual(before);
  await b.query("INSERT INTO u VALUES (9); DROP TABLE t");
});

test("definitions come along; what both sides changed is a conflict", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(
    `${TABLES}; CREATE FUNCTION f() RETURNS int AS 'SELECT 1' LANGUAGE sql; CREATE VIEW w AS SELECT id FROM u`,
  );
  const names = ["x", "y", "z", "v"];
  for (const name of names) await main.query(`CREATE BRANCH ${name}`);
  const [x, y, z, v] = [
    await open.session("main/x"),
    await open.session("main/y"),
    await open.session("main/z"),
    await open.session("main/v"),
  ];
  await x.query(
    "ALTER TABLE t ADD COLUMN mine int DEFAULT 5; UPDATE t SET qty = 1 WHERE id = 1; CREATE TABLE own (id int)",
  );
  await y.query("CREATE OR REPLACE FUNCTION f() RETURNS int AS 'SELECT 2' LANGUAGE sql");
  await z.query("CREATE TABLE fresh (a int)");
  await v.query("DROP TABLE t; CREATE VIEW seen AS SELECT id FROM u");
  await main.query("ALTER TABLE t ADD COLUMN theirs int DEFAULT 7; CREATE INDEX qi ON t (qty)");
  await main.query(
    "CREATE OR REPLACE FUNCTION f() RETURNS int AS 'SELECT 3' LANGUAGE sql; CREATE TABLE fresh (b text); INSERT INTO u VALUES (3)",
  );
  for (const name of ["y", "z", "v"])
    expect(await main.outcome(`MERGE BRANCH main INTO ${name}`)).toBe("40002");
  // Two tables of one name are two tables, whoever wins.
  expect(await main.outcome("MERGE BRANCH main INTO z USING branch_wins")).toBe("40002");
  await main.query("MERGE BRANCH main INTO x");
  expect(await x.query("SELECT id, qty, note, theirs, mine FROM t WHERE id < 3 ORDER BY id")).toEqual([
    [1, 1, "a", 7, 5],
    [2, 20, "b", 7, 5],
  ]);
  expect(
    await x.query("SELECT f(), (SELECT count(*)::int FROM fresh), (SELECT count(*)::int FROM own)"),
  ).toEqual([[3, 0, 0]]);
  expect(await x.query("SELECT id FROM w ORDER BY 1")).toEqual([[1], [3]]);
  await y.query("DROP FUNCTION f()");
  expect(await y.outcome("SELECT f()")).toBe("42883");
});

function giving(name: string, value: number): string {
  return `CREATE OR REPLACE FUNCTION ${name}() RETURNS int AS 'SELECT ${value}' LANGUAGE sql`;
}

test("functions and comments of both sides are merged three-way, by the strategy", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(
    `${TABLES}; ${giving("f", 1)}; ${giving("g", 1)}; ${giving("goes", 1)}; CREATE VIEW w AS SELECT id FROM u; CREATE BRANCH d; CREATE BRANCH c`,
  );
  const both = `${giving("f", 2)}; COMMENT ON VIEW w IS 'branch'; COMMENT ON COLUMN w.id IS 'same'; ${giving("g", 7)}; DROP FUNCTION goes`;
  const [d, c] = [await open.session("main/d"), await open.session("main/c")];
  for (const branch of [d, c]) await branch.query(both);
  await main.query("CREATE BRANCH child FROM d");
  const child = await open.session("main/child");
  await main.query(
    `${giving("f", 3)}; COMMENT ON VIEW w IS 'main'; COMMENT ON COLUMN w.id IS 'same'; ${giving("g", 7)}; ${giving("goes", 3)}`,
  );
  const says = `SELECT f(), g(), obj_description('w'::regclass), col_description('w'::regclass, 1)`;
  expect(await main.outcome("MERGE BRANCH main INTO d")).toBe("40002");
  expect(await d.query(says)).toEqual([[2, 7, "branch", "same"]]);
  await main.query("MERGE BRANCH main INTO d USING branch_wins; MERGE BRANCH main INTO c USING main_wins");
  expect(await d.query(says)).toEqual([[2, 7, "branch", "same"]]);
  expect(await d.outcome("SELECT goes()")).toBe("42883");
  expect(await c.query(says)).toEqual([[3, 7, "main", "same"]]);
  expect(await c.query("SELECT goes()")).toEqual([[3]]);
  expect(await child.query(says)).toEqual([[2, 7, "branch", "same"]]);
  await main.query("MERGE BRANCH c; MERGE BRANCH child INTO d; MERGE BRANCH d");
  expect(await main.query(says)).toEqual([[2, 7, "branch", "same"]]);
  expect(await main.outcome("SELECT goes()")).toBe("42883");
});

test("whoever writes the branch meanwhile is asked to do it again; whoever reads goes on reading what there was", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(TABLES);
  const [first, second, reader] = [
    await open.session("main/b"),
    await open.session("main/b"),
    await open.session("main/b"),
  ];
  await first.query("UPDATE t SET qty = 11 WHERE id = 1");
  await main.query("UPDATE t SET qty = 22 WHERE id = 2");
  await second.query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM u; INSERT INTO u VALUES (5)");
  await reader.query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM u");
  await main.query("MERGE BRANCH main INTO b");
  expect(await second.outcome("COMMIT")).toBe("40001");
  expect(await reader.query("SELECT qty FROM t ORDER BY id")).toEqual([[11], [20], [30], [40]]);
  await reader.query("COMMIT");
  expect(await reader.query("SELECT qty FROM t ORDER BY id")).toEqual([[11], [22], [30], [40]]);
  expect(await first.query("SELECT count(*)::int FROM u")).toEqual([[1]]);
});

test("what a live branch of it writes for the first time meanwhile is asked for again, too", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`${TABLES}; CREATE BRANCH l FROM b WITH (isolation 'live')`);
  await main.query("UPDATE t SET qty = 22 WHERE id = 2; DELETE FROM t WHERE id = 3");
  const [live, late] = [await open.session("main/l"), await open.session("main/l")];
  await live.query("INSERT INTO u VALUES (7)");
  await late.query("BEGIN; UPDATE t SET qty = 11 WHERE id = 1");
  await main.query("MERGE BRANCH main INTO b");
  expect(await late.outcome("COMMIT")).toBe("40001");
  await late.query("UPDATE t SET qty = 11 WHERE id = 1");
  expect(await late.query("SELECT id, qty FROM t ORDER BY id")).toEqual([
    [1, 11],
    [2, 22],
    [4, 40],
  ]);
  expect(await late.query("SELECT id FROM u ORDER BY id")).toEqual([[1], [7]]);
});

test("main is written all the time: a branch is brought up to date all the same, with every sum exact", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(
    "CREATE TABLE a (id int PRIMARY KEY, n int); INSERT INTO a SELECT i, 100 FROM range(20) AS r (i); CREATE TABLE e (n int); INSERT INTO e VALUES (0)",
  );
  await main.query("CREATE BRANCH b");
  const b = await open.session("main/b");
  await b.query("INSERT INTO a VALUES (100, 1)");
  const done = new AbortController();
  const writer = await open.session();
  const writing = (async (): Promise<void> => {
    for (let i = 0; !done.signal.aborted; i++)
      await writer.query(
        `BEGIN; UPDATE a SET n = n - 1 WHERE id = ${i % 20}; UPDATE a SET n = n + 1 WHERE id = ${(i + 7) % 20}; COMMIT`,
      );
  })();
  try {
    for (let round = 0; round < 15; round++) {
      await main.query("MERGE BRANCH main INTO b");
      expect(await b.query("SELECT sum(n)::int FROM a")).toEqual([[2001 + round]]);
      await b.query(`INSERT INTO a VALUES (${101 + round}, 1)`);
    }
  } finally {
    done.abort();
    await writing;
  }
});

test("what only the old pin read goes", async () => {
  await using open = await OpenWorld.open(undefined, { undoMs: 0 });
  const main = await open.session();
  await main.query(
    "CREATE TABLE big AS SELECT i AS id, i AS v FROM range(1000) AS r (i); CREATE TABLE k (id int PRIMARY KEY); CREATE BRANCH b",
  );
  const b = await open.session("main/b");
  await b.query("INSERT INTO k VALUES (1)");
  await main.query("UPDATE big SET v = 0; INSERT INTO k VALUES (2)");
  await main.query("MERGE BRANCH main INTO b");
  const { signal } = new AbortController();
  await releaseOverdue(open.world.context, Date.now(), signal);
  await new Garbage(open.world.context).remove(signal);
  const kept =
    "SELECT count(*)::int FROM duckdb_tables() WHERE schema_name = 'duckbranch_store' AND table_name NOT LIKE 'before%'";
  expect(await main.query(kept)).toEqual([[0]]);
  expect(await b.query("SELECT sum(v)::int FROM big")).toEqual([[0]]);
});
