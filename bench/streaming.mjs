/** Many rows through the wire, against the same rows only fetched from DuckDB inside one process. */
import { connectRaw, drainQuery } from "./raw-client.mjs";
import { openBaseline } from "./baseline.mjs";
import { median, rounded, timed } from "./measure.mjs";
import { startServer } from "./server.mjs";

const ROWS = 1_000_000;
const PAIRS = 7;
const MAX_RATIO = 5;
const QUERY = "SELECT * FROM flows";

/** Int, bigint, double, decimal, date, timestamp and two varchars, one longer than DuckDB keeps inline. */
export function flowsSql(rows) {
  return `CREATE TABLE flows AS SELECT
    (i % 1000003)::INTEGER AS a,
    (i * 7919 + 1000000000000)::BIGINT AS b,
    (i / 7.0)::DOUBLE AS c,
    (i % 100000 / 100.0)::DECIMAL(12, 2) AS d,
    DATE '2001-01-01' + (i % 9000)::INTEGER AS e,
    TIMESTAMP '2001-01-01 00:00:00' + INTERVAL 1 SECOND * (i % 90000000) AS f,
    'k' || (i % 5000) AS g,
    'a longer text for row ' || i AS h
  FROM range(${rows}) r(i);`;
}

/** Target: at most 5 times. Runs are paired, so that a busy machine slows both. */
export async function measureStreaming() {
  const server = await startServer(flowsSql(ROWS));
  const baseline = await openBaseline(flowsSql(ROWS));
  const socket = await connectRaw(server);
  try {
    const pairs = [];
    let bytes = 0;
    for (let i = -1; i < PAIRS; i++) {
      const fetchMs = await timed(() => baseline.drain(QUERY));
      const wireMs = await timed(async () => (bytes = await drainQuery(socket, QUERY)));
      if (i >= 0) pairs.push({ fetchMs, wireMs, ratio: wireMs / fetchMs });
    }
    const ratio = rounded(median(pairs.map((pair) => pair.ratio)));
    return {
      rows: ROWS,
      megabytes: rounded(bytes / 1e6),
      fetchMs: rounded(median(pairs.map((pair) => pair.fetchMs))),
      wireMs: rounded(median(pairs.map((pair) => pair.wireMs))),
      ratio,
      met: ratio <= MAX_RATIO,
    };
  } finally {
    socket.destroy();
    baseline.close();
    await server.stop();
  }
}
