/** A branch is made, written, and merged or discarded, over and over: what is left of it must not be felt. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { median, rounded, timed } from "./measure.mjs";
import { serveFile } from "./server.mjs";

const CYCLES = Number(process.env["BENCH_CYCLES"] ?? 1_000);
/** Cycles whose times are compared, at the beginning and at the end. */
const WINDOW = Math.min(100, CYCLES / 2);
/** So many that as many discarded branches are kept as ever are (decision 0042): what they hold is there before and after. */
const WARM_UP = 220;
const ROWS = 100_000;
const MAX_GROWTH = 1.2;

const TABLE = `CREATE TABLE t (id BIGINT PRIMARY KEY, a INTEGER, b VARCHAR);
  INSERT INTO t SELECT i, i % 1000, 'row ' || i FROM range(${ROWS}) r(i);`;

/** Target: time per cycle, size of the file and time to open it within 20 % of what they were. */
export async function measureCycles() {
  const directory = mkdtempSync(join(tmpdir(), "duckbranch-bench-"));
  const [file, init] = [join(directory, "bench.db"), join(directory, "init.sql")];
  writeFileSync(init, TABLE);
  try {
    // Twice: a checkpoint writes anew what has changed before what was there is free.
    await runCycles(file, ["--init", init], "warm", WARM_UP);
    await runCycles(file, [], "warm again", WARM_UP);
    const before = { bytes: statSync(file).size, openMs: await openingTime(file) };
    const times = await runCycles(file, [], "cycle", CYCLES);
    const after = { bytes: statSync(file).size, openMs: await openingTime(file) };
    return summary(before, after, times);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function summary(before, after, times) {
  const [first, last] = [median(times.slice(0, WINDOW)), median(times.slice(-WINDOW))];
  const growth = {
    time: rounded(last / first),
    size: rounded(after.bytes / before.bytes),
    opening: rounded(after.openMs / before.openMs),
  };
  return {
    cycles: times.length,
    firstMs: rounded(first),
    lastMs: rounded(last),
    kb: [before, after].map(({ bytes }) => Math.round(bytes / 1024)),
    openMs: [before, after].map(({ openMs }) => Math.round(openMs)),
    growth,
    met: Math.max(...Object.values(growth)) <= MAX_GROWTH,
  };
}

/** Milliseconds of each cycle; the file is closed in order afterwards. */
async function runCycles(file, options, name, count) {
  const server = await serveFile(file, options);
  const main = await connect(server);
  try {
    const times = [];
    for (let n = 0; n < count; n++) times.push(await timed(() => cycle(server, main, `${name} ${n}`, n)));
    return times;
  } finally {
    await main.end();
    await server.close();
  }
}

/** Every other branch is merged, the others are discarded; main writes beside them, so that a log is kept. */
async function cycle(server, main, name, n) {
  await main.query(`CREATE BRANCH "${name}"`);
  const branch = await connect(server, `main/${name}`);
  await branch.query(`UPDATE t SET a = ${n} WHERE id = ${(n * 7) % ROWS}`);
  await branch.end();
  await main.query(`UPDATE t SET b = 'changed ${n}' WHERE id = ${(n * 7 + 1) % ROWS}`);
  if (n % 2 === 0) await main.query(`MERGE BRANCH "${name}"`);
  await main.query(`DROP BRANCH "${name}"`);
}

async function connect({ host, port }, database = "main") {
  const client = new Client({ host, port, user: "bench", database });
  await client.connect();
  return client;
}

async function openingTime(file) {
  const times = [];
  for (let n = 0; n < 3; n++) {
    const start = performance.now();
    const server = await serveFile(file);
    times.push(performance.now() - start);
    await server.close();
  }
  return median(times);
}
