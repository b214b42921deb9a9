/** postgres.js as its users use it: prepared by default, pipelined, with types asked of the server. */
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestApp } from "../cli/test-app.js";
import { HEADS, startAppWithBranch } from "./heads.js";

let app: TestApp;
beforeAll(async () => {
  app = await startAppWithBranch();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

const UUID = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";

describe.each(HEADS)("postgres.js on $title", ({ database, options, firstSql, branch }) => {
  /** One connection, so that SET holds for all that follows. */
  const connect = async (): Promise<postgres.Sql & AsyncDisposable> => {
    const connection = options === undefined ? {} : { options };
    const sql = postgres({
      ...app.address,
      user: "tester",
      database,
      connection,
      max: 1,
      onnotice: () => {},
    });
    if (firstSql !== undefined) await sql.unsafe(firstSql);
    return Object.assign(sql, { [Symbol.asyncDispose]: async () => await sql.end() });
  };

  test("is on its branch and sees the table there", async () => {
    await using sql = await connect();
    expect(await sql`SHOW branch`).toEqual([{ branch }]);
    expect(await sql`SELECT id, name, area FROM cities WHERE id <= ${2} ORDER BY id`).toEqual([
      { id: 1, name: "Graz", area: "127.57" },
      { id: 2, name: "Wien", area: "414.78" },
    ]);
  });

  test("gives and takes values of every type", async () => {
    await using sql = await connect();
    const day = new Date("2024-02-29T12:30:00.123Z");
    const [row] = await sql`SELECT ${true}::boolean AS b, ${7}::smallint AS s, ${-8}::int AS i,
      ${"9223372036854775807"}::bigint AS l, ${0.5}::real AS r, ${1e-7}::double precision AS d, ${"12.3400"}::numeric(10,4) AS n,
      ${"Ünï 🦆"}::text AS t, ${day}::timestamptz AS tz, ${"2024-02-29"}::date AS day, ${UUID}::uuid AS u,
      ${Buffer.from([0, 255])}::bytea AS bytes, ${sql.json({ a: [1, null] })}::json AS j, ${null}::text AS nothing`;
    expect(row).toEqual({
      b: true,
      s: 7,
      i: -8,
      l: "9223372036854775807",
      r: 0.5,
      d: 1e-7,
      n: "12.3400",
      t: "Ünï 🦆",
      tz: day,
      day: new Date("2024-02-29"),
      u: UUID,
      bytes: Buffer.from([0, 255]),
      j: { a: [1, null] },
      nothing: null,
    });
  });

  test("gives and takes arrays", async () => {
    await using sql = await connect();
    const [row] = await sql`SELECT ${[1, 2, 3]}::int[] AS numbers, ${["a", 'b"c']}::text[] AS texts`;
    expect(row).toEqual({ numbers: [1, 2, 3], texts: ["a", 'b"c'] });
    expect(await sql`SELECT id FROM cities WHERE id = ANY(${[2, 99]}::int[])`).toEqual([{ id: 2 }]);
    expect(await sql`SELECT id FROM cities WHERE name IN ${sql(["Graz", "Bonn"])}`).toEqual([{ id: 1 }]);
  });

  test("inserts objects and gives back what was stored", async () => {
    await using sql = await connect();
    const rows = [
      { id: 20, name: "Linz" },
      { id: 21, name: "Wels" },
    ];
    const stored = await sql`INSERT INTO cities ${sql(rows)} RETURNING id, name`;
    expect(stored).toEqual(rows);
    expect(stored.count).toBe(2);
    const changed = await sql`UPDATE cities SET ${sql({ name: "Linz an der Donau" })} WHERE id = ${20}`;
    expect([changed.command, changed.count]).toEqual(["UPDATE", 1]);
    expect(await sql`DELETE FROM cities WHERE id >= 20 RETURNING name`).toHaveLength(2);
  });

  test("commits a transaction, and undoes one whose code throws", async () => {
    await using sql = await connect();
    await sql.begin(async (transaction) => {
      await transaction`INSERT INTO cities (id, name) VALUES (30, 'Steyr')`;
      expect(await transaction`SELECT name FROM cities WHERE id = 30`).toEqual([{ name: "Steyr" }]);
    });
    const failing = sql.begin(async (transaction) => {
      await transaction`DELETE FROM cities WHERE id = 30`;
      throw new Error("changed my mind");
    });
    await expect(failing).rejects.toThrow("changed my mind");
    expect(await sql`DELETE FROM cities WHERE id = 30 RETURNING name`).toEqual([{ name: "Steyr" }]);
  });

  test("runs statements sent without waiting, in order", async () => {
    await using sql = await connect();
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => sql`SELECT ${i}::int AS i`));
    expect(answers.map(([row]) => row)).toEqual(answers.map((_, i) => ({ i })));
  });

  test("runs several statements of one unsafe text", async () => {
    await using sql = await connect();
    const results: unknown = await sql.unsafe(
      "SELECT 1 AS a; SELECT 'x' AS b, 2 AS c; SELECT 3 AS d WHERE false",
    );
    expect(results).toEqual([[{ a: 1 }], [{ b: "x", c: 2 }], []]);
  });

  test("reads a large result in portions", async () => {
    await using sql = await connect();
    let sum = 0;
    const sizes: number[] = [];
    for await (const rows of sql`SELECT i::int AS i FROM range(2500) r(i)`.cursor(1000)) {
      sizes.push(rows.length);
      for (const { i } of rows) sum += Number(i);
    }
    expect([sizes, sum]).toEqual([[1000, 1000, 500], 3_123_750]);
  });

  test("reports errors with their code, and goes on", async () => {
    await using sql = await connect();
    await expect(sql`SELECT * FROM no_such`).rejects.toMatchObject({ code: "42P01" });
    await expect(sql`INSERT INTO cities (id, name) VALUES (1, 'x')`).rejects.toMatchObject({ code: "23505" });
    await expect(sql`SELECT ${"x"}::text::int`).rejects.toMatchObject({ code: "22P02" });
    expect(await sql`SELECT 1 AS one`).toEqual([{ one: 1 }]);
  });

  test("cancels a statement whose rows are on their way, and goes on", async () => {
    await using sql = await connect();
    const endless = sql`SELECT i::int % 10 AS i FROM range(100000000000) r(i)`;
    let rows = 0;
    const reading = endless.forEach(() => {
      if (rows++ === 0) endless.cancel();
    });
    await expect(reading).rejects.toMatchObject({ code: "57014" });
    expect(rows).toBeGreaterThan(0);
    expect(await sql`SELECT 1 AS one`).toEqual([{ one: 1 }]);
  });
});
