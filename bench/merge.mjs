/**
 * A merge of ten thousand changed rows on each side, spread over the whole table, a hundred of them on both: what it costs, what
 * a table of ten times the rows adds, to the same changes and to as many that are spread over all of it, and what the same comes to
 * by copying the table and comparing the copies in DuckDB.
 */
import { Client } from "pg";
import { openBaseline } from "./baseline.mjs";
import { median, rounded, timed } from "./measure.mjs";
import { residentMb, startServer } from "./server.mjs";

const LARGE = Number(process.env["BENCH_MERGE_ROWS"] ?? 10_000_000);
const SMALL = LARGE / 10;
const CHANGES = 10_000;
const CONFLICTS = 100;
const ROUNDS = 3;
const SAMPLE_MS = 10;
const MAX_MS = 1_500;
const MAX_GROWTH_MB = 500;
const MAX_TIME_GROWTH = 1.3;
const MIN_RATIO = 10;

const tableSql = (
  rows,
) => `CREATE TABLE t (id BIGINT PRIMARY KEY, qty INTEGER, price DOUBLE, note VARCHAR, seen TIMESTAMP);
  INSERT INTO t SELECT i, i % 1000, i * 0.5, 'row ' || i, TIMESTAMP '2024-01-01' FROM range(${rows}) r(i);`;

/** Every n-th of the first `rows` rows; main takes the row behind it, but for the first hundred. */
const branchChange = (rows, round) =>
  `UPDATE t SET qty = ${-round}, note = 'branch ${round}' WHERE id < ${rows} AND id % ${rows / CHANGES} = ${2 * round}`;
const mainChange = (rows, round) =>
  `UPDATE t SET price = ${-round}, note = 'main ${round}'
   WHERE id < ${rows} AND id % ${rows / CHANGES} = ${2 * round} + (id >= ${(rows / CHANGES) * CONFLICTS})::INT`;

const OUTCOME = "SELECT count(*)::VARCHAR || ' ' || sum(hash(t))::VARCHAR AS outcome FROM t";

/** Targets: both within 1.5 s and 500 MB, 1.3 times as long over ten times the table, a tenth of copying and comparing. */
export async function measureMerge() {
  const small = await measureSize(SMALL);
  const same = await measureSize(LARGE, SMALL);
  const large = await measureSize(LARGE);
  const copied = await copyAndCompare(LARGE);
  if (copied.outcome !== large.outcome) throw new Error("copying and comparing came to another table");
  const growth = growthOf(same, small);
  const spreadGrowth = growthOf(large, small);
  const ratio = rounded(copied.totalMs / (large.createMs + large.mergeMs));
  const targets = {
    cost: Math.max(large.explainMs, large.mergeMs) <= MAX_MS && (large.growthMb ?? 0) <= MAX_GROWTH_MB,
    growth: Math.max(growth.explain, growth.merge) <= MAX_TIME_GROWTH,
    ratio: ratio >= MIN_RATIO,
  };
  return {
    rows: [SMALL, LARGE],
    changes: CHANGES,
    conflicts: CONFLICTS,
    small,
    same,
    large,
    growth,
    spreadGrowth,
    copied,
    ratio,
    targets,
    met: Object.values(targets).every(Boolean),
  };
}

function growthOf(large, small) {
  return {
    explain: rounded(large.explainMs / small.explainMs),
    merge: rounded(large.mergeMs / small.mergeMs),
  };
}

/** Changes are spread over the first `among` rows. */
async function measureSize(rows, among = rows) {
  const server = await startServer(tableSql(rows));
  const { host, port, pid } = server;
  const connect = async (database) => {
    const client = new Client({ host, port, user: "bench", database });
    await client.connect();
    // The server ends with a word to those who are there.
    client.on("error", () => undefined);
    return client;
  };
  const main = await connect("main");
  const times = { create: [], explain: [], merge: [] };
  const growths = [];
  let outcome = "";
  try {
    for (let round = 1; round <= ROUNDS; round++) {
      times.create.push(await timed(() => main.query(`CREATE BRANCH b${round}`)));
      const branch = await connect(`main/b${round}`);
      await branch.query(branchChange(among, round));
      await main.query(mainChange(among, round));
      const memory = watchMemory(pid);
      const merge = `MERGE BRANCH b${round} USING branch_wins`;
      times.explain.push(await timed(() => expectConflicts(main, `EXPLAIN ${merge}`)));
      times.merge.push(await timed(() => main.query(merge)));
      growths.push(memory.growthMb());
      await branch.end();
      // The others start from what is left of it.
      if (round === 1) ({ outcome } = (await main.query(OUTCOME)).rows[0]);
    }
  } finally {
    await main.end();
    await server.stop();
  }
  return {
    createMs: rounded(median(times.create)),
    explainMs: rounded(median(times.explain)),
    mergeMs: rounded(median(times.merge)),
    growthMb: growths.includes(undefined) ? undefined : rounded(Math.max(...growths)),
    outcome,
  };
}

async function expectConflicts(client, sql) {
  const { rows } = await client.query(sql);
  if (Number(rows[0].conflicts) !== CONFLICTS) throw new Error(`${rows[0].conflicts} conflicts`);
}

/** Resident memory over what it is now. */
function watchMemory(pid) {
  const before = residentMb(pid);
  let peak = before ?? 0;
  const sampler = setInterval(() => (peak = Math.max(peak, residentMb(pid) ?? 0)), SAMPLE_MS);
  return {
    growthMb: () => {
      clearInterval(sampler);
      return before === undefined ? undefined : Math.max(peak, residentMb(pid) ?? 0) - before;
    },
  };
}

/** A branch by copying: its table, with its key, and the state both come from; then a comparison of all three, row by row. */
async function copyAndCompare(rows) {
  const { connection, close } = await openBaseline(tableSql(rows));
  const run = async (sql) => await timed(() => connection.run(sql));
  try {
    const copyMs =
      (await run("CREATE TABLE base AS FROM t")) +
      (await run(
        "CREATE TABLE b (id BIGINT PRIMARY KEY, qty INTEGER, price DOUBLE, note VARCHAR, seen TIMESTAMP)",
      )) +
      (await run("INSERT INTO b FROM t"));
    await run(branchChange(rows, 1).replace("UPDATE t", "UPDATE b"));
    await run(mainChange(rows, 1));
    const compareMs =
      (await run(`CREATE TEMP TABLE changed AS SELECT coalesce(o.id, n.id) AS id, n FROM base AS o FULL JOIN b AS n USING (id)
        WHERE o IS DISTINCT FROM n`)) +
      (await run(`CREATE TEMP TABLE conflicts AS SELECT c.id FROM changed AS c JOIN base AS o USING (id) LEFT JOIN t USING (id)
        WHERE t IS DISTINCT FROM o AND t IS DISTINCT FROM c.n`)) +
      (await run(
        `UPDATE t SET qty = c.n.qty, price = c.n.price, note = c.n.note, seen = c.n.seen FROM changed AS c WHERE t.id = c.id`,
      ));
    const [[conflicts]] = (await connection.runAndReadAll("SELECT count(*)::INT FROM conflicts")).getRows();
    if (conflicts !== CONFLICTS) throw new Error(`${String(conflicts)} conflicts by comparing`);
    const [[outcome]] = (await connection.runAndReadAll(OUTCOME)).getRows();
    return {
      copyMs: rounded(copyMs),
      compareMs: rounded(compareMs),
      totalMs: rounded(copyMs + compareMs),
      outcome,
    };
  } finally {
    close();
  }
}
