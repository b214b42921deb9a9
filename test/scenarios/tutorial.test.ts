/**
 * The tutorial "Branch-Based Exploration", steps 2 to 8, with its own queries, on its 100,000 orders. Expected figures are
 * computed here from the generator's formulas, not read from a database.
 */
import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startApp, type App } from "../../src/app.js";
import { DEMO_TABLES, ORDER_COUNT } from "../../src/cli/demo-data.js";
import { walkTutorial } from "../../src/cli/demo-tutorial.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { connectTo, rowsOf, valueOf } from "./clients.js";

interface Product {
  readonly id: number;
  readonly category: string;
  readonly cents: number;
}

const PRODUCTS: readonly Product[] = Array.from({ length: 12 }, (_, index) => {
  const id = index + 1;
  const category = ["enterprise", "business", "starter"][id % 3] ?? "";
  return { id, category, cents: 999 + ((id * 37) % 12) * 2500 };
});

/** DECIMAL(10,2) of price * 1.15. */
const raised = (product: Product): number =>
  product.category === "enterprise" ? Math.round((product.cents * 115) / 100) : product.cents;

const money = (cents: number): string => (cents / 100).toFixed(2);

/** What step 5 asks: orders from October on, per category, at the branch's and at main's prices. */
function revenue(): string[][] {
  const totals = new Map<string, { orders: number; projected: number; current: number }>();
  for (let n = 1; n <= ORDER_COUNT; n++) {
    const day = new Date(Date.UTC(2025, 0, 1 + ((n * 97) % 365)));
    if (day < new Date(Date.UTC(2025, 9, 1))) continue;
    const product = PRODUCTS[(n * 31) % 12];
    if (product === undefined) throw new Error("no such product");
    const quantity = 1 + ((n * 13) % 9);
    const total = totals.get(product.category) ?? { orders: 0, projected: 0, current: 0 };
    total.orders += 1;
    total.projected += raised(product) * quantity;
    total.current += product.cents * quantity;
    totals.set(product.category, total);
  }
  return [...totals]
    .toSorted(([, a], [, b]) => b.projected - a.projected)
    .map(([category, { orders, projected, current }]) => [
      category,
      String(orders),
      money(projected),
      money(current),
    ]);
}

const enterprise = (price: (product: Product) => number, tier: string): string[][] =>
  PRODUCTS.filter((product) => product.category === "enterprise").map((product) => [
    String(product.id),
    money(price(product)),
    tier,
  ]);

const ENTERPRISE = "SELECT product_id, price, tier FROM products WHERE category = 'enterprise' ORDER BY 1";

let app: App;

beforeAll(async () => {
  app = await startApp(readConfig({ port: 0, data: ":memory:" }, {}), createLog("silent"));
});
afterAll(async () => await app.close());

