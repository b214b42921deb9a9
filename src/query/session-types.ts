/**
 * What a session knows of the types its database defines. What was committed is read once per change of definitions, for
 * all sessions, on a connection of its own; what the session's transaction has changed itself is read on the session's
 * connection, before a statement starts: no result of it may be open then.
 */
import type { Registry } from "../branch/registry.js";
import { EnumCatalog } from "../catalog/enum-catalog.js";
import { FIRST_USER_OID } from "../catalog/names.js";
import type { Connection } from "../engine/connection.js";
import type { EngineType } from "../engine/types.js";
import { holdsEnum, identified } from "../pgtypes/enum-types.js";

/** The enums of the newest committed definitions; shared by all sessions. */
export class TypeDirectory {
  readonly #registry: Registry;
  #known: { readonly definitions: number; readonly enums: Promise<EnumCatalog> } | undefined;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  async enums(): Promise<EnumCatalog> {
    const { definitions } = this.#registry;
    if (this.#known?.definitions !== definitions) {
      const enums = this.#read();
      this.#known = { definitions, enums };
      // Whoever awaits it is told; the next to ask reads again.
      enums.catch(() => {
        this.#known = undefined;
      });
    }
    return await this.#known.enums;
  }

  async #read(): Promise<EnumCatalog> {
    using connection = await this.#registry.database.connect("data");
    return await EnumCatalog.read(connection);
  }
}

export class SessionTypes {
  readonly #directory: TypeDirectory;
  readonly #connection: Connection;
  /** The session's transaction sees other definitions than those committed. */
  readonly #hasOwn: () => boolean;
  #changes = 0;
  /** It may have made or dropped types. */
  #changed = false;
  #own: EnumCatalog | undefined;

  constructor(directory: TypeDirectory, connection: Connection, hasOwn: () => boolean) {
    this.#directory = directory;
    this.#connection = connection;
    this.#hasOwn = hasOwn;
  }

  /** Another number, other definitions than the session saw before, beside those that were committed. */
  get changes(): number {
    return this.#changes;
  }

  /** The session's transaction changes a definition, perhaps one of a type, or is undone. */
  markChanged(perhapsType: boolean): void {
    this.#changes++;
    this.#changed ||= perhapsType;
  }

  /** Called before each statement, while nothing of the session's is open. Free where it changed no types. */
  async refresh(): Promise<void> {
    this.#changed &&= this.#hasOwn();
    this.#own = this.#changed ? await EnumCatalog.read(this.#connection) : undefined;
  }

  /** The same things with their types as the catalogue knows them. `names`: what the statement calls the types. */
  async identify<T extends { readonly type: EngineType | null }>(
    columns: readonly T[],
    names: readonly (string | undefined)[],
  ): Promise<readonly T[]> {
    if (!columns.some(({ type }) => type !== null && holdsEnum(type))) return columns;
    const enums = await this.enums();
    return columns.map((column, index) => ({
      ...column,
      type: column.type && identified(column.type, (labels) => enums.byLabels(labels, names[index])),
    }));
  }

  /** As `identify`, for parameters; undefined where nothing is known of one. */
  async identifyTypes(
    types: readonly (EngineType | undefined)[],
  ): Promise<readonly (EngineType | undefined)[]> {
    if (!types.some((type) => type !== undefined && holdsEnum(type))) return types;
    const enums = await this.enums();
    return types.map((type) => type && identified(type, (labels) => enums.byLabels(labels)));
  }

  /** DuckDB's names for declared types that are no built-in ones, by position; most clients declare none. */
  async engineTypesOf(oids: readonly number[]): Promise<readonly (string | undefined)[]> {
    if (!oids.some((oid) => oid >= FIRST_USER_OID)) return [];
    const enums = await this.enums();
    return oids.map((oid) => enums.engineTypeOf(oid));
  }

  /** The enums as the session sees them: since the last `refresh` where its transaction changed them. */
  async enums(): Promise<EnumCatalog> {
    return this.#own ?? (await this.#directory.enums());
  }
}
