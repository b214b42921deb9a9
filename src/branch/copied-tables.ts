/**
 * Tables of main that a transaction has made anew from copies of their rows. DuckDB sees no conflict with a row that somebody
 * else adds to the old one meanwhile: it would be gone. (On branches the lock of the table keeps others out.)
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Connection } from "../engine/connection.js";
import { physicalDefinition } from "./catalog-reader.js";
import { MAIN, relationKey, type RelationKey, type RelationName, type Version } from "./model.js";
import type { Registry } from "./registry.js";

export class CopiedTables {
  readonly #relations: RelationName[] = [];
  /** Of each name that does not stand for what it did: whether it is a copy of the same table. */
  readonly #isSame = new Map<RelationKey, boolean>();

  add(relations: readonly RelationName[]): void {
    this.#relations.push(...relations);
  }

  /** A table made anew is itself until its name is given to another one. */
  note(relation: RelationName, isCopy: boolean): void {
    const key = relationKey(relation);
    this.#isSame.set(key, isCopy && this.#isSame.get(key) !== false);
  }

  /**
   * The identities that go on, of versions that ended. Only with a primary key: other rows are known by ids, which are others
   * now.
   */
  async identities(
    connection: Connection,
    ended: readonly Version[],
  ): Promise<ReadonlyMap<RelationKey, Pick<Version, "objectId">>> {
    const found = new Map<RelationKey, Pick<Version, "objectId">>();
    for (const { schema, name, objectId } of ended) {
      const key = relationKey({ schema, name });
      if (this.#isSame.get(key) !== true) continue;
      const definition = await physicalDefinition(connection, { schema, name });
      if (definition !== undefined && definition.primaryKey.length > 0) found.set(key, { objectId });
    }
    return found;
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
  transaction: { readonly copied: CopiedTables; markReplaced(relation: RelationName, isCopy: boolean): void },
  relations: readonly RelationName[],
): void {
  transaction.copied.add(relations);
  for (const relation of relations) transaction.markReplaced(relation, true);
}
