/** A pgbouncer in front of a server: in transaction mode, each client's transactions on whichever connection is free. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { temporaryDirectory } from "../cli/temporary-directory.js";
import type { Address } from "../support/wire-client.js";

const LISTENING = /listening on 127\.0\.0\.1:(\d+)/;

export interface PgBouncer extends AsyncDisposable {
  readonly address: Address;
}

export interface PgBouncerOptions {
  /** Names clients use, and the server's database behind each. */
  readonly databases: Readonly<Record<string, string>>;
  readonly poolSize: number;
  /** Then clients and pgbouncer itself log in by SCRAM; otherwise the user `tester` is let in. */
  readonly user?: { readonly name: string; readonly password: string };
}

/** Starts one on a port that was free a moment ago. */
export async function startPgBouncer(
  server: Address,
  port: number,
  { databases, poolSize, user }: PgBouncerOptions,
): Promise<PgBouncer> {
  const directory = await temporaryDirectory();
  const target = `host=${server.host} port=${server.port}`;
  const { name, password } = user ?? { name: "tester", password: "" };
  const settings = [
    "[databases]",
    ...Object.entries(databases).map(([known, database]) => `${known} = ${target} dbname=${database}`),
    "[pgbouncer]",
    `listen_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =`,
    `auth_type = ${user === undefined ? "trust" : "scram-sha-256"}\nauth_file = ${directory.file("users")}`,
    `pool_mode = transaction\ndefault_pool_size = ${poolSize}`,
    "server_reset_query = DISCARD ALL\nserver_reset_query_always = 1\nserver_check_delay = 0",
    "ignore_startup_parameters = extra_float_digits",
  ];
  await writeFile(directory.file("settings"), `${settings.join("\n")}\n`);
  await writeFile(directory.file("users"), `"${name}" "${password}"\n`);
  // It refuses to run as root, and its account must be able to read these.
  for (const file of ["", "settings", "users"]) await chmod(directory.file(file), 0o755);
  const account = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const child = spawn("pgbouncer", [...account, directory.file("settings")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(child, "close");
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line);
    if (LISTENING.test(line)) break;
  }
  child.stderr.resume();
  if (!said.some((line) => LISTENING.test(line)))
    throw new Error(`pgbouncer did not start:\n${said.join("\n")}`);
  return {
    address: { host: "127.0.0.1", port },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await ended;
      await directory[Symbol.asyncDispose]();
    },
  };
}
