/** UNDO MERGE of what brought a branch up to date: its pin moves back, and what was changed since stays. */
import { expect, test } from "vitest";
import { temporaryDirectory } from "../cli/temporary-directory.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

const TABLES = `CREATE TABLE t (id int PRIMARY KEY, qty int, note text); INSERT INTO t VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c'), (4, 40, 'd');
  CREATE TABLE u (id int PRIMARY KEY); INSERT INTO u VALUES (1); CREATE TABLE loose (n int); INSERT INTO loose VALUES (1), (1), (2); CREATE BRANCH b`;
const BRANCH = `UPDATE t SET qty = 11 WHERE id = 1; UPDATE t SET qty = 21 WHERE id = 2; DELETE FROM t WHERE id = 3;
  INSERT INTO t VALUES (5, 50, 's'), (7, 70, 'same'); INSERT INTO loose VALUES (3); DELETE FROM loose WHERE n = 2`;
const MAIN = `UPDATE t SET note = 'A' WHERE id = 1; UPDATE t SET qty = 22 WHERE id = 2; DELETE FROM t WHERE id = 4;
  INSERT INTO t VALUES (6, 60, 't'), (7, 70, 'same'); INSERT INTO u VALUES (2); INSERT INTO loose VALUES (4)`;

async function world(open: OpenWorld): Promise<{ main: TestSession; b: TestSession }> {
  const main = await open.session();
  await main.query(TABLES);
  const b = await open.session("main/b");
  await b.query(BRANCH);
  await main.query(MAIN);
  return { main, b };
}

async function all(session: TestSession): Promise<unknown[]> {
  return [
    await session.query("SELECT * FROM t ORDER BY id"),
    await session.query("SELECT * FROM u ORDER BY id"),
    await session.query("SELECT * FROM loose ORDER BY n"),
  ];
}

async function sync(session: TestSession, how = "USING branch_wins"): Promise<string> {
  const [row] = await session.query(`MERGE BRANCH main INTO b ${how}`);
  expect(row?.[0]).toBe("merged");
  return String(row?.[1]);
}

test.each(["branch_wins", "main_wins"])(
  "the branch is what it was, after %s; and main is as it is",
  async (how) => {
    await using folder = await temporaryDirectory();
    const path = folder.file("data.duckdb");
    const first = await OpenWorld.open(path);
    const { main, b } = await world(first);
    const [before, mains] = [await all(b), await all(main)];
    const diff = await main.query("DIFF BRANCH b");
    const id = await sync(main, `USING ${how}`);
    const synced = await all(b);
    expect(synced).not.toEqual(before);
    await first[Symbol.asyncDispose]();
    await using open = await OpenWorld.open(path);
    const again = await open.session();
    const [row] = await again.query(`UNDO MERGE '${id}'`);
    expect(row?.slice(0, 4)).toEqual(["undone", id, "main", "b"]);
    const seen = await open.session("main/b");
    expect(await all(seen)).toEqual(before);
    expect(await all(again)).toEqual(mains);
    expect(await again.query("DIFF BRANCH b")).toEqual(diff);
    // Asked again it is done; the branch can be brought up to date as if nothing had been.
    expect((await again.query(`UNDO MERGE '${id}'`))[0]?.[0]).toBe("undone");
    await sync(again, `USING ${how}`);
    expect(await all(seen)).toEqual(synced);
    await again.query("MERGE BRANCH b");
    expect(await all(again)).toEqual(synced);
  },
);

