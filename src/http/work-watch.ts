/** Why the work for one request should stop, and that it does: its client left, its time is over, the server closes. */
import type { ServerResponse } from "node:http";
import { SQLSTATE, SqlError } from "../core/errors.js";
import { Interrupt } from "../session/interrupt.js";
import { HttpError } from "./http-error.js";

type StopReason = "left" | "late" | "closing" | "stalled" | "reclaimed" | "canceled";

export class WorkWatch implements Disposable {
  readonly #interrupt: Interrupt;
  readonly #response: ServerResponse;
  readonly #deadline: NodeJS.Timeout;
  readonly #stopped = new AbortController();
  readonly #onClose = (): void => this.stop("left");
  #reason: StopReason | undefined;
  #blockedSince: number | undefined;

  /** `cancel` stops what runs, if anything runs. */
  constructor(response: ServerResponse, limitMs: number, cancel: () => void) {
    this.#interrupt = new Interrupt(cancel);
    this.#interrupt.begin();
    this.#response = response;
    this.#deadline = setTimeout(() => this.stop("late"), limitMs);
    response.once("close", this.#onClose);
    if (response.destroyed) this.#onClose();
  }

  /** The first reason counts. */
  stop(reason: StopReason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#interrupt.request();
    this.#stopped.abort();
  }

  /** Aborted when the work is to stop. */
  get signal(): AbortSignal {
    return this.#stopped.signal;
  }

  /** Since when the client lets its answer wait; undefined while it does not. */
  get blockedSince(): number | undefined {
    return this.#blockedSince;
  }

  /** Waits for the client to read. Errors: 57014 when it left, or reads nothing for too long */
  async untilRead(read: (signal: AbortSignal) => Promise<unknown>, stallTimeoutMs: number): Promise<void> {
    this.#blockedSince = performance.now();
    const stalled = setTimeout(() => this.stop("stalled"), stallTimeoutMs);
    try {
      await read(this.signal);
    } catch {
      this.throwIfStopped();
    } finally {
      clearTimeout(stalled);
      this.#blockedSince = undefined;
    }
  }

  throwIfStopped(): void {
    this.#interrupt.throwIfRequested();
  }

  /** A cancelled statement says only that it was: here is known why. Other failures stay what they are. */
  explain(error: unknown): unknown {
    if (!(error instanceof SqlError) || error.code !== SQLSTATE.queryCanceled) return error;
    switch (this.#reason) {
      case "late":
        return new HttpError(504, "the request took longer than it may", { sqlstate: error.code });
      case "closing":
        return new SqlError(SQLSTATE.adminShutdown, "the server is shutting down");
      case "reclaimed":
        return new SqlError(
          SQLSTATE.tooManyConnections,
          "others wait, and this was more than a fair part of the requests",
          {
            hint: "try again, with fewer requests at a time",
          },
        );
      case "left":
      case "stalled":
      case "canceled":
      case undefined:
        return error;
      default:
        return this.#reason satisfies never;
    }
  }

  /** What follows, a rollback, is not to be interrupted. */
  end(): void {
    this.#interrupt.end();
  }

  [Symbol.dispose](): void {
    this.end();
    clearTimeout(this.#deadline);
    this.#response.off("close", this.#onClose);
  }
}
