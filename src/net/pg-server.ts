/** The listening socket and all its connections. */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { SessionFactory } from "../query/types.js";
import { CancelRegistry } from "./cancel-registry.js";
import { CrowdedPlaces } from "../core/crowded-places.js";
import { isLoopback } from "../core/loopback.js";
import { type ConnectionEnvironment, PgConnection, tooManyConnections } from "./pg-connection.js";
import { openSecurity, type Security, type SecurityOptions } from "./security.js";

export interface PgServerOptions extends SecurityOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Clients past authentication, at a time. */
  readonly maxConnections: number;
  /** From connecting to the end of authentication. */
  readonly authenticationTimeoutMs: number;
  readonly maxMessageBytes: number;
  /** How long running statements may take to end when the server closes. */
  readonly drainTimeoutMs: number;
  readonly log: Logger;
}

export interface PgServer {
  readonly address: { readonly host: string; readonly port: number };
  /** Resolves when DuckDB can no longer be used; all clients are told and hung up on. */
  readonly engineFailed: Promise<SqlError>;
  /** Reads certificate, key and users file again. What cannot be read stays as it was, and is logged. */
  reload(): Promise<void>;
  /** Stops accepting, lets running statements end within `drainTimeoutMs`, and resolves when all clients are gone. */
  close(): Promise<void>;
}

/** Clients that have not proved who they are: room for a burst of logins, and for cancel requests. */
const MAX_PENDING = 128;
/** Between interrupting a statement and giving up on its client. */
const INTERRUPT_GRACE_MS = 2000;

/**
 * Starts to listen. `shared`: what the options say, opened before for another way in as well.
 *
 * Errors  22023 for an address other than loopback without passwords; OperatorError for files that cannot be used; what
 *         the system says when it cannot listen
 */
export async function startPgServer(
  options: PgServerOptions,
  sessions: SessionFactory,
  shared?: Security,
): Promise<PgServer> {
  const security = shared ?? (await openSecurity(options));
  if (security.policy.kind === "trust" && !isLoopback(options.host)) {
    throw new SqlError(
      SQLSTATE.invalidParameterValue,
      `refusing to listen on "${options.host}" without a password`,
      {
        hint: "set a password or a users file, or listen on 127.0.0.1",
      },
    );
  }
  const server = createServer({ pauseOnConnect: false });
  const pool = new ConnectionPool({
    sessions,
    cancels: new CancelRegistry(),
    ...security,
    ...options,
  });
  server.on("connection", (socket) => pool.accept(socket));
  server.listen({ host: options.host, port: options.port });
  await once(server, "listening");
  server.on("error", (error) => options.log.error({ err: error }, "listening socket failed"));
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("listening on something without a port");
  const address = { host: bound.address, port: bound.port };
  const close = onceOnly(() => closeServer(server, pool, options));
  const { engineFailed } = pool;
  return { address, engineFailed, reload: async () => await security.reload(), close };
}

/** Closing twice is closing once. */
function onceOnly(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => (closing ??= close());
}

async function closeServer(server: Server, pool: ConnectionPool, options: PgServerOptions): Promise<void> {
  const closed = once(server, "close");
  server.close();
  await pool.drain(options.drainTimeoutMs);
  await closed;
}

/** The connections of one server. */
class ConnectionPool {
  readonly #running = new Map<PgConnection, Promise<void>>();
  readonly #pending = new CrowdedPlaces<PgConnection>(MAX_PENDING);
  readonly #environment: ConnectionEnvironment;
  readonly #maxConnections: number;
  /** Resolved once, by the first connection that meets it. */
  readonly engineFailed: Promise<SqlError>;
  #tellFailed: ((cause: SqlError) => void) | undefined;
  #taken = 0;
  #draining = false;

  constructor(
    environment: Omit<ConnectionEnvironment, "places" | "onEngineFailure"> & {
      readonly maxConnections: number;
    },
  ) {
    this.#maxConnections = environment.maxConnections;
    this.engineFailed = new Promise((resolve) => {
      this.#tellFailed = resolve;
    });
    const places = {
      requireFree: () => this.#requireFree(),
      use: async (connection: PgConnection, work: () => Promise<void>) => await this.#use(connection, work),
    };
    const onEngineFailure = (cause: SqlError): void => {
      void this.#crash(cause);
    };
    this.#environment = { ...environment, places, onEngineFailure };
  }

  accept(socket: Socket): void {
    const connection = new PgConnection(socket, this.#environment);
    const run = this.#serve(connection);
    this.#running.set(connection, run);
    this.#pending.add(connection)?.evict();
    if (this.#draining) connection.drain();
  }

  /** Lets everyone finish, then interrupts, then hangs up. */
  async drain(timeoutMs: number): Promise<void> {
    this.#draining = true;
    const all = Promise.all(this.#running.values());
    const interrupt = setTimeout(() => this.#forEach((connection) => connection.interrupt()), timeoutMs);
    const destroy = setTimeout(
      () => this.#forEach((connection) => connection.destroy()),
      timeoutMs + INTERRUPT_GRACE_MS,
    );
    this.#forEach((connection) => connection.drain());
    await all;
    clearTimeout(interrupt);
    clearTimeout(destroy);
  }

  /** Tells everyone, gives them a moment to hear it, and then says so to whoever runs the server. */
  async #crash(cause: SqlError): Promise<void> {
    this.#forEach((connection) => connection.crash(cause));
    const told = Promise.all(this.#running.values());
    await Promise.race([told, delay(INTERRUPT_GRACE_MS, undefined, { ref: false })]);
    this.#tellFailed?.(cause);
  }

  async #serve(connection: PgConnection): Promise<void> {
    try {
      await connection.run();
    } catch (error) {
      this.#environment.log.error({ err: error }, "connection failed");
    } finally {
      this.#pending.delete(connection);
      this.#running.delete(connection);
    }
  }

  #requireFree(): void {
    if (this.#taken >= this.#maxConnections) throw tooManyConnections();
  }

  async #use(connection: PgConnection, work: () => Promise<void>): Promise<void> {
    this.#requireFree();
    this.#pending.delete(connection);
    this.#taken++;
    try {
      await work();
    } finally {
      this.#taken--;
    }
  }

  #forEach(action: (connection: PgConnection) => void): void {
    for (const connection of this.#running.keys()) action(connection);
  }
}
