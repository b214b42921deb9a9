/**
 * Many rows through the wire, in text and binary: beside PostgreSQL 15 with the same rows, and beside the same rows only
 * fetched from DuckDB inside one process.
 */
import { openBaseline } from "./baseline.mjs";
import { median, rounded, timed } from "./measure.mjs";
import { startPostgres } from "./postgres.mjs";
import { startReader } from "./reader-process.mjs";
import { startServer } from "./server.mjs";

const ROWS = 1_000_000;
const ROUNDS = 7;
const WARM_UP = 1;
const QUERY = "SELECT * FROM flows";
/** Rows per second over PostgreSQL's. */
const MIN_TEXT_RATIO = 1;
const MIN_BINARY_RATIO = 1.2;

/** Int, bigint, double, decimal, date, timestamp and two texts, one longer than DuckDB keeps inline. */
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

/** The same rows for PostgreSQL, in whose dialect they are not said the same way; vacuumed, as a table at rest is. */
function flowsPostgresSql(rows) {
  return `CREATE TABLE flows AS SELECT
    (i % 1000003)::integer AS a,
    (i * 7919 + 1000000000000)::bigint AS b,
    i::double precision / 7 AS c,
    (i % 100000 / 100.0)::numeric(12, 2) AS d,
    date '2001-01-01' + (i % 9000)::integer AS e,
    timestamp '2001-01-01 00:00:00' + interval '1 second' * (i % 90000000) AS f,
    'k' || (i % 5000) AS g,
    'a longer text for row ' || i AS h
  FROM generate_series(0::bigint, ${rows} - 1) r(i);
  VACUUM ANALYZE flows;`;
}

/** Target: PostgreSQL's rows per second in text, 1.2 times as many in binary. In turns: a busy machine slows all. */
export async function measureStreaming() {
  const postgres = await startPostgres(flowsPostgresSql(ROWS));
  const server = await startServer(flowsSql(ROWS));
  const baseline = await openBaseline(flowsSql(ROWS));
  const readers = { duckbranch: await startReader(server) };
  if (postgres !== undefined) readers.postgres = await startReader(postgres);
  try {
    const fetchMs = [];
    const text = readings(readers);
    const binary = readings(readers);
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      const ms = await timed(() => baseline.drain(QUERY));
      if (round >= 0) fetchMs.push(ms);
      await readInTurn(readers, text, { binary: false, counts: round >= 0 });
      await readInTurn(readers, binary, { binary: true, counts: round >= 0 });
    }
    const results = { text: compare(text, MIN_TEXT_RATIO), binary: compare(binary, MIN_BINARY_RATIO) };
    const met = results.text.met && results.binary.met;
    return { rows: ROWS, fetchMs: rounded(median(fetchMs)), ...results, met };
  } finally {
    for (const reader of Object.values(readers)) await reader.stop();
    baseline.close();
    await server.stop();
    await postgres?.stop();
  }
}

function readings(readers) {
  return Object.fromEntries(Object.keys(readers).map((name) => [name, { bytes: undefined, times: [] }]));
}

async function readInTurn(readers, results, { binary, counts }) {
  for (const [name, reader] of Object.entries(readers)) {
    const { bytes, ms } = await reader.drain(QUERY, binary);
    const result = results[name];
    result.bytes ??= bytes;
    if (bytes !== result.bytes) throw new Error(`${name} gave ${bytes} bytes after ${result.bytes}`);
    if (counts) result.times.push(ms);
  }
}

/** Ratio of rows per second. Both servers give the same bytes, or they did not do the same work. */
function compare({ duckbranch, postgres }, minRatio) {
  const wireMs = rounded(median(duckbranch.times));
  const megabytes = rounded(duckbranch.bytes / 1e6);
  if (postgres === undefined) return { megabytes, wireMs, met: undefined };
  if (postgres.bytes !== duckbranch.bytes) {
    throw new Error(`PostgreSQL sends ${postgres.bytes} bytes, this server ${duckbranch.bytes}`);
  }
  const postgresMs = rounded(median(postgres.times));
  const ratio = rounded(postgresMs / wireMs);
  return { megabytes, wireMs, postgresMs, ratio, met: ratio >= minRatio };
}
