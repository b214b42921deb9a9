/** What an attack on the first version found: each once was wrong without an error. */
import { expect, test } from "vitest";
import { World, type TestSession } from "../support/world.js";

const T = "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER); INSERT INTO t VALUES (1, 1), (2, 2)";

const TWO_TABLES = `${T}; CREATE TABLE u (id INTEGER PRIMARY KEY, v INTEGER); INSERT INTO u VALUES (1, 1), (3, 3); CREATE BRANCH b`;

async function rows(session: TestSession, table = "t"): Promise<unknown[][]> {
  return await session.query(`SELECT * FROM ${table} ORDER BY ALL`);
}

test("a transaction that changed main's table does not read a branch's inherited one as it left it", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(`${T}; CREATE BRANCH b; BEGIN; DELETE FROM t`);
  expect(await main.outcome("INSERT INTO t SELECT * FROM b.t")).toBe("0A000");
  await main.query("ROLLBACK; BEGIN; UPDATE t SET v = 9");
  expect(await main.outcome("DIFF BRANCH b TABLE t; DIFF BRANCH b AGAINST main")).toBe("0A000");
  await main.query("ROLLBACK; UPDATE t SET v = 9; UPDATE t SET v = o.v FROM b.t AS o WHERE t.id = o.id");
  expect(await rows(main)).toEqual([
    [1, 1],
    [2, 2],
  ]);
});

test("CASCADE on main does not take tables of branches with it", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(
    "CREATE SEQUENCE s; CREATE TABLE t (id INTEGER DEFAULT nextval('s'), v INTEGER); INSERT INTO t (v) VALUES (1); CREATE BRANCH b",
  );
  await using branch = await world.connect("main/b");
  await branch.query("INSERT INTO t (v) VALUES (2)");
  await main.query("ALTER TABLE t ALTER COLUMN id DROP DEFAULT");
  expect(await main.outcome("DROP SEQUENCE s CASCADE")).toBe("2BP01");
  expect(await branch.query("SELECT count(*) FROM t")).toEqual([[2n]]);
  await main.query("DROP BRANCH b; DROP SEQUENCE s CASCADE");
});

test("a failed message undoes its change of branch, and its settings", async () => {
  await using world = await World.open();
  await using session = await world.connect();
  await session.query(`${T}; CREATE BRANCH b; USE BRANCH b; SET application_name = 'before'`);
  session.session.beginImplicit(true);
  expect(await session.outcome("SET application_name = 'after'; USE BRANCH main; SELECT 'x'::int")).toBe(
    "22P02",
  );
  await session.session.endImplicit();
  expect(await session.query("SHOW branch")).toEqual([["b"]]);
  expect(await session.query("SHOW application_name")).toEqual([["before"]]);
  session.session.beginImplicit(true);
  await session.query("SET application_name = 'after'");
  await session.session.endImplicit();
  expect(await session.query("SHOW application_name")).toEqual([["after"]]);
  expect(await session.outcome("BEGIN; SET LOCAL branch = 'main'")).toBe("0A000");
});

test("a temporary table does not take what is written to public", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await using other = await world.connect();
  await main.query(`${T}; CREATE TEMP TABLE t (id INTEGER, v INTEGER); INSERT INTO t VALUES (7, 7)`);
  await main.query(
    "INSERT INTO public.t VALUES (3, 3); UPDATE public.t SET v = 0 WHERE id = 1; DELETE FROM public.t WHERE id = 2",
  );
  expect(await rows(main, "public.t")).toEqual([
    [1, 0],
    [3, 3],
  ]);
  expect(await rows(other)).toEqual(await rows(main, "public.t"));
  expect(await rows(main)).toEqual([[7, 7]]);
});

