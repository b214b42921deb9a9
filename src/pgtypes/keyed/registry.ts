/** The keyed types by name and OID, and a value of one as DuckDB's. */
import { KEYED_TYPES, keyedTypeName, keyField, TEXT_FIELD } from "../../core/keyed-types.js";
import type { EngineType } from "../../engine/types.js";
import { EngineTypeId, STRUCT, structValue, VARCHAR } from "../../engine/vector-values.js";
import type { TypedValue } from "../typed-value.js";
import { hardwareType, networkType } from "./addresses.js";
import { BOUNDS } from "./bounds.js";
import { geometricType } from "./geometry.js";
import type { KeyedType, KeyedValue } from "./keyed-type.js";
import { multirangeType, rangeType } from "./ranges.js";

const TYPES: ReadonlyMap<string, KeyedType> = new Map([
  ["point", geometricType("point")],
  ["lseg", geometricType("lseg")],
  ["path", geometricType("path")],
  ["box", geometricType("box")],
  ["polygon", geometricType("polygon")],
  ["line", geometricType("line")],
  ["circle", geometricType("circle")],
  ["inet", networkType("inet")],
  ["cidr", networkType("cidr")],
  ["macaddr", hardwareType("macaddr")],
  ["macaddr8", hardwareType("macaddr8")],
  ["int4range", rangeType(BOUNDS.int4)],
  ["int8range", rangeType(BOUNDS.int8)],
  ["numrange", rangeType(BOUNDS.num)],
  ["daterange", rangeType(BOUNDS.date)],
  ["tsrange", rangeType(BOUNDS.ts)],
  ["tstzrange", rangeType(BOUNDS.tstz)],
  ["int4multirange", multirangeType(BOUNDS.int4)],
  ["int8multirange", multirangeType(BOUNDS.int8)],
  ["nummultirange", multirangeType(BOUNDS.num)],
  ["datemultirange", multirangeType(BOUNDS.date)],
  ["tsmultirange", multirangeType(BOUNDS.ts)],
  ["tstzmultirange", multirangeType(BOUNDS.tstz)],
]);

const BY_OID: ReadonlyMap<number, string> = new Map([...KEYED_TYPES].map(([name, { oid }]) => [oid, name]));

/** A keyed type with its name. */
export interface NamedKeyedType extends KeyedType {
  readonly name: string;
  readonly oid: number;
}

export type StructType = Extract<EngineType, { typeId: EngineTypeId.STRUCT }>;

/** Undefined for an OID that is no keyed type's. */
export function keyedTypeByOid(oid: number): NamedKeyedType | undefined {
  return keyedType(BY_OID.get(oid));
}

/** The keyed type that a DuckDB type holds; undefined for any other. */
export function keyedTypeOf(type: EngineType | null | undefined): NamedKeyedType | undefined {
  if (type?.typeId !== EngineTypeId.STRUCT) return undefined;
  return keyedType(keyedTypeName(type.entryNames));
}

function keyedType(name: string | undefined): NamedKeyedType | undefined {
  const type = TYPES.get(name ?? "");
  const oid = KEYED_TYPES.get(name ?? "")?.oid;
  return type === undefined || oid === undefined || name === undefined ? undefined : { ...type, name, oid };
}

/** The DuckDB type of a keyed type. */
export function engineTypeOf({ name }: NamedKeyedType): EngineType {
  return STRUCT({ [keyField(name)]: VARCHAR, [TEXT_FIELD]: VARCHAR });
}

export function keyedEngineValue(type: NamedKeyedType, value: KeyedValue): TypedValue {
  return { value: structValue(keyedFields(type, value)), type: engineTypeOf(type) };
}

/** A value by the names of its STRUCT's fields. */
export function keyedFields({ name }: NamedKeyedType, { key, text }: KeyedValue): Record<string, string> {
  return { [keyField(name)]: key, [TEXT_FIELD]: text };
}
