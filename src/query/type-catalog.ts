/** The types that users made, as one moment of the database has them. */
import { MAIN, type HeadId } from "../branch/model.js";
import type { RegistryState } from "../branch/registry-state.js";
import type { NamedDefinition } from "../catalog/type-definition.js";
import type { Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { EngineType } from "../engine/types.js";
import { isEnum } from "../pgtypes/enum-types.js";
import type { TypeIdentity } from "../pgtypes/user-types.js";
import { normaliseName } from "../sql/names.js";
import { CompositeCatalog } from "../catalog/composite-catalog.js";
import { DomainCatalog } from "../catalog/domain-catalog.js";
import { EnumCatalog, enumText } from "../catalog/enum-catalog.js";

/** The types that a branch defines, or inherits; undefined on main. */
export function typeDefinitionsOf(
  state: RegistryState,
  head: HeadId,
): readonly NamedDefinition[] | undefined {
  return head === MAIN ? undefined : state.visibleObjects(head, "type");
}

const ANY_TYPE = `SELECT 1 AS found FROM duckdb_types() WHERE database_name = '${DATA_CATALOG}' AND NOT internal LIMIT 1`;

export class TypeCatalog {
  readonly enums: EnumCatalog;
  readonly composites: CompositeCatalog;
  readonly domains: DomainCatalog;

  constructor(enums: EnumCatalog, composites: CompositeCatalog, domains: DomainCatalog) {
    this.enums = enums;
    this.composites = composites;
    this.domains = domains;
  }

  /** As this connection's transaction sees them. No result of the connection may be open. */
  static async read(connection: Connection): Promise<TypeCatalog> {
    // Most databases have none, and each kind is a question of its own, asked behind every definition that changes.
    const [some] = await connection.rows(ANY_TYPE);
    if (some === undefined) return await TypeCatalog.of(connection, []);
    return new TypeCatalog(
      await EnumCatalog.read(connection),
      await CompositeCatalog.read(connection),
      await DomainCatalog.read(connection),
    );
  }

  /** Those of a branch. No result of the connection may be open. */
  static async of(connection: Connection, types: readonly NamedDefinition[]): Promise<TypeCatalog> {
    return new TypeCatalog(
      EnumCatalog.of(types),
      await CompositeCatalog.of(connection, types),
      DomainCatalog.of(types),
    );
  }

  /** As a head has them; `definitions` undefined on main, whose catalogue DuckDB keeps. */
  static async ofHead(
    connection: Connection,
    definitions: readonly NamedDefinition[] | undefined,
  ): Promise<TypeCatalog> {
    return definitions === undefined
      ? await TypeCatalog.read(connection)
      : await TypeCatalog.of(connection, definitions);
  }

  /** No enums and no composite types: literals are what they look like. */
  get isEmpty(): boolean {
    return this.enums.isEmpty && this.composites.isEmpty;
  }

  /** Who an ENUM or a STRUCT is; of several that are alike the one of this name. */
  identityOf(type: EngineType, name?: string): TypeIdentity | undefined {
    return isEnum(type) ? this.enums.byLabels(type.values, name) : this.composites.byType(type, name);
  }

  /** The type as DuckDB prints it, if no other is printed the same; `schema` in DuckDB's spelling. */
  printedOf(schema: string, name: string): string | undefined {
    const all = [
      ...this.enums.all.map((one) => ({ ...one, printed: enumText(one.labels) })),
      ...this.composites.all,
    ];
    const own = all.find(
      (one) =>
        normaliseName(one.schema) === normaliseName(schema) &&
        normaliseName(one.typeName) === normaliseName(name),
    );
    return all.filter(({ printed }) => printed === own?.printed).length === 1 ? own?.printed : undefined;
  }

  /** DuckDB's type for an OID; undefined for those of built-in types. */
  engineTypeOf(oid: number): string | undefined {
    return this.enums.engineTypeOf(oid) ?? this.composites.engineTypeOf(oid);
  }
}
