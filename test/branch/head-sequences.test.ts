/** Sequences and schemas on branches: a branch's own, those it inherits, and what main does to them later. */
import { expect, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";

const MAINS = `CREATE SEQUENCE s; CREATE SEQUENCE tens START 100 INCREMENT 10; CREATE SCHEMA app; CREATE SEQUENCE app.q;
  CREATE TABLE t (id serial PRIMARY KEY, a int); INSERT INTO t (a) VALUES (1)`;

test("all heads draw from a sequence that they share: no value comes twice", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`${MAINS}; SELECT nextval('s'); CREATE BRANCH b`);
  const b = await open.session("main/b");
  expect(await b.query("SELECT nextval('s'), nextval('public.s'), nextval('app.q')")).toEqual([[2n, 3n, 1n]]);
  expect(await main.query("SELECT nextval('s')")).toEqual([[4n]]);
  expect(await b.query("SELECT currval('s'), lastval()")).toEqual([[3n, 1n]]);
  expect(await b.query("INSERT INTO t (a) VALUES (2) RETURNING id")).toEqual([[2]]);
  expect(await main.query("INSERT INTO t (a) VALUES (2) RETURNING id")).toEqual([[3]]);
  await b.query("MERGE BRANCH b");
  expect(await main.query("SELECT id FROM t ORDER BY id")).toEqual([[1], [2], [3]]);
});

test("a branch makes, sets, alters and drops sequences of its own", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`${MAINS}; CREATE BRANCH b; CREATE BRANCH other`);
  const b = await open.session("main/b");
  const other = await open.session("main/other");
  await b.query(`CREATE SEQUENCE mine START 5; CREATE SEQUENCE "Über ""q"; CREATE SEQUENCE app.mine`);
  await other.query("CREATE SEQUENCE mine START 900");
  expect(
    await b.query(
      `SELECT nextval('mine'), nextval('public.mine'), nextval('"Über ""q"'), nextval('app.mine')`,
    ),
  ).toEqual([[5n, 6n, 1n, 1n]]);
  expect(await b.query("SELECT currval('mine'), last_value FROM mine")).toEqual([[6n, 6n]]);
  expect(await main.outcome("SELECT nextval('mine')")).toBe("42P01");
  for (const taken of ["mine", "s", "t"]) expect(await b.outcome(`CREATE SEQUENCE ${taken}`)).toBe("42P07");
  expect(await b.outcome("CREATE SEQUENCE IF NOT EXISTS mine")).toBe("ok");
  await b.query("CREATE TABLE d (id int PRIMARY KEY DEFAULT nextval('mine'), a int)");
  expect(await b.query("INSERT INTO d (a) VALUES (1), (2) RETURNING id")).toEqual([[7], [8]]);
  await b.query("ALTER SEQUENCE mine RESTART WITH 20");
  expect(await b.query("INSERT INTO d (a) VALUES (3) RETURNING id")).toEqual([[20]]);
  await b.query("SELECT setval('mine', 50)");
  expect(await b.query("SELECT nextval('mine')")).toEqual([[51n]]);
  expect(await b.outcome("DROP SEQUENCE mine")).toBe("2BP01");
  expect(await b.outcome("DROP SEQUENCE t_id_seq")).toBe("2BP01");
  expect(await other.query("SELECT nextval('mine')")).toEqual([[900n]]);
  expect(await b.outcome("BEGIN; CREATE SEQUENCE gone; ROLLBACK; SELECT nextval('gone')")).toBe("42P01");
});

test("what a child branch reads goes on when its parent drops it and makes another", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`${MAINS}; CREATE BRANCH b`);
  const b = await open.session("main/b");
  await b.query("CREATE SEQUENCE mine; SELECT nextval('mine'); CREATE BRANCH c FROM b");
  const c = await open.session("main/c");
  await b.query(
    "DROP SEQUENCE mine; DROP SEQUENCE s; CREATE SEQUENCE mine START 1000; CREATE SEQUENCE s START 77",
  );
  expect(await b.query("SELECT nextval('mine'), nextval('s')")).toEqual([[1000n, 77n]]);
  expect(await c.query("SELECT nextval('mine'), nextval('s')")).toEqual([[2n, 1n]]);
  expect(await main.query("SELECT nextval('s')")).toEqual([[2n]]);
  await main.query("DROP BRANCH c; DROP BRANCH b");
});

