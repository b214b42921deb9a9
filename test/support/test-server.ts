/** Our server over a database in memory, on a free port. */
import { type Logger, pino } from "pino";
import { type PgServer, type PgServerOptions, startPgServer } from "../../src/net/pg-server.js";
import { DuckDbSessions } from "./duckdb-session.js";
import type { Address } from "./wire-client.js";

export interface TestServer extends AsyncDisposable {
  readonly address: Address;
  readonly server: PgServer;
  readonly sessions: DuckDbSessions;
  /** Everything logged, one JSON text per line. */
  readonly logged: readonly string[];
}

export async function startTestServer(options: Partial<PgServerOptions> = {}): Promise<TestServer> {
  const logged: string[] = [];
  const log: Logger = pino({ level: "info" }, { write: (line: string) => void logged.push(line) });
  const sessions = await DuckDbSessions.create();
  const server = await startPgServer(
    {
      host: "127.0.0.1",
      port: 0,
      password: undefined,
      users: undefined,
      auth: "scram",
      tls: undefined,
      tlsCert: undefined,
      tlsKey: undefined,
      maxConnections: 20,
      authenticationTimeoutMs: 30_000,
      maxMessageBytes: 16_777_216,
      drainTimeoutMs: 10_000,
      log,
      ...options,
    },
    sessions,
  );
  return {
    address: server.address,
    server,
    sessions,
    logged,
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await sessions[Symbol.asyncDispose]();
    },
  };
}
