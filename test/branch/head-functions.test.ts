/** Functions and macros on branches: a branch's rows in those it inherits, and functions of its own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";
import { MAIN } from "../../src/branch/model.js";
import { World } from "../support/world.js";

const TABLE = "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 10), (2, 20)";
const MACROS = `CREATE MACRO plus(x, y := 5) AS x + y; CREATE MACRO largest() AS (SELECT max(a) FROM t);
  CREATE MACRO rows_of(x) AS TABLE SELECT * FROM t WHERE id = x; CREATE MACRO sum_up(x) AS plus(x) + largest();
  CREATE FUNCTION half(x int) RETURNS int LANGUAGE sql AS 'SELECT $1 / 2';
  CREATE MACRO "Über ""q"" b"(x) AS x || 'ü'`;

test("a macro of main shows the branch's rows", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`${TABLE}; ${MACROS}; CREATE BRANCH b`);
  const b = await open.session("main/b");
  expect(await b.query("SELECT plus(1), plus(1, 2), plus(1, y := 3), half(7), sum_up(1)")).toEqual([
    [6, 3, 4, 3, 26],
  ]);
  await b.query("UPDATE t SET a = 99 WHERE id = 1");
  expect(await b.query("SELECT * FROM rows_of(1)")).toEqual([[1, 99]]);
  expect(await b.query(`SELECT largest(), public.sum_up(1), "Über ""q"" b"('a')`)).toEqual([[99, 105, "aü"]]);
  expect(await main.query("SELECT largest(), sum_up(1)")).toEqual([[20, 26]]);
  await b.query("CREATE VIEW v AS SELECT plus(a) AS x FROM rows_of(1)");
  await b.query("CREATE BRANCH c FROM b; UPDATE t SET a = 7 WHERE id = 1");
  const c = await open.session("main/c");
  expect(await c.query("SELECT x, largest() FROM v")).toEqual([[104, 99]]);
  expect(await b.query("SELECT x, largest() FROM v")).toEqual([[12, 20]]);
});

test("a statement that writes what its macro reads sees the rows as they were", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`${TABLE}; ${MACROS}; CREATE BRANCH b`);
  const b = await open.session("main/b");
  await b.query("UPDATE t SET a = (SELECT a FROM rows_of(2)) + id");
  expect(await b.query("SELECT * FROM t ORDER BY id")).toEqual([
    [1, 21],
    [2, 22],
  ]);
  await b.query("INSERT INTO t SELECT id + 10, largest() FROM t");
  expect(await b.query("SELECT * FROM t WHERE id > 10 ORDER BY id")).toEqual([
    [11, 22],
    [12, 22],
  ]);
  await b.query("DELETE FROM t WHERE a = largest()");
  expect(await b.query("SELECT id FROM t")).toEqual([[1]]);
  expect(await main.query("SELECT count(*)::int, sum(a)::int FROM t")).toEqual([[2, 30]]);
});

test("what main does to its functions later does not reach a branch", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`${TABLE}; ${MACROS}; CREATE SCHEMA app; CREATE MACRO app.three(x) AS x * 3`);
  await main.query("CREATE BRANCH b");
  const b = await open.session("main/b");
  await main.query(`CREATE OR REPLACE MACRO plus(x, y := 500) AS x + y; DROP MACRO largest;
    CREATE OR REPLACE FUNCTION half(x int) RETURNS int LANGUAGE sql AS 'SELECT $1 / 20';
    CREATE OR REPLACE MACRO rows_of(x) AS TABLE SELECT 'changed' AS c; CREATE MACRO later() AS 1;
    DROP SCHEMA app CASCADE; CREATE BRANCH d`);
  expect(await b.query("SELECT plus(1), largest(), half(100), app.three(2), a FROM rows_of(1)")).toEqual([
    [6, 20, 50, 6, 10],
  ]);
  expect(await b.outcome("SELECT later()")).toBe("42883");
  const d = await open.session("main/d");
  expect(await d.query("SELECT plus(1), half(100), later(), c FROM rows_of(1)")).toEqual([
    [501, 5, 1, "changed"],
  ]);
  expect(await d.outcome("SELECT largest()")).toBe("42883");
  expect(await d.outcome("SELECT app.three(2)")).toBe("42883");
});

test("a branch makes, replaces and drops functions of its own", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`${TABLE}; ${MACROS}; CREATE BRANCH b; CREATE BRANCH other`);
  const b = await open.session("main/b");
  const other = await open.session("main/other");
  await b.query("CREATE MACRO mine(x) AS x * 2 + largest()");
  await b.query("CREATE FUNCTION times(x int, y int DEFAULT 3) RETURNS int LANGUAGE sql AS 'SELECT $1 * y'");
  await b.query("CREATE OR REPLACE FUNCTION half(x int) RETURNS int LANGUAGE sql AS 'SELECT $1 / 2 + 1'");
  expect(await b.query("SELECT mine(1), times(2), times(2, 5), half(4)")).toEqual([[22, 6, 10, 3]]);
  expect(await b.outcome("CREATE MACRO mine(x) AS x")).toBe("42723");
  expect(await b.outcome("CREATE MACRO IF NOT EXISTS mine(x) AS x")).toBe("ok");
  expect(await b.outcome("CREATE MACRO wrong(x) AS not_there(x)")).toBe("42883");
  expect(await b.outcome("CREATE MACRO wrong(x) AS (SELECT max(zz) FROM t)")).toBe("42703");
  for (const elsewhere of [main, other]) {
    expect(await elsewhere.outcome("SELECT mine(1)")).toBe("42883");
    expect(await elsewhere.query("SELECT half(4)")).toEqual([[2]]);
  }
  await b.query("CREATE BRANCH c FROM b");
  const c = await open.session("main/c");
  await b.query("DROP MACRO mine; DROP FUNCTION half(int)");
  expect(await b.outcome("SELECT mine(1)")).toBe("42883");
  expect(await b.outcome("SELECT half(4)")).toBe("42883");
  expect(await b.outcome("DROP FUNCTION half(int)")).toBe("42883");
  expect(await b.outcome("DROP FUNCTION IF EXISTS half(int)")).toBe("ok");
  expect(await c.query("SELECT mine(1), half(4)")).toEqual([[22, 3]]);
  expect(await b.outcome("DROP MACRO main.plus")).toBe("42501");
});

test("what a rolled back block made is gone, from what was prepared too", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`${TABLE}; ${MACROS}; CREATE BRANCH b`);
  const b = await open.session("main/b");
  await b.query("CREATE MACRO mine() AS 'before'; PREPARE p AS SELECT mine()");
  expect(await b.query("EXECUTE p")).toEqual([["before"]]);
  await b.query("BEGIN; CREATE OR REPLACE MACRO mine() AS 'inside'");
  expect(await b.query("SELECT mine()")).toEqual([["inside"]]);
  expect(await b.query("EXECUTE p")).toEqual([["inside"]]);
  await b.query("ROLLBACK");
  expect(await b.query("EXECUTE p")).toEqual([["before"]]);
  expect(await b.query("SELECT mine()")).toEqual([["before"]]);
  await b.query("BEGIN; SAVEPOINT s; CREATE MACRO other() AS 1; ROLLBACK TO s");
  expect(await b.outcome("SELECT other()")).toBe("42883");
  await b.query("ROLLBACK");
});

test("of two sessions that make one function the second is told", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query("CREATE BRANCH b");
  const [first, second] = [await open.session("main/b"), await open.session("main/b")];
  await first.query("BEGIN; CREATE MACRO mine() AS 1");
  await second.query("BEGIN; SELECT 1");
  const waiting = second.outcome("CREATE MACRO mine() AS 2; COMMIT");
  await first.query("COMMIT");
  expect(["40001", "42723"]).toContain(await waiting);
  await second.query("ROLLBACK");
  expect(await second.query("SELECT mine()")).toEqual([[1]]);
});

test("functions outlive a restart, and go with their branch", async () => {
  const folder = await mkdtemp(join(tmpdir(), "duckbranch-functions-"));
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }));
  const path = join(folder, "test.duckdb");
  {
    await using world = await World.open(path);
    await using main = await world.connect();
    await main.query(`${TABLE}; ${MACROS}; CREATE BRANCH b`);
    await using b = await world.connect("main/b");
    await b.query("CREATE MACRO mine(x := 4) AS x + largest()");
    await main.query("CREATE OR REPLACE MACRO plus(x, y := 7) AS x + y");
  }
  await using world = await World.open(path);
  await using main = await world.connect();
  await using b = await world.connect("main/b");
  expect(await b.query("SELECT mine(), plus(1)")).toEqual([[24, 6]]);
  await main.query("CREATE BRANCH d");
  await using d = await world.connect("main/d");
  expect(await d.query("SELECT plus(1)")).toEqual([[8]]);
  await main.query("DROP BRANCH b");
  expect(world.context.registry.state.objectsOf(MAIN).filter(({ to }) => to !== null)).toEqual([]);
});

test("a definition that is kept in the file takes no function of a branch, and a merge says what it cannot take along", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`${TABLE}; ${MACROS}; CREATE BRANCH b`);
  const b = await open.session("main/b");
  expect(await b.outcome("CREATE TABLE u (a int DEFAULT plus(1))")).toBe("0A000");
  expect(await b.outcome("CREATE INDEX ON t (plus(a))")).toBe("0A000");
  await b.query("CREATE TABLE u AS SELECT plus(id) AS a FROM t");
  expect(await b.query("SELECT a FROM u ORDER BY a")).toEqual([[6], [7]]);
  expect(await b.outcome("SELECT main.plus(1)")).toBe("0A000");
  expect(await b.query("SELECT main.half(8)")).toEqual([[4]]);
});

test("nor does it take a function of main, but what is evaluated once does", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(
    `${TABLE}; CREATE FUNCTION next(x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT x + 1'`,
  );
  for (const sql of [
    "CREATE TABLE u (a int DEFAULT next(1))",
    "CREATE TABLE u (a int CHECK (next(a) > 1))",
    "CREATE INDEX ON t (next(id))",
    "ALTER TABLE t ADD CHECK (next(id) > 1)",
  ])
    expect(await main.outcome(sql)).toBe("0A000");
  await main.query("CREATE TABLE u AS SELECT next(id) AS a FROM t; INSERT INTO u VALUES (next(4))");
  expect(await main.query("SELECT count(*)::int, max(a) FROM u WHERE a = next(4)")).toEqual([[1, 5]]);
});
