/** One client's connection from its first byte to its last: start-up, authentication, session, goodbye. */
import type { Socket } from "node:net";
import type { Logger } from "pino";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { SessionFactory, SessionRequest } from "../query/types.js";
import { authenticate, type AuthenticationPolicy } from "../session/authentication.js";
import { ClientGoneError } from "../session/client-channel.js";
import { ClientOutput } from "../session/client-output.js";
import { ProtocolSession } from "../session/protocol-session.js";
import { fatalCause, reportOf } from "../session/reports.js";
import {
  identityOf,
  negotiateVersion,
  receiveStartup,
  requireEncryption,
  sessionRequestOf,
} from "../session/startup.js";
import { writeErrorResponse } from "../wire/backend-messages.js";
import { NoStartupPacketError } from "../wire/frame-reader.js";
import type { CancelRegistry } from "./cancel-registry.js";
import { SocketChannel } from "./socket-channel.js";
import type { TlsIdentity } from "./tls-identity.js";

/** The server's places for clients who have proved who they are. */
interface Places {
  /** Errors: 53300 when none is free now. */
  requireFree(): void;
  /** Does a client's work in one of them. Errors: as `requireFree`. */
  use(connection: PgConnection, work: () => Promise<void>): Promise<void>;
}

/** What all connections of one server share. */
export interface ConnectionEnvironment {
  readonly sessions: SessionFactory;
  readonly policy: AuthenticationPolicy;
  readonly cancels: CancelRegistry;
  readonly maxMessageBytes: number;
  readonly authenticationTimeoutMs: number;
  /** What is shown to clients that encrypt; undefined when they cannot. */
  readonly tlsIdentity: () => TlsIdentity | undefined;
  readonly requiresTls: boolean;
  readonly places: Places;
  /** Called by the connection that meets it. */
  readonly onEngineFailure: (cause: SqlError) => void;
  readonly log: Logger;
}

/**
 * Serves one socket.
 *
 * Errors  `run` never rejects: what ends a connection is told to the client as FATAL, if it is there to listen
 */
export class PgConnection {
  readonly #environment: ConnectionEnvironment;
  readonly #channel: SocketChannel;
  readonly #output: ClientOutput;
  #protocol: ProtocolSession | undefined;
  #clientGone = false;
  /** Why no more frames come, when it is the server's wish. */
  #ending: SqlError | undefined;

  constructor(socket: Socket, environment: ConnectionEnvironment) {
    this.#environment = environment;
    this.#channel = new SocketChannel(socket, environment.tlsIdentity());
    this.#output = new ClientOutput(this.#channel);
  }

  async run(): Promise<void> {
    const pumping = this.#pump();
    try {
      await this.#serve();
      if (this.#ending !== undefined) await this.#reportFatal(this.#ending);
    } catch (error) {
      await this.#fail(error);
    } finally {
      await this.#channel.end();
      await pumping;
    }
  }

  get address(): string {
    return this.#channel.peer.address;
  }

  /** There are too many like this one, which has not authenticated yet. */
  evict(): void {
    this.#ending ??= tooManyConnections();
    this.#channel.stop();
    this.#channel.hurry();
  }

  /** Ends the connection when its client's work is done; an idle one at once. */
  drain(): void {
    this.#ending ??= administratorCommand();
    this.#channel.stopAtRest();
  }

  /** Ends it now, also in the middle of a statement. */
  #terminate(): void {
    this.#ending ??= administratorCommand();
    this.#channel.stop();
    this.#protocol?.terminate(this.#ending);
  }

  /** The engine failed: whatever is under way cannot be answered any more. */
  crash(cause: SqlError): void {
    this.#ending ??= cause;
    this.#channel.stop();
    this.#protocol?.cancel();
  }

  /** The time for draining is over: stops the statement under way. */
  interrupt(): void {
    this.drain();
    this.#channel.stop();
    this.#protocol?.cancel();
  }

  /** Nothing helped: the client does not even read. */
  destroy(): void {
    this.#channel.destroy();
  }

  async #pump(): Promise<void> {
    await this.#channel.pump();
    // Nobody waits for the statement under way any more.
    this.#clientGone = true;
    this.#protocol?.leave();
  }

  async #serve(): Promise<void> {
    using startup = this.#limitStartup();
    const outcome = await receiveStartup(this.#channel);
    if (outcome.kind === "gone") return;
    if (outcome.kind === "cancel") return this.#environment.cancels.cancel(outcome.processId, outcome.secret);
    negotiateVersion(outcome.message, this.#output);
    const { message } = outcome;
    const identity = identityOf(message);
    const { places, policy, requiresTls } = this.#environment;
    if (requiresTls) requireEncryption(identity, this.#channel.peer);
    places.requireFree();
    const principal = await authenticate(policy, identity.user, this.#channel, this.#output);
    await places.use(this, () => this.#serveClient(sessionRequestOf(message, principal), startup));
  }

  async #serveClient(request: SessionRequest, startup: Disposable): Promise<void> {
    this.#channel.trust(this.#environment.maxMessageBytes);
    const control = { cancel: () => this.#protocol?.cancel(), terminate: () => this.#terminate() };
    using key = this.#environment.cancels.register(control.cancel);
    const { processId } = key;
    await using session = await this.#environment.sessions.open({ ...request, processId, control });
    startup[Symbol.dispose]();
    const protocol = new ProtocolSession(session, this.#channel, this.#environment.log);
    await this.#output.flush();
    this.#protocol = protocol;
    if (this.#clientGone) protocol.leave();
    try {
      await protocol.run(key);
    } finally {
      this.#protocol = undefined;
    }
  }

  /** A client that does not get through start-up in time must not hold a socket for ever. */
  #limitStartup(): Disposable {
    const timer = setTimeout(() => {
      this.#ending ??= new SqlError(SQLSTATE.queryCanceled, "canceling authentication due to timeout");
      this.#channel.stop();
    }, this.#environment.authenticationTimeoutMs);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  }

  async #fail(error: unknown): Promise<void> {
    if (error instanceof ClientGoneError) {
      if (this.#ending !== undefined) await this.#reportFatal(this.#ending);
      return;
    }
    const cause = fatalCause(error, this.#environment.log);
    if (cause.code === SQLSTATE.crashShutdown) this.#environment.onEngineFailure(cause);
    await this.#reportFatal(cause);
  }

  async #reportFatal(cause: SqlError): Promise<void> {
    const { address } = this;
    this.#environment.log.info({ code: cause.code, address }, "connection ended by the server");
    if (cause instanceof NoStartupPacketError) return;
    try {
      writeErrorResponse(this.#output.writer, reportOf(cause, "FATAL"));
      await this.#output.flush();
    } catch (error) {
      if (!(error instanceof ClientGoneError)) throw error;
    }
  }
}

function administratorCommand(): SqlError {
  return new SqlError(SQLSTATE.adminShutdown, "terminating connection due to administrator command");
}

export function tooManyConnections(): SqlError {
  return new SqlError(SQLSTATE.tooManyConnections, "sorry, too many clients already");
}
