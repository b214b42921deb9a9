/**
 * The composite types of the database as pg_type knows them, to be found by what DuckDB tells of a column, the names and
 * types of its fields, or by what a client tells, an OID. Of several with the same fields the one with the lowest OID is
 * meant, unless a cast names another: as for enums.
 */
import { numberCell, textCell, type Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { EngineType } from "../engine/types.js";
import { EngineTypeId } from "../engine/vector-values.js";
import { clientSchema, formatName } from "../sql/names.js";
import { findNamed } from "./lookup.js";
import { oidExpression, shownTypeName } from "./names.js";
import { typeNames, type NamedDefinition } from "./type-definition.js";
import type { ListedComposite } from "./session-catalog.js";

/** One composite type. */
export interface CatalogComposite {
  readonly oid: number;
  readonly arrayOid: number;
  /** As an error message writes it. */
  readonly name: string;
  /** DuckDB's spelling: `main` for public. */
  readonly schema: string;
  readonly typeName: string;
  /** A STRUCT. */
  readonly type: EngineType;
  /** The STRUCT, and its fields' types, as DuckDB's catalogue prints them. */
  readonly printed: string;
  readonly fields: readonly { readonly name: string; readonly printed: string }[];
}

const QUERY = `
  SELECT schema_name, type_name, ${oidExpression("'e'", "schema_name", "type_name")} AS oid,
    ${oidExpression("'a'", "schema_name", "type_name")} AS array_oid
  FROM duckdb_types() WHERE database_name = '${DATA_CATALOG}' AND NOT internal AND logical_type = 'STRUCT' ORDER BY oid`;

type Named = Omit<CatalogComposite, "type" | "printed" | "fields"> & {
  /** The type for DuckDB. */
  readonly sql: string;
};

export class CompositeCatalog {
  readonly #byFields = new Map<string, CatalogComposite[]>();
  readonly #byOid = new Map<number, CatalogComposite>();
  readonly all: readonly CatalogComposite[];

  /** `composites` in the order of their OIDs. */
  constructor(composites: readonly CatalogComposite[]) {
    this.all = composites;
    for (const one of composites) {
      const key = fieldsKey(one.type);
      this.#byFields.set(key, [...(this.#byFields.get(key) ?? []), one]);
      this.#byOid.set(one.oid, one);
      this.#byOid.set(one.arrayOid, one);
    }
  }

  /** As this connection's transaction sees them. No result of the connection may be open. */
  static async read(connection: Connection): Promise<CompositeCatalog> {
    const rows = await connection.rows(QUERY);
    const named = rows.map((row): Named => {
      const [schema, typeName] = [textCell(row, "schema_name"), textCell(row, "type_name")];
      const name = shownTypeName(schema, typeName);
      const sql = formatName([DATA_CATALOG, schema, typeName]);
      const oids = { oid: numberCell(row, "oid"), arrayOid: numberCell(row, "array_oid") };
      return { schema, typeName, name, sql, ...oids };
    });
    return new CompositeCatalog(named.length === 0 ? [] : await withTypes(connection, named));
  }

  /** Those of a branch. No result of the connection may be open. */
  static async of(connection: Connection, types: readonly NamedDefinition[]): Promise<CompositeCatalog> {
    const named = types.flatMap((type): Named[] =>
      /^struct\b/i.test(type.definition ?? "") ? [{ ...typeNames(type), sql: type.definition ?? "" }] : [],
    );
    const inOrder = named.toSorted((a, b) => a.oid - b.oid);
    return new CompositeCatalog(inOrder.length === 0 ? [] : await withTypes(connection, inOrder));
  }

  get isEmpty(): boolean {
    return this.all.length === 0;
  }

  /** The type with these fields; of several the one of this name, or else the one with the lowest OID. */
  byType(type: EngineType, name?: string): CatalogComposite | undefined {
    if (this.isEmpty) return undefined;
    const found = this.#byFields.get(fieldsKey(type)) ?? [];
    return found.find(({ typeName }) => typeName === name) ?? found[0];
  }

  /** The type of this name: as written, or else in the first schema of `searchPath` that has one. */
  named(parts: readonly string[], searchPath: readonly string[]): CatalogComposite | undefined {
    return findNamed(this.all, (one) => one.typeName, parts, searchPath);
  }

  /** DuckDB's type for the OID of a composite type or of its array type; undefined for any other OID. */
  engineTypeOf(oid: number): string | undefined {
    const found = this.#byOid.get(oid);
    if (found === undefined) return undefined;
    return oid === found.arrayOid ? `${found.printed}[]` : found.printed;
  }

  /** What the session's catalogue shows. */
  listed(): readonly ListedComposite[] {
    return this.all.map(({ schema, typeName, printed, fields }) => ({
      schema: clientSchema(schema),
      name: typeName,
      duck_schema: schema,
      printed,
      fields: fields.map((field) => ({ name: field.name, type: field.printed })),
    }));
  }
}

/** The fields of all types, asked for in one statement each: DuckDB's list of types does not have them. */
async function withTypes(connection: Connection, named: readonly Named[]): Promise<CatalogComposite[]> {
  const nulls = named.map(({ sql }) => `CAST(NULL AS ${sql})`);
  const prepared = await connection.prepare(`SELECT ${nulls.join(", ")}`);
  const { columns } = prepared;
  prepared.close();
  const fields = await connection.rows(
    nulls
      .map(
        (text, at) =>
          `SELECT ${at} AS at, typeof(${text}) AS printed, * FROM (DESCRIBE SELECT unnest(${text}))`,
      )
      .join(" UNION ALL "),
  );
  return named.flatMap((one, at): CatalogComposite[] => {
    const own = fields.filter((row) => numberCell(row, "at") === at);
    const [type, first] = [columns[at]?.type, own[0]];
    if (type === null || type === undefined || first === undefined) return [];
    const shown = own.map((row) => ({
      name: textCell(row, "column_name"),
      printed: textCell(row, "column_type"),
    }));
    return [{ ...one, type, printed: textCell(first, "printed"), fields: shown }];
  });
}

/** Equal for types with the same fields of the same types. */
function fieldsKey(type: EngineType): string {
  switch (type.typeId) {
    case EngineTypeId.STRUCT:
      return `(${type.entryTypes.map((entry, i) => `${JSON.stringify(type.entryNames[i])} ${fieldsKey(entry)}`).join()})`;
    case EngineTypeId.LIST:
      return `${fieldsKey(type.valueType)}[]`;
    case EngineTypeId.ARRAY:
      return `${fieldsKey(type.valueType)}[${type.length}]`;
    case EngineTypeId.VARCHAR:
      return type.alias === "JSON" ? "JSON" : "VARCHAR";
    default:
      return type.toString();
  }
}
