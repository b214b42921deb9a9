/** How many requests work at a time: each has a session, and with it a connection to DuckDB. */
import { SQLSTATE, SqlError } from "../core/errors.js";

export class RequestSlots {
  readonly #limit: number;
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Errors: 53300 when none is free now: nothing waits in a queue. */
  take(): Disposable {
    if (this.#taken >= this.#limit)
      throw new SqlError(SQLSTATE.tooManyConnections, "too many requests at a time", {
        hint: "try again when others have ended",
      });
    this.#taken++;
    let isTaken = true;
    const give = (): void => {
      if (isTaken) this.#taken--;
      isTaken = false;
    };
    return { [Symbol.dispose]: give };
  }
}
