/** The TypeScript client: the tutorial as a program, values, failures, rows as they come. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DuckbranchClient, DuckbranchError } from "../../src/client/index.js";
import { walkTutorial } from "../../src/client/tutorial.js";
import { type HttpApp, startHttpApp } from "./http-app.js";

let app: HttpApp;
let client: DuckbranchClient;

beforeAll(async () => {
  app = await startHttpApp();
  client = new DuckbranchClient({ url: app.url });
});

afterAll(async () => await app[Symbol.asyncDispose]());

async function failureOf(call: Promise<unknown>): Promise<DuckbranchError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof DuckbranchError) return error;
    throw error;
  }
  throw new Error("nothing failed");
}

test("walks the tutorial", async () => {
  const lines: string[] = [];
  await walkTutorial(client, (line) => lines.push(line));
  expect(lines).toEqual([
    expect.stringMatching(/^branch pricing-experiment in branch_/),
    'branch {"name":"plan 3","price":34.5,"tier":"premium"}',
    'branch {"name":"plan 6","price":69,"tier":"premium"}',
    'main {"name":"plan 3","price":30,"tier":"standard"}',
    'main {"name":"plan 6","price":60,"tier":"standard"}',
    expect.stringMatching(/^impact .*"order_count":\d+,"projected_revenue":/),
    expect.stringMatching(/^impact /),
    "merge merged: 1 table, 2 rows",
    'conflict in customers: 1 row, {"customer_id":7}',
    'conflict in products: 1 row, {"product_id":3}',
    "resolved: merged",
    ...Array<string>(6).fill("update products"),
    "half-price changed products",
    "half-price discarded",
    "pricing-review merged",
    "pricing-experiment merged",
  ]);
  const undone = await client.branches.undo("pricing-experiment", { strategy: "main_wins" });
  expect(undone.status).toBe("undone");
});

test("binds values of JavaScript's types", async () => {
  const params = [2n ** 62n, new Date(0), [1, null], { a: [1n, "x"] }, Number.NaN, "quote ' \""];
  const sql =
    "SELECT $1::bigint AS big, $2::timestamptz AS time, $3::int[] AS list, $4::jsonb AS doc, $5::float8 AS nan, $6 AS text";
  expect(await client.query(sql, { params })).toEqual([
    {
      big: "4611686018427387904",
      time: "1970-01-01T00:00:00+00:00",
      list: [1, null],
      doc: { a: ["1", "x"] },
      nan: "NaN",
      text: "quote ' \"",
    },
  ]);
});

describe("rows", () => {
  test("come one by one, and stop when they are not wanted any more", async () => {
    let rows = 0;
    for await (const row of client.stream<{ readonly n: number }>("SELECT n FROM range(100000000) AS r(n)")) {
      expect(row.n).toBe(rows);
      if (++rows === 5_000) break;
    }
    // What the server did for them has ended: nothing keeps its place.
    expect(await client.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  test("that break off are a failure, with what the server said", async () => {
    let rows = 0;
    const read = async (): Promise<void> => {
      for await (const _ of client.stream("SELECT n, 1 / (900000 - n) AS x FROM range(1000000) AS r(n)"))
        rows++;
    };
    const error = await failureOf(read());
    expect([error.status, error.code, error.sqlstate]).toEqual([0, "VALIDATION_ERROR", "22000"]);
    expect(rows).toBeGreaterThan(0);
  });

  test("stop by a signal", async () => {
    const abort = new AbortController();
    const read = async (): Promise<void> => {
      for await (const _ of client.stream("SELECT n FROM range(100000000) AS r(n)", { signal: abort.signal }))
        abort.abort();
    };
    await expect(read()).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
  });
});

test("failures say what the server said", async () => {
  const error = await failureOf(client.query("SELECT * FROM nothing"));
  expect([error.status, error.code, error.sqlstate]).toEqual([400, "VALIDATION_ERROR", "42P01"]);
  expect(error.message).toBe('relation "nothing" does not exist');
  expect(error.requestId).toMatch(/^[\da-f-]{36}$/);
  const unknown = await failureOf(client.branches.get("nothing"));
  expect([unknown.status, unknown.code, unknown.sqlstate]).toEqual([404, "NOT_FOUND", "3D000"]);
  const late = await failureOf(client.query("SELECT pg_sleep(30)", { timeoutMs: 50 }));
  expect([late.status, late.code]).toEqual([504, "TIMEOUT"]);
  const nobody = await failureOf(new DuckbranchClient({ url: "http://127.0.0.1:1" }).query("SELECT 1"));
  expect([nobody.status, nobody.code]).toEqual([0, "UNREACHABLE"]);
});

test("a merge does what its preview has shown, or nothing", async () => {
  const { branches } = client;
  await client.write(
    "CREATE TABLE shown (id int PRIMARY KEY, v int); INSERT INTO shown VALUES (1, 1), (2, 2)",
  );
  await branches.create({ name: "planned" });
  await branches.write("planned", "UPDATE shown SET v = 3 WHERE id = 1");
  await client.write("UPDATE shown SET v = 4 WHERE id = 1");
  const { tables } = await branches.preview("planned");
  expect(tables).toMatchObject([
    { table: "shown", conflicts: { row_count: 1, rows: [{ pk: { id: 1 }, base_value: { id: 1, v: 1 } }] } },
  ]);
  const { token } = await branches.preview("planned", { strategy: "branch_wins" });
  await branches.write("planned", "INSERT INTO shown VALUES (5, 5)");
  const options = { strategy: "branch_wins", token: token ?? "" } as const;
  expect(await failureOf(branches.merge("planned", options))).toMatchObject({ sqlstate: "40001" });
  const cells = {
    granularity: "cell",
    exceptions: { "schema:public": "main_wins", "column:shown.v": "branch_wins" },
  } as const;
  const again = await branches.preview("planned", cells);
  const merged = await branches.merge("planned", { ...cells, token: again.token ?? "" });
  expect(merged).toMatchObject({ status: "merged", rows_affected: 2 });
  expect(await client.query("SELECT v FROM shown ORDER BY id")).toEqual([{ v: 3 }, { v: 2 }, { v: 5 }]);
});

test("renames and protects a branch, and says whose it is", async () => {
  const { branches } = client;
  await branches.create({ name: "kept" });
  expect(await branches.grants("kept")).toMatchObject({ access: "open", grants: [] });
  expect((await branches.rename("kept", 'k "2"')).name).toBe('k "2"');
  expect((await branches.protect('k "2"')).protected).toBe(true);
  expect(await failureOf(branches.discard('k "2"'))).toMatchObject({ status: 409, sqlstate: "55000" });
  expect((await branches.unprotect('k "2"')).protected).toBe(false);
  await branches.grant('k "2"', "read", 'an"n');
  expect(await branches.grant('k "2"', "write", "public")).toMatchObject({
    access: "private",
    grants: [
      { grantee: 'an"n', privilege: "read" },
      { grantee: "public", privilege: "write" },
    ],
  });
  await branches.revoke('k "2"', "read", 'an"n');
  expect(await branches.revoke('k "2"', "write", "public")).toMatchObject({ access: "private", grants: [] });
  expect(await branches.setAccess('k "2"', "open")).toMatchObject({ access: "open", grants: [] });
  await branches.discard('k "2"');
});
