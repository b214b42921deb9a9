/** node-postgres as its users use it. */
import { DatabaseError, Pool, types } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPg } from "../cli/pg-client.js";
import type { TestApp } from "../cli/test-app.js";
import { cancelKeyOf, cancelUntilEnded, requestCancel } from "./cancel.js";
import { HEADS, startAppWithBranch } from "./heads.js";

let app: TestApp;
beforeAll(async () => {
  app = await startAppWithBranch();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

interface TypeCase {
  readonly type: string;
  readonly parameter: unknown;
  /** What node-postgres makes of the answer. */
  readonly result: unknown;
}

const TYPE_CASES: readonly TypeCase[] = [
  { type: "boolean", parameter: true, result: true },
  { type: "smallint", parameter: -32_768, result: -32_768 },
  { type: "int", parameter: 2_147_483_647, result: 2_147_483_647 },
  { type: "bigint", parameter: 9_223_372_036_854_775_807n, result: "9223372036854775807" },
  { type: "real", parameter: 0.1, result: 0.1 },
  { type: "double precision", parameter: -1e300, result: -1e300 },
  { type: "double precision", parameter: Number.POSITIVE_INFINITY, result: Number.POSITIVE_INFINITY },
  { type: "numeric(20,4)", parameter: "1234567890123456.7891", result: "1234567890123456.7891" },
  { type: "text", parameter: "Ünï 'quoted' \\ \"x\" 🦆\n", result: "Ünï 'quoted' \\ \"x\" 🦆\n" },
  { type: "varchar", parameter: "", result: "" },
  { type: "date", parameter: "2024-02-29", result: new Date(2024, 1, 29) },
  { type: "time", parameter: "23:59:59.999999", result: "23:59:59.999999" },
  {
    type: "timestamp",
    parameter: "2024-02-29 12:30:00.123",
    result: new Date(2024, 1, 29, 12, 30, 0, 123),
  },
  {
    type: "timestamptz",
    parameter: new Date("2024-02-29T12:30:00.123Z"),
    result: new Date("2024-02-29T12:30:00.123Z"),
  },
  {
    type: "uuid",
    parameter: "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    result: "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
  },
  {
    type: "bytea",
    parameter: Buffer.from([0, 1, 0xff, 0x5c, 0x27]),
    result: Buffer.from([0, 1, 0xff, 0x5c, 0x27]),
  },
  { type: "json", parameter: { a: [1, "two", null] }, result: { a: [1, "two", null] } },
  { type: "int[]", parameter: [1, null, 3], result: [1, null, 3] },
  { type: "text[]", parameter: ["a", 'b"c', "d,e", null], result: ["a", 'b"c', "d,e", null] },
  { type: "text", parameter: null, result: null },
];

/** Hours of work that no statistics answer. */
const ENDLESS = "SELECT count(*) FROM range(100000000000) r(i) WHERE i % 7 = 3";

describe.each(HEADS)("node-postgres on $title", ({ database, options, firstSql, branch }) => {
  const connect = async (): Promise<Awaited<ReturnType<typeof connectPg>>> => {
    const client = await connectPg(app.address, { database, ...(options === undefined ? {} : { options }) });
    if (firstSql !== undefined) await client.rows(firstSql);
    return client;
  };

  test("is on its branch and sees the table there", async () => {
    await using client = await connect();
    expect(await client.value("SHOW branch")).toBe(branch);
    expect(await client.value("SELECT current_branch()")).toBe(branch);
    expect(await client.rows("SELECT * FROM cities ORDER BY id")).toEqual([
      [1, "Graz", "127.57"],
      [2, "Wien", "414.78"],
    ]);
  });

  test.each(TYPE_CASES)(
    "gives and takes $type as parameter $parameter",
    async ({ type, parameter, result }) => {
      await using client = await connect();
      expect(await client.value(`SELECT $1::${type}`, [parameter])).toEqual(result);
    },
  );

  test("gives every type the same in a simple query and from a table it was stored in", async () => {
    await using client = await connect();
    const columns = TYPE_CASES.map(({ type }, i) => `c${i} ${type}`);
    await client.rows(`CREATE TEMP TABLE kept (${columns.join(", ")})`);
    const holes = TYPE_CASES.map((_, i) => `$${i + 1}`);
    await client.rows(
      `INSERT INTO kept VALUES (${holes.join(", ")})`,
      TYPE_CASES.map(({ parameter }) => parameter),
    );
    const { rows } = await client.pg.query({ text: "SELECT * FROM kept", rowMode: "array" });
    expect(rows).toEqual([TYPE_CASES.map(({ result }) => result)]);
  });

  test("names the types of columns by PostgreSQL's numbers", async () => {
    await using client = await connect();
    const { fields } = await client.pg.query(
      "SELECT id, name, area, now() AS at, id > 1 AS is_big FROM cities",
    );
    const { INT4, TEXT, NUMERIC, TIMESTAMPTZ, BOOL } = types.builtins;
    expect(fields.map(({ name, dataTypeID }) => [name, dataTypeID])).toEqual([
      ["id", INT4],
      ["name", TEXT],
      ["area", NUMERIC],
      ["at", TIMESTAMPTZ],
      ["is_big", BOOL],
    ]);
  });

  test("commits what a transaction wrote, and nothing of one that is rolled back", async () => {
    await using client = await connect();
    await client.rows("BEGIN");
    const { rowCount, command } = await client.pg.query("INSERT INTO cities (id, name) VALUES ($1, $2)", [
      10,
      "Linz",
    ]);
    expect([rowCount, command]).toEqual([1, "INSERT"]);
    await client.rows("ROLLBACK");
    expect(await client.value("SELECT count(*)::INT FROM cities WHERE id = 10")).toBe(0);
    await client.rows("BEGIN");
    expect(
      await client.value("INSERT INTO cities (id, name) VALUES ($1, $2) RETURNING name", [10, "Linz"]),
    ).toBe("Linz");
    await client.rows("COMMIT");
    await using other = await connect();
    expect(await other.value("SELECT name FROM cities WHERE id = $1", [10])).toBe("Linz");
    expect((await client.pg.query("DELETE FROM cities WHERE id = 10")).rowCount).toBe(1);
  });

  test("reports errors with their code, and a failed block refuses until it ends", async () => {
    await using client = await connect();
    await expect(client.rows("SELECT * FROM no_such")).rejects.toMatchObject({
      code: "42P01",
      position: "15",
    });
    await expect(client.rows("INSERT INTO cities (id, name) VALUES (1, 'again')")).rejects.toMatchObject({
      code: "23505",
    });
    await expect(client.rows("INSERT INTO cities (id, name) VALUES (11, NULL)")).rejects.toMatchObject({
      code: "23502",
    });
    await expect(client.rows("SELECT $1::INT", ["x"])).rejects.toMatchObject({ code: "22P02" });
    await expect(client.rows("SELEC 1")).rejects.toBeInstanceOf(DatabaseError);
    await client.rows("BEGIN");
    await expect(client.rows("SELECT * FROM no_such")).rejects.toMatchObject({ code: "42P01" });
    await expect(client.rows("SELECT 1")).rejects.toMatchObject({ code: "25P02" });
    expect((await client.pg.query("COMMIT")).command).toBe("ROLLBACK");
    expect(await client.value("SELECT 1")).toBe(1);
  });

  test.each([
    ["a simple query", []],
    ["a prepared query", [500_000]],
  ])("fails when a row behind many good ones cannot be computed: %s", async (_, values) => {
    await using client = await connect();
    const bad = values.length === 0 ? "500000" : "$1::INT";
    const sql = `SELECT (CASE WHEN i = ${bad} THEN 'x' ELSE '1' END)::INT FROM range(1000000) r(i)`;
    await expect(client.rows(sql, values)).rejects.toMatchObject({ code: expect.stringMatching(/^22/) });
    await client.rows("BEGIN");
    await expect(client.rows(sql, values)).rejects.toMatchObject({ code: expect.stringMatching(/^22/) });
    await expect(client.rows("SELECT 1")).rejects.toMatchObject({ code: "25P02" });
    await client.rows("ROLLBACK");
    await expect(client.rows(`COPY (${sql.replace(bad, "500000")}) TO STDOUT`)).rejects.toMatchObject({
      code: expect.stringMatching(/^22/),
    });
    expect(await client.value("SELECT 1")).toBe(1);
  });

  test("runs several statements of one text and gives each its result", async () => {
    await using client = await connect();
    const results: unknown = await client.pg.query(
      "SELECT 1 AS a; SELECT 2 AS b, 3 AS c; SELECT 4 WHERE false",
    );
    expect(results).toMatchObject([{ rows: [{ a: 1 }] }, { rows: [{ b: 2, c: 3 }] }, { rows: [] }]);
  });

  test("reuses named statements after the table changed under them", async () => {
    await using client = await connect();
    const byId = (id: number) =>
      client.pg.query({ name: "by-id", text: "SELECT name FROM cities WHERE id = $1", values: [id] });
    expect((await byId(1)).rows).toEqual([{ name: "Graz" }]);
    await client.rows("UPDATE cities SET name = 'Gratz' WHERE id = 1");
    expect((await byId(1)).rows).toEqual([{ name: "Gratz" }]);
    await client.rows("UPDATE cities SET name = 'Graz' WHERE id = 1");
    expect((await byId(1)).rows).toEqual([{ name: "Graz" }]);
    expect((await byId(99)).rows).toEqual([]);
  });

  test("serves a pool of clients at a time", async () => {
    const pool = new Pool({ ...app.address, user: "tester", database, options, max: 4 });
    try {
      const asked = Array.from({ length: 40 }, (_, i) => pool.query("SELECT $1::INT * 2 AS n", [i]));
      const answers = await Promise.all(asked);
      expect(answers.map(({ rows }) => rows)).toEqual(asked.map((_, i) => [{ n: i * 2 }]));
    } finally {
      await pool.end();
    }
  });

  test("stops a statement when another connection cancels it, and goes on", async () => {
    await using client = await connect();
    const endless = client.rows(ENDLESS);
    await cancelUntilEnded(app.address, cancelKeyOf(client.pg), endless);
    await expect(endless).rejects.toMatchObject({ code: "57014" });
    expect(await client.value("SELECT 1")).toBe(1);
  });

  test("goes on after a cancel request at any moment of a statement", async () => {
    await using client = await connect();
    const key = cancelKeyOf(client.pg);
    const codes = new Set<unknown>();
    for (let i = 0; i < 40; i++) {
      // The request and the statement are on their way together: either may be first, at any step.
      const request = requestCancel(app.address, key);
      const statement = client.rows("SELECT count(*) FROM cities, range(20000) WHERE id = $1", [i]);
      const code = await statement.then(
        () => "done",
        (error: unknown) => (error instanceof DatabaseError ? error.code : error),
      );
      await request;
      codes.add(code);
      expect(await client.value("SELECT name FROM cities WHERE id = 1")).toBe("Graz");
    }
    expect(["done", "57014"]).toEqual(expect.arrayContaining([...codes]));
  });

  test("stops a statement at statement_timeout", async () => {
    await using client = await connect();
    await client.rows("SET statement_timeout = '50ms'");
    await expect(client.rows(ENDLESS)).rejects.toMatchObject({ code: "57014" });
    await client.rows("RESET statement_timeout");
    expect(await client.value("SELECT 1")).toBe(1);
  });
});

describe("node-postgres", () => {
  test("gives up at query_timeout; the server ends what nobody waits for", async () => {
    // A server of its own: closing it waits for all that runs.
    const own = await startAppWithBranch();
    {
      await using client = await connectPg(own.address, { database: "main", query_timeout: 100 });
      await expect(client.rows(ENDLESS)).rejects.toThrow("Query read timeout");
    }
    await own[Symbol.asyncDispose]();
  });

  test("is refused on a branch that does not exist, and on a database that does not", async () => {
    await expect(connectPg(app.address, "main/nowhere")).rejects.toMatchObject({ code: "3D000" });
    await expect(connectPg(app.address, "mian")).rejects.toMatchObject({ code: "3D000" });
    const options = "-c branch=nowhere";
    await expect(connectPg(app.address, { database: "main", options })).rejects.toMatchObject({
      code: "3D000",
    });
  });
});
