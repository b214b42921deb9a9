/** A cancel request as the protocol sees it: it counts only for the message being worked on. */
import { SQLSTATE, SqlError } from "../core/errors.js";

/** A request that arrives between two steps of a statement interrupts nothing: it is repeated until it is heard. */
const REPEAT_MS = 100;

/** Remembers a cancel request between the points where the work looks for it. */
export class Interrupt {
  readonly #cancel: () => void;
  #busy = false;
  #requested = false;
  #isGone = false;
  #isTooLate = false;
  #repeat: NodeJS.Timeout | undefined;

  /** `cancel` stops what runs, if anything runs. */
  constructor(cancel: () => void) {
    this.#cancel = cancel;
  }

  /** A message begins: requests made before were for an earlier one. */
  begin(): void {
    this.#busy = true;
    this.#requested = false;
    this.#isTooLate = false;
    if (this.#isGone) this.request();
  }

  /** The message is answered, or has failed: what follows (a rollback) is not to be interrupted. */
  end(): void {
    this.#busy = false;
    this.#stopRepeating();
  }

  /** A statement of the message begins: what came too late for the one before may come again. */
  beginStatement(): void {
    this.#isTooLate = false;
    this.throwIfRequested();
  }

  /** What runs is committed: its answer is sent whatever is asked for. */
  settle(): void {
    this.#isTooLate = true;
    this.#requested = false;
    this.#stopRepeating();
  }

  #stopRepeating(): void {
    if (this.#repeat === undefined) return;
    clearInterval(this.#repeat);
    this.#repeat = undefined;
  }

  /** Does nothing when nothing is under way. */
  request(): void {
    if (!this.#busy || this.#requested || this.#isTooLate) return;
    this.#requested = true;
    this.#cancel();
    this.#repeat = setInterval(this.#cancel, REPEAT_MS);
  }

  /** The client is gone: what is under way stops, and so does a message that was read but not begun. */
  leave(): void {
    this.#isGone = true;
    this.request();
  }

  throwIfRequested(): void {
    if (this.#requested)
      throw new SqlError(SQLSTATE.queryCanceled, "canceling statement due to user request");
  }
}