test("a sequence that main drops goes on for the branches that were made before", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`${MAINS}; SELECT nextval('tens'); SELECT nextval('app.q'); CREATE BRANCH b`);
  const b = await open.session("main/b");
  await main.query("DROP SEQUENCE s; DROP SEQUENCE tens; CREATE SEQUENCE s START 500; CREATE SEQUENCE later");
  await main.query("DROP SCHEMA app CASCADE; CREATE BRANCH d");
  expect(await b.query("SELECT nextval('s'), nextval('tens'), nextval('app.q')")).toEqual([[1n, 110n, 2n]]);
  expect(await b.query("SELECT currval('tens')")).toEqual([[110n]]);
  expect(await main.query("SELECT nextval('s')")).toEqual([[500n]]);
  expect(await b.outcome("SELECT nextval('later')")).toBe("42P01");
  const d = await open.session("main/d");
  expect(await d.query("SELECT nextval('s'), nextval('later')")).toEqual([[501n, 1n]]);
  expect(await d.outcome("SELECT nextval('tens')")).toBe("42P01");
  expect(await d.outcome("SELECT nextval('app.q')")).toBe("42P01");
  await main.query("DROP BRANCH d; DROP BRANCH b");
  using connection = await open.world.context.registry.database.connect("data");
  expect(
    await connection.rows("SELECT 1 AS one FROM duckdb_sequences() WHERE schema_name = 'duckbranch_store'"),
  ).toEqual([]);
});

test("a branch makes and drops schemas", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(
    `${MAINS}; CREATE TABLE app.t (id int PRIMARY KEY); INSERT INTO app.t VALUES (1); CREATE BRANCH b`,
  );
  const b = await open.session("main/b");
  await b.query(`CREATE SCHEMA own; CREATE TABLE own.t (id int PRIMARY KEY); INSERT INTO own.t VALUES (7);
    CREATE VIEW own.v AS SELECT id + 1 AS n FROM own.t; CREATE TYPE own.hue AS ENUM ('r'); CREATE MACRO own.two(x) AS x * 2`);
  expect(await b.query("SELECT n, 'r'::own.hue, own.two(4) FROM own.v")).toEqual([[8, "r", 8]]);
  expect(await b.outcome("CREATE SCHEMA own")).toBe("42P06");
  expect(await b.outcome("CREATE SCHEMA IF NOT EXISTS app")).toBe("ok");
  expect(await b.outcome("CREATE TABLE nowhere.t (a int)")).toBe("3F000");
  expect(await main.outcome("SELECT * FROM own.t")).toBe("42P01");
  await main.query("CREATE BRANCH c FROM b");
  const c = await open.session("main/c");
  expect(await b.outcome("DROP SCHEMA own")).toBe("2BP01");
  await b.query("DROP SCHEMA own CASCADE; DROP SCHEMA app CASCADE");
  expect(await b.outcome("SELECT * FROM own.t")).toBe("42P01");
  expect(await b.outcome("SELECT * FROM app.t")).toBe("42P01");
  expect(await b.outcome("SELECT own.two(1)")).toBe("42883");
  expect(await b.outcome("CREATE TABLE app.u (a int)")).toBe("3F000");
  expect(await b.outcome("DROP SCHEMA app")).toBe("3F000");
  expect(await c.query("SELECT n, 'r'::own.hue, own.two(4) FROM own.v, app.t")).toEqual([[8, "r", 8]]);
  expect(await main.query("SELECT id FROM app.t")).toEqual([[1]]);
  await b.query(
    "SET search_path = own, public; CREATE SCHEMA own; CREATE TABLE t2 (a int); INSERT INTO own.t2 VALUES (3)",
  );
  expect(await b.query("SELECT a FROM t2")).toEqual([[3]]);
});
