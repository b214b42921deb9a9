/** What a connection costs that does nothing: pools and people keep many of them open. */
import { setTimeout as sleep } from "node:timers/promises";
import { rounded } from "./measure.mjs";
import { connectRaw } from "./raw-client.mjs";
import { residentMb, startServer } from "./server.mjs";

const CONNECTIONS = 500;
const MAX_KB_EACH = 100;
const WARM_UP = 50;
/** Time to give back what connecting took. */
const SETTLE_MS = 3_000;
const QUERY = "SELECT count(*) FROM t";

/** Target: 100 KB of resident memory each, after a query. Undefined where /proc is missing. */
export async function measureIdleConnections() {
  if (residentMb(process.pid) === undefined) return undefined;
  const server = await startServer("CREATE TABLE t AS SELECT 1 AS n", {
    DUCKBRANCH_MAX_CONNECTIONS: String(CONNECTIONS + WARM_UP),
  });
  try {
    const warm = await connectMany(server, WARM_UP);
    for (const client of warm) await client.drain(QUERY);
    await sleep(SETTLE_MS);
    const before = residentMb(server.pid);
    const clients = await connectMany(server, CONNECTIONS);
    await sleep(SETTLE_MS);
    const connected = residentMb(server.pid);
    for (const client of clients) await client.drain(QUERY);
    await sleep(SETTLE_MS);
    const used = residentMb(server.pid);
    for (const client of [...warm, ...clients]) client.close();
    const kbEach = rounded(((used - before) * 1024) / CONNECTIONS);
    return {
      connections: CONNECTIONS,
      kbEachConnected: rounded(((connected - before) * 1024) / CONNECTIONS),
      kbEach,
      met: kbEach <= MAX_KB_EACH,
    };
  } finally {
    await server.stop();
  }
}

async function connectMany(server, count) {
  const clients = [];
  for (let i = 0; i < count; i++) clients.push(await connectRaw(server));
  return clients;
}
