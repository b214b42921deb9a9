/**
 * Definitions and comments of tables, remembered: DuckDB's catalogue functions look at every table each time, so asking costs
 * more than the write that wants to know. An entry holds until a definition changes on its version's head.
 */
import type { Connection } from "../engine/connection.js";
import { commentsOf, definitionOf, type TableComment } from "./catalog-reader.js";
import { candidatesOf, foreignKeysIn, mainForeignKeys, type ForeignKey } from "./foreign-keys.js";
import { MainDefinitions } from "./main-definitions.js";
import { MAIN, type HeadId, type Version } from "./model.js";
import type { RegistryState } from "./registry-state.js";
import type { Registry } from "./registry.js";
import type { TableDefinition } from "./table-definition.js";

/** Who asks. */
export interface CatalogView {
  readonly connection: Connection;
  /** The number of its snapshot. */
  readonly definitions: number;
  /** What it has changed itself, if it has changed definitions. */
  readonly own?: OwnChanges | undefined;
}

export interface OwnChanges {
  readonly head: HeadId;
  readonly mayChange: (version: Version) => boolean;
}

interface Entry<T> {
  readonly value: T;
  readonly definitions: number;
  /** The recorded definition it was read from, if it was. */
  readonly recorded: string | null;
}

/** Where a table's are read, and found among all of main's. */
interface Source<T> {
  readonly read: () => Promise<T>;
  readonly find: (main: MainDefinitions) => T | undefined;
}

const MAX_ENTRIES = 10_000;
/** So many tables that were not known any more, and all of main's are read again. */
const MANY_MISSES = 8;

export class KnownDefinitions {
  readonly #registry: Registry;
  /** By id of version. */
  readonly #tables = new Map<number, Entry<TableDefinition>>();
  readonly #comments = new Map<number, Entry<readonly TableComment[]>>();

  #main: Pick<Entry<MainDefinitions>, "value" | "definitions"> | undefined;
  /** Tables asked for since then that it no longer tells of. */
  #misses = 0;
  #foreignKeys: Pick<Entry<readonly ForeignKey[]>, "value" | "definitions"> | undefined;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Errors: 42809 a view, 42P01 its table is not in the file */
  async definitionOf(view: CatalogView, version: Version): Promise<TableDefinition> {
    return await this.#known(this.#tables, view, version, {
      read: async () => await definitionOf(view.connection, version),
      find: (main) => (version.physical === null ? undefined : main.definitionOf(version.physical)),
    });
  }

  async commentsOf(view: CatalogView, version: Version): Promise<readonly TableComment[]> {
    const { physical } = version;
    if (physical === null) return [];
    return await this.#known(this.#comments, view, version, {
      read: async () => await commentsOf(view.connection, physical),
      find: (main) => main.commentsOf(physical),
    });
  }

  /** All foreign keys of a head, as `state` has it. */
  async foreignKeys(view: CatalogView, state: RegistryState, head: HeadId): Promise<readonly ForeignKey[]> {
    const onMain = await this.#mainForeignKeys(view);
    if (head === MAIN) return onMain;
    const found: ForeignKey[] = [];
    for (const relation of candidatesOf(state, head, onMain)) {
      const version = state.find(head, relation);
      if (version?.kind !== "table") continue;
      found.push(...foreignKeysIn(await this.definitionOf(view, version), version));
    }
    return found;
  }

  async #mainForeignKeys({ connection, definitions, own }: CatalogView): Promise<readonly ForeignKey[]> {
    const known = this.#foreignKeys;
    const isLive = own?.head === MAIN;
    if (!isLive && known !== undefined && isFrom(known, this.#registry.definedAt(MAIN), definitions))
      return known.value;
    const value = await mainForeignKeys(connection);
    if (!isLive && this.#registry.isStillDefined(definitions)) this.#foreignKeys = { value, definitions };
    return value;
  }

  /** What a transaction knows of a table that it is making under a new id: nobody has to ask for it. */
  learn(
    { definitions, own }: CatalogView,
    { id }: Pick<Version, "id">,
    definition: TableDefinition,
    comments: readonly TableComment[],
  ): void {
    if (own?.head === MAIN) return;
    this.#keep(this.#tables, id, { value: definition, definitions, recorded: null });
    this.#keep(this.#comments, id, { value: comments, definitions, recorded: null });
  }

  async #known<T>(
    entries: Map<number, Entry<T>>,
    view: CatalogView,
    version: Version,
    { read, find }: Source<T>,
  ): Promise<T> {
    const { definitions, own } = view;
    const known = entries.get(version.id);
    // Whatever changes the definition of an overlay makes another version of it.
    if (known !== undefined && version.layer?.kind === "overlay") return known.value;
    if (own?.mayChange(version) === true) return await read();
    if (known !== undefined && this.#holds(known, version, definitions)) return known.value;
    const value = (await this.#find(view, version, find)) ?? (await read());
    // What was read without a transaction while a definition changed may be from after it, under the number from before.
    if (this.#registry.isStillDefined(definitions))
      this.#keep(entries, version.id, { value, definitions, recorded: version.definition });
    return value;
  }

  /** What is known of main's tables together; undefined of others, and of those that have changed since. */
  async #find<T>(
    view: CatalogView,
    version: Version,
    find: (main: MainDefinitions) => T | undefined,
  ): Promise<T | undefined> {
    if (version.head !== MAIN || version.definition !== null) return undefined;
    const definedAt = this.#registry.tableDefinedAt(version);
    let main = this.#main;
    if (main === undefined || !isFrom(main, definedAt, view.definitions)) {
      if (view.own !== undefined || (main !== undefined && ++this.#misses < MANY_MISSES)) return undefined;
      main = { value: await MainDefinitions.read(view.connection), definitions: view.definitions };
      if (!this.#registry.isStillDefined(view.definitions)) return undefined;
      this.#main = main;
      this.#misses = 0;
    }
    return find(main.value);
  }

  #keep<T>(entries: Map<number, Entry<T>>, id: number, entry: Entry<T>): void {
    if (entries.size >= MAX_ENTRIES) entries.clear();
    entries.set(id, entry);
  }

  #holds(entry: Entry<unknown>, version: Version, definitions: number): boolean {
    return (
      entry.recorded === version.definition &&
      isFrom(entry, this.#registry.tableDefinedAt(version), definitions)
    );
  }
}

/** Nothing has changed between an entry and who asks, if the last change gave the number `definedAt`. */
function isFrom(entry: { readonly definitions: number }, definedAt: number, definitions: number): boolean {
  return entry.definitions === definitions || definedAt <= Math.min(entry.definitions, definitions);
}
