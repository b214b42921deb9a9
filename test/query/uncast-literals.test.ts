/** Texts without a cast that DuckDB would make another value of than PostgreSQL does. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { World } from "../support/world.js";

describe.each(["main", "main/b"])("a literal without a cast, on %s", (database) => {
  let world: World;
  beforeAll(async () => {
    world = await World.open();
    await using session = await world.connect();
    await session.query("CREATE TABLE t (id int, i int, s text, n numeric(5,1), d date, m timestamp)");
    await session.query("CREATE BRANCH b");
  });
  afterAll(async () => await world[Symbol.asyncDispose]());

  test.each(["1.5", "1e3", "0x10", " -2. "])("'%s' is no whole number", async (text) => {
    await using session = await world.connect(database);
    expect(await session.outcome(`INSERT INTO t (id, i) VALUES (1, '${text}')`)).toBe("22P02");
    expect(await session.outcome(`UPDATE t SET i = '${text}'`)).toBe("22P02");
    await session.query(`BEGIN; INSERT INTO t (s) VALUES ('${text}')`);
    expect(await session.query("SELECT s FROM t")).toEqual([[text]]);
    await session.query("ROLLBACK");
  });

  test("is a number with its digits where the column has them, and a date before Christ", async () => {
    await using session = await world.connect(database);
    await session.query(
      "BEGIN; INSERT INTO t (n, d, m, s) VALUES ('1.5', '0044-03-15 BC', '0001-01-01 10:00:00 BC', 'x BC')",
    );
    expect(await session.query("SELECT n::text, year(d), year(m), s FROM t")).toEqual([
      ["1.5", -43n, 0n, "x BC"],
    ]);
    await session.query("ROLLBACK");
  });
});

test("a moment without seconds may have a zone", async () => {
  await using world = await World.open();
  await using session = await world.connect();
  await session.query(`SET TimeZone = 'UTC'; CREATE TABLE m (z timestamptz, t timestamp, k timetz, s text)`);
  const texts = ["2020-01-01 00:00+00", "2020-01-01T07:30-05", "2020-01-01 7:30Z", "2020-01-01 13:00+05:30"];
  for (const text of texts)
    await session.query(`INSERT INTO m VALUES ('${text}', '${text}', '10:00+02', '${text}')`);
  expect(await session.query("SELECT z::text, t::text, k::text, s FROM m")).toEqual([
    ["2020-01-01 00:00:00+00", "2020-01-01 00:00:00", "10:00:00+02", texts[0]],
    ["2020-01-01 12:30:00+00", "2020-01-01 07:30:00", "10:00:00+02", texts[1]],
    ["2020-01-01 07:30:00+00", "2020-01-01 07:30:00", "10:00:00+02", texts[2]],
    ["2020-01-01 07:30:00+00", "2020-01-01 13:00:00", "10:00:00+02", texts[3]],
  ]);
  expect(await session.query("SELECT count(*)::int FROM m WHERE z = '2020-01-01 12:30+00'")).toEqual([[1]]);
});

describe("what cannot be a statement", () => {
  test.each([
    ["SELECT $99999999999", "42P02"],
    ["SELECT $0", "42P02"],
    [`SELECT '${"{".repeat(5000)}${"}".repeat(5000)}'::int[]`, "54000"],
  ])("is refused, and the session goes on (%#)", async (sql, code) => {
    await using world = await World.open();
    await using session = await world.connect();
    expect(await session.outcome(sql)).toBe(code);
    expect(await session.query("SELECT 1")).toEqual([[1]]);
  });
});
