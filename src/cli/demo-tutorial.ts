/** The tutorial "Branch-Based Exploration", steps 2 to 8, in SQL over a PostgreSQL client; every statement is printed. */
import { Client, DatabaseError, type QueryArrayResult } from "pg";
import { DEMO_TABLES, ORDER_COUNT } from "./demo-data.js";
import { printHeading, printResult, printStatement, type Cells, type Print } from "./demo-output.js";

export interface DemoServer {
  readonly host: string;
  readonly port: number;
}

const EXPERIMENT = "pricing-experiment";
const REVIEW = "pricing-review";

/** Loads the data and walks the steps. Rejects when a statement fails that should not. */
export async function walkTutorial(server: DemoServer, print: Print): Promise<void> {
  const walk = new Walk(server, print);
  try {
    await loadData(walk);
    await createBranch(walk);
    await queryAndWrite(walk);
    await analyse(walk);
    await discardAndMerge(walk);
    await handleConflicts(walk);
    await monitor(walk);
  } finally {
    await walk.close();
  }
}

/** One client per head, and the printing around each statement. */
class Walk {
  readonly #server: DemoServer;
  readonly #print: Print;
  readonly #clients = new Map<string, Client>();

  constructor(server: DemoServer, print: Print) {
    this.#server = server;
    this.#print = print;
  }

