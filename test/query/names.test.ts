/** Names that could lead around the registry, and names that must mean what the session's head says. */
import { expect, test } from "vitest";
import { World } from "../support/world.js";

async function code(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "none";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "unknown";
  }
}

test("a write through a catalogue's name is refused, on main and on a branch", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query("CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1); CREATE BRANCH b");
  await using branch = await world.connect("main/b");
  for (const session of [main, branch]) {
    for (const name of ["duckbranch_db.t", "duckbranch_db.main.t", "memory.t", "memory.main.t", "system.t"]) {
      expect(await code(session.query(`INSERT INTO ${name} VALUES (2)`)), name).toMatch(/0A000|42P01/);
      expect(await code(session.query(`DELETE FROM ${name}`)), name).toMatch(/0A000|42P01/);
      expect(await code(session.query(`SELECT * FROM ${name}`)), name).toMatch(/0A000|42P01/);
    }
  }
  expect(await branch.query("SELECT id FROM t")).toEqual([[1]]);
  expect(await main.query("SELECT id FROM t")).toEqual([[1]]);
});

test("a write under a search path is preserved for pins like any other", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query("CREATE SCHEMA sales; CREATE TABLE sales.t (id INTEGER); CREATE TABLE u (id INTEGER)");
  await main.query(
    "INSERT INTO sales.t VALUES (1); INSERT INTO u VALUES (1); CREATE BRANCH b; SET search_path = sales",
  );
  await main.query("UPDATE t SET id = 2");
  expect(await code(main.query("UPDATE u SET id = 2"))).toBe("42P01");
  await main.query("SET search_path = sales, public; UPDATE u SET id = 2; CREATE TABLE made (id INTEGER)");
  await using branch = await world.connect("main/b");
  expect(await branch.query("SELECT t.id, u.id FROM sales.t AS t, u")).toEqual([[1, 1]]);
  expect(await main.query("SELECT t.id, u.id FROM t, u")).toEqual([[2, 2]]);
  expect(await main.query("SELECT count(*) FROM sales.made")).toEqual([[0n]]);
});

test("a rolled-back temporary table no longer hides a table of the head", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query("CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1); CREATE BRANCH b; USE BRANCH b");
  await main.query("BEGIN; CREATE TEMP TABLE t (id INTEGER); INSERT INTO t VALUES (7)");
  expect(await main.query("SELECT id FROM t")).toEqual([[7]]);
  await main.query("ROLLBACK");
  expect(await main.query("SELECT id FROM t")).toEqual([[1]]);
  expect(await code(main.query("CREATE TABLE temp.x (id INTEGER)"))).toBe("0A000");
  expect(await main.query("SELECT count(*) FROM duckbranch.branch_tables")).toEqual([[0n]]);
});

test("nothing of the head main is reached by a name that is missing on the branch", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query("CREATE BRANCH b; CREATE TABLE later (id INTEGER); INSERT INTO later VALUES (1)");
  await using branch = await world.connect("main/b");
  for (const statement of [
    "SELECT * FROM later",
    "SELECT * FROM public.later",
    "INSERT INTO later VALUES (2)",
    "UPDATE later SET id = 2",
    "DELETE FROM later",
    "TRUNCATE later",
    "DROP TABLE later",
    "ALTER TABLE later ADD COLUMN x INTEGER",
    "CREATE INDEX i ON later (id)",
    "MERGE INTO later USING (SELECT 1 AS id) AS s ON later.id = s.id WHEN MATCHED THEN DELETE",
    "COPY later FROM STDIN",
    "WITH later2 AS (SELECT 1) SELECT * FROM later",
    "SELECT (SELECT max(id) FROM later)",
    "EXPLAIN SELECT * FROM later",
    "FROM later",
    "CREATE TABLE c AS SELECT * FROM later",
    "CREATE VIEW v AS SELECT * FROM later",
  ]) {
    expect(await code(branch.query(statement)), statement).toMatch(/42P01|0A000/);
  }
  expect(await branch.query("SELECT id FROM main.later")).toEqual([[1]]);
  expect(await main.query("SELECT id FROM later")).toEqual([[1]]);
});

