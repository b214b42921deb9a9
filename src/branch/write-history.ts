/** Who wrote which table of a branch: an entry of the history for the first time since the program began, not for each write. */
import { recordHistory } from "./history.js";
import { displayName } from "./merge-ledger.js";
import { MAIN } from "./model.js";
import type { Transaction } from "./transaction.js";

/** Whatever is forgotten is recorded once more. */
const MAX_REMEMBERED = 10_000;

export class WriteHistory {
  readonly #known = new Set<string>();

  /**
   * Adds an entry for the tables that the actor has not written on the branch so far; the answer is called when that is committed.
   *
   * Atomic  the caller's transaction
   */
  async record(transaction: Transaction, actor: string): Promise<() => void> {
    const { head, connection, state } = transaction;
    if (head === MAIN || transaction.written.length === 0) return nothing;
    const branch = state.branches.get(head);
    const tables = new Set(transaction.written.filter((relation) => relation.head === head).map(displayName));
    const added = [...tables].filter((table) => !this.#known.has(keyOf(head, actor, table)));
    if (branch === undefined || added.length === 0) return nothing;
    const detail = { tables: added.toSorted() };
    await recordHistory(connection, { action: "write", branch, actor, detail });
    return () => {
      if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
      for (const table of added) this.#known.add(keyOf(head, actor, table));
    };
  }
}

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

function nothing(): void {}
