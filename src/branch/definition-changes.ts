/** Which definitions a transaction changes, as far as it knows: what was remembered of all others still holds. */
import type { OwnChanges } from "./known-definitions.js";
import {
  MAIN,
  relationKey,
  type HeadId,
  type RelationKey,
  type RelationName,
  type Version,
} from "./model.js";
import type { RegistryState } from "./registry-state.js";
import type { Redefinition, WrittenRelation } from "./registry.js";

/**
 * How much a statement that changes definitions may concern: tables and views that were all noted as written, made or replaced, or
 * anything there is.
 */
export type Extent = "noted" | "any";

export class DefinitionChanges {
  readonly #replaced = new Set<RelationKey>();
  /** As they are spelt. */
  readonly #created = new Map<RelationKey, RelationName>();
  #extent: Extent | undefined;
  #isCatalogChanged = false;

  /** Some statement made, altered or dropped something. */
  get isChanged(): boolean {
    return this.#extent !== undefined || this.#isCatalogChanged;
  }

  /** What main has may be something else: tables, views, and what else there is. */
  get isCatalogChanged(): boolean {
    return this.#isCatalogChanged;
  }

  /** Names of main that stand for another table than before the transaction. */
  get replaced(): ReadonlySet<RelationKey> {
    return this.#replaced;
  }

  note(extent: Extent): void {
    if (this.#extent !== "any") this.#extent = extent;
  }

  noteCatalog(extent: Extent): void {
    this.note(extent);
    this.#isCatalogChanged = true;
  }

  noteReplaced(relation: RelationName): void {
    this.#replaced.add(relationKey(relation));
    this.noteCatalog("noted");
  }

  noteCreated(relation: RelationName): void {
    this.#created.set(relationKey(relation), { schema: relation.schema, name: relation.name });
    this.noteCatalog("noted");
  }

  /** Tells which tables of main were made by what ran before this call. */
  createdSoFar(): (relation: RelationName) => boolean {
    const created = new Set(this.#created.keys());
    return (relation) => created.has(relationKey(relation));
  }

  /** Tables and views of main that may be others now, as they are spelt; "any" for all. `state` is from before they changed. */
  onMain(state: RegistryState, written: readonly WrittenRelation[]): readonly RelationName[] | "any" {
    if (this.#extent === "any") return "any";
    const names = new Map<RelationKey, RelationName>();
    for (const relation of written) {
      if (relation.head === MAIN) names.set(relationKey(relation), state.own(MAIN, relation) ?? relation);
    }
    for (const [key, relation] of this.#created) names.set(key, relation);
    return [...names.values()];
  }

  /** What who reads definitions in the transaction, on `head`, has to know; `isWritten` tells of the tables written. */
  own(head: HeadId, isWritten: (head: HeadId, relation: RelationName) => boolean): OwnChanges | undefined {
    if (!this.isChanged) return undefined;
    const isCreated = (version: Version): boolean =>
      version.head === MAIN && this.#created.has(relationKey(version));
    const isConcerned = (version: Version): boolean => isWritten(version.head, version) || isCreated(version);
    const isAny = (version: Version): boolean => head === MAIN || head === version.head;
    return { head, mayChange: this.#extent === "any" ? isAny : isConcerned };
  }

  /** What others have to know of it behind the commit. */
  redefined(head: HeadId, written: readonly WrittenRelation[]): Redefinition | undefined {
    if (!this.isChanged) return undefined;
    const heads = [head, ...written.map((relation) => relation.head)];
    return { heads, tables: this.#extent === "any" ? "any" : written };
  }
}
