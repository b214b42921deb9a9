/** What branches cost that are written, read and compared, beside the same on main: by rows changed, not by rows there. */
import { Client } from "pg";
import { median, percentile, rounded, timed } from "./measure.mjs";
import { startServer } from "./server.mjs";

const SIZES = [100_000, 1_000_000, 10_000_000];
const SCANNED = "t5000000";
const SCANS = 7;
const FIRST_WRITES = 7;
const CREATORS = 64;
const CREATIONS_EACH = 4;
const MANY_PINS = 100;

/** Targets: those of the table in the README. */
export async function measureBranchStorage() {
  const server = await startServer([...SIZES, 5_000_000].map(tableSql).join("\n"));
  const connect = async (database = "main") => {
    const client = new Client({ host: server.host, port: server.port, user: "bench", database });
    await client.connect();
    return client;
  };
  const main = await connect();
  try {
    const firstWrites = await measureFirstWrites(main, connect);
    const diffMs = await measureDiff(main, connect);
    const scans = await measureScans(main, connect);
    const updates = await measureUpdates(main);
    const alter = await measureAlter(main, connect);
    const creators = await measureCreators(main, connect);
    return { firstWrites, diffMs, scans, updates, alter, creators };
  } finally {
    await main.end();
    await server.stop();
  }
}

const COLUMNS = "(id BIGINT PRIMARY KEY, a INTEGER, b DOUBLE, c VARCHAR, d TIMESTAMP)";

function tableSql(rows) {
  return `CREATE TABLE t${rows} ${COLUMNS};
    INSERT INTO t${rows} SELECT i, i % 1000, i * 0.5, 'row ' || i, TIMESTAMP '2024-01-01' + INTERVAL (i % 86400) SECOND FROM range(${rows}) r(i);`;
}

/** The first row changed on a new branch, by the size of its table; and a copy of the largest one, which needs its key, too. */
async function measureFirstWrites(main, connect) {
  const rows = [];
  for (const size of SIZES) {
    const times = [];
    for (let n = -1; n < FIRST_WRITES; n++) {
      await main.query(`CREATE BRANCH "first ${size} ${n}"`);
      const branch = await connect(`main/first ${size} ${n}`);
      await branch.query("SELECT 1");
      const ms = await timed(() => branch.query(`UPDATE t${size} SET a = -1 WHERE id = ${(n + 2) * 777}`));
      if (n >= 0) times.push(ms);
      await branch.end();
      await main.query(`DROP BRANCH "first ${size} ${n}"`);
    }
    rows.push({ size, medianMs: rounded(median(times)) });
  }
  await main.query(`CREATE TABLE copied ${COLUMNS}`);
  const copyMs = await timed(() => main.query(`INSERT INTO copied SELECT * FROM t${SIZES.at(-1)}`));
  await main.query("DROP TABLE copied");
  const medians = rows.map(({ medianMs }) => medianMs);
  const spread = rounded(Math.max(...medians) / Math.min(...medians));
  return {
    rows,
    spread,
    copyMs: Math.round(copyMs),
    copyRatio: Math.round(copyMs / rows.at(-1).medianMs),
    met: Math.max(...medians) <= 15 && spread <= 1.5,
  };
}

/** 10,000 rows changed of the largest table. */
async function measureDiff(main, connect) {
  await main.query("CREATE BRANCH compared");
  const branch = await connect("main/compared");
  await branch.query(`UPDATE t${SIZES.at(-1)} SET a = -1 WHERE id % 1000 = 7`);
  const times = [];
  for (let n = 0; n < 5; n++) times.push(await timed(() => main.query("DIFF BRANCH compared")));
  await branch.end();
  await main.query("DROP BRANCH compared");
  return rounded(median(times));
}

/** Two columns, which is as little as a scan can do; and all of them, in groups. */
const SCAN_QUERIES = {
  narrow: `SELECT sum(a), sum(b) FROM ${SCANNED}`,
  wide: `SELECT a, count(id), sum(b), max(c), max(d) FROM ${SCANNED} GROUP BY a`,
};

/**
 * The same scans on main and on branches that changed nothing, 0.1 % of the table here and there, as much in one place, as much
 * as an overlay holds, and 10 %, which makes a table of the branch's own.
 */
