/**
 * The enums of the database as pg_type knows them, to be found by what DuckDB tells of a column, its labels, or by what a
 * client tells, an OID. Two enums with the same labels are one type to DuckDB: the one with the lowest OID is meant, as
 * pg_attribute says too.
 */
import { numberCell, textCell, type Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { quoteLiteral } from "../sql/names.js";
import { DOMAIN_MARK } from "./domain-mark.js";
import { findNamed } from "./lookup.js";
import { oidExpression, shownTypeName } from "./names.js";
import { domainLabelOf, labelsOf, typeNames, type NamedDefinition } from "./type-definition.js";

/** One enum. */
export interface CatalogEnum {
  readonly oid: number;
  readonly arrayOid: number;
  /** As an error message writes it. */
  readonly name: string;
  /** DuckDB's spelling: `main` for public. */
  readonly schema: string;
  readonly typeName: string;
  readonly labels: readonly string[];
}

const QUERY = `
  SELECT schema_name, type_name, CAST(system.main.to_json(labels) AS VARCHAR) AS labels,
    ${oidExpression("'e'", "schema_name", "type_name")} AS oid, ${oidExpression("'a'", "schema_name", "type_name")} AS array_oid
  FROM duckdb_types() WHERE database_name = '${DATA_CATALOG}' AND NOT internal AND logical_type = 'ENUM'
    AND NOT coalesce(starts_with(labels[1], '${DOMAIN_MARK}'), false) ORDER BY oid`;

/** As DuckDB prints an enum. */
export function enumText(labels: readonly string[]): string {
  return `ENUM(${labels.map(quoteLiteral).join(", ")})`;
}

export class EnumCatalog {
  readonly #byLabels = new Map<string, CatalogEnum[]>();
  readonly #byOid = new Map<number, CatalogEnum>();
  readonly #labels: ReadonlySet<string>;

  readonly all: readonly CatalogEnum[];

  /** `enums` in the order of their OIDs. */
  constructor(enums: readonly CatalogEnum[]) {
    this.all = enums;
    this.#labels = new Set(enums.flatMap(({ labels }) => labels));
    for (const one of enums) {
      const key = JSON.stringify(one.labels);
      this.#byLabels.set(key, [...(this.#byLabels.get(key) ?? []), one]);
      this.#byOid.set(one.oid, one);
      this.#byOid.set(one.arrayOid, one);
    }
  }

  /** As this connection's transaction sees them. No result of the connection may be open. */
  static async read(connection: Connection): Promise<EnumCatalog> {
    const rows = await connection.rows(QUERY);
    return new EnumCatalog(
      rows.map((row): CatalogEnum => {
        const [schema, typeName] = [textCell(row, "schema_name"), textCell(row, "type_name")];
        const labels: unknown = JSON.parse(textCell(row, "labels"));
        return {
          schema,
          typeName,
          name: shownTypeName(schema, typeName),
          labels: Array.isArray(labels) ? labels.map(String) : [],
          oid: numberCell(row, "oid"),
          arrayOid: numberCell(row, "array_oid"),
        };
      }),
    );
  }

  /** Those of a branch. */
  static of(types: readonly NamedDefinition[]): EnumCatalog {
    const enums = types.flatMap((type): CatalogEnum[] => {
      const labels = domainLabelOf(type) === undefined ? labelsOf(type) : undefined;
      return labels === undefined ? [] : [{ ...typeNames(type), labels }];
    });
    return new EnumCatalog(enums.toSorted((a, b) => a.oid - b.oid));
  }

  get isEmpty(): boolean {
    return this.#byOid.size === 0;
  }

  /** True for a label of any enum. */
  hasLabel(text: string): boolean {
    return this.#labels.has(text);
  }

  /** The enum of these labels; of several the one of this name, or else the one with the lowest OID. */
  byLabels(labels: readonly string[], name?: string): CatalogEnum | undefined {
    const all = this.#byLabels.get(JSON.stringify(labels)) ?? [];
    return all.find(({ typeName }) => typeName === name) ?? all[0];
  }

  /** The enum of this name: as written, or else in the first schema of `searchPath` that has one. */
  named(parts: readonly string[], searchPath: readonly string[]): CatalogEnum | undefined {
    return findNamed(this.all, (one) => one.typeName, parts, searchPath);
  }

  /** The name of the type that this OID, or that of its array type, is of. */
  nameOf(oid: number): string | undefined {
    return this.#byOid.get(oid)?.typeName;
  }

  /** DuckDB's type for the OID of an enum or of its array type; undefined for any other OID. */
  engineTypeOf(oid: number): string | undefined {
    const found = this.#byOid.get(oid);
    if (found === undefined) return undefined;
    const type = enumText(found.labels);
    return oid === found.arrayOid ? `${type}[]` : type;
  }
}
