/**
 * Enums under their own OIDs. DuckDB's ENUM has labels and no name: who it is to clients rides in the type's alias, put
 * there by whoever can ask the catalogue.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { EngineType } from "../engine/types.js";
import { ARRAY, EngineTypeId, LIST, withAlias, withFields } from "../engine/vector-values.js";

export type EnumType = Extract<EngineType, { typeId: EngineTypeId.ENUM }>;

/** What a client knows an enum by: `pg_type.oid`, `pg_type.typarray`, and its name as an error message writes it. */
export interface EnumIdentity {
  readonly oid: number;
  readonly arrayOid: number;
  readonly name: string;
}

export function isEnum(type: EngineType | null | undefined): type is EnumType {
  return type?.typeId === EngineTypeId.ENUM;
}

/** The enum below all list levels, if that is what is there. */
export function enumLeaf(type: EngineType | null | undefined): EnumType | undefined {
  if (type?.typeId === EngineTypeId.LIST || type?.typeId === EngineTypeId.ARRAY)
    return enumLeaf(type.valueType);
  return isEnum(type) ? type : undefined;
}

/** What the elements of an array of enums are sent as; undefined for anything else, and for enums without identity. */
export function enumElementOid(type: EngineType | undefined): number | undefined {
  if (type === undefined || isEnum(type)) return undefined;
  const leaf = enumLeaf(type);
  return leaf && enumIdentity(leaf)?.oid;
}

/** True where an identity would be seen: in the type itself, its elements or its fields. */
export function holdsEnum(type: EngineType): boolean {
  switch (type.typeId) {
    case EngineTypeId.ENUM:
      return true;
    case EngineTypeId.LIST:
    case EngineTypeId.ARRAY:
      return holdsEnum(type.valueType);
    case EngineTypeId.STRUCT:
      return type.entryTypes.some(holdsEnum);
    default:
      return false;
  }
}

/** The type with an identity at each enum for which `find` knows one. */
export function identified(
  type: EngineType,
  find: (labels: readonly string[]) => EnumIdentity | undefined,
): EngineType {
  if (!holdsEnum(type)) return type;
  switch (type.typeId) {
    case EngineTypeId.ENUM: {
      const identity = find(type.values);
      return identity === undefined ? type : withIdentity(type, identity);
    }
    case EngineTypeId.LIST:
      return LIST(identified(type.valueType, find), type.alias);
    case EngineTypeId.ARRAY:
      return ARRAY(identified(type.valueType, find), type.length, type.alias);
    case EngineTypeId.STRUCT:
      return withFields(
        type,
        type.entryTypes.map((entry) => identified(entry, find)),
      );
    default:
      return type;
  }
}

function withIdentity(type: EnumType, { oid, arrayOid, name }: EnumIdentity): EngineType {
  return withAlias(type, `${oid} ${arrayOid} ${name}`);
}

/** Undefined for an enum nobody has identified: it is announced as text. */
export function enumIdentity(type: EnumType): EnumIdentity | undefined {
  const match = /^(\d+) (\d+) (.*)$/s.exec(type.alias ?? "");
  if (match === null) return undefined;
  return { oid: Number(match[1]), arrayOid: Number(match[2]), name: match[3] ?? "" };
}

/** Refuses what is no label of the enum. Errors: 22P02, as PostgreSQL's enum_in. */
export function requireLabel(type: EnumType, label: string): string {
  if (type.values.includes(label)) return label;
  const name = enumIdentity(type)?.name ?? "enum";
  throw new SqlError(SQLSTATE.invalidTextRepresentation, `invalid input value for enum ${name}: "${label}"`);
}
