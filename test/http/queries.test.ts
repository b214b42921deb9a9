/** Queries and writes over HTTP: what they may do, and how values look. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { failure, type HttpApp, listsOf, rowsOf, startHttpApp } from "./http-app.js";

let app: HttpApp;

beforeAll(async () => {
  app = await startHttpApp();
  await app.write(`
    CREATE TABLE products (id int PRIMARY KEY, name text, price numeric(10,2));
    INSERT INTO products VALUES (1, 'one', 9.90), (2, 'two', 20);
    CREATE SEQUENCE numbers`);
  await app.write("CREATE BRANCH pricing");
  await app.write('CREATE BRANCH "a ""b"" Über/c"');
});

afterAll(async () => await app[Symbol.asyncDispose]());

describe("a query", () => {
  test("gives columns with types, rows as objects and the time it took", async () => {
    const { status, json } = await app.post("/v1/query", {
      sql: "SELECT id, price FROM products WHERE id = $1",
      params: [1],
    });
    expect(status).toBe(200);
    expect(json).toEqual({
      columns: [
        { name: "id", type: "int4" },
        { name: "price", type: "numeric(10,2)" },
      ],
      rows: [{ id: 1, price: 9.9 }],
      execution_time_ms: expect.any(Number),
    });
  });

  test.each([
    ["DELETE FROM products", "400 VALIDATION_ERROR 25006"],
    ["WITH gone AS (DELETE FROM products RETURNING id) SELECT * FROM gone", "400 VALIDATION_ERROR 25006"],
    ["CREATE TABLE other (id int)", "400 VALIDATION_ERROR 25006"],
    ["EXPLAIN ANALYZE DELETE FROM products", "400 VALIDATION_ERROR 25006"],
    ["SELECT nextval('numbers')", "400 VALIDATION_ERROR 25006"],
    ["COPY products FROM STDIN", "400 VALIDATION_ERROR 25006"],
    ["COPY products TO STDOUT", "400 VALIDATION_ERROR 0A000"],
    ["SELECT branch_create('other')", "400 VALIDATION_ERROR 25001"],
    ["DROP BRANCH pricing", "400 VALIDATION_ERROR 25001"],
    ["SELECT 1; DELETE FROM products", "400 VALIDATION_ERROR 42601"],
    ["COMMIT; DELETE FROM products", "400 VALIDATION_ERROR 42601"],
    ["", "400 VALIDATION_ERROR 42601"],
    ["SELECT FROM WHERE", "400 VALIDATION_ERROR 42601"],
    ["SELECT * FROM nothing", "400 VALIDATION_ERROR 42P01"],
    ["SELECT 1/0", "400 VALIDATION_ERROR 22012"],
    ["SELECT 1 AS a, 2 AS a", "400 VALIDATION_ERROR 42701"],
  ])("refuses %j", async (sql, expected) => {
    expect(failure(await app.post("/v1/query", { sql }))).toBe(expected);
    expect(failure(await app.post("/v1/branches/pricing/query", { sql }))).toBe(expected);
    expect(await app.rows("SELECT count(*) AS count FROM products")).toEqual([{ count: 2 }]);
  });

  test("leaves a transaction that it ends by itself behind it", async () => {
    for (const sql of ["BEGIN", "START TRANSACTION READ WRITE", "COMMIT", "END", "ROLLBACK"])
      expect(failure(await app.post("/v1/query", { sql }))).toBe("400 VALIDATION_ERROR 0A000");
    expect(rowsOf(await app.post("/v1/query", { sql: "SET TRANSACTION READ WRITE" }))).toEqual([]);
    expect(failure(await app.post("/v1/query", { sql: "DELETE FROM products" }))).toContain("25006");
  });

  test("with two columns of a name gives rows as lists", async () => {
    const answer = await app.post("/v1/query", { sql: "SELECT 1 AS a, 'x' AS a", row_format: "array" });
    expect(listsOf(answer)).toEqual([[1, "x"]]);
  });
});

describe("values", () => {
  test.each([
    ["9007199254740991::bigint", 9007199254740991],
    ["9007199254740993::bigint", "9007199254740993"],
    ["(-9223372036854775808)::bigint", "-9223372036854775808"],
    ["0.1::numeric(38,20)", 0.1],
    ["0.123456789012345678::numeric(38,20)", "0.12345678901234567800"],
    ["'NaN'::double precision", "NaN"],
    ["'-Infinity'::real", "-Infinity"],
    ["1e300::double precision", 1e300],
    ["true", true],
    ["NULL::int", null],
    ["timestamp '2025-01-02 03:04:05.678901'", "2025-01-02T03:04:05.678901"],
    ["timestamptz '2025-01-02 03:04:05+02'", "2025-01-02T01:04:05+00:00"],
    ["date '2025-01-02'", "2025-01-02"],
    ["'\\x00ff'::bytea", "\\x00ff"],
    ["ARRAY[1, 9007199254740993]", [1, "9007199254740993"]],
    ["ARRAY[ARRAY['a\"b'], ARRAY[NULL]]", [['a"b'], [null]]],
    ["'{\"a\":\n [1, null]}'::json", { a: [1, null] }],
    ["'10.0.0.1'::inet", "10.0.0.1"],
    ["interval '1 day 2 hours'", "1 day 02:00:00"],
    ["'line\nbreak \"quote\" Über'", 'line\nbreak "quote" Über'],
  ])("%s", async (sql, expected) => {
    expect(await app.rows(`SELECT ${sql} AS value`)).toEqual([{ value: expected }]);
  });

  test.each([
    ["int", 5, 5],
    ["bigint", "9007199254740993", "9007199254740993"],
    ["numeric(10,2)", 1.5, 1.5],
    ["text", "'; DROP TABLE products; --", "'; DROP TABLE products; --"],
    ["boolean", false, false],
    ["text", null, null],
    ["int[]", [1, null, 3], [1, null, 3]],
    ["text[]", ['a"b\\c', "{x,y}", "NULL", null], ['a"b\\c', "{x,y}", "NULL", null]],
    ["jsonb", { a: [1, "x"] }, { a: [1, "x"] }],
    ["jsonb", [1, 2], [1, 2]],
    ["timestamptz", "2025-01-02T03:04:05Z", "2025-01-02T03:04:05+00:00"],
  ])("as parameters of type %s: %j", async (type, given, expected) => {
    expect(await app.rows(`SELECT $1::${type} AS value`, [given])).toEqual([{ value: expected }]);
  });

  test.each([
    ["SELECT $1::int", ["x"], "400 VALIDATION_ERROR 22P02"],
    ["SELECT $1::int", [[1]], "400 VALIDATION_ERROR 22P02"],
    ["SELECT $1::text", [{}], "400 VALIDATION_ERROR 22P02"],
    ["SELECT $1::int", [1, 2], "400 VALIDATION_ERROR 08P01"],
    ["SELECT $1::int, $2::int", [1], "400 VALIDATION_ERROR 08P01"],
  ])("%s with %j is refused", async (sql, params, expected) => {
    expect(failure(await app.post("/v1/query", { sql, params }))).toBe(expected);
  });

  test("a number with more digits than a double has is refused before it is another", async () => {
    for (const number of ["9007199254740993", "0.1234567890123456789", "1e400"]) {
      const answer = await app.post("/v1/query", `{"sql": "SELECT $1::numeric", "params": [${number}]}`);
      expect(failure(answer)).toBe("400 VALIDATION_ERROR");
    }
    const kept = await app.post(
      "/v1/query",
      '{"sql": "SELECT $1::text AS \\"123456789012345678901\\"", "params": [0.30000000000000004]}',
    );
    expect(rowsOf(kept)).toEqual([{ "123456789012345678901": "0.30000000000000004" }]);
  });
});

describe("a write", () => {
  test("says what each statement did", async () => {
    const { json } = await app.post("/v1/branches/pricing/write", {
      sql: "INSERT INTO products VALUES (3, 'three', 30) RETURNING id; UPDATE products SET price = price + 1; DELETE FROM products WHERE id = 3",
    });
    expect(json).toEqual({
      rows_affected: 5,
      statements: [
        { command: "INSERT 0 1", rows_affected: 1, rows: [{ id: 3 }] },
        { command: "UPDATE 3", rows_affected: 3 },
        { command: "DELETE 1", rows_affected: 1 },
      ],
      execution_time_ms: expect.any(Number),
    });
    const answer = await app.post("/v1/branches/pricing/query", {
      sql: "SELECT price FROM products ORDER BY id",
    });
    expect(rowsOf(answer)).toEqual([{ price: 10.9 }, { price: 21 }]);
    expect(await app.rows("SELECT price FROM products ORDER BY id")).toEqual([{ price: 9.9 }, { price: 20 }]);
  });

  test.each([
    [
      "INSERT INTO products VALUES (7, 'seven', 7); INSERT INTO products VALUES (1, 'again', 1)",
      "409 CONFLICT 23505",
    ],
    ["INSERT INTO products VALUES (7, 'seven', 7); SELECT 1/0", "400 VALIDATION_ERROR 22012"],
    ["INSERT INTO products VALUES (7, 'seven', 7); COMMIT", "400 VALIDATION_ERROR 0A000"],
    ["BEGIN; INSERT INTO products VALUES (7, 'seven', 7)", "400 VALIDATION_ERROR 0A000"],
    ["INSERT INTO products VALUES (7, 'seven', 7); CREATE BRANCH other", "400 VALIDATION_ERROR 25001"],
    [
      "INSERT INTO products VALUES (7, 'seven', 7); SELECT n, repeat('x', 1000) FROM range(10000) AS r(n)",
      "400 VALIDATION_ERROR 54000",
    ],
    [
      "INSERT INTO products VALUES (7, 'seven', 7); UPDATE main.products SET price = 0; ",
      "403 FORBIDDEN 42501",
    ],
  ])("%j happens not at all", async (sql, expected) => {
    expect(failure(await app.post("/v1/branches/pricing/write", { sql }))).toBe(expected);
    const answer = await app.post("/v1/branches/pricing/query", {
      sql: "SELECT 1 FROM products WHERE id = 7",
    });
    expect(rowsOf(answer)).toEqual([]);
  });

  test("binds parameters of one statement, and takes none beside several", async () => {
    const one = await app.post("/v1/branches/pricing/write", {
      sql: "UPDATE products SET name = $1 WHERE id = $2",
      params: ["'); DROP TABLE products; --", 1],
    });
    expect(one.json).toMatchObject({ rows_affected: 1 });
    const two = await app.post("/v1/branches/pricing/write", { sql: "SELECT $1; SELECT $1", params: [1] });
    expect(failure(two)).toBe("400 VALIDATION_ERROR 42601");
  });

  test("reads odd names of branches, and their ids", async () => {
    const name = encodeURIComponent('a "b" Über/c');
    await app.write("UPDATE products SET name = 'odd'", 'a "b" Über/c');
    const [row] = await app.rows("SELECT branch_id FROM duckbranch.branches WHERE name = $1", [
      'a "b" Über/c',
    ]);
    for (const branch of [name, String(row?.["branch_id"])]) {
      const answer = await app.post(`/v1/branches/${branch}/query`, {
        sql: "SELECT DISTINCT name FROM products",
      });
      expect(rowsOf(answer)).toEqual([{ name: "odd" }]);
    }
    expect(failure(await app.post("/v1/branches/nothing/query", { sql: "SELECT 1" }))).toBe(
      "404 NOT_FOUND 3D000",
    );
    expect(failure(await app.post("/v1/branches/new/query", { sql: "SELECT 1" }))).toBe(
      "404 NOT_FOUND 3D000",
    );
    expect(failure(await app.post("/v1/query", { sql: "SELECT 1", database: "main/new" }))).toBe(
      "404 NOT_FOUND 3D000",
    );
    expect(failure(await app.post("/v1/query", { sql: "SELECT 1", database: "mian" }))).toBe(
      "404 NOT_FOUND 3D000",
    );
  });
});
