/** Enums, composite types and domains on branches: inherited as they were, and a branch's own. */
import { expect, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";

const TYPES = `CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE pair AS (x int, y text);
  CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE SCHEMA app; CREATE TYPE app.hue AS ENUM ('r', 'g')`;

test("a branch has the types that main had when it was made", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`${TYPES}; CREATE TABLE t (id int PRIMARY KEY, m mood); INSERT INTO t VALUES (1, 'sad')`);
  await main.query("CREATE BRANCH b");
  const b = await open.session("main/b");
  await main.query(`DROP TABLE t; DROP TYPE mood; CREATE TYPE mood AS ENUM ('other'); CREATE TYPE later AS ENUM ('l');
    DROP TYPE pair; DROP DOMAIN positive; DROP SCHEMA app CASCADE`);
  expect(
    await b.query("SELECT 'sad'::mood, 'ok'::public.mood, (row(1, 'a')::pair).y, 5::positive, 'r'::app.hue"),
  ).toEqual([["sad", "ok", "a", 5, "r"]]);
  expect(await b.query("SELECT m FROM t")).toEqual([["sad"]]);
  expect(await b.outcome("SELECT 'other'::mood")).toBe("22P02");
  expect(await b.outcome("SELECT 0::positive")).toBe("23514");
  expect(await b.outcome("SELECT 'l'::later")).toBe("42704");
  await b.query("CREATE TABLE u (id int PRIMARY KEY, m mood, p pair, n positive)");
  await b.query("INSERT INTO u VALUES (1, 'ok', '(3,b)', 4)");
  expect(await b.query("SELECT m, (p).x, n FROM u")).toEqual([["ok", 3, 4]]);
  expect(await b.outcome("INSERT INTO u VALUES (2, 'other', NULL, 1)")).toBe("22P02");
  expect(await b.outcome("INSERT INTO u VALUES (2, 'ok', NULL, -1)")).toBe("23514");
  expect(await main.query("SELECT 'other'::mood")).toEqual([["other"]]);
});

test("a branch makes and drops types of its own", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`${TYPES}; CREATE BRANCH b; CREATE BRANCH other`);
  const b = await open.session("main/b");
  const other = await open.session("main/other");
  await b.query(`CREATE TYPE color AS ENUM ('red', 'green'); CREATE TYPE "P ""t" AS ("a b" int, c color);
    CREATE DOMAIN small AS int CHECK (VALUE < 10) DEFAULT 3; CREATE DOMAIN tiny AS small CHECK (VALUE < 5);
    CREATE TABLE u (id int PRIMARY KEY, c color, p "P ""t", d small, e tiny, cs color[])`);
  await b.query(
    "INSERT INTO u VALUES (1, 'red', row(1, 'green'), 4, 2, '{red,green}'); INSERT INTO u (id) VALUES (2)",
  );
  expect(await b.query(`SELECT c, (p)."a b", d, e, cs[2] FROM u ORDER BY id`)).toEqual([
    ["red", 1, 4, 2, "green"],
    [null, null, 3, 3, null],
  ]);
  expect(await b.outcome("INSERT INTO u (id, e) VALUES (3, 8)")).toBe("23514");
  expect(await b.outcome("CREATE TYPE mood AS ENUM ('x')")).toBe("42710");
  await main.query("CREATE BRANCH c FROM b");
  const c = await open.session("main/c");
  expect(await b.outcome("DROP TYPE color")).toBe("2BP01");
  await b.query(
    `DROP TABLE u; DROP TYPE "P ""t"; DROP TYPE color; DROP DOMAIN tiny; DROP DOMAIN small; DROP TYPE mood`,
  );
  for (const session of [b, main, other]) expect(await session.outcome("SELECT 'red'::color")).toBe("42704");
  expect(await b.outcome("SELECT 'sad'::mood")).toBe("42704");
  expect(await other.query("SELECT 'sad'::mood")).toEqual([["sad"]]);
  expect(await c.query("SELECT 'green'::color, c, e FROM u WHERE id = 1")).toEqual([["green", "red", 2]]);
  await b.query("CREATE TYPE mood AS ENUM ('new')");
  expect(await b.query("SELECT 'new'::mood")).toEqual([["new"]]);
});

test("what a rolled back block made is gone", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query("CREATE BRANCH b");
  const b = await open.session("main/b");
  await b.query("BEGIN; CREATE TYPE mood AS ENUM ('q'); CREATE TABLE t (a mood); INSERT INTO t VALUES ('q')");
  expect(await b.query("SELECT a FROM t")).toEqual([["q"]]);
  await b.query("ROLLBACK");
  expect(await b.outcome("SELECT 'q'::mood")).toBe("42704");
  expect(await b.outcome("SELECT a FROM t")).toBe("42P01");
});

test("types and indexes are dropped with CASCADE beside branches whose tables draw from sequences", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(
    "CREATE TYPE mood AS ENUM ('a'); CREATE TABLE t (id serial PRIMARY KEY, n int); CREATE INDEX ix ON t (n)",
  );
  await main.query("CREATE BRANCH b");
  const b = await open.session("main/b");
  await b.query(
    "INSERT INTO t (n) VALUES (1); CREATE TABLE own (id serial, m mood); INSERT INTO own (m) VALUES ('a')",
  );
  await main.query("DROP TYPE mood CASCADE; DROP INDEX ix CASCADE");
  expect(await main.outcome("SELECT 'a'::mood")).toBe("42704");
  await b.query("INSERT INTO t (n) VALUES (2); INSERT INTO own (m) VALUES ('a')");
  expect(await b.query("SELECT count(*)::int, (SELECT string_agg(m::text, '') FROM own) FROM t")).toEqual([
    [2, "aa"],
  ]);
});
