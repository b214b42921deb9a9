/**
 * The domains of the database. DuckDB has none: one is kept as an ENUM of one label that is its definition, so that no
 * statement that was not rewritten for it can take a value of it by mistake.
 */
import { numberCell, textCell, type Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { findNamed } from "./lookup.js";
import { DOMAIN_MARK } from "./domain-mark.js";
import { oidExpression, shownTypeName } from "./names.js";
import { domainLabelOf, typeNames, type NamedDefinition } from "./type-definition.js";

/** What the label says; texts are DuckDB's SQL. */
export interface DomainDefinition {
  /** DuckDB's name of the type below all domains. */
  readonly type: string;
  /** PostgreSQL's OID of what the domain was made over, which may be a domain, and its modifier. */
  readonly base: number;
  readonly typmod: number;
  /** With `"duckbranch_value"` for VALUE. */
  readonly checks: readonly {
    readonly name: string;
    readonly domain: string;
    readonly check: string;
    readonly source: string;
  }[];
  /** The domain that does not allow NULL: itself, or one it is made over. */
  readonly notNull: string | null;
  readonly default: string | null;
}

export interface CatalogDomain {
  readonly oid: number;
  /** As an error message writes it. */
  readonly name: string;
  /** DuckDB's spelling: `main` for public. */
  readonly schema: string;
  readonly typeName: string;
  readonly definition: DomainDefinition;
}

export function domainLabel(definition: DomainDefinition): string {
  return `${DOMAIN_MARK}${JSON.stringify(definition)}}`;
}

const QUERY = `
  SELECT schema_name, type_name, labels[1] AS label, ${oidExpression("'e'", "schema_name", "type_name")} AS oid
  FROM duckdb_types() WHERE database_name = '${DATA_CATALOG}' AND NOT internal AND logical_type = 'ENUM'
    AND starts_with(labels[1], '${DOMAIN_MARK}') ORDER BY oid`;

export class DomainCatalog {
  readonly all: readonly CatalogDomain[];

  constructor(all: readonly CatalogDomain[]) {
    this.all = all;
  }

  /** As this connection's transaction sees them. No result of the connection may be open. */
  static async read(connection: Connection): Promise<DomainCatalog> {
    const rows = await connection.rows(QUERY);
    return new DomainCatalog(
      rows.flatMap((row): CatalogDomain[] => {
        const [schema, typeName] = [textCell(row, "schema_name"), textCell(row, "type_name")];
        const label: unknown = JSON.parse(textCell(row, "label"));
        if (!isLabel(label)) return [];
        const definition = label.duckbranch_domain;
        const name = shownTypeName(schema, typeName);
        return [{ schema, typeName, name, oid: numberCell(row, "oid"), definition }];
      }),
    );
  }

  /** Those of a branch. */
  static of(types: readonly NamedDefinition[]): DomainCatalog {
    const domains = types.flatMap((type): CatalogDomain[] => {
      const label: unknown = JSON.parse(domainLabelOf(type) ?? "null");
      return isLabel(label) ? [{ ...typeNames(type), definition: label.duckbranch_domain }] : [];
    });
    return new DomainCatalog(domains.toSorted((a, b) => a.oid - b.oid));
  }

  get isEmpty(): boolean {
    return this.all.length === 0;
  }

  /** The domain of this name: as written, or else in the first schema of `searchPath` that has one. */
  named(parts: readonly string[], searchPath: readonly string[]): CatalogDomain | undefined {
    return findNamed(this.all, (one) => one.typeName, parts, searchPath);
  }
}

function isLabel(value: unknown): value is { readonly duckbranch_domain: DomainDefinition } {
  return typeof value === "object" && value !== null && "duckbranch_domain" in value;
}
