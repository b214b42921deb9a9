/** What transactions that committed lately did, and another cannot be committed behind. */
import type { Sequence } from "./model.js";
import { ReferenceRaces } from "./reference-races.js";
import type { WrittenRelation } from "./registry.js";
import { RowRaces } from "./row-races.js";
import type { Transaction } from "./transaction.js";

export class CommitRaces {
  readonly #references = new ReferenceRaces();
  readonly #rows = new RowRaces();

  /** To be asked under the latch, with the number of the commit. Errors: 40001 */
  check(transaction: Transaction, sequence: Sequence, changedAt: (table: WrittenRelation) => Sequence): void {
    this.#references.check(transaction, sequence, changedAt);
    this.#rows.check(transaction, sequence);
  }
}
