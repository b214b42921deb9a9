/**
 * Tables of main that a transaction has made anew from copies of their rows. DuckDB sees no conflict with a row that somebody
 * else adds to the old one meanwhile: it would be gone. (On branches the lock of the table keeps others out.)
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { MAIN, type RelationName } from "./model.js";
import type { Registry } from "./registry.js";

export class CopiedTables {
  readonly #relations: RelationName[] = [];

  add(relations: readonly RelationName[]): void {
    this.#relations.push(...relations);
  }

  /** Asked inside of the commit. Errors: 40001 when another transaction has changed one of them since `sequence` */
  refuseChanged(registry: Registry, sequence: number): void {
    for (const { schema, name } of this.#relations) {
      if (registry.changedAt({ head: MAIN, schema, name }) <= sequence) continue;
      throw new SqlError(
        SQLSTATE.serializationFailure,
        `could not serialize access: table "${name}" was changed while it was altered`,
        { hint: "The transaction might succeed if retried." },
      );
    }
  }
}

/** Tables of main were made anew: a row has another id now, and what pins read of them was in others. */
export function markCopied(
  transaction: { readonly copied: CopiedTables; markReplaced(relation: RelationName): void },
  relations: readonly RelationName[],
): void {
  transaction.copied.add(relations);
  for (const relation of relations) transaction.markReplaced(relation);
}
