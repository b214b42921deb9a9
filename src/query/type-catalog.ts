/** The types and functions that users made, as one moment of the database has them. */
import type { Connection } from "../engine/connection.js";
import type { EngineType } from "../engine/types.js";
import { isEnum } from "../pgtypes/enum-types.js";
import type { TypeIdentity } from "../pgtypes/user-types.js";
import { normaliseName } from "../sql/names.js";
import { CompositeCatalog } from "../catalog/composite-catalog.js";
import { DomainCatalog } from "../catalog/domain-catalog.js";
import { FunctionCatalog } from "../catalog/function-catalog.js";
import { EnumCatalog, enumText } from "../catalog/enum-catalog.js";

export class TypeCatalog {
  readonly enums: EnumCatalog;
  readonly composites: CompositeCatalog;
  readonly domains: DomainCatalog;
  readonly functions: FunctionCatalog;

  constructor(
    enums: EnumCatalog,
    composites: CompositeCatalog,
    domains: DomainCatalog,
    functions: FunctionCatalog,
  ) {
    this.enums = enums;
    this.composites = composites;
    this.domains = domains;
    this.functions = functions;
  }

  /** As this connection's transaction sees them. No result of the connection may be open. */
  static async read(connection: Connection): Promise<TypeCatalog> {
    return new TypeCatalog(
      await EnumCatalog.read(connection),
      await CompositeCatalog.read(connection),
      await DomainCatalog.read(connection),
      await FunctionCatalog.read(connection),
    );
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
