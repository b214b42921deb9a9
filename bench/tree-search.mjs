/**
 * A tree search as agents do it: each step makes a child branch of a random node, changes one row there and asks an
 * aggregate over a join of 3,000,000 rows. The tree must not make steps slower.
 */
import { Client } from "pg";
import { median, rounded, timed } from "./measure.mjs";
import { startServer } from "./server.mjs";

const NODES = Number(process.env["BENCH_NODES"] ?? 1_000);
const WORKERS = 3;
const MAX_DEPTH = 25;
const ORDERS = 3_000_000;
const CUSTOMERS = 10_000;
/** Steps whose times are compared: after the first ten, and the last. */
const FIRST = 10;
const WINDOW = 50;

const TABLES = `CREATE TABLE customers (id INTEGER PRIMARY KEY, region INTEGER);
  INSERT INTO customers SELECT i, i % 20 FROM range(${CUSTOMERS}) r(i);
  CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER, amount INTEGER);
  INSERT INTO orders SELECT i, i % ${CUSTOMERS}, i % 100 FROM range(${ORDERS}) r(i);`;
const AGGREGATE = `SELECT c.region, sum(o.amount) FROM orders o JOIN customers c ON c.id = o.customer GROUP BY 1`;

/** Target: a step at the end takes at most 1.3 times as long as one at the beginning. */
export async function measureTreeSearch() {
  const server = await startServer(TABLES);
  try {
    const times = await search(server);
    const [first, last] = [median(times.slice(FIRST, FIRST + WINDOW)), median(times.slice(-WINDOW))];
    const growth = rounded(last / first);
    return { nodes: NODES, firstMs: rounded(first), lastMs: rounded(last), growth, met: growth <= 1.3 };
  } finally {
    await server.stop();
  }
}

/** Milliseconds of every step, in the order in which they ended. */
async function search(server) {
  const random = numbers(42);
  const nodes = [{ name: "main", depth: 0 }];
  const times = [];
  let made = 0;
  const work = async () => {
    while (made < NODES) {
      const parents = nodes.filter(({ depth }) => depth < MAX_DEPTH);
      const parent = parents[Math.floor(random() * parents.length)];
      const node = { name: `n${made++}`, depth: parent.depth + 1 };
      const id = Math.floor(random() * ORDERS);
      times.push(await timed(() => step(server, parent, node, id)));
      nodes.push(node);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  return times;
}

async function step({ host, port }, parent, node, id) {
  const main = new Client({ host, port, user: "bench", database: "main" });
  const branch = new Client({ host, port, user: "bench", database: `main/${node.name}` });
  await main.connect();
  await main.query(`CREATE BRANCH ${node.name} FROM ${parent.name}`);
  await main.end();
  await branch.connect();
  await branch.query(`UPDATE orders SET amount = amount + 1 WHERE id = ${id}`);
  await branch.query(AGGREGATE);
  await branch.end();
}

/** The same tree each time. */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
