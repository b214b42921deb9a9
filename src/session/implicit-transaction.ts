/** The transaction around the statements of one Query message, or between two Syncs. */
import type { QuerySession } from "../query/types.js";

/** Pairs beginImplicit with endImplicit: begun at most once, ended exactly once. */
export class ImplicitTransaction {
  readonly #session: QuerySession;
  #active = false;

  constructor(session: QuerySession) {
    this.#session = session;
  }

  get active(): boolean {
    return this.#active;
  }

  /** `several`: of one Query message, which are a block to each other; between two Syncs they are not. */
  begin(several: boolean): void {
    if (this.#active) return;
    this.#active = true;
    this.#session.beginImplicit(several);
  }

  /** Commits, unless a statement failed. A failure to commit is the client's to hear. */
  async end(): Promise<void> {
    if (!this.#active) return;
    this.#active = false;
    await this.#session.endImplicit();
  }
}
