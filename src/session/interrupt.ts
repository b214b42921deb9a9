/** A cancel request as the protocol sees it: it counts only for the message being worked on. */
import { SQLSTATE, SqlError } from "../core/errors.js";

/** Remembers a cancel request between the points where the work looks for it. */
export class Interrupt {
  #busy = false;
  #requested = false;

  /** A message begins: requests made before were for an earlier one. */
  begin(): void {
    this.#busy = true;
    this.#requested = false;
  }

  end(): void {
    this.#busy = false;
  }

  /** Notes the request; false when there is nothing to cancel. */
  request(): boolean {
    if (this.#busy) this.#requested = true;
    return this.#busy;
  }

  throwIfRequested(): void {
    if (this.#requested)
      throw new SqlError(SQLSTATE.queryCanceled, "canceling statement due to user request");
  }
}
