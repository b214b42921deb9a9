/** One row by its key: how much the wire, the reading of the statement and the branch add. */
import { openBaseline } from "./baseline.mjs";
import { median, rounded, timed } from "./measure.mjs";
import { connectRaw } from "./raw-client.mjs";
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
  const main = await connectRaw(server);
  await main.drain("CREATE BRANCH untouched; CREATE BRANCH written");
  const untouched = await connectRaw({ ...server, database: "main/untouched" });
  const written = await connectRaw({ ...server, database: "main/written" });
  await written.drain("UPDATE points SET name = 'changed' WHERE id = 5");
  const prepared = await baseline.connection.prepare(TEXT);
  try {
    const medians = await measureInTurns({
      duckdb: async (id) => {
        prepared.bind([id]);
        return (await prepared.runAndReadAll()).getRows().length === 1;
      },
      prepared: await preparedQuery(main),
      simple: await simpleQuery(main),
      branchUntouched: await preparedQuery(untouched),
      branchWritten: await preparedQuery(written),
    });
    const { duckdb, ...wire } = medians;
    const ratios = Object.fromEntries(Object.entries(wire).map(([name, ms]) => [name, rounded(ms / duckdb)]));
    return { medianMs: mapValues(medians, rounded), ratios, met: ratios.prepared <= MAX_RATIO };
  } finally {
    prepared.destroySync();
    baseline.close();
    for (const client of [main, untouched, written]) client.close();
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
          if (!(await query(id))) throw new Error(`${name}: found no row ${id}`);
        });
        if (round >= 0) times[name].push(ms);
      }
    }
  }
  return mapValues(times, median);
}

/** A query by key; gives whether a row was found, which an answer without one is too short for. */
async function preparedQuery(client) {
  await client.prepare("point", TEXT);
  const emptyBytes = await client.execute("point", ["-1"]);
  return async (id) => (await client.execute("point", [String(id)])) > emptyBytes;
}

async function simpleQuery(client) {
  const ask = async (id) => await client.drain(TEXT.replace("$1", String(id)));
  const emptyBytes = await ask(-1);
  return async (id) => (await ask(id)) > emptyBytes;
}

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}
