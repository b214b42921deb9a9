/**
 * Definitions and comments of tables, remembered: DuckDB's catalogue functions look at every table each time, so asking costs
 * more than the write that wants to know. An entry holds until a definition changes on its version's head.
 */
import type { Connection } from "../engine/connection.js";
import { commentsOf, definitionOf, type TableComment } from "./catalog-reader.js";
import { MAIN, type HeadId, type Version } from "./model.js";
import { referencesIn, type Reference } from "./referrers.js";
import type { Registry } from "./registry.js";
import type { TableDefinition } from "./table-definition.js";

/** Who asks. */
export interface CatalogView {
  readonly connection: Connection;
  /** The number of its snapshot. */
  readonly definitions: number;
  /** The head on which it has changed definitions itself; on main they may concern every head. */
  readonly changedOn?: HeadId | undefined;
}

interface Entry<T> {
  readonly value: T;
  readonly definitions: number;
  /** The recorded definition it was read from, if it was. */
  readonly recorded: string | null;
}

const MAX_ENTRIES = 10_000;

export class KnownDefinitions {
  readonly #registry: Registry;
  /** By id of version. */
  readonly #tables = new Map<number, Entry<TableDefinition>>();
  readonly #comments = new Map<number, Entry<readonly TableComment[]>>();

  /** By schema. */
  readonly #references = new Map<string, Entry<readonly Reference[]>>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Errors: 42809 a view, 42P01 its table is not in the file */
  async definitionOf(view: CatalogView, version: Version): Promise<TableDefinition> {
    return await this.#known(this.#tables, view, version, async () => definitionOf(view.connection, version));
  }

  async commentsOf(view: CatalogView, version: Version): Promise<readonly TableComment[]> {
    const { physical } = version;
    if (physical === null) return [];
    return await this.#known(this.#comments, view, version, async () =>
      commentsOf(view.connection, physical),
    );
  }

  /** The foreign keys between main's tables of a schema. */
  async referencesIn(view: CatalogView, schema: string): Promise<readonly Reference[]> {
    const { connection, definitions, changedOn } = view;
    const known = this.#references.get(schema);
    if (changedOn !== MAIN && known !== undefined && this.#isFrom(known, MAIN, definitions))
      return known.value;
    const value = await referencesIn(connection, schema);
    if (changedOn !== MAIN && this.#registry.isStillDefined(definitions))
      this.#references.set(schema, { value, definitions, recorded: null });
    return value;
  }

  /** What a transaction knows of a table that it is making under a new id: nobody has to ask for it. */
  learn(
    { definitions, changedOn }: CatalogView,
    { head, id }: Pick<Version, "head" | "id">,
    definition: TableDefinition,
    comments: readonly TableComment[],
  ): void {
    if (changedOn === MAIN || changedOn === head) return;
    this.#keep(this.#tables, id, { value: definition, definitions, recorded: null });
    this.#keep(this.#comments, id, { value: comments, definitions, recorded: null });
  }

  async #known<T>(
    entries: Map<number, Entry<T>>,
    { definitions, changedOn }: CatalogView,
    version: Version,
    read: () => Promise<T>,
  ): Promise<T> {
    if (changedOn === MAIN || changedOn === version.head) return await read();
    const known = entries.get(version.id);
    if (known !== undefined && this.#holds(known, version, definitions)) return known.value;
    const value = await read();
    // What was read without a transaction while a definition changed may be from after it, under the number from before.
    if (this.#registry.isStillDefined(definitions))
      this.#keep(entries, version.id, { value, definitions, recorded: version.definition });
    return value;
  }

  #keep<T>(entries: Map<number, Entry<T>>, id: number, entry: Entry<T>): void {
    if (entries.size >= MAX_ENTRIES) entries.clear();
    entries.set(id, entry);
  }

  #holds(entry: Entry<unknown>, { head, definition }: Version, definitions: number): boolean {
    return entry.recorded === definition && this.#isFrom(entry, head, definitions);
  }

  /** Nothing has changed on the head between an entry and who asks. */
  #isFrom(entry: Entry<unknown>, head: HeadId, definitions: number): boolean {
    if (entry.definitions === definitions) return true;
    return this.#registry.definedAt(head) <= Math.min(entry.definitions, definitions);
  }
}
