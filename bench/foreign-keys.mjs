/** What foreign keys cost: many rows at once and one by one, on main and on a branch, beside PostgreSQL 15 with an index on the referring column. */
import { median, rounded, timed } from "./measure.mjs";
import { startPostgres } from "./postgres.mjs";
import { connectRaw } from "./raw-client.mjs";
import { startServer } from "./server.mjs";

const ROWS = 500_000;
const SINGLES = 60;
const TABLES = [
  "CREATE TABLE parents (id bigint PRIMARY KEY, v int)",
  "CREATE TABLE children (id bigint PRIMARY KEY, parent bigint REFERENCES parents ON DELETE CASCADE, v int)",
  `INSERT INTO parents SELECT i, 0 FROM generate_series(1, ${ROWS}) i`,
];

/** Without targets. PostgreSQL's part is left out where it is not installed. */
export async function measureForeignKeys() {
  const server = await startServer("SELECT 1");
  try {
    const admin = await connectRaw(server);
    for (const statement of TABLES) await admin.drain(statement);
    await admin.drain("CREATE BRANCH changed");
    admin.close();
    const main = await timesOf(server);
    const branch = await timesOf({ ...server, database: "main/changed" });
    return { rows: ROWS, main, branch, postgres: await timesOfPostgres() };
  } finally {
    await server.stop();
  }
}

async function timesOfPostgres() {
  const postgres = await startPostgres([...TABLES, "CREATE INDEX ON children (parent)"].join(";"));
  if (postgres === undefined) return undefined;
  try {
    return await timesOf(postgres);
  } finally {
    await postgres.stop();
  }
}

/** Milliseconds: of all children at once, of one statement for one row, of a tenth of the parents with their children. */
async function timesOf(address) {
  const client = await connectRaw(address);
  const one = async (statement) => {
    const times = [];
    for (let i = 1; i <= SINGLES; i++) times.push(await timed(() => client.drain(statement(i))));
    return rounded(median(times));
  };
  const once = async (statement) => rounded(await timed(() => client.drain(statement)));
  const children = await once(`INSERT INTO children SELECT i, i, 0 FROM generate_series(1, ${ROWS}) i`);
  const child = await one((i) => `INSERT INTO children VALUES (${ROWS + i}, ${i}, 0)`);
  const parent = await one((i) => `DELETE FROM parents WHERE id = ${i}`);
  const parents = await once(`DELETE FROM parents WHERE id > ${ROWS * 0.9}`);
  client.close();
  return { children, child, parent, parents };
}