test("what was changed since stays where the merge did not change it, in rows that both have, too", async () => {
  await using open = await OpenWorld.open();
  const { main, b } = await world(open);
  const id = await sync(main);
  await b.query(`UPDATE t SET note = 'later' WHERE id = 5; INSERT INTO t VALUES (8, 80, 'new'); DELETE FROM t WHERE id = 6;
    INSERT INTO u VALUES (9); CREATE TABLE own (id int); INSERT INTO own VALUES (1)`);
  await main.query("UPDATE t SET qty = 0; DELETE FROM u");
  const child = await open.session();
  await child.query("CREATE BRANCH c FROM b");
  const seen = await all(await open.session("main/c"));
  expect((await main.query(`UNDO MERGE '${id}'`))[0]?.[0]).toBe("undone");
  expect(await all(b)).toEqual([
    [
      [1, 11, "a"],
      [2, 21, "b"],
      [4, 40, "d"],
      [5, 50, "later"],
      [7, 70, "same"],
      [8, 80, "new"],
    ],
    [[1], [9]],
    [[1], [1], [3]],
  ]);
  expect(await b.query("SELECT * FROM own")).toEqual([[1]]);
  expect(await all(await open.session("main/c"))).toEqual(seen);
});

function rowJson(n: number, qty: number, note: string): string {
  return `{"id":${n},"qty":${qty},"note":"${note}"}`;
}

test.each([
  [
    "branch_wins",
    [
      [1, 11, "a"],
      [2, 21, "b"],
      [4, 40, "d"],
    ],
  ],
  [
    "main_wins",
    [
      [2, 22, "since"],
      [4, 44, "again"],
    ],
  ],
])("what was changed since and by the merge is a conflict: %s", async (how, rows) => {
  await using open = await OpenWorld.open();
  const { main, b } = await world(open);
  const id = await sync(main, "USING main_wins");
  // 1: the merge found (11, a), left (10, A); 2: (21, b), (22, b); 4: the merge deleted it.
  await b.query(
    "UPDATE t SET note = 'since' WHERE id = 2; DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (4, 44, 'again')",
  );
  const before = await all(b);
  const sum = await b.query("SELECT sum(qty) FROM t");
  expect(await main.outcome(`UNDO MERGE '${id}'`)).toBe("40002");
  const report = await main.query(
    `SELECT kind, key, base_value, main_value, branch_value FROM duckbranch.conflicts
     WHERE merge_id <> '${id}' ORDER BY key`,
  );
  expect(report).toEqual([
    ["delete/update", '{"id":1}', rowJson(1, 10, "A"), null, rowJson(1, 11, "a")],
    ["update/update", '{"id":2}', rowJson(2, 22, "b"), rowJson(2, 22, "since"), rowJson(2, 21, "b")],
    ["insert/insert", '{"id":4}', null, rowJson(4, 44, "again"), rowJson(4, 40, "d")],
  ]);
  expect(await all(b)).toEqual(before);
  expect(await b.query("SELECT sum(qty) FROM t")).toEqual(sum);
  expect(await main.outcome(`UNDO MERGE '${id}' USING manual`)).toBe("0A000");
  await main.query(`CREATE BRANCH other FROM b; UNDO MERGE '${id}' USING ${how}`);
  expect((await all(b))[0]).toEqual([...rows, [5, 50, "s"], [7, 70, "same"]]);
  expect((await all(await open.session("main/other")))[0]).toEqual(before[0]);
});

test("definitions go back with it", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`${TABLES}; CREATE VIEW main_view AS SELECT id FROM u`);
  const b = await open.session("main/b");
  await b.query(`ALTER TABLE t ADD COLUMN mine int DEFAULT 7; UPDATE t SET mine = 8 WHERE id = 1;
    CREATE VIEW v AS SELECT id, mine FROM t; CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a + 1';
    ALTER TABLE u RENAME TO "u ""2"; INSERT INTO "u ""2" VALUES (5); COMMENT ON TABLE t IS 'of b'`);
  const look = async (): Promise<unknown> => [
    await b.query("SELECT * FROM t ORDER BY id"),
    await b.query("SELECT * FROM v ORDER BY id"),
    await b.query('SELECT * FROM "u ""2" ORDER BY id'),
    await b.query("SELECT f(1), obj_description('t'::regclass)"),
    await b.query(
      "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
    ),
  ];
  const before = await look();
  await main.query(`ALTER TABLE t ADD COLUMN theirs text DEFAULT 'x'; UPDATE t SET theirs = 'y', qty = 0 WHERE id = 2;
    INSERT INTO u VALUES (6); CREATE TABLE more (id int PRIMARY KEY); INSERT INTO more VALUES (1); DROP TABLE loose`);
  const [row] = await main.query("MERGE BRANCH main INTO b USING branch_wins");
  const id = String(row?.[1]);
  expect(await b.query("SELECT id, mine, theirs FROM t WHERE id < 3 ORDER BY id")).toEqual([
    [1, 8, "x"],
    [2, 7, "y"],
  ]);
  await b.query("INSERT INTO more VALUES (2)");
  expect(await main.outcome(`UNDO MERGE '${id}'`)).toBe("40002");
  await b.query("DELETE FROM more WHERE id = 2");
  expect(await main.outcome(`UNDO MERGE '${id}'`)).toBe("ok");
  expect(await look()).toEqual(before);
  expect(await b.query("SELECT count(*)::int FROM loose")).toEqual([[3]]);
  expect(await b.outcome("SELECT * FROM more")).toBe("42P01");
  expect(await main.query("SELECT count(*)::int FROM more")).toEqual([[1]]);
});