test("generated columns stay when main writes the table", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(
    "CREATE TABLE g (id INTEGER PRIMARY KEY, a INTEGER, s INTEGER GENERATED ALWAYS AS (a * 2)); INSERT INTO g (id, a) VALUES (1, 5)",
  );
  await main.query("CREATE BRANCH b; INSERT INTO g (id, a) VALUES (2, 6)");
  await using branch = await world.connect("main/b");
  expect(await rows(branch, "g")).toEqual([[1, 5, 10]]);
  await branch.query("UPDATE g SET a = 7");
  expect(await rows(branch, "g")).toEqual([[1, 7, 14]]);
});

test("a table that refers to itself can be written while branches are there, and on them", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(
    "CREATE TABLE sf (id INTEGER PRIMARY KEY, p INTEGER REFERENCES sf (id)); INSERT INTO sf VALUES (1, NULL); CREATE BRANCH b",
  );
  await main.query("INSERT INTO sf VALUES (2, 1)");
  await using branch = await world.connect("main/b");
  await branch.query("INSERT INTO sf VALUES (3, 1); MERGE BRANCH b");
  expect(await main.query("SELECT id FROM sf ORDER BY id")).toEqual([[1], [2], [3]]);
});

test("a keyless row changed on both sides is refused under every strategy, not made two", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query("CREATE TABLE k (a INTEGER, b VARCHAR); INSERT INTO k VALUES (1, 'x'); CREATE BRANCH n");
  await using branch = await world.connect("main/n");
  await branch.query("UPDATE k SET b = 'B'");
  await main.query("UPDATE k SET b = 'M'");
  expect(await main.outcome("MERGE BRANCH n")).toBe("40002");
  expect(await main.outcome("MERGE BRANCH n USING main_wins")).toBe("0A000");
  expect(await main.outcome("MERGE BRANCH n USING branch_wins")).toBe("0A000");
  expect(await rows(main, "k")).toEqual([[1, "M"]]);
});

test("a keyless row of main that only looks like the one a branch changed is not taken for it", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query("CREATE TABLE l (n INTEGER); INSERT INTO l VALUES (1); CREATE BRANCH b");
  await using branch = await world.connect("main/b");
  await branch.query("UPDATE l SET n = 2");
  await main.query("UPDATE l SET n = 3; INSERT INTO l VALUES (1)");
  expect(await main.outcome("MERGE BRANCH b")).toBe("40002");
  expect(await rows(main, "l")).toEqual([[1], [3]]);
});

test("columns with a collation are refused by a merge: a change of letters would be none", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(
    "CREATE TABLE c (id INTEGER PRIMARY KEY, v VARCHAR COLLATE NOCASE); INSERT INTO c VALUES (1, 'a'); CREATE BRANCH b",
  );
  await using branch = await world.connect("main/b");
  await branch.query("UPDATE c SET v = 'A'");
  expect(await main.outcome("MERGE BRANCH b")).toBe("0A000");
});

test("a merge goes into the table that was changed, under the name it has now", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(TWO_TABLES);
  await using branch = await world.connect("main/b");
  await branch.query("UPDATE t SET v = 100 WHERE id = 1");
  await main.query(
    "BEGIN; ALTER TABLE t RENAME TO x; ALTER TABLE u RENAME TO t; ALTER TABLE x RENAME TO u; COMMIT",
  );
  await main.query("MERGE BRANCH b USING branch_wins");
  expect(await rows(main, "u")).toEqual([
    [1, 100],
    [2, 2],
  ]);
  expect(await rows(main)).toEqual([
    [1, 1],
    [3, 3],
  ]);
});

test.each([
  "BEGIN; DROP TABLE t; CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER); COMMIT",
  "CREATE OR REPLACE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)",
  "BEGIN; DROP TABLE t; ALTER TABLE u RENAME TO t; COMMIT",
])("a merge does not go into a table that only took the name: %s", async (swap) => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(TWO_TABLES);
  await using branch = await world.connect("main/b");
  await branch.query("UPDATE t SET v = 100 WHERE id = 1");
  await main.query(swap);
  const before = await rows(main);
  expect(await main.outcome("MERGE BRANCH b USING branch_wins")).toBe("40002");
  expect(await rows(main)).toEqual(before);
  expect(await branch.query("SELECT v FROM t ORDER BY id")).toEqual([[100], [2]]);
});

