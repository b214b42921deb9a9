/** `duckbranch serve` as a process of its own, on a free port: what an operator starts, and what a crash test kills. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Address } from "../support/wire-client.js";

const MAIN = fileURLToPath(new URL("../../dist/cli/duckbranch.cjs", import.meta.url));
const READY = /^duckbranch listening on (.+):(\d+)$/;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that was started, ready or not. Disposing kills it, if it still runs, and waits for its end. */
export class ServerProcess implements AsyncDisposable {
  readonly pid: number;
  /** What it printed so far, by line. */
  readonly output: string[] = [];
  readonly log: string[] = [];
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #lines: Interface;

  private constructor(child: ChildProcess) {
    if (child.pid === undefined || child.stdout === null || child.stderr === null)
      throw new Error("the server process did not start");
    this.#child = child;
    this.pid = child.pid;
    this.#lines = createInterface({ input: child.stdout });
    this.#lines.on("line", (line) => this.output.push(line));
    createInterface({ input: child.stderr }).on("line", (line) => this.log.push(line));
    this.exited = once(child, "close").then(() => ({ code: child.exitCode, signal: child.signalCode }));
  }

  /** Starts the command line with these arguments; resolves at once. */
  static spawn(
    args: readonly string[],
    environment: Record<string, string> = {},
    maxFileKb?: number,
  ): ServerProcess {
    const command = [process.execPath, MAIN, ...args];
    // `exec` keeps the process's id: what is signalled is the server itself.
    const limited = ["bash", "-c", `ulimit -f ${maxFileKb} && exec "$@"`, "bash", ...command];
    const [program = "", ...rest] = maxFileKb === undefined ? command : limited;
    const child = spawn(program, rest, {
      env: { ...cleanEnvironment(), ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return new ServerProcess(child);
  }

  /** Nobody reads what it says any more. */
  hangUp(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  /** Serves a database file and waits until it accepts connections. */
  static async serve(
    dataFile: string,
    options: {
      readonly args?: readonly string[];
      readonly environment?: Record<string, string>;
      /** No file can grow above it: a full disk, as far as DuckDB can tell. */
      readonly maxFileKb?: number;
    } = {},
  ): Promise<ServerProcess & { readonly address: Address }> {
    const args = ["serve", "--port", "0", "--data", dataFile, ...(options.args ?? [])];
    const server = ServerProcess.spawn(args, options.environment, options.maxFileKb);
    return Object.assign(server, { address: await server.ready() });
  }

  /** Where it listens. Rejects when it ends before it says so. */
  async ready(): Promise<Address> {
    return await new Promise((resolve, reject) => {
      const look = (line: string): void => {
        const [, host, port] = READY.exec(line) ?? [];
        if (host !== undefined) resolve({ host, port: Number(port) });
      };
      for (const line of this.output) look(line);
      this.#lines.on("line", look);
      void this.exited.then(({ code, signal }) =>
        reject(
          new Error(`the server ended (${code ?? signal}) before it was ready:\n${this.log.join("\n")}`),
        ),
      );
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it as a power failure would, and waits until it is gone. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.exited;
  }

  /** Ends it as an operator would. */
  async stop(): Promise<Exit> {
    this.signal("SIGTERM");
    return await this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** The environment without settings for the server: tests must not depend on who runs them. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("DUCKBRANCH_")));
}
