/**
 * `statement_timeout` between the messages of one statement: from its first one on, as PostgreSQL counts it, and not only
 * while it runs. What a client does between two of them takes its time as well.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { FRONTEND_TAG, isExtendedQueryTag, type FrontendTag } from "../wire/frontend-tags.js";

export class CycleLimit {
  /** Milliseconds; undefined while no statement has begun. */
  #beganAt: number | undefined;

  /** A message came. Errors: 57014 for one that comes too late. `limitMs` 0: no limit. */
  begin(tag: FrontendTag, limitMs: number): void {
    if (limitMs === 0 || !isExtendedQueryTag(tag)) {
      this.#beganAt = undefined;
      return;
    }
    this.#beganAt ??= performance.now();
    if (performance.now() - this.#beganAt < limitMs) return;
    this.#beganAt = undefined;
    throw new SqlError(SQLSTATE.queryCanceled, "canceling statement due to statement timeout");
  }

  /** A message is answered: behind Execute another statement begins. */
  end(tag: FrontendTag): void {
    if (tag === FRONTEND_TAG.execute) this.#beganAt = undefined;
  }
}
