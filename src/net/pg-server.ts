/** The listening socket and all its connections. */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import type { Logger } from "pino";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { SessionFactory } from "../query/types.js";
import type { AuthenticationPolicy } from "../session/authentication.js";
import { deriveScramVerifier } from "../session/scram.js";
import { CancelRegistry } from "./cancel-registry.js";
import { PgConnection, type ConnectionEnvironment } from "./pg-connection.js";

export interface PgServerOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Undefined lets everyone in, and is refused on any address but loopback. */
  readonly password: string | undefined;
  /** Clients past start-up, at a time. */
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
  /** Stops accepting, lets running statements end within `drainTimeoutMs`, and resolves when all clients are gone. */
  close(): Promise<void>;
}

/** Sockets beyond `maxConnections`: for cancel requests, and to tell clients that there is no place. */
const SPARE_SOCKETS = 64;
/** Between interrupting a statement and giving up on its client. */
const INTERRUPT_GRACE_MS = 2000;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/;

/**
 * Starts to listen.
 *
 * Errors  22023 for an address other than loopback without a password; what the system says when it cannot listen
 */
export async function startPgServer(options: PgServerOptions, sessions: SessionFactory): Promise<PgServer> {
  if (options.password === undefined && !LOOPBACK.test(options.host)) {
    throw new SqlError(
      SQLSTATE.invalidParameterValue,
      `refusing to listen on "${options.host}" without a password`,
      {
        hint: "set a password, or listen on 127.0.0.1",
      },
    );
  }
  const policy = await policyFor(options.password);
  const server = createServer({ pauseOnConnect: false });
  server.maxConnections = options.maxConnections + SPARE_SOCKETS;
  const pool = new ConnectionPool(options, policy, sessions);
  server.on("connection", (socket) => pool.accept(socket));
  server.listen({ host: options.host, port: options.port });
  await once(server, "listening");
  server.on("error", (error) => options.log.error({ err: error }, "listening socket failed"));
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("listening on something without a port");
  const address = { host: bound.address, port: bound.port };
  return { address, close: onceOnly(() => closeServer(server, pool, options)) };
}

async function policyFor(password: string | undefined): Promise<AuthenticationPolicy> {
  if (password === undefined) return { kind: "trust" };
  return { kind: "scram", verifier: await deriveScramVerifier(password) };
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
  readonly #environment: ConnectionEnvironment;
  readonly #maxConnections: number;
  #taken = 0;
  #draining = false;

  constructor(options: PgServerOptions, policy: AuthenticationPolicy, sessions: SessionFactory) {
    this.#maxConnections = options.maxConnections;
    this.#environment = {
      sessions,
      policy,
      cancels: new CancelRegistry(),
      maxMessageBytes: options.maxMessageBytes,
      authenticationTimeoutMs: options.authenticationTimeoutMs,
      inPlace: (work) => this.#inPlace(work),
      log: options.log,
    };
  }

  accept(socket: Socket): void {
    const connection = new PgConnection(socket, this.#environment);
    const run = this.#serve(connection);
    this.#running.set(connection, run);
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

  async #serve(connection: PgConnection): Promise<void> {
    try {
      await connection.run();
    } catch (error) {
      this.#environment.log.error({ err: error }, "connection failed");
    } finally {
      this.#running.delete(connection);
    }
  }

  async #inPlace(work: () => Promise<void>): Promise<void> {
    if (this.#taken >= this.#maxConnections) {
      throw new SqlError(SQLSTATE.tooManyConnections, "sorry, too many clients already");
    }
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
