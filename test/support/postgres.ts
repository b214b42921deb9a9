/** A PostgreSQL 15 of our own as the oracle: on a free port, in a directory that is removed afterwards. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Address } from "./wire-client.js";

const BINARIES = "/usr/lib/postgresql/15/bin";
/** PostgreSQL refuses to run as root. */
const ACCOUNTS = ["postgres", "nobody"];

export const hasPostgres = existsSync(join(BINARIES, "initdb"));

/** A running server; disposing stops it, by its process, and removes its files. */
export interface PostgresServer extends AsyncDisposable {
  readonly address: Address;
}

/** Starts a fresh PostgreSQL that trusts user postgres on loopback. */
export async function startPostgres(): Promise<PostgresServer> {
  const account = process.getuid?.() === 0 ? findAccount() : undefined;
  const directory = await mkdtemp(join(tmpdir(), "oracle-"));
  if (account) await chown(directory, account.uid, account.gid);
  const identity = account ?? {};
  const initdb = ["-D", directory, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
  execFileSync(join(BINARIES, "initdb"), initdb, { ...identity, stdio: "pipe", cwd: "/" });
  const port = await freePort();
  const settings = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"];
  const server = spawn(join(BINARIES, "postgres"), ["-D", directory, "-p", String(port), ...settings], {
    ...identity,
    stdio: ["ignore", "ignore", "pipe"],
    cwd: "/",
  });
  await untilReady(server);
  return {
    address: { host: "127.0.0.1", port },
    [Symbol.asyncDispose]: async () => {
      const exited = once(server, "exit");
      server.kill("SIGINT");
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function untilReady(server: ChildProcess): Promise<void> {
  if (server.stderr === null) throw new Error("no log to read");
  const said: string[] = [];
  for await (const line of createInterface({ input: server.stderr })) {
    if (line.includes("ready to accept connections")) {
      // Keep reading, or the log would fill its pipe.
      server.stderr.resume();
      return;
    }
    said.push(line);
  }
  throw new Error(`PostgreSQL did not start:\n${said.join("\n")}`);
}

function findAccount(): { uid: number; gid: number } {
  for (const name of ACCOUNTS) {
    try {
      const id = (flag: string): number => Number(execFileSync("id", [flag, name], { stdio: "pipe" }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      continue;
    }
  }
  throw new Error("no account to run PostgreSQL as");
}

/** A port nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
