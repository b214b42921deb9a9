/**
 * One client's protocol after start-up. This object alone decides the order of replies: it takes one message at a
 * time, answers it, and only then takes the next.
 */
import type { Logger } from "pino";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { QuerySession } from "../query/types.js";
import { writeBackendKeyData, writeErrorResponse } from "../wire/backend-messages.js";
import type { Frame } from "../wire/frame-reader.js";
import {
  decodeFrontendMessage,
  type FrontendMessage,
  type FunctionCallMessage,
} from "../wire/frontend-messages.js";
import { FRONTEND_TAG, isExtendedQueryTag } from "../wire/frontend-tags.js";
import type { ClientChannel } from "./client-channel.js";
import { ClientContext } from "./client-context.js";
import { CycleLimit } from "./cycle-limit.js";
import { ExtendedQuery } from "./extended-query.js";
import { callFunction } from "./function-call.js";
import { nextMessage } from "./idle-wait.js";
import { Portals } from "./portals.js";
import { PreparedStatements } from "./prepared-statements.js";
import { FatalError, reportOf } from "./reports.js";
import { simpleQuery } from "./simple-query.js";
import { StatementRunner } from "./statement-runner.js";

const LOST_SYNCHRONIZATION = "terminating connection because protocol synchronization was lost";

/** Identifies the connection to CancelRequest. */
export interface BackendKey {
  readonly processId: number;
  readonly secret: Uint8Array;
}

export class ProtocolSession {
  readonly #context: ClientContext;
  readonly #statements: PreparedStatements;
  readonly #portals = new Portals();
  readonly #runner: StatementRunner;
  readonly #extended: ExtendedQuery;
  /** After an error in an extended-query message: everything is skipped until Sync. */
  #skipping = false;
  readonly #limit = new CycleLimit();
  /** Somebody ended this session: whatever fails from here on fails with it. */
  #ending: FatalError | undefined;
  /** Nothing is under way: the last thing sent was ReadyForQuery. */
  #atRest = true;

