/** The tutorial "Branch-Based Exploration" over HTTP, and what else can be done with branches there. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { conflicts } from "../../src/http/branch-schemas.js";
import { failure, type HttpApp, rowsOf, startHttpApp } from "./http-app.js";

let app: HttpApp;

beforeAll(async () => {
  app = await startHttpApp();
  await app.write(`
    CREATE TABLE products (product_id int PRIMARY KEY, name text, category text, tier text, price numeric(10,2));
    CREATE TABLE customers (customer_id int PRIMARY KEY, credit_limit numeric(10,2));
    CREATE TABLE "odd, table" (id int PRIMARY KEY)`);
  await app.write(`
    INSERT INTO products SELECT n, 'plan ' || n, CASE WHEN n % 2 = 0 THEN 'enterprise' ELSE 'starter' END, 'standard', n * 10
      FROM generate_series(1, 6) AS s(n);
    INSERT INTO customers SELECT n, 1000 FROM generate_series(1, 9) AS s(n)`);
});

afterAll(async () => await app[Symbol.asyncDispose]());

function ofRow(id: number): object {
  return {
    products: [{ key: { product_id: id }, strategy: "branch_wins" }],
    customers: "main_wins",
  };
}

describe("the tutorial", () => {
  test("creates, queries, writes, compares, merges", async () => {
    const created = await app.post("/v1/branches", {
      name: "pricing-experiment",
      description: "Testing new pricing tiers before applying to production",
      agent_id: "pricing-agent",
      ttl_hours: 24,
    });
    expect(created.status).toBe(201);
    expect(created.json).toMatchObject({
      branch_id: expect.stringMatching(/^[\da-f]{12}$/),
      name: "pricing-experiment",
      schema_name: expect.stringMatching(/^branch_/),
      agent_id: "pricing-agent",
      status: "active",
      parent: "main",
      modified_tables: [],
    });
    const path = "/v1/branches/pricing-experiment";
    const written = await app.post(`${path}/write`, {
      sql: "UPDATE products SET price = price * 1.15, tier = 'premium' WHERE category = 'enterprise'",
    });
    expect(written.json).toMatchObject({ rows_affected: 3 });
    const sql = "SELECT price, tier FROM products WHERE category = 'enterprise' ORDER BY price";
    expect(rowsOf(await app.post(`${path}/query`, { sql }))).toEqual([
      { price: 23, tier: "premium" },
      { price: 46, tier: "premium" },
      { price: 69, tier: "premium" },
    ]);
    expect(await app.rows(sql)).toEqual([20, 40, 60].map((price) => ({ price, tier: "standard" })));
    const impact = await app.post(`${path}/query`, {
      sql: `SELECT p.category, SUM(p.price) AS projected, SUM(main_p.price) AS current FROM products p
            JOIN main.products main_p ON p.product_id = main_p.product_id GROUP BY p.category ORDER BY p.category`,
    });
    expect(rowsOf(impact)).toEqual([
      { category: "enterprise", projected: 138, current: 120 },
      { category: "starter", projected: 90, current: 90 },
    ]);
    expect((await app.get(path)).json).toMatchObject({
      name: "pricing-experiment",
      modified_tables: ["products"],
      modified_table_count: 1,
      expires_at: expect.stringMatching(/^\d{4}-/),
    });
    const diff = rowsOf(await app.get(`${path}/diff?table=products`));
    expect(diff.map(({ table_name, change }) => [table_name, change])).toEqual(
      Array.from({ length: 3 }, () => ["products", "update"]),
    );
    const merged = await app.post(`${path}/merge`, { strategy: "branch_wins" });
    expect(merged.json).toMatchObject({
      status: "merged",
      tables_merged: 1,
      tables: ["products"],
      rows_affected: 3,
      has_conflicts: false,
      conflicts: [],
    });
    expect(await app.rows(sql)).toMatchObject([{ price: 23 }, { price: 46 }, { price: 69 }]);
    const undone = await app.post(`${path}/undo`);
    expect(undone.json).toMatchObject({ status: "undone", rows_affected: 3 });
    expect(await app.rows(sql)).toMatchObject([{ price: 20 }, { price: 40 }, { price: 60 }]);
  });

  test("reports conflicts and resolves them table by table", async () => {
    await app.post("/v1/branches", { name: "review", agent_id: "reviewer", ttl_seconds: 60 });
    const path = "/v1/branches/review";
    await app.write(
      "UPDATE products SET price = 100 WHERE product_id IN (3, 5); UPDATE customers SET credit_limit = 9 WHERE customer_id = 7",
      "review",
    );
    await app.write(
      "UPDATE products SET price = 120 WHERE product_id = 3; UPDATE customers SET credit_limit = 5 WHERE customer_id = 7",
    );
    const foreseen = conflicts.parse((await app.get(`${path}/conflicts`)).json);
    expect(foreseen.merge_id).toBeNull();
    expect(failure(await app.post(`${path}/merge`))).toBe("409 CONFLICT 40002");
    expect(failure(await app.post(`${path}/merge`, { strategy: "branch_win" }))).toBe(
      "400 VALIDATION_ERROR 22023",
    );
    const { json } = await app.post(`${path}/merge`, { strategy: "manual" });
    expect(json).toMatchObject({ status: "conflicted", has_conflicts: true, rows_affected: 0 });
    const met = conflicts.parse((await app.get(`${path}/conflicts`)).json);
    expect(met).toMatchObject({
      has_conflicts: true,
      merge_id: expect.stringMatching(/^merge_/),
      conflicts: [
        { table: "customers", row_count: 1 },
        {
          table: "products",
          row_count: 1,
          rows: [{ pk: { product_id: 3 }, main_value: { price: 120 }, branch_value: { price: 100 } }],
        },
      ],
    });
    // What a merge met is what one would have met.
    expect(foreseen.conflicts).toEqual(met.conflicts);
    const [row] = await app.rows("SELECT merge_id FROM duckbranch.merges WHERE status = 'conflicted'");
    const mergeId = String(row?.["merge_id"]);
    const resolutions = ofRow(3);
    expect(failure(await app.post(`${path}/resolve`, { merge_id: mergeId, resolutions: ofRow(4) }))).toBe(
      "400 VALIDATION_ERROR 42704",
    );
    expect(
      failure(await app.post(`${path}/resolve`, { merge_id: mergeId, resolutions: ofRow(2 ** 53) })),
    ).toBe("400 VALIDATION_ERROR");
    expect(
      failure(await app.post("/v1/branches/pricing-experiment/resolve", { merge_id: mergeId, resolutions })),
    ).toBe("404 NOT_FOUND");
    expect(failure(await app.post(`${path}/resolve`, { merge_id: "x; DROP", resolutions }))).toBe(
      "404 NOT_FOUND",
    );
    const resolved = await app.post(`${path}/resolve`, { merge_id: mergeId, resolutions });
    expect(resolved.json).toMatchObject({ status: "merged", merge_id: mergeId });
    expect(await app.rows("SELECT price FROM products WHERE product_id = 3")).toEqual([{ price: 100 }]);
    expect(await app.rows("SELECT credit_limit FROM customers WHERE customer_id = 7")).toEqual([
      { credit_limit: 5 },
    ]);
  });

  test("an address that cannot be decoded is told like any other mistake", async () => {
    expect(failure(await app.get("/v1/branches/%ff"))).toBe("400 VALIDATION_ERROR");
  });

  test("lists and discards", async () => {
    await app.post("/v1/branches", { name: 'odd "name", Über', parent: "main", isolation: "live" });
    await app.write('INSERT INTO "odd, table" VALUES (1)', 'odd "name", Über');
    const path = `/v1/branches/${encodeURIComponent('odd "name", Über')}`;
    expect((await app.get(path)).json).toMatchObject({ modified_tables: ["odd, table"], isolation: "live" });
    const merged = await app.post(`${path}/merge`, {
      exceptions: { "odd, table": "branch_wins" },
      granularity: "cell",
    });
    expect(merged.json).toMatchObject({ status: "merged", tables: ["odd, table"] });
    await app.post("/v1/branches", { name: "gone" });
    expect((await app.request("DELETE", "/v1/branches/gone")).json).toMatchObject({
      name: "gone",
      status: "discarded",
    });
    expect(failure(await app.request("DELETE", "/v1/branches/gone"))).toBe("404 NOT_FOUND 3D000");
    expect(failure(await app.get("/v1/branches/gone"))).toBe("404 NOT_FOUND 3D000");
    expect((await app.get("/v1/branches?status=discarded")).json).toMatchObject({
      branches: [{ name: "gone" }],
    });
    const { json } = await app.get("/v1/branches");
    expect(json).toMatchObject({
      branches: [{ name: 'odd "name", Über' }, { name: "review" }, { name: "pricing-experiment" }],
    });
  });

  test("brings a branch up to date with what it was made from", async () => {
    await app.post("/v1/branches", { name: "stale", ttl_seconds: 60 });
    await app.post("/v1/branches", { name: "its child", parent: "stale", ttl_seconds: 60 });
    await app.write("UPDATE products SET price = 1 WHERE product_id = 1", "its child");
    await app.write("UPDATE products SET price = 77 WHERE product_id = 2");
    expect((await app.post("/v1/branches/stale/sync")).json).toMatchObject({
      status: "merged",
      target: "stale",
    });
    const { json } = await app.post("/v1/branches/its%20child/sync", { granularity: "cell" });
    expect(json).toMatchObject({
      status: "merged",
      branch: "stale",
      target: "its child",
      tables: ["products"],
    });
    const read = "SELECT price FROM products WHERE product_id < 3 ORDER BY product_id";
    const answer = await app.post("/v1/branches/its%20child/query", { sql: read });
    expect(answer.json).toMatchObject({ rows: [{ price: 1 }, { price: 77 }] });
    for (const name of ["its%20child", "stale"]) await app.request("DELETE", `/v1/branches/${name}`);
  });
});

describe("a branch", () => {
  test("lives longer when it is extended", async () => {
    await app.post("/v1/branches", { name: "short", ttl_seconds: 60 });
    const before = Date.now();
    const { json } = await app.post("/v1/branches/short/extend", { ttl_hours: 2 });
    expect(json).toMatchObject({ name: "short" });
    const [row] = await app.rows("SELECT expires_at FROM duckbranch.branches WHERE name = 'short'");
    expect(Date.parse(String(row?.["expires_at"]))).toBeGreaterThanOrEqual(before + 7_200_000);
    expect(failure(await app.post("/v1/branches/short/extend", {}))).toBe("400 VALIDATION_ERROR");
  });

  test.each([
    ["POST", "/v1/branches", { name: "short" }, "409 CONFLICT 42710"],
    ["POST", "/v1/branches", { name: "" }, "400 VALIDATION_ERROR"],
    ["POST", "/v1/branches", { name: "x", ttl: 5 }, "400 VALIDATION_ERROR"],
    ["POST", "/v1/branches", { name: "x", ttl_hours: 1, ttl_seconds: 1 }, "400 VALIDATION_ERROR"],
    ["POST", "/v1/branches", { name: "x", parent: "nothing" }, "404 NOT_FOUND 3D000"],
    ["POST", "/v1/branches/nothing/merge", {}, "404 NOT_FOUND 3D000"],
    ["POST", "/v1/branches/nothing/undo", {}, "404 NOT_FOUND 3D000"],
    ["POST", "/v1/branches/short/undo", {}, "404 NOT_FOUND"],
    ["GET", "/v1/branches/nothing/diff", undefined, "404 NOT_FOUND 3D000"],
    ["GET", "/v1/branches/nothing/conflicts", undefined, "404 NOT_FOUND 3D000"],
    ["GET", "/v1/nothing", undefined, "404 NOT_FOUND"],
    ["GET", "/v1/query", undefined, "405 METHOD_NOT_ALLOWED"],
    ["PUT", "/v1/branches/short", {}, "405 METHOD_NOT_ALLOWED"],
  ])("%s %s %j is refused", async (method, path, body, expected) => {
    expect(failure(await app.request(method, path, body))).toBe(expected);
  });

  test("a method says which others there are, and a budget that it takes no waiting", async () => {
    const { headers } = await app.get("/v1/branches/short/merge");
    expect(headers.get("allow")).toBe("POST");
    expect((await app.request("PUT", "/v1/branches/short")).headers.get("allow")).toBe("GET, HEAD, DELETE");
    await app.post("/v1/branches", { name: "poor", max_rows: 0 });
    const refused = await app.post("/v1/branches/poor/write", { sql: "CREATE TABLE two AS FROM range(2)" });
    expect([failure(refused), refused.headers.get("retry-after")]).toEqual([
      "429 TOO_MANY_REQUESTS 53400",
      null,
    ]);
  });
});
