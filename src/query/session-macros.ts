/**
 * Functions of a branch as its session calls them: a temporary macro for each definition as it is resolved for the head,
 * named after its text. Another text, of a table written meanwhile, is another macro: what was prepared before is still right.
 */
import { createHash } from "node:crypto";
import { quoteIdentifier } from "../sql/names.js";
import type { Connection } from "../engine/connection.js";

/** In the name of each: nothing that is kept in the file may lean on one. */
export const MACRO_PREFIX = "duckbranch_macro_";

export class SessionMacros {
  readonly #connection: Connection;
  /** Known to be there. */
  readonly #made = new Set<string>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The name to call a macro by; `body` is what stands behind the name in CREATE MACRO. No result may be open. */
  async nameOf(body: string): Promise<string> {
    const name = quoteIdentifier(MACRO_PREFIX + createHash("sha256").update(body).digest("hex").slice(0, 24));
    if (!this.#made.has(name)) {
      await this.#connection.run(`CREATE TEMP MACRO IF NOT EXISTS ${name}${body}`);
      this.#made.add(name);
    }
    return `temp.main.${name}`;
  }

  /** Those made in a transaction are gone with it. Says whether any may be. */
  forget(): boolean {
    const had = this.#made.size > 0;
    this.#made.clear();
    return had;
  }
}