  constructor(session: QuerySession, channel: ClientChannel, log: Logger) {
    this.#context = new ClientContext(session, channel, log);
    this.#statements = new PreparedStatements(session.named);
    this.#runner = new StatementRunner(this.#context, this.#portals);
    this.#extended = new ExtendedQuery(this.#context, this.#statements, this.#portals, this.#runner);
    session.usePortals(this.#portals);
  }

  /**
   * Serves the client until it terminates or the channel gives no more frames.
   *
   * Errors  whatever ends the connection early: ClientGoneError, FatalError or SqlError (to be reported as FATAL), and
   *         broken invariants
   */
  async run(key: BackendKey): Promise<void> {
    try {
      this.#context.writeChangedParameters();
      writeBackendKeyData(this.#context.output.writer, key.processId, key.secret);
      await this.#context.ready();
      while (await this.#next()) await this.#context.slice.restIfOver();
    } finally {
      await this.#portals.closeAll();
    }
  }

  /** A cancel request: stops the statement under way, if any. */
  cancel(): void {
    this.#context.interrupt.request();
  }

  /** Stops the statement under way, whose answer is then this. */
  terminate(cause: SqlError): void {
    this.#ending = new FatalError(cause);
    this.cancel();
  }

  /** The client is gone: nobody waits for what is under way, nor for what it sent last. */
  leave(): void {
    this.#context.interrupt.leave();
  }

  /** False when the client has terminated or there is nothing more to process. */
  async #next(): Promise<boolean> {
    const next = this.#nextFrame();
    const frame = next instanceof Promise ? await next : next;
    if (next instanceof Promise) this.#context.slice.restart();
    if (frame === undefined || frame.tag === FRONTEND_TAG.terminate) return false;
    if (this.#skipping && frame.tag !== FRONTEND_TAG.sync) return true;
    this.#atRest = false;
    this.#context.interrupt.begin();
    try {
      this.#limit.begin(frame.tag, this.#context.session.statementTimeoutMs);
      await this.#handle(decodeFrontendMessage(frame, this.#context.charset));
      this.#limit.end(frame.tag);
    } catch (error) {
      this.#context.interrupt.end();
      await this.#recover(error, frame);
    } finally {
      this.#context.interrupt.end();
    }
    if (this.#context.output.isLarge) await this.#context.output.flush();
    return true;
  }

  /** What was answered before goes out in front of the error of bytes that are no message. */
  #nextFrame(): ReturnType<typeof nextMessage> {
    const failed = async (error: unknown): Promise<never> => {
      await this.#context.output.flush();
      throw error;
    };
    try {
      const next = nextMessage(this.#context, this.#atRest);
      return next instanceof Promise ? next.catch(failed) : next;
    } catch (error) {
      return failed(error);
    }
  }

  #handle(message: FrontendMessage): Promise<void> | undefined {
    switch (message.type) {
      case "query":
        return this.#query(message.text);
      case "parse":
        return this.#extended.parse(message);
      case "bind":
        return this.#extended.bind(message);
      case "describe":
        return this.#extended.describe(message.object, message.name);
      case "execute":
        return this.#extended.execute(message.portal, message.maxRows);
      case "close":
        return this.#extended.close(message.object, message.name);
      case "sync":
        return this.#sync();
      case "flush":
        return this.#context.output.flush();
      case "copyData":
      case "copyDone":
      case "copyFail":
        // The rest of a COPY that failed here while the client was still sending.
        return undefined;
      case "functionCall":
        return this.#functionCall(message);
      case "password":
        throw new FatalError(
          new SqlError(SQLSTATE.protocolViolation, `invalid frontend message type ${FRONTEND_TAG.password}`),
        );
      case "terminate":
        return undefined;
      default:
        return message satisfies never;
    }
  }

  async #query(text: string): Promise<void> {
    await simpleQuery(this.#context, this.#statements, this.#portals, this.#runner, text);
    await this.#ready();
  }

  async #functionCall(message: FunctionCallMessage): Promise<void> {
    await callFunction(this.#context, this.#runner, message);
    this.#context.writeNotices();
    await this.#ready();
  }

  async #sync(): Promise<void> {
    this.#skipping = false;
    if (this.#isOutsideBlock) await this.#portals.closeAll();
    await this.#context.implicit.end();
    await this.#ready();
  }

  /** Ends a cycle. Portals live on only inside an open transaction block. */
  async #ready(): Promise<void> {
    if (this.#isOutsideBlock && !this.#portals.isEmpty) await this.#portals.closeAll();
    await this.#context.ready();
    this.#atRest = true;
  }

  get #isOutsideBlock(): boolean {
    return this.#context.session.status === "I";
  }

  /** The one place where an error becomes a reply. Anything but a SqlError is not recovered from. */
  async #recover(error: unknown, frame: Frame): Promise<void> {
    if (!(error instanceof SqlError)) throw error;
    if (this.#ending !== undefined) throw this.#ending;
    if (error.code === SQLSTATE.crashShutdown) throw new FatalError(error);
    await this.#portals.failAll();
    await this.#context.session.fail();
    this.#context.writeNotices();
    writeErrorResponse(this.#context.output.writer, reportOf(error, "ERROR"));
    if (this.#context.isOutOfStep) return await this.#endOutOfStep();
    if (isExtendedQueryTag(frame.tag)) {
      this.#skipping = true;
      return this.#context.output.flush();
    }
    await this.#endFailedCycle();
  }

  async #endOutOfStep(): Promise<never> {
    await this.#context.output.flush();
    throw new FatalError(new SqlError(SQLSTATE.protocolViolation, LOST_SYNCHRONIZATION));
  }

  /** Behind the error of a Query or Sync: the implicit transaction is already rolled back, and ends here. */
  async #endFailedCycle(): Promise<void> {
    await this.#context.implicit.end();
    await this.#ready();
  }
}
