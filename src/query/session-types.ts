/**
 * What a session knows of the types its database defines. What was committed is read once per change that may concern them, for
 * all sessions, on a connection of its own; what the session's transaction has changed itself is read on the session's
 * connection, before a statement starts: no result of it may be open then.
 */
import type { HeadId } from "../branch/model.js";
import type { RegistryState } from "../branch/registry-state.js";
import type { Registry } from "../branch/registry.js";
import type { NamedDefinition } from "../catalog/type-definition.js";
import type { EnumCatalog } from "../catalog/enum-catalog.js";
import { FIRST_USER_OID } from "../catalog/names.js";
import { typeDefinitionsOf, TypeCatalog } from "./type-catalog.js";
import type { Connection } from "../engine/connection.js";
import type { EngineType } from "../engine/types.js";
import { identified, mayHaveIdentity } from "../pgtypes/user-types.js";

/** Of so many heads at most the types are remembered. */
const MAX_HEADS = 200;

/** Whose types: the session's head, and what its transaction sees. */
interface TypesOf {
  readonly head: HeadId;
  readonly transactions: { readonly current: { readonly state: RegistryState } | undefined };
}

/** The types of the newest committed definitions; shared by all sessions. */
export class TypeDirectory {
  readonly #registry: Registry;
  readonly #known = new Map<HeadId, Promise<TypeCatalog>>();
  #definitions = 0;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  async all(head: HeadId): Promise<TypeCatalog> {
    const { objectDefinitions, state } = this.#registry;
    if (this.#definitions !== objectDefinitions || this.#known.size >= MAX_HEADS) this.#known.clear();
    this.#definitions = objectDefinitions;
    const known = this.#known.get(head);
    if (known !== undefined) return await known;
    // The registry's state and the number of its definitions are of one moment.
    const types = this.#read(typeDefinitionsOf(state, head));
    this.#known.set(head, types);
    // Whoever awaits it is told; the next to ask reads again.
    types.catch(() => {
      if (this.#known.get(head) === types) this.#known.delete(head);
    });
    return await types;
  }

  async #read(definitions: readonly NamedDefinition[] | undefined): Promise<TypeCatalog> {
    using connection = await this.#registry.database.connect("data");
    return await TypeCatalog.ofHead(connection, definitions);
  }
}

export class SessionTypes {
  readonly #directory: TypeDirectory;
  readonly #connection: Connection;
  readonly #of: TypesOf;
  /** The session's transaction sees other definitions than those committed. */
  readonly #hasOwn: () => boolean;
  #changes = 0;
  /** It may have made or dropped types. */
  #changed = false;
  #own: TypeCatalog | undefined;

  constructor(directory: TypeDirectory, connection: Connection, of: TypesOf, hasOwn: () => boolean) {
    this.#directory = directory;
    this.#connection = connection;
    this.#of = of;
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
    this.#own = this.#changed ? await this.#readOwn() : undefined;
  }

  async #readOwn(): Promise<TypeCatalog> {
    const { head, transactions } = this.#of;
    const state = transactions.current?.state;
    const definitions = state && typeDefinitionsOf(state, head);
    return await TypeCatalog.ofHead(this.#connection, definitions);
  }

  /** The same things with their types as the catalogue knows them. `names`: what the statement calls the types. */
  async identify<T extends { readonly type: EngineType | null }>(
    columns: readonly T[],
    names: readonly (string | undefined)[],
  ): Promise<readonly T[]> {
    if (!columns.some(({ type }) => type !== null && mayHaveIdentity(type))) return columns;
    const types = await this.all();
    return columns.map((column, index) => ({
      ...column,
      type: column.type && identified(column.type, (part) => types.identityOf(part, names[index])),
    }));
  }

  /** As `identify`, for parameters; undefined where nothing is known of one. */
  async identifyTypes(
    types: readonly (EngineType | undefined)[],
  ): Promise<readonly (EngineType | undefined)[]> {
    if (!types.some((type) => type !== undefined && mayHaveIdentity(type))) return types;
    const known = await this.all();
    return types.map((type) => type && identified(type, (part) => known.identityOf(part)));
  }

  /** DuckDB's names for declared types that are no built-in ones, by position; most clients declare none. */
  async engineTypesOf(oids: readonly number[]): Promise<readonly (string | undefined)[]> {
    if (!oids.some((oid) => oid >= FIRST_USER_OID)) return [];
    const known = await this.all();
    return oids.map((oid) => known.engineTypeOf(oid));
  }

  /** The types as the session sees them: since the last `refresh` where its transaction changed them. */
  async all(): Promise<TypeCatalog> {
    return this.#own ?? (await this.#directory.all(this.#of.head));
  }

  async enums(): Promise<EnumCatalog> {
    return (await this.all()).enums;
  }
}
