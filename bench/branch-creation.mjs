/** What a branch costs to make, by the number of tables: it must not matter. */
import { Client } from "pg";
import { median, percentile, rounded, timed } from "./measure.mjs";
import { startServer } from "./server.mjs";

const TABLE_COUNTS = [10, 1_000, 10_000];
const CREATIONS = 200;
const WARM_UP = 5;
const MAX_MEDIAN_MS = 5;
const MAX_P99_MS = 20;
/** The largest median may be this many times the smallest: noise, not growth. */
const MAX_SPREAD = 2;

/** Target: median ≤ 5 ms, 99 % ≤ 20 ms, and flat. */
export async function measureBranchCreation() {
  const rows = [];
  for (const tables of TABLE_COUNTS) rows.push({ tables, ...(await createBranches(tables)) });
  const medians = rows.map((row) => row.medianMs);
  const spread = rounded(Math.max(...medians) / Math.min(...medians));
  const slowest = Math.max(...rows.map((row) => row.p99Ms));
  const met = Math.max(...medians) <= MAX_MEDIAN_MS && slowest <= MAX_P99_MS && spread <= MAX_SPREAD;
  return { rows, spread, met };
}

async function createBranches(tables) {
  const server = await startServer(tablesSql(tables));
  const client = new Client({ host: server.host, port: server.port, user: "bench", database: "main" });
  try {
    await client.connect();
    const times = [];
    for (let i = -WARM_UP; i < CREATIONS; i++) {
      const ms = await timed(() => client.query(`CREATE BRANCH "bench ${i}"`));
      if (i >= 0) times.push(ms);
    }
    return { medianMs: rounded(median(times)), p99Ms: rounded(percentile(times, 0.99)) };
  } finally {
    await client.end();
    await server.stop();
  }
}

function tablesSql(count) {
  const statements = Array.from(
    { length: count },
    (_, i) => `CREATE TABLE t${i} (id INTEGER PRIMARY KEY, v TEXT);`,
  );
  return `BEGIN;\n${statements.join("\n")}\nINSERT INTO t0 SELECT i, 'row ' || i FROM range(1000) r(i);\nCOMMIT;\n`;
}
