/**
 * Types of the user under their own OIDs: enums and composite types. DuckDB's ENUM has labels and no name, its STRUCT fields
 * and no name: who a type is to clients rides in its alias, put there by whoever can ask the catalogue.
 */
import { keyedTypeName } from "../core/keyed-types.js";
import type { EngineType } from "../engine/types.js";
import { ARRAY, EngineTypeId, LIST, withAlias, withFields } from "../engine/vector-values.js";

/** What a client knows a type by: `pg_type.oid`, `pg_type.typarray`, and its name as an error message writes it. */
export interface TypeIdentity {
  readonly oid: number;
  readonly arrayOid: number;
  readonly name: string;
}

/** Who a type without fields or labels of its own is; undefined where the catalogue has none like it. */
export type FindIdentity = (type: EngineType) => TypeIdentity | undefined;

type StructType = Extract<EngineType, { typeId: EngineTypeId.STRUCT }>;

/** Alias of a STRUCT that is a row without a type of its own, although its fields have names. */
const ANONYMOUS_ROW = "record";

/** A STRUCT that may be a composite type: its fields have names, and it holds none of the types DuckDB lacks. */
function isNamedStruct({ entryNames }: StructType): boolean {
  return keyedTypeName(entryNames) === undefined && entryNames.every((name) => name !== "");
}

/** True where an identity would be seen: in the type itself, its elements or its fields. */
export function mayHaveIdentity(type: EngineType): boolean {
  switch (type.typeId) {
    case EngineTypeId.ENUM:
      return true;
    case EngineTypeId.LIST:
    case EngineTypeId.ARRAY:
      return mayHaveIdentity(type.valueType);
    case EngineTypeId.STRUCT:
      return isNamedStruct(type) || type.entryTypes.some(mayHaveIdentity);
    default:
      return false;
  }
}

/** True for an enum, and for what has one as element or field. */
export function holdsEnum(type: EngineType | undefined): boolean {
  switch (type?.typeId) {
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

/** The type with an identity at each enum and composite type for which `find` knows one. */
export function identified(type: EngineType, find: FindIdentity): EngineType {
  if (!mayHaveIdentity(type)) return type;
  switch (type.typeId) {
    case EngineTypeId.ENUM:
      return withIdentity(type, find(type));
    case EngineTypeId.LIST:
      return LIST(identified(type.valueType, find), type.alias);
    case EngineTypeId.ARRAY:
      return ARRAY(identified(type.valueType, find), type.length, type.alias);
    case EngineTypeId.STRUCT: {
      const fields = withFields(
        type,
        type.entryTypes.map((entry) => identified(entry, find)),
      );
      // A row was told before who it is.
      const isOpen = isNamedStruct(type) && type.alias === undefined;
      return isOpen ? withIdentity(fields, find(type)) : fields;
    }
    default:
      return type;
  }
}

function withIdentity(type: EngineType, identity: TypeIdentity | undefined): EngineType {
  if (identity === undefined) return type;
  return withAlias(type, `${identity.oid} ${identity.arrayOid} ${identity.name}`);
}

/** A STRUCT that stands for the whole row of a relation; with an identity, if its relation's rows have a type. */
export function asRow(type: EngineType, identity: TypeIdentity | undefined): EngineType {
  if (type.typeId !== EngineTypeId.STRUCT) return type;
  return identity === undefined ? withAlias(type, ANONYMOUS_ROW) : withIdentity(type, identity);
}

/** Undefined for a type nobody has identified. */
export function identityOf(type: EngineType | undefined): TypeIdentity | undefined {
  if (type?.typeId !== EngineTypeId.ENUM && type?.typeId !== EngineTypeId.STRUCT) return undefined;
  const match = /^(\d+) (\d+) (.*)$/s.exec(type.alias ?? "");
  if (match === null) return undefined;
  return { oid: Number(match[1]), arrayOid: Number(match[2]), name: match[3] ?? "" };
}

/** A composite type, known as such. */
export function isComposite(type: EngineType | null | undefined): type is StructType {
  return type?.typeId === EngineTypeId.STRUCT && identityOf(type) !== undefined;
}

/** A STRUCT that is sent as a row: what row(…) makes, composite types, and whole rows of relations. */
export function isRow(type: EngineType): type is StructType {
  if (type.typeId !== EngineTypeId.STRUCT || keyedTypeName(type.entryNames) !== undefined) return false;
  return type.entryNames.every((name) => name === "") || type.alias === ANONYMOUS_ROW || isComposite(type);
}

/** What lies below all list levels. */
export function leafOf(type: EngineType): EngineType {
  return type.typeId === EngineTypeId.LIST || type.typeId === EngineTypeId.ARRAY
    ? leafOf(type.valueType)
    : type;
}

/** What the elements of an array of user types are sent as; undefined for anything else. */
export function userElementOid(type: EngineType | undefined): number | undefined {
  if (type === undefined) return undefined;
  const leaf = leafOf(type);
  return leaf === type ? undefined : identityOf(leaf)?.oid;
}
