/**
 * Columns in PostgreSQL's own types where DuckDB has none: it holds an oid as BIGINT and a name as VARCHAR, jsonb as JSON.
 * Clients are told what they know: drivers read an int2vector as `1 2`, not as an array.
 */
import type { EngineType } from "../engine/types.js";
import { EngineTypeId, LIST, withAlias } from "../engine/vector-values.js";
import type { NameReference } from "../sql/analysis.js";
import { normaliseName } from "../sql/names.js";
import type { WrittenType } from "../sql/result-sources.js";
import { INFORMATION_SCHEMA, PG_CATALOG, type RelationShape } from "./shapes.js";

const { VARCHAR, BIGINT, BIT, LIST: LIST_ID } = EngineTypeId;

/** Types that have no DuckDB type of their own, and what holds their values. */
const HELD_AS: ReadonlyMap<string, EngineTypeId> = new Map([
  ["oid", BIGINT],
  ["xid", BIGINT],
  ["cid", BIGINT],
  ["name", VARCHAR],
  ["char", VARCHAR],
  ["varchar", VARCHAR],
  ["bpchar", VARCHAR],
  ["void", VARCHAR],
  ["regclass", VARCHAR],
  ["regtype", VARCHAR],
  ["regproc", VARCHAR],
  ["regprocedure", VARCHAR],
  ["regoper", VARCHAR],
  ["regoperator", VARCHAR],
  ["regnamespace", VARCHAR],
  ["regrole", VARCHAR],
  ["jsonb", VARCHAR],
  ["bit", BIT],
  ["int2vector", LIST_ID],
  ["oidvector", LIST_ID],
]);

interface Column {
  readonly name: string;
  readonly type: EngineType | null;
}

/** PostgreSQL's type under DuckDB's: undefined where the column's values are not held as that type's are. */
export function announcedType(type: EngineType, { name, isArray }: WrittenType): EngineType | undefined {
  if (!isArray) return namedType(type, name);
  if (type.typeId !== EngineTypeId.LIST) return undefined;
  const element = announcedType(type.valueType, {
    name,
    typmod: -1,
    isArray: type.valueType.typeId === LIST_ID,
  });
  return element && LIST(element);
}

function namedType(type: EngineType, name: string): EngineType | undefined {
  if (HELD_AS.get(name) !== type.typeId) return undefined;
  const isJson = type.typeId === VARCHAR && type.alias === "JSON";
  return isJson === (name === "jsonb") ? withAlias(type, name) : undefined;
}

/** Columns of a relation of pg_catalog or information_schema. */
export function systemColumns(parts: readonly string[]): readonly SystemColumn[] | undefined {
  const shape = shapeOf(parts);
  return shape?.columns.map(({ name, type }, index) => ({
    name,
    type: systemType(type),
    // Our pg_attribute does not have the columns of information_schema, whose types are domains.
    origin: PG_CATALOG.get(shape.name) !== shape ? undefined : { table: shape.oid, column: index + 1 },
  }));
}

interface SystemColumn {
  readonly name: string;
  readonly type: WrittenType;
  readonly origin: { readonly table: number; readonly column: number } | undefined;
}

/** The domains of information_schema are announced as what they are over. */
const DOMAINS: ReadonlyMap<string, WrittenType> = new Map([
  ["sql_identifier", { name: "name", typmod: -1, isArray: false }],
  ["character_data", { name: "varchar", typmod: -1, isArray: false }],
  ["yes_or_no", { name: "varchar", typmod: 7, isArray: false }],
  ["cardinal_number", { name: "int4", typmod: -1, isArray: false }],
  ["time_stamp", { name: "timestamptz", typmod: 2, isArray: false }],
]);

function systemType(type: string): WrittenType {
  const domain = DOMAINS.get(type);
  if (domain !== undefined) return domain;
  const isArray = type.startsWith("_");
  return { name: isArray ? type.slice(1) : type, typmod: -1, isArray };
}

/**
 * Gives result columns that carry a catalogue column's name its PostgreSQL type, as the alias of their own: for texts that
 * PostgreSQL's parser does not read. Only where a statement reads nothing but pg_catalog, and all relations it reads
 * agree on what that name is.
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
    return { ...column, type: column.type && catalogType(column.type, name) };
  });
}

/** A list of BIGINT that no column is called like was made of oids: nothing else in the catalogue is held as BIGINT. */
function catalogType(type: EngineType, name: string | undefined): EngineType {
  const named = name === undefined ? undefined : namedType(type, name);
  if (named !== undefined) return named;
  const isOids = type.typeId === EngineTypeId.LIST && type.valueType.typeId === EngineTypeId.BIGINT;
  return isOids ? LIST(withAlias(type.valueType, "oid")) : type;
}

function shapeOf(parts: readonly string[]): RelationShape | undefined {
  const [first = "", second] = parts.map(normaliseName);
  if (parts.length > 2) return undefined;
  if (second === undefined) return PG_CATALOG.get(first);
  return (
    first === "pg_catalog" ? PG_CATALOG : first === "information_schema" ? INFORMATION_SCHEMA : undefined
  )?.get(second);
}

function typeOf(name: string, shapes: readonly RelationShape[]): string | undefined {
  const found = shapes.flatMap((shape) => shape.columns.filter((column) => column.name === name));
  const [first, ...rest] = found.map((column) => column.type);
  return rest.every((type) => type === first) ? first : undefined;
}
