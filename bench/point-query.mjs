/** One row by its key: how much the wire, the reading of the statement and the branch add. */
import { Client } from "pg";
import { openBaseline } from "./baseline.mjs";
import { median, rounded, timed } from "./measure.mjs";
import { startServer } from "./server.mjs";

const ROWS = 100_000;
const ROUNDS = 40;
const QUERIES_PER_ROUND = 50;
const MAX_RATIO = 1.3;
/** Coprime to ROWS: walks over all keys without repeating one soon. */
const STRIDE = 7_919;

const TABLE_SQL = `CREATE TABLE points (id INTEGER PRIMARY KEY, name TEXT, amount DOUBLE);
INSERT INTO points SELECT i, 'name ' || i, i / 3.0 FROM range(${ROWS}) r(i);`;
const TEXT = "SELECT id, name, amount FROM points WHERE id = $1";

/** Target: at most 1.3 times on main, prepared. The other figures are for information. */
export async function measurePointQuery() {
  const server = await startServer(TABLE_SQL);
  const baseline = await openBaseline(TABLE_SQL);
  const main = await connectTo(server, "main");
  await main.query("CREATE BRANCH untouched");
  await main.query("CREATE BRANCH written");
  const untouched = await connectTo(server, "main/untouched");
  const written = await connectTo(server, "main/written");
  await written.query("UPDATE points SET name = 'changed' WHERE id = 5");
  const prepared = await baseline.connection.prepare(TEXT);
  try {
    const medians = await measureInTurns({
      duckdb: async (id) => {
        prepared.bind([id]);
        return (await prepared.runAndReadAll()).getRows()[0][0];
      },
      prepared: (id) => preparedQuery(main, id),
      simple: (id) => simpleQuery(main, id),
      branchUntouched: (id) => preparedQuery(untouched, id),
      branchWritten: (id) => preparedQuery(written, id),
    });
    const { duckdb, ...wire } = medians;
    const ratios = Object.fromEntries(Object.entries(wire).map(([name, ms]) => [name, rounded(ms / duckdb)]));
    return { medianMs: mapValues(medians, rounded), ratios, met: ratios.prepared <= MAX_RATIO };
  } finally {
    prepared.destroySync();
    baseline.close();
    for (const client of [main, untouched, written]) await client.end();
    await server.stop();
  }
}

/** All ways in turn, round by round, so that what else the machine does meets them all. */
async function measureInTurns(ways) {
  const times = mapValues(ways, () => []);
  let id = 0;
  for (let round = -2; round < ROUNDS; round++) {
    for (const [name, query] of Object.entries(ways)) {
      for (let i = 0; i < QUERIES_PER_ROUND; i++) {
        id = (id + STRIDE) % ROWS;
        const ms = await timed(async () => {
          const found = await query(id);
          if (found !== id) throw new Error(`${name}: asked for ${id}, got ${found}`);
        });
        if (round >= 0) times[name].push(ms);
      }
    }
  }
  return mapValues(times, median);
}

async function connectTo({ host, port }, database) {
  const client = new Client({ host, port, user: "bench", database });
  await client.connect();
  return client;
}

async function preparedQuery(client, id) {
  const { rows } = await client.query({ name: "point", text: TEXT, values: [id] });
  return rows[0].id;
}

async function simpleQuery(client, id) {
  const { rows } = await client.query(TEXT.replace("$1", String(id)));
  return rows[0].id;
}

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}