describe("the tutorial", () => {
  let main: Client;
  let branch: Client;

  beforeAll(async () => {
    main = await connectTo(app, "main");
    for (const statement of DEMO_TABLES) await main.query(statement);
  });
  afterAll(async () => {
    await main.end();
    await branch.end();
  });

  it("step 2 creates a branch with description, agent and time to live", async () => {
    const [created] = await rowsOf(
      main,
      `SELECT * FROM branch_create('pricing-experiment',
         'Testing new pricing tiers before applying to production', 'pricing-agent', '24 hours')`,
    );
    const [branchId, name, schemaName, status, createdAt, expiresAt] = created ?? [];
    expect([name, schemaName, status]).toEqual(["pricing-experiment", `branch_${branchId}`, "active"]);
    expect(Date.parse(expiresAt ?? "") - Date.parse(createdAt ?? "")).toBe(24 * 3_600_000);
    branch = await connectTo(app, "main/pricing-experiment");
  });

  it("step 3 reads main's products on the branch", async () => {
    const rows = await rowsOf(branch, "SELECT product_id, name, price, tier FROM products ORDER BY price");
    const byPrice = PRODUCTS.toSorted((a, b) => a.cents - b.cents);
    expect(rows.map(([id, , price, tier]) => [id, price, tier])).toEqual(
      byPrice.map((product) => [String(product.id), money(product.cents), "standard"]),
    );
  });

  it("step 4 changes prices on the branch and leaves main alone", async () => {
    const update = await branch.query(
      "UPDATE products SET price = price * 1.15, tier = 'premium' WHERE category = 'enterprise'",
    );
    expect(update.rowCount).toBe(4);
    expect(await rowsOf(branch, ENTERPRISE)).toEqual(enterprise(raised, "premium"));
    expect(await rowsOf(main, ENTERPRISE)).toEqual(enterprise((product) => product.cents, "standard"));
  });

  it("step 5 compares the branch's prices with main's over all orders in one query", async () => {
    const impact = await rowsOf(
      branch,
      `SELECT
         p.category,
         COUNT(o.order_id) AS order_count,
         SUM(p.price * o.quantity) AS projected_revenue,
         SUM(main_p.price * o.quantity) AS current_revenue
       FROM products p
       JOIN orders o ON p.product_id = o.product_id
       JOIN main.products main_p ON p.product_id = main_p.product_id
       WHERE o.order_date >= '2025-10-01'
       GROUP BY p.category
       ORDER BY projected_revenue DESC`,
    );
    expect(impact).toEqual(revenue());
  });

  it("step 6 merges the branch, or discards another one", async () => {
    await main.query(`CREATE BRANCH "not-worth-it"`);
    const other = await connectTo(app, "main/not-worth-it");
    await other.query("DELETE FROM products");
    await other.end();
    await main.query(`DROP BRANCH "not-worth-it"`);
    const [merge] = await rowsOf(
      main,
      "SELECT * FROM branch_merge('pricing-experiment', strategy => 'branch_wins')",
    );
    expect([merge?.[0], merge?.[4], merge?.[6]]).toEqual(["merged", "1", "4"]);
    expect(await rowsOf(main, ENTERPRISE)).toEqual(enterprise(raised, "premium"));
    expect(await valueOf(main, "SELECT count(*) FROM products")).toBe("12");
  });

  it("step 7 reports conflicts and resolves them per table", async () => {
    await main.query(`CREATE BRANCH "pricing-2"`);
    const second = await connectTo(app, "main/pricing-2");
    await second.query("UPDATE products SET price = 1 WHERE product_id <= 2");
    await second.query("UPDATE customers SET name = 'Branch' WHERE customer_id = 1");
    await second.end();
    await main.query("UPDATE products SET price = 2 WHERE product_id = 2");
    await main.query("UPDATE customers SET name = 'Main' WHERE customer_id = 1");

    const result = await main.query<{ merge_id: string; has_conflicts: string; conflicts: string }>(
      `MERGE BRANCH "pricing-2" USING manual`,
    );
    const [report] = result.rows;
    expect(report?.has_conflicts).toBe("t");
    const conflicts: unknown = JSON.parse(report?.conflicts ?? "");
    expect(conflicts).toMatchObject([
      {
        table: "customers",
        row_count: 1,
        rows: [{ pk: { customer_id: 1 }, main_value: { name: "Main" }, branch_value: { name: "Branch" } }],
      },
      {
        table: "products",
        row_count: 1,
        rows: [{ pk: { product_id: 2 }, main_value: { price: 2 }, branch_value: { price: 1 } }],
      },
    ]);
    const resolution = await main.query<{ status: string }>(
      `RESOLVE MERGE ${report?.merge_id} WITH (products 'branch_wins', customers 'main_wins')`,
    );
    expect(resolution.rows[0]?.status).toBe("merged");
    expect(await rowsOf(main, "SELECT price FROM products WHERE product_id <= 2")).toEqual([
      ["1.00"],
      ["1.00"],
    ]);
    expect(await valueOf(main, "SELECT name FROM customers WHERE customer_id = 1")).toBe("Main");
  });

  it("step 8 lists branches, describes one, and has the monitoring table", async () => {
    await main.query("CREATE BRANCH open WITH (agent 'agent-8')");
    const open = await connectTo(app, "main/open");
    await open.query("DELETE FROM orders WHERE order_id <= 10");
    await open.end();
    const list = await main.query<{ name: string; status: string; modified_table_count: string }>(
      "SHOW BRANCHES",
    );
    expect(list.rows.map((row) => [row.name, row.status, row.modified_table_count])).toEqual([
      ["open", "active", "1"],
      ["pricing-2", "merged", "2"],
      ["pricing-experiment", "merged", "1"],
    ]);
    const [detail] = (await main.query<Record<string, string>>("DESCRIBE BRANCH open")).rows;
    expect(detail).toMatchObject({ name: "open", agent_id: "agent-8", modified_tables: "orders" });
    const monitoring = await main.query<Record<string, string>>(
      `SELECT branch_id, name, agent_id, created_at, modified_table_count, total_size_bytes
       FROM _hatidata_branches WHERE status = 'active' ORDER BY created_at DESC`,
    );
    expect(monitoring.rows).toMatchObject([{ name: "open", agent_id: "agent-8", modified_table_count: "1" }]);
    expect(Number(monitoring.rows[0]?.["total_size_bytes"])).toBeGreaterThan(0);
  });
});

describe("npm run demo", () => {
  it("walks all steps, each statement succeeding or refused as it says", async () => {
    const server = await startApp(readConfig({ port: 0, data: ":memory:" }, {}), createLog("silent"));
    const printed: string[] = [];
    try {
      await walkTutorial(server.address, (line) => void printed.push(line));
    } finally {
      await server.close();
    }
    const headings = printed.filter((line) => line.startsWith("Step ")).map((line) => line.slice(0, 6));
    expect(headings).toEqual(["Step 2", "Step 3", "Step 4", "Step 5", "Step 6", "Step 7", "Step 8"]);
    const cells = printed.map((line) => line.split("|").map((cell) => cell.trim()));
    for (const row of revenue()) expect(cells).toContainEqual(row);
    expect(printed.filter((line) => line.startsWith("  ERROR ")).map((line) => line.slice(8, 13))).toEqual([
      "42501",
      "55000",
      "40002",
    ]);
    expect(cells).toContainEqual(["customers", '{"customer_id":7}', "", "", "500.0", "9000.0"]);
    expect(cells).toContainEqual(["3", "100.00"]);
    expect(cells).toContainEqual(["7", "500.00"]);
  });
});
