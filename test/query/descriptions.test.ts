/** A description is remembered only for as long as it is true. */
import { expect, test } from "vitest";
import { Database } from "../../src/engine/database.js";
import { readAll } from "../../src/query/results.js";
import { World, type TestSession } from "../support/world.js";

const SETUP = `CREATE TABLE t (id INTEGER, v TEXT); CREATE VIEW w AS SELECT id FROM t; CREATE MACRO m(x) AS x;
  CREATE SCHEMA s; CREATE TABLE s.t (other DATE)`;

async function shapeOf(session: TestSession, text: string): Promise<string> {
  const [statement] = await session.session.parse(text);
  if (statement === undefined) throw new Error("no statement");
  const { columns } = await session.session.describe(statement, []);
  return (columns ?? []).map(({ name, type }) => `${name} ${String(type)}`).join(", ");
}

interface Change {
  readonly what: string;
  readonly text: string;
  readonly sql: string;
  readonly before: string;
  readonly after: string;
}

/** Changes any session can make, seen by the one that described before. */
const shared: readonly Change[] = [
  {
    what: "a column added",
    text: "SELECT * FROM t WHERE id = $1",
    sql: "ALTER TABLE t ADD COLUMN more BOOLEAN",
    before: "id INTEGER, v VARCHAR",
    after: "id INTEGER, v VARCHAR, more BOOLEAN",
  },
  {
    what: "another column type",
    text: "SELECT id FROM t",
    sql: "ALTER TABLE t ALTER id TYPE BIGINT",
    before: "id INTEGER",
    after: "id BIGINT",
  },
  {
    what: "a view replaced",
    text: "SELECT * FROM w",
    sql: "CREATE OR REPLACE VIEW w AS SELECT v FROM t",
    before: "id INTEGER",
    after: "v VARCHAR",
  },
  {
    what: "a macro replaced",
    text: "SELECT m(1) AS a",
    sql: "CREATE OR REPLACE MACRO m(x) AS 'text'",
    before: "a INTEGER",
    after: "a VARCHAR",
  },
  {
    what: "a table dropped and made again",
    text: "SELECT * FROM t",
    sql: "DROP VIEW w; DROP TABLE t; CREATE TABLE t (z DATE)",
    before: "id INTEGER, v VARCHAR",
    after: "z DATE",
  },
];

/** Changes that only the session itself sees. */
const own: readonly Change[] = [
  {
    what: "a temporary table in front",
    text: "SELECT * FROM t",
    sql: "CREATE TEMP TABLE t (mine TIMESTAMP)",
    before: "id INTEGER, v VARCHAR",
    after: "mine TIMESTAMP",
  },
  {
    what: "another search path",
    text: "SELECT * FROM t",
    sql: "SET search_path = s",
    before: "id INTEGER, v VARCHAR",
    after: "other DATE",
  },
  {
    what: "a change not committed yet",
    text: "SELECT * FROM t",
    sql: "BEGIN; ALTER TABLE t ADD COLUMN more BOOLEAN",
    before: "id INTEGER, v VARCHAR",
    after: "id INTEGER, v VARCHAR, more BOOLEAN",
  },
];

test.each(shared)("after $what by another session", async ({ text, sql, before, after }) => {
  await using world = await World.open();
  await using session = await world.connect();
  await session.query(SETUP);
  await using other = await world.connect();
  expect([await shapeOf(session, text), await shapeOf(session, text)]).toEqual([before, before]);
  await other.query(sql);
  expect([await shapeOf(session, text), await shapeOf(other, text)]).toEqual([after, after]);
});

test.each([...shared, ...own])("after $what by the session itself", async ({ text, sql, before, after }) => {
  await using world = await World.open();
  await using session = await world.connect();
  await session.query(SETUP);
  expect([await shapeOf(session, text), await shapeOf(session, text)]).toEqual([before, before]);
  await session.query(sql);
  expect(await shapeOf(session, text)).toBe(after);
});

test("a change rolled back, on main and on a branch", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(`${SETUP}; CREATE BRANCH b`);
  await using branch = await world.connect("main/b");
  for (const session of [main, branch]) {
    const before = await shapeOf(session, "SELECT * FROM t");
    await session.query("BEGIN; ALTER TABLE t ADD COLUMN more BOOLEAN");
    expect(await shapeOf(session, "SELECT * FROM t")).toBe(`${before}, more BOOLEAN`);
    await session.query("ROLLBACK");
    expect(await shapeOf(session, "SELECT * FROM t")).toBe(before);
  }
});

test("a branch's own table and main's keep their own descriptions", async () => {
  await using world = await World.open();
  await using session = await world.connect();
  await session.query(`${SETUP}; CREATE BRANCH b`);
  const main = "id INTEGER, v VARCHAR";
  expect(await shapeOf(session, "SELECT * FROM t")).toBe(main);
  await session.query("USE BRANCH b; ALTER TABLE t ADD COLUMN more BOOLEAN");
  expect(await shapeOf(session, "SELECT * FROM t")).toBe(`${main}, more BOOLEAN`);
  await session.query("USE BRANCH main");
  expect(await shapeOf(session, "SELECT * FROM t")).toBe(main);
});

test("a stream takes what DuckDB makes several statements of, and fails as DuckDB does", async () => {
  await using database = await Database.open({ path: ":memory:" });
  using connection = await database.connect("data");
  await connection.run("CREATE TABLE p AS SELECT range AS n, 'k' || range % 2 AS k FROM range(4)");
  const stream = await connection.stream("PIVOT p ON k USING sum(n)");
  expect(stream.columns.map(({ name }) => name)).toEqual(["k0", "k1"]);
  expect((await readAll(stream)).map((chunk) => chunk.getRows().map(String))).toEqual([["2,4"]]);
  await expect(connection.stream("SELEC 1")).rejects.toMatchObject({ code: "42601" });
  await expect(connection.stream("SELECT * FROM nowhere")).rejects.toMatchObject({ code: "42P01" });
});

test("chunks of a stream stay as they are when the next ones are fetched", async () => {
  await using database = await Database.open({ path: ":memory:" });
  using connection = await database.connect("data");
  const stream = await connection.stream(
    "SELECT range AS n, 'a text longer than twelve ' || range AS t FROM range(9000)",
  );
  const rows = (await readAll(stream)).flatMap((chunk) => chunk.getRows());
  expect(rows).toEqual(Array.from({ length: 9000 }, (_, i) => [BigInt(i), `a text longer than twelve ${i}`]));
});
