/**
 * Tables of main that a transaction has made anew from copies of their rows. DuckDB sees no conflict with a row that somebody
 * else adds to the old one meanwhile: it would be gone. (On branches the lock of the table keeps others out.)
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Connection } from "../engine/connection.js";
import { physicalDefinition } from "./catalog-reader.js";
import { MAIN, relationKey, type RelationKey, type RelationName, type Version } from "./model.js";
import type { Registry } from "./registry.js";

/** What makes a table the same one, whatever holds its rows. */
export type Identity = Pick<Version, "objectId" | "lineage">;

export class CopiedTables {
  readonly #relations: RelationName[] = [];
  /** The table that a name stands for, by the name that it had before the transaction; null for one made in it. */
  readonly #names = new Map<
    RelationKey,
    { readonly now: RelationName; readonly before: RelationName | null }
  >();

  /** Tables that were dropped earlier and come back. */
  readonly #revived = new Map<RelationKey, Identity>();

  add(relations: readonly RelationName[]): void {
    this.#relations.push(...relations);
  }

  /** A table made anew is itself until its name is given to another one. */
  note(relation: RelationName, isCopy: boolean): void {
    const before = isCopy ? this.before(relation) : null;
    this.#names.set(relationKey(relation), { now: relation, before });
  }

  /** A table with another name is itself. */
  rename(from: RelationName, to: RelationName): void {
    this.#names.set(relationKey(to), { now: to, before: this.before(from) });
    this.note(from, false);
  }

  /** A table that the transaction has made of what was kept of it is what it was before it was dropped. */
  revive(relation: RelationName, identity: Identity): void {
    this.#revived.set(relationKey(relation), identity);
  }

  /** What the table was called before the transaction; null for one that it made. */
  before(relation: RelationName): RelationName | null {
    const known = this.#names.get(relationKey(relation));
    return known === undefined ? relation : known.before;
  }

  /**
   * The identities that go on, of versions that ended. Only with a primary key: other rows are known by ids, which are others
   * now.
   */
  async identities(
    connection: Connection,
    ended: readonly Version[],
  ): Promise<ReadonlyMap<RelationKey, Identity>> {
    const versions = new Map(ended.map((version) => [relationKey(version), version]));
    const found = new Map(this.#revived);
    for (const [key, { now, before }] of this.#names) {
      const version = before === null ? undefined : versions.get(relationKey(before));
      if (version?.kind !== "table") continue;
      const definition = await physicalDefinition(connection, now);
      const { objectId, lineage } = version;
      if (definition !== undefined && definition.primaryKey.length > 0) found.set(key, { objectId, lineage });
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