test("a macro of main that reads tables reads the branch's on a branch", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(
    "CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1); CREATE MACRO top() AS (SELECT max(id) FROM t)",
  );
  await main.query(
    "CREATE MACRO everything() AS TABLE SELECT * FROM t; CREATE BRANCH b; UPDATE t SET id = 5",
  );
  await using branch = await world.connect("main/b");
  expect(await main.query("SELECT top()")).toEqual([[5]]);
  expect(await branch.query("SELECT top()")).toEqual([[1]]);
  await branch.query("INSERT INTO t VALUES (2)");
  expect(await branch.query("SELECT id, top() FROM everything() ORDER BY id")).toEqual([
    [1, 2],
    [2, 2],
  ]);
});

test("a write that could not be read for certain is refused on a branch", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query("CREATE TABLE t (id INTEGER); CREATE BRANCH b");
  await using branch = await world.connect("main/b");
  for (const statement of [
    "INSERT INTO t SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('t')",
  ]) {
    expect(await code(branch.query(statement)), statement).toBe("0A000");
  }
  expect(await main.query("SELECT count(*) FROM t")).toEqual([[0n]]);
});

test("a rowid given by value does not choose a row on a branch, one the statement reads itself does", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(
    "CREATE TABLE t (v INTEGER); INSERT INTO t VALUES (1), (1), (2); DELETE FROM t WHERE v = 2; CREATE BRANCH b",
  );
  await using branch = await world.connect("main/b");
  for (const condition of [
    "rowid = 0",
    "0 = rowid",
    "t.rowid IN (0, 1)",
    "rowid BETWEEN 0 AND 1",
    '"rowid" > 0',
  ]) {
    expect(await code(branch.query(`DELETE FROM t WHERE ${condition}`)), condition).toBe("0A000");
  }
  await branch.query("DELETE FROM t WHERE rowid IN (SELECT min(rowid) FROM t)");
  expect(await branch.query("SELECT v FROM t")).toEqual([[1]]);
});

test("numbers in a conflict report keep all their digits", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(
    "CREATE TABLE t (id BIGINT PRIMARY KEY, v DECIMAL(30, 2)); INSERT INTO t VALUES (9007199254740993, 1); CREATE BRANCH b",
  );
  await using branch = await world.connect("main/b");
  await branch.query("UPDATE t SET v = 12345678901234567890.12");
  await main.query("UPDATE t SET v = 2");
  const [row] = await main.query("MERGE BRANCH b USING manual");
  expect(row?.at(-1)).toContain('"pk":{"id":9007199254740993}');
  expect(row?.at(-1)).toContain('"v":12345678901234567890.12}');
});

test("a branch that was named in the database's name is the database that the catalogue speaks of", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query("CREATE TABLE t (id int PRIMARY KEY); CREATE BRANCH x; INSERT INTO t VALUES (1)");
  for (const database of ["main/x", "main@x"]) {
    await using branch = await world.connect(database);
    const named = async (sql: string): Promise<unknown> => await branch.query(sql.replace("$db", database));
    expect(await named("SELECT current_database()")).toEqual([[database]]);
    // As Sequelize looks for tables.
    expect(
      await named(`SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'
        AND table_type LIKE '%TABLE' AND table_catalog = '$db'`),
    ).toEqual([["t"]]);
    expect(
      await named(
        `SELECT constraint_name FROM information_schema.table_constraints WHERE constraint_catalog = '$db'`,
      ),
    ).toEqual([["t_pkey"]]);
    expect(await named("SELECT count(*)::int FROM pg_database WHERE datname = current_database()")).toEqual([
      [1],
    ]);
    expect(await named("SELECT datname FROM pg_stat_activity WHERE pid = pg_backend_pid()")).toEqual([
      [database],
    ]);
    // What says the database before the schema is the branch's, and not main's.
    expect(await named('SELECT count(*)::int FROM "$db".public.t')).toEqual([[0]]);
    expect(await named(`SELECT '"$db".public.t'::regclass = 't'::regclass`)).toEqual([[true]]);
  }
  expect(await main.query("SELECT current_database()")).toEqual([["main"]]);
});