test("only what brought it up to date the last time is undone, in time, and not on a branch that has ended", async () => {
  await using open = await OpenWorld.open();
  const { main, b } = await world(open);
  const first = await sync(main);
  await main.query("UPDATE t SET qty = 99 WHERE id = 5 OR id = 6");
  const between = await all(b);
  const second = await sync(main);
  expect(await main.outcome(`UNDO MERGE '${first}'`)).toBe("55000");
  expect(await main.outcome(`UNDO MERGE '${second}'`)).toBe("ok");
  expect(await all(b)).toEqual(between);
  // What the first one had kept went with the second.
  expect(await main.outcome(`UNDO MERGE '${first}'`)).toBe("55000");
  await b.query("UPDATE loose SET n = 9 WHERE n = 3");
  await main.query("INSERT INTO loose VALUES (10)");
  const third = await sync(main);
  await b.query("DELETE FROM loose WHERE n = 9");
  expect(await main.outcome(`UNDO MERGE '${third}'`)).toBe("0A000");
  await main.query("MERGE BRANCH b USING branch_wins");
  expect(await main.outcome(`UNDO MERGE '${third}'`)).toBe("55000");
});

test("a table that was dropped since is dropped, and can be made again", async () => {
  await using open = await OpenWorld.open();
  const { main, b } = await world(open);
  await main.query("CREATE BRANCH c FROM b");
  const before = await all(await open.session("main/c"));
  const id = await sync(main, "USING main_wins");
  await b.query("DROP TABLE u; DROP TABLE loose");
  await main.query(`UNDO MERGE '${id}' USING main_wins`);
  expect(await b.outcome("SELECT * FROM u")).toBe("42P01");
  await b.query("CREATE TABLE u (id int); CREATE TABLE loose (id int); INSERT INTO loose VALUES (1)");
  expect(await all(await open.session("main/c"))).toEqual(before);
});

test("a branch of a branch goes back, and what nobody keeps any more goes", async () => {
  await using open = await OpenWorld.open();
  const { main, b } = await world(open);
  const c = await open.session();
  await c.query("CREATE BRANCH c FROM b");
  const child = await open.session("main/c");
  await child.query("UPDATE t SET qty = 12 WHERE id = 1; DELETE FROM t WHERE id = 5");
  const before = await all(child);
  await b.query("UPDATE t SET note = 'B' WHERE id = 2; INSERT INTO u VALUES (3)");
  const [row] = await main.query("MERGE BRANCH b INTO c");
  expect(await all(child)).not.toEqual(before);
  await b.query("DELETE FROM t; DELETE FROM u");
  await main.query(`UNDO MERGE '${String(row?.[1])}'`);
  expect(await all(child)).toEqual(before);
  await main.query("DROP BRANCH c; DROP BRANCH b");
  expect(await main.query("SELECT name FROM duckbranch.branches WHERE status = 'active'")).toEqual([]);
  expect(
    await main.query("SELECT count(*)::int FROM duckdb_tables() WHERE table_name LIKE 'before%'"),
  ).toEqual([[0]]);
});