  step(title: string, text: string): void {
    printHeading(this.#print, title, text);
  }

  /** Runs a statement on a head and prints it and its result. */
  async run(head: string, sql: string): Promise<QueryArrayResult<Cells>> {
    printStatement(this.#print, head, sql);
    return await this.#execute(head, sql);
  }

  /** Runs a statement that must be refused, and prints how. */
  async refused(head: string, sql: string): Promise<void> {
    printStatement(this.#print, head, sql);
    try {
      await this.#execute(head, sql);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      this.#print(`  ERROR ${error.code ?? ""}: ${error.message}`);
      return;
    }
    throw new Error(`this statement should have been refused: ${sql}`);
  }

  /** Runs statements without printing more than one line about them. */
  async prepare(head: string, statements: readonly string[], what: string): Promise<void> {
    const client = await this.#client(head);
    const start = performance.now();
    for (const sql of statements) await client.query(sql);
    this.#print(`${what} (${(performance.now() - start).toFixed(0)} ms)`);
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) await client.end();
  }

  async #execute(head: string, sql: string): Promise<QueryArrayResult<Cells>> {
    const client = await this.#client(head);
    const start = performance.now();
    const result = await client.query<Cells>({ text: sql, rowMode: "array", types: AS_TEXT });
    printResult(this.#print, result, performance.now() - start);
    return result;
  }

  /** A branch is chosen at connect, by the database name. */
  async #client(head: string): Promise<Client> {
    const open = this.#clients.get(head);
    if (open !== undefined) return open;
    const client = new Client({
      ...this.#server,
      user: "demo",
      database: head === "main" ? "main" : `main/${head}`,
    });
    await client.connect();
    this.#clients.set(head, client);
    return client;
  }
}

/** Values as the server writes them. */
const AS_TEXT = { getTypeParser: () => (value: unknown) => value };

async function loadData(walk: Walk): Promise<void> {
  await walk.prepare(
    "main",
    DEMO_TABLES,
    `Loaded customers, products and ${ORDER_COUNT.toLocaleString("en")} orders into main`,
  );
}

async function createBranch(walk: Walk): Promise<void> {
  walk.step(
    "Step 2: create a branch",
    "Nothing is copied: it takes as long for a thousand tables as for three.",
  );
  await walk.run(
    "main",
    `CREATE BRANCH "${EXPERIMENT}"
  WITH (description 'Testing new pricing tiers before applying to production', agent 'pricing-agent', ttl '24 hours')`,
  );
  await walk.run("main", `DESCRIBE BRANCH "${EXPERIMENT}"`);
}

async function queryAndWrite(walk: Walk): Promise<void> {
  walk.step("Step 3: query within the branch", "It reads main's rows as of its creation.");
  await walk.run(EXPERIMENT, "SELECT product_id, name, price, tier FROM products ORDER BY price, product_id");
  walk.step("Step 4: write within the branch", "The first write to a table copies it; main is not touched.");
  await walk.run(
    EXPERIMENT,
    `UPDATE products
SET price = price * 1.15, tier = 'premium'
WHERE category = 'enterprise'`,
  );
  const prices = "SELECT name, price, tier FROM products WHERE category = 'enterprise' ORDER BY name";
  await walk.run(EXPERIMENT, prices);
  await walk.run("main", prices);
  await walk.refused(EXPERIMENT, "UPDATE main.products SET price = 0");
}

async function analyse(walk: Walk): Promise<void> {
  walk.step(
    "Step 5: analyse on the branch",
    "One query over the branch's products and main's, over all orders.",
  );
  await walk.run(
    EXPERIMENT,
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
}

async function discardAndMerge(walk: Walk): Promise<void> {
  walk.step(
    "Step 6: merge or discard",
    "An experiment not worth keeping is dropped; the other one is merged.",
  );
  await walk.run("main", 'CREATE BRANCH "half-price"');
  await walk.run("half-price", "UPDATE products SET price = price / 2");
  await walk.run("main", 'DROP BRANCH "half-price"');
  await walk.run("main", `EXPLAIN MERGE BRANCH "${EXPERIMENT}"`);
  await walk.run("main", `MERGE BRANCH "${EXPERIMENT}" USING branch_wins`);
  await walk.run("main", "SELECT tier, count(*), sum(price) FROM products GROUP BY tier ORDER BY tier");
  await walk.refused(EXPERIMENT, "DELETE FROM products");
}

async function handleConflicts(walk: Walk): Promise<void> {
  walk.step(
    "Step 7: handle merge conflicts",
    "Main and a branch change the same product and the same customer.",
  );
  await walk.run("main", `CREATE BRANCH "${REVIEW}" WITH (agent 'review-agent', ttl '24 hours')`);
  await walk.run(REVIEW, "UPDATE products SET price = 100 WHERE product_id IN (3, 6)");
  await walk.run(REVIEW, "UPDATE customers SET credit_limit = 9000 WHERE customer_id = 7");
  await walk.run("main", "UPDATE products SET price = 120 WHERE product_id = 3");
  await walk.run("main", "UPDATE customers SET credit_limit = 500 WHERE customer_id = 7");
  await walk.run("main", "INSERT INTO customers VALUES (1001, 'Customer 1001', 'CZ', 1000)");
  await walk.refused("main", `MERGE BRANCH "${REVIEW}"`);
  const merge = await walk.run("main", `MERGE BRANCH "${REVIEW}" USING manual`);
  const mergeId = String(merge.rows[0]?.[merge.fields.findIndex((field) => field.name === "merge_id")]);
  await walk.run(
    "main",
    `SELECT table_name, key, main_value->>'price' AS main_price, branch_value->>'price' AS branch_price,
  main_value->>'credit_limit' AS main_limit, branch_value->>'credit_limit' AS branch_limit
FROM duckbranch.conflicts WHERE merge_id = '${mergeId}' ORDER BY table_name`,
  );
  await walk.run("main", `RESOLVE MERGE ${mergeId} WITH (products 'branch_wins', customers 'main_wins')`);
  await walk.run(
    "main",
    "SELECT product_id, price FROM products WHERE product_id IN (3, 6) ORDER BY product_id",
  );
  await walk.run(
    "main",
    "SELECT customer_id, credit_limit FROM customers WHERE customer_id IN (7, 1001) ORDER BY 1",
  );
}

async function monitor(walk: Walk): Promise<void> {
  walk.step("Step 8: list and monitor branches", "Statements for people, tables for queries.");
  await walk.run("main", "CREATE BRANCH \"holiday-sale\" WITH (agent 'sales-agent', ttl '7 days')");
  await walk.run("holiday-sale", "UPDATE products SET price = price * 0.8 WHERE category = 'starter'");
  await walk.run("main", "SHOW BRANCHES");
  await walk.run("main", 'DESCRIBE BRANCH "holiday-sale"');
  await walk.run("main", 'DIFF BRANCH "holiday-sale"');
  await walk.run(
    "main",
    `SELECT branch_id, name, agent_id, created_at, modified_table_count, total_size_bytes
FROM _hatidata_branches
WHERE status = 'active'
ORDER BY created_at DESC`,
  );
}
