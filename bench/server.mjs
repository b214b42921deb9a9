/** A duckbranch server as a process of its own, on a free port, over a database file that is removed afterwards. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const MAIN = new URL("../dist/cli/duckbranch.cjs", import.meta.url).pathname;
const READY = /^duckbranch listening on (.+):(\d+)$/;

/** Starts a server whose file was filled by `initSql`; the caller stops it. `environment` holds settings. */
export async function startServer(initSql, environment = {}) {
  const directory = mkdtempSync(join(tmpdir(), "duckbranch-bench-"));
  const init = join(directory, "init.sql");
  const dataFile = join(directory, "bench.db");
  writeFileSync(init, initSql);
  const { close, ...server } = await serveFile(dataFile, ["--init", init], environment);
  const stop = async () => {
    await close();
    rmSync(directory, { recursive: true, force: true });
  };
  return { ...server, dataFile, stop };
}

/** Starts a server on a file; `close` ends it in order and leaves the file. */
export async function serveFile(dataFile, options = [], environment = {}) {
  const server = spawn(
    process.execPath,
    [...profileArguments(), MAIN, "serve", "--port", "0", "--data", dataFile, ...options],
    {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, DUCKBRANCH_LOG_LEVEL: "error", ...environment },
    },
  );
  const exited = once(server, "exit");
  const address = await readyAddress(server);
  const close = async () => {
    server.kill("SIGTERM");
    await exited;
  };
  return { ...address, pid: server.pid, close };
}

/** `BENCH_PROFILE=DIR` writes a CPU profile of every server there. */
function profileArguments() {
  const directory = process.env["BENCH_PROFILE"];
  return directory === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${directory}`];
}

async function readyAddress(server) {
  for await (const line of createInterface({ input: server.stdout })) {
    const match = READY.exec(line);
    if (match !== null) return { host: match[1], port: Number(match[2]) };
  }
  throw new Error("the server ended before it was ready");
}

/** Resident memory of a process in MB, or undefined where the system does not tell (anything but Linux). */
export function residentMb(pid) {
  try {
    const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}
