/** What the first one-row write on a branch adds to the file and its log. */
import { existsSync, statSync } from "node:fs";
import { Client } from "pg";
import { median } from "./measure.mjs";
import { startServer } from "./server.mjs";

const ROWS = 1_000_000;
const WRITES = 9;
/** An integer, a double, a timestamp and a short text. */
const ROW_BYTES = 48;
const MAX_BYTES = 3 * ROW_BYTES + 256 * 1024;

/** Target: at most three times the changed bytes, and 256 KB. */
export async function measureBytesWritten() {
  const server =
    await startServer(`CREATE TABLE t (id BIGINT PRIMARY KEY, a INTEGER, b DOUBLE, c VARCHAR, d TIMESTAMP);
    INSERT INTO t SELECT i, i % 1000, i * 0.5, 'row ' || i, TIMESTAMP '2024-01-01' FROM range(${ROWS}) r(i);`);
  const connect = async (database) => {
    const client = new Client({ host: server.host, port: server.port, user: "bench", database });
    await client.connect();
    return client;
  };
  const main = await connect("main");
  try {
    const written = [];
    for (let n = 0; n < WRITES; n++) {
      await main.query(`CREATE BRANCH b${n}`);
      const branch = await connect(`main/b${n}`);
      const before = bytes(server.dataFile);
      await branch.query(`UPDATE t SET a = -1, c = 'changed' WHERE id = ${(n + 1) * 777}`);
      written.push(bytes(server.dataFile) - before);
      await branch.end();
    }
    const medianBytes = median(written);
    return { rows: ROWS, medianBytes, most: Math.max(...written), met: Math.max(...written) <= MAX_BYTES };
  } finally {
    await main.end();
    await server.stop();
  }
}

function bytes(dataFile) {
  return [dataFile, `${dataFile}.wal`].reduce(
    (sum, path) => sum + (existsSync(path) ? statSync(path).size : 0),
    0,
  );
}
