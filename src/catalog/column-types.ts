/**
 * Catalogue columns in PostgreSQL's own types. DuckDB holds an oid as BIGINT and a name as VARCHAR; clients are told what
 * they know: drivers read an int2vector as `1 2`, not as an array.
 */
import type { EngineType } from "../engine/types.js";
import { EngineTypeId, LIST, withAlias } from "../engine/vector-values.js";
import type { NameReference } from "../sql/analysis.js";
import { normaliseName } from "../sql/names.js";
import { PG_CATALOG, type RelationShape } from "./shapes.js";

/** Types that have no DuckDB type of their own, and what holds their values. */
const HELD_AS: ReadonlyMap<string, EngineTypeId> = new Map([
  ["oid", EngineTypeId.BIGINT],
  ["name", EngineTypeId.VARCHAR],
  ["char", EngineTypeId.VARCHAR],
  ["int2vector", EngineTypeId.LIST],
  ["oidvector", EngineTypeId.LIST],
]);

interface Column {
  readonly name: string;
  readonly type: EngineType | null;
}

/**
 * Gives result columns that carry a catalogue column's name its PostgreSQL type, as the alias of their own. Only where a
 * statement reads nothing but pg_catalog, and all relations it reads agree on what that name is.
 */
export function withCatalogTypes<T extends Column>(
  columns: readonly T[],
  names: readonly NameReference[],
): readonly T[] {
  const shapes: RelationShape[] = [];
  for (const { role, parts } of names) {
    if (role !== "read") continue;
    const shape = shapeOf(parts);
    if (shape === undefined) return columns;
    shapes.push(shape);
  }
  if (shapes.length === 0) return columns;
  return columns.map((column) => {
    const name = typeOf(column.name, shapes);
    return { ...column, type: column.type && namedType(column.type, name) };
  });
}

/** A list of BIGINT that no column is called like was made of oids: nothing else in the catalogue is held as BIGINT. */
function namedType(type: EngineType, name: string | undefined): EngineType {
  if (name !== undefined && HELD_AS.get(name) === type.typeId) return withAlias(type, name);
  const isOids = type.typeId === EngineTypeId.LIST && type.valueType.typeId === EngineTypeId.BIGINT;
  return isOids ? LIST(withAlias(type.valueType, "oid")) : type;
}

function shapeOf(parts: readonly string[]): RelationShape | undefined {
  const [first = "", second] = parts.map(normaliseName);
  if (parts.length > 2) return undefined;
  if (second === undefined) return PG_CATALOG.get(first);
  return first === "pg_catalog" ? PG_CATALOG.get(second) : undefined;
}

function typeOf(name: string, shapes: readonly RelationShape[]): string | undefined {
  const found = shapes.flatMap((shape) => shape.columns.filter((column) => column.name === name));
  const [first, ...rest] = found.map((column) => column.type);
  return rest.every((type) => type === first) ? first : undefined;
}
