/** What depth costs a read: branches of branches, each of which has changed a row. */
import { Client } from "pg";
import { median, rounded, timed } from "./measure.mjs";
import { startServer } from "./server.mjs";

const ROWS = 1_000_000;
const DEEP = 25;
const DEEPEST = 1_000;
const READS = 15;
const SCAN = "SELECT sum(a), count(*) FROM t";
const POINT = `SELECT * FROM t WHERE id = ${ROWS / 2}`;

/** Target: a read at depth 25 takes at most 1.2 times as long as at depth 1; one at depth 1,000 works. */
export async function measureDepth() {
  const server = await startServer(`CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b VARCHAR);
    INSERT INTO t SELECT i, i % 100, 'row ' || i FROM range(${ROWS}) r(i);`);
  const connect = async (level) => {
    const database = level === 0 ? "main" : `main/b${level}`;
    const client = new Client({ host: server.host, port: server.port, user: "bench", database });
    await client.connect();
    return client;
  };
  const main = await connect(0);
  try {
    for (let level = 1; level <= DEEPEST; level++) {
      await main.query(`CREATE BRANCH b${level} FROM ${level === 1 ? "main" : `b${level - 1}`}`);
      if (level > DEEP) continue;
      const branch = await connect(level);
      await branch.query(`UPDATE t SET a = a + 1 WHERE id = ${level}`);
      await branch.end();
    }
    return summary(await readAt([1, DEEP, DEEPEST], connect));
  } finally {
    await main.end();
    await server.stop();
  }
}

function summary(times) {
  const ratios = (level) => ({
    scan: rounded(times[level].scan / times[1].scan),
    point: rounded(times[level].point / times[1].point),
  });
  const [deep, deepest] = [ratios(DEEP), ratios(DEEPEST)];
  return {
    scanMs: times[1].scan,
    pointMs: times[1].point,
    deep,
    deepest,
    met: Math.max(deep.scan, deep.point) <= 1.2,
  };
}

/** Medians per level; the levels take turns. */
async function readAt(levels, connect) {
  const clients = new Map();
  for (const level of levels) clients.set(level, await connect(level));
  const times = Object.fromEntries(levels.map((level) => [level, { scan: [], point: [] }]));
  for (let n = -1; n < READS; n++) {
    for (const [level, client] of clients) {
      const [scan, point] = [await timed(() => client.query(SCAN)), await timed(() => client.query(POINT))];
      if (n < 0) continue;
      times[level].scan.push(scan);
      times[level].point.push(point);
    }
  }
  for (const client of clients.values()) await client.end();
  return Object.fromEntries(
    Object.entries(times).map(([level, { scan, point }]) => [
      level,
      { scan: rounded(median(scan)), point: rounded(median(point)) },
    ]),
  );
}
