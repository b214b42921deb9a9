/** What transactions that committed lately did, and another cannot be committed behind. */
import type { Sequence } from "./model.js";
import { ReferenceRaces } from "./reference-races.js";
import type { WrittenRelation } from "./registry.js";
import { RowRaces } from "./row-races.js";
import type { Transaction } from "./transaction.js";

export class CommitRaces {
  readonly #references = new ReferenceRaces();
  readonly #rows = new RowRaces();

  /** To be asked under the latch. Errors: 40001 */
  check(transaction: Transaction, changedAt: (table: WrittenRelation) => Sequence): void {
    this.#references.check(transaction, changedAt);
    this.#rows.check(transaction);
  }

  /** To be told under the latch, once the transaction is committed: one that was refused has changed nothing. */
  note(transaction: Transaction, sequence: Sequence): void {
    this.#references.note(transaction, sequence);
    this.#rows.note(transaction, sequence);
  }
}
