/** Enums and their labels. Which enum of the catalogue one is, user-types.ts tells. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { EngineType } from "../engine/types.js";
import { EngineTypeId } from "../engine/vector-values.js";
import { identityOf } from "./user-types.js";

export type EnumType = Extract<EngineType, { typeId: EngineTypeId.ENUM }>;

export function isEnum(type: EngineType | null | undefined): type is EnumType {
  return type?.typeId === EngineTypeId.ENUM;
}

/** Refuses what is no label of the enum. Errors: 22P02, as PostgreSQL's enum_in. */
export function requireLabel(type: EnumType, label: string): string {
  if (type.values.includes(label)) return label;
  const name = identityOf(type)?.name ?? "enum";
  throw new SqlError(SQLSTATE.invalidTextRepresentation, `invalid input value for enum ${name}: "${label}"`);
}