test("RESOLVE does not decide conflicts that nobody was shown", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(`${T}; CREATE BRANCH b`);
  await using branch = await world.connect("main/b");
  await branch.query("UPDATE t SET v = 10");
  await main.query("UPDATE t SET v = 20 WHERE id = 1");
  const [merge] = await main.query("MERGE BRANCH b USING manual");
  await main.query("UPDATE t SET v = 200 WHERE id = 2");
  const resolve = `RESOLVE MERGE '${String(merge?.[1])}' WITH (t 'branch_wins')`;
  expect(await main.outcome(resolve)).toBe("55000");
  expect(await main.query("SELECT count(*) FROM duckbranch.conflicts")).toEqual([[2n]]);
  expect(await main.query("SELECT v FROM t ORDER BY id")).toEqual([[20], [200]]);
  expect(await main.outcome(resolve)).toBe("ok");
  expect(await main.query("SELECT v FROM t ORDER BY id")).toEqual([[10], [10]]);
});

test("a view on main over a branch is refused", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(`${T}; CREATE BRANCH b`);
  expect(await main.outcome("CREATE VIEW vb AS SELECT * FROM b.t")).toBe("0A000");
  expect(await main.outcome("CREATE TABLE cb AS SELECT * FROM b.t")).toBe("ok");
});

test("a table made in this transaction is the one that is written", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query("CREATE SCHEMA s1; CREATE TABLE t (id INTEGER); SET search_path = s1, public");
  await main.query("BEGIN; CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1); COMMIT");
  expect(await rows(main, "s1.t")).toEqual([[1]]);
  expect(await rows(main, "public.t")).toEqual([]);
});

test("EXPLAIN of a write runs and forks nothing", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(`${T}; CREATE BRANCH b`);
  await using branch = await world.connect("main/b");
  for (const session of [main, branch]) {
    expect((await session.query("EXPLAIN UPDATE t SET v = 1")).length).toBeGreaterThan(0);
    expect((await session.query("EXPLAIN DELETE FROM t")).length).toBeGreaterThan(0);
  }
  expect(await main.query("SELECT modified_table_count FROM _hatidata_branches")).toEqual([[0n]]);
});

test("an unfinished merge ends with its branch", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(`${T}; CREATE BRANCH b`);
  await using branch = await world.connect("main/b");
  await branch.query("UPDATE t SET v = 10");
  await main.query("UPDATE t SET v = 20; MERGE BRANCH b USING manual; DROP BRANCH b");
  expect(await main.query("SELECT status FROM duckbranch.merges")).toEqual([["abandoned"]]);
});

test("unquoted names of columns are folded, and client's own settings can be set", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(
    'CREATE TABLE Fold (UserId INT, "Kept" VARCHAR(20), Price NUMERIC(10, 2)); CREATE BRANCH b',
  );
  await main.query("CREATE VIEW FoldView AS SELECT UserId AS Renamed FROM Fold");
  const names = await main.query(
    "SELECT column_name FROM duckdb_columns() WHERE schema_name = 'main' AND NOT internal ORDER BY 1",
  );
  expect(names).toEqual([["Kept"], ["price"], ["renamed"], ["userid"]]);
  await main.query("USE BRANCH b; CREATE TABLE Other (OnBranch INT)");
  await main.query("SET hatidata_request_id = 'r-1'; SET foo.bar = 1");
  expect(await main.query("SHOW hatidata_request_id")).toEqual([["r-1"]]);
  expect(await main.outcome("SET nonsense = 1")).toBe("42704");
});

test("the answer of a merge has types: a flag is a flag", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(`${T}; CREATE BRANCH b`);
  const [answer] = await main.query("MERGE BRANCH b");
  expect(answer).toContain(false);
  expect(answer).toContain(0n);
});
