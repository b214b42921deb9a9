/**
 * The tutorial "Branch-Based Exploration", steps 2 to 8, by the client: `node dist/client/tutorial.js http://127.0.0.1:5440`
 * on a server whose main has no tables `products`, `customers` and `orders` yet.
 */
import { argv } from "node:process";
import { pathToFileURL } from "node:url";
import { DuckbranchClient } from "./index.js";

type Print = (line: string) => void;

const TABLES = `
  CREATE TABLE products (product_id int PRIMARY KEY, name text, category text, tier text, price numeric(10,2));
  CREATE TABLE customers (customer_id int PRIMARY KEY, credit_limit numeric(10,2));
  CREATE TABLE orders (order_id int PRIMARY KEY, product_id int, quantity int, order_date date);
  INSERT INTO products SELECT n, 'plan ' || n, CASE n % 3 WHEN 0 THEN 'enterprise' ELSE 'starter' END, 'standard', n * 10
    FROM generate_series(1, 6) AS s(n);
  INSERT INTO customers SELECT n, 1000 FROM generate_series(1, 9) AS s(n);
  INSERT INTO orders SELECT n, 1 + n % 6, 1 + n % 9, DATE '2025-09-01' + n % 90 FROM generate_series(1, 1000) AS s(n)`;

export async function walkTutorial(client: DuckbranchClient, print: Print): Promise<void> {
  await client.write(TABLES);
  const { branch_id: branch } = await explore(client, print);
  const merged = await client.branches.merge(branch, { strategy: "branch_wins" });
  print(`merge ${merged.status}: ${merged.tables_merged} table, ${merged.rows_affected} rows`);
  await handleConflicts(client, print);
  await monitor(client, print);
}

/** Steps 2 to 5. */
async function explore(client: DuckbranchClient, print: Print): Promise<{ readonly branch_id: string }> {
  const branch = await client.branches.create({
    name: "pricing-experiment",
    description: "Testing new pricing tiers before applying to production",
    agent_id: "pricing-agent",
    ttl_hours: 24,
  });
  print(`branch ${branch.name} in ${branch.schema_name}`);
  await client.branches.write(
    branch.branch_id,
    "UPDATE products SET price = price * 1.15, tier = 'premium' WHERE category = 'enterprise'",
  );
  const prices = "SELECT name, price, tier FROM products WHERE category = $1 ORDER BY name";
  const options = { params: ["enterprise"] };
  for (const row of await client.branches.query(branch.branch_id, prices, options))
    print(`branch ${JSON.stringify(row)}`);
  for (const row of await client.query(prices, options)) print(`main ${JSON.stringify(row)}`);
  const impact = client.branches.stream(
    branch.branch_id,
    `SELECT p.category, COUNT(o.order_id) AS order_count, SUM(p.price * o.quantity) AS projected_revenue,
       SUM(main_p.price * o.quantity) AS current_revenue
     FROM products p JOIN orders o ON p.product_id = o.product_id
     JOIN main.products main_p ON p.product_id = main_p.product_id
     WHERE o.order_date >= '2025-10-01' GROUP BY p.category ORDER BY projected_revenue DESC`,
  );
  for await (const row of impact) print(`impact ${JSON.stringify(row)}`);
  return branch;
}

/** Step 7. */
async function handleConflicts(client: DuckbranchClient, print: Print): Promise<void> {
  const { branch_id: branch } = await client.branches.create({
    name: "pricing-review",
    agent_id: "review-agent",
  });
  await client.branches.write(
    branch,
    "UPDATE products SET price = 100 WHERE product_id = 3; UPDATE customers SET credit_limit = 9000 WHERE customer_id = 7",
  );
  await client.write(
    "UPDATE products SET price = 120 WHERE product_id = 3; UPDATE customers SET credit_limit = 500 WHERE customer_id = 7",
  );
  const merge = await client.branches.merge(branch, { strategy: "manual" });
  for (const { table, row_count: count, rows } of merge.conflicts)
    print(`conflict in ${table}: ${count} row, ${JSON.stringify(rows[0]?.pk)}`);
  if (merge.merge_id === null) return;
  const resolved = await client.branches.resolve(branch, merge.merge_id, {
    products: "branch_wins",
    customers: "main_wins",
  });
  print(`resolved: ${resolved.status}`);
}

/** Step 8, and the branch that is not worth keeping of step 6. */
async function monitor(client: DuckbranchClient, print: Print): Promise<void> {
  await client.branches.create({ name: "half-price" });
  await client.branches.write("half-price", "UPDATE products SET price = price / 2");
  for await (const change of client.branches.diff("half-price"))
    print(`${change.change} ${change.table_name}`);
  const detail = await client.branches.get("half-price");
  print(`${detail.name} changed ${detail.modified_tables.join(", ")}`);
  print(`half-price ${(await client.branches.discard("half-price")).status}`);
  for (const { name, status } of await client.branches.list()) print(`${name} ${status}`);
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  const client = new DuckbranchClient({ url: argv[2] ?? "http://127.0.0.1:5440" });
  await walkTutorial(client, (line) => console.log(line));
}