async function measureScans(main, connect) {
  const branches = {
    untouched: undefined,
    few: "id % 1000 = 3",
    clustered: "id BETWEEN 2000000 AND 2004999",
    many: "id % 25 = 3",
    promoted: "id % 10 = 3",
  };
  const clients = { main };
  for (const [name, condition] of Object.entries(branches)) {
    await main.query(`CREATE BRANCH "scan ${name}"`);
    clients[name] = await connect(`main/scan ${name}`);
    if (condition !== undefined)
      await clients[name].query(`UPDATE ${SCANNED} SET a = a + 1 WHERE ${condition}`);
  }
  const narrow = await ratiosOfScan(clients, SCAN_QUERIES.narrow);
  const wide = await ratiosOfScan(clients, SCAN_QUERIES.wide);
  for (const name of Object.keys(branches)) {
    await clients[name].end();
    await main.query(`DROP BRANCH "scan ${name}"`);
  }
  return { ...narrow, wide };
}

/** The time on main, and that of every branch by it. */
async function ratiosOfScan(clients, query) {
  const times = Object.fromEntries(Object.keys(clients).map((name) => [name, []]));
  for (let n = -1; n < SCANS; n++) {
    for (const [name, client] of Object.entries(clients)) {
      const ms = await timed(() => client.query(query));
      if (n >= 0) times[name].push(ms);
    }
  }
  const { main, ...branches } = times;
  const ratios = Object.entries(branches).map(([name, own]) => [name, rounded(median(own) / median(main))]);
  return { mainMs: rounded(median(main)), ...Object.fromEntries(ratios) };
}

/** Main changes one row in a hundred while nobody, one branch, or many branches read the table as it was. */
async function measureUpdates(main) {
  const times = [];
  for (const pins of [0, 1, MANY_PINS]) {
    for (let n = 0; n < pins; n++) await main.query(`CREATE BRANCH "pin ${pins} ${n}"`);
    times.push(await timed(() => main.query(`UPDATE ${SCANNED} SET a = a + 1 WHERE id % 100 = ${pins % 7}`)));
    for (let n = 0; n < pins; n++) await main.query(`DROP BRANCH "pin ${pins} ${n}"`);
  }
  const [none, one, many] = times;
  return { noneMs: Math.round(none), one: rounded(one / none), many: rounded(many / none) };
}

/** A column with a default for all rows: on a new branch, and on a branch of it that has written. */
async function measureAlter(main, connect) {
  const times = { new: [], written: [] };
  for (let n = -1; n < FIRST_WRITES; n++) {
    await main.query(`CREATE BRANCH "alter ${n}"`);
    const branch = await connect(`main/alter ${n}`);
    await branch.query("SELECT 1");
    const ms = await timed(() => branch.query(`ALTER TABLE ${SCANNED} ADD COLUMN e INTEGER DEFAULT 5`));
    await branch.query(`UPDATE ${SCANNED} SET e = 6 WHERE id = 777`);
    const again = await timed(() => branch.query(`ALTER TABLE ${SCANNED} ADD COLUMN f TEXT DEFAULT 'x'`));
    if (n >= 0) times.new.push(ms);
    if (n >= 0) times.written.push(again);
    await branch.end();
    await main.query(`DROP BRANCH "alter ${n}"`);
  }
  const newMs = rounded(median(times.new));
  return { newMs, writtenMs: rounded(median(times.written)), met: newMs <= 20 };
}

async function measureCreators(main, connect) {
  const clients = await Promise.all(Array.from({ length: CREATORS }, () => connect()));
  const latencies = [];
  const total = await timed(() =>
    Promise.all(
      clients.map(async (client, c) => {
        for (let n = 0; n < CREATIONS_EACH; n++)
          latencies.push(await timed(() => client.query(`CREATE BRANCH "many ${c} ${n}"`)));
      }),
    ),
  );
  await Promise.all(clients.map((client) => client.end()));
  const perSecond = Math.round((CREATORS * CREATIONS_EACH * 1000) / total);
  return { perSecond, p99Ms: rounded(percentile(latencies, 0.99)), met: perSecond >= 200 };
}
