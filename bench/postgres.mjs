/** A PostgreSQL 15 beside this server, to be measured in the same run: started here, on a free port, and removed again. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const BINARIES = "/usr/lib/postgresql/15/bin";
/** PostgreSQL refuses to run as root. */
const ACCOUNT = "postgres";
/** Enough for what is measured to lie in its memory, as it does in DuckDB's. */
const SETTINGS = [
  "shared_buffers=1GB",
  "fsync=off",
  "listen_addresses=127.0.0.1",
  "unix_socket_directories=",
];

/** Undefined where it is not installed. The table is made by `initSql`; the caller stops the server. */
export async function startPostgres(initSql) {
  if (!existsSync(join(BINARIES, "initdb"))) return undefined;
  const directory = mkdtempSync(join(tmpdir(), "duckbranch-bench-postgres-"));
  const identity = process.getuid() === 0 ? accountOf(ACCOUNT) : {};
  if (identity.uid !== undefined) chownSync(directory, identity.uid, identity.gid);
  const initdb = ["-D", directory, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
  execFileSync(join(BINARIES, "initdb"), initdb, { ...identity, stdio: "pipe", cwd: "/" });
  const port = await freePort();
  const settings = SETTINGS.flatMap((setting) => ["-c", setting]);
  const server = spawn(join(BINARIES, "postgres"), ["-D", directory, "-p", String(port), ...settings], {
    ...identity,
    stdio: ["ignore", "ignore", "pipe"],
    cwd: "/",
  });
  const stop = async () => {
    const exited = once(server, "exit");
    server.kill("SIGINT");
    await exited;
    rmSync(directory, { recursive: true, force: true });
  };
  await untilReady(server);
  const psql = ["-h", "127.0.0.1", "-p", String(port), "-U", "postgres", "-q", "-v", "ON_ERROR_STOP=1"];
  execFileSync(join(BINARIES, "psql"), psql, { input: initSql, stdio: ["pipe", "ignore", "inherit"] });
  return { host: "127.0.0.1", port, user: "postgres", database: "postgres", stop };
}

async function untilReady(server) {
  for await (const line of createInterface({ input: server.stderr })) {
    if (!line.includes("ready to accept connections")) continue;
    // Keep reading, or the log would fill its pipe.
    server.stderr.resume();
    return;
  }
  throw new Error("PostgreSQL did not start");
}

function accountOf(name) {
  const id = (flag) => Number(execFileSync("id", [flag, name], { stdio: "pipe" }));
  return { uid: id("-u"), gid: id("-g") };
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
