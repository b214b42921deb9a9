/** PostgreSQL's meaning of expressions where it must survive its statement: views, checks, defaults, parameters. */
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../cli/test-app.js";
import { World } from "../support/world.js";

let world: World;

beforeAll(async () => {
  world = await World.open();
  await using session = await world.connect();
  await session.query(`
    CREATE TABLE "a b" (a int, b int CHECK (100 / b > 2), c int DEFAULT (7 / 2), q int GENERATED ALWAYS AS (a / b));
    INSERT INTO "a b" (a, b) VALUES (7, 2), (NULL, 3);
    CREATE VIEW halves AS SELECT a / b AS h, a % b AS r, a / (b - 2) AS never FROM "a b";
    CREATE VIEW likes AS SELECT 'a_c' LIKE 'a\\_c' AS y, substring('abc' FROM 2) AS s;
    CREATE BRANCH one; CREATE BRANCH two FROM one`);
});

afterAll(async () => await world[Symbol.asyncDispose]());

describe.each(["main", "main/one", "main/two"])("on %s", (database) => {
  test("views divide as their maker's session does", async () => {
    await using session = await world.connect(database);
    expect(await session.query("SELECT h, r FROM halves ORDER BY h")).toEqual([
      [3, 1],
      [null, null],
    ]);
    expect(await session.outcome("SELECT never FROM halves")).toBe("22012");
    expect(await session.query("SELECT never FROM halves WHERE h IS NULL")).toEqual([[null]]);
    expect(await session.query("SELECT y, s FROM likes")).toEqual([[true, "bc"]]);
  });

  test("checks, defaults and generated columns divide so", async () => {
    await using session = await world.connect(database);
    await session.query(`BEGIN; INSERT INTO "a b" (a, b) VALUES (9, 4)`);
    expect(await session.query(`SELECT c, q FROM "a b" WHERE a = 9`)).toEqual([[3, 2]]);
    expect(await session.outcome(`INSERT INTO "a b" (a, b) VALUES (1, 0)`)).toBe("22012");
    await session.query("ROLLBACK");
    expect(await session.outcome(`INSERT INTO "a b" (a, b) VALUES (1, 60)`)).toBe("23514");
  });

  test("what DuckDB's own dialect says", async () => {
    await using session = await world.connect(database);
    expect(await session.query(`FROM "a b" SELECT a / b, a // b WHERE a = 7`)).toEqual([[3, 3]]);
    expect(await session.outcome(`FROM "a b" SELECT a / (b - b)`)).toBe("22012");
  });
});

describe("parameters", () => {
  let app: TestApp;
  let client: Client;

  beforeAll(async () => {
    app = await startTestApp();
    client = new Client({ ...app.address, user: "tester", database: "main" });
    await client.connect();
    await client.query("CREATE TABLE n (v numeric, s text, arr int[])");
  });

  afterAll(async () => {
    await client.end();
    await app[Symbol.asyncDispose]();
  });

  test.each<[string, unknown[], unknown]>([
    ["SELECT $1::int / $2::int AS x", [7, 2], 3],
    ["SELECT 7 / $1 AS x", [2], 3],
    ["SELECT $1::float8 / 2 AS x", [7], 3.5],
    ["SELECT 'a_c' LIKE $1 AS x", ["a\\_c"], true],
    ["SELECT 'abc' LIKE $1 AS x", ["a\\_c"], false],
    ["SELECT 'abc' ~ $1 AS x", ["^a.c$"], true],
    ["SELECT length($1) AS x", ["four"], 4],
    ["SELECT 3 = ANY ($1::int[]) AS x", ["{1,3}"], true],
    ["INSERT INTO n (v) VALUES ($1) RETURNING v AS x", ["1.2345"], "1.2345"],
    ["SELECT $1::numeric AS x", ["1.10"], "1.10"],
    ["SELECT CAST($1 AS numeric) AS x", ["0.00000000000000000010"], "0.00000000000000000010"],
    ["SELECT $1::numeric AS x", ["123456789012345678901234567890.5"], "123456789012345678901234567890.5"],
    ["SELECT $1::numeric * 2.50 AS x", ["1.5"], "3.750"],
    ["SELECT $1::numeric AS x", [null], null],
    ["SELECT '-1 day +23:59:59'::interval = $1 AS x", ["-1 s"], true],
    ["SELECT $1::float8::numeric AS x", ["0.30000000000000004"], "0.3"],
  ])("%s", async (text, values, expected) => {
    const { rows } = await client.query<{ x: unknown }>(text, values);
    expect(rows).toEqual([{ x: expected }]);
  });

  test("a value of a declared type is cast to PostgreSQL's text", async () => {
    await client.query(
      "PREPARE told(numeric, interval) AS SELECT $1::text, CAST($1 AS text) AS c, $2::text AS i",
    );
    const { rows } = await client.query("EXECUTE told('-0.50', '-1 day 23:59:59')");
    expect(rows).toEqual([{ text: "-0.50", c: "-0.50", i: "-1 days +23:59:59" }]);
  });

  test("a value keeps its own digits in a cast, however often the statement is run", async () => {
    const query = { name: "own", text: "SELECT $1::numeric AS x" };
    for (const value of ["1.5", "0.000000000012", "7", "1.50"]) {
      const { rows } = await client.query<{ x: string }>({ ...query, values: [value] });
      expect(rows).toEqual([{ x: value }]);
    }
  });

  test.each(["INSERT INTO n (v) VALUES ($1::numeric)", "UPDATE n SET v = $1::numeric"])(
    "%s refuses digits that the column cannot keep",
    async (text) => {
      await expect(client.query(text, ["0.0000000001"])).rejects.toMatchObject({ code: "0A000" });
    },
  );

  test.each<[string, unknown[]]>([
    ["SELECT $1::int / $2::int", [1, 0]],
    ["SELECT 1 % $1::int", [0]],
    ["SELECT $1::float8 / 0", [1]],
  ])("%s divides by zero", async (text, values) => {
    await expect(client.query(text, values)).rejects.toMatchObject({
      code: "22012",
      message: "division by zero",
    });
  });
});

function chain(count: number): string {
  return `SELECT 1${" / b".repeat(count)} FROM (SELECT 1 AS b) AS one`;
}

test("a chain of divisions does not grow beyond reason", async () => {
  await using session = await world.connect();
  expect(await session.query(chain(6))).toEqual([[1]]);
  expect(await session.query(chain(30))).toEqual([[1]]);
  const nested = `SELECT (1 / b) / (1 / b)${" / (1 / b)".repeat(7)} FROM (SELECT 1 AS b) AS one`;
  expect(await session.query(nested)).toEqual([[1]]);
  const many = Array.from({ length: 300 }, () => "1 / b").join(", ");
  expect((await session.query(`SELECT ${many} FROM (SELECT 1 AS b) AS one`))[0]).toHaveLength(300);
  expect(await session.query(`SELECT 1${" / 1".repeat(40)}`)).toEqual([[1]]);
});
