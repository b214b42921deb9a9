/** Names of types for people and programs that read no OIDs: PostgreSQL's own short ones, `int4`, `numeric(10,2)`, `text[]`. */
import { KEYED_TYPES } from "../core/keyed-types.js";
import type { EngineType } from "../engine/types.js";
import { describeType, elementOidOf, OID } from "./oids.js";

const NAMES: ReadonlyMap<number, string> = new Map([
  ...Object.entries(OID).map(([name, oid]) => [oid, name] as const),
  ...[...KEYED_TYPES].map(([name, { oid }]) => [oid, name] as const),
]);

/** What a value is announced as. Null, a column this server makes, is text; a type of a user's goes by its own name. */
export function typeName(type: EngineType | null): string {
  const { oid, typmod } = describeType(type);
  const element = elementOidOf(oid);
  const name = NAMES.get(element ?? oid);
  if (name === undefined) return type?.alias ?? "unknown";
  const digits = oid === OID.numeric && typmod >= 4 ? `(${precision(typmod)},${scale(typmod)})` : "";
  return `${name}${digits}${element === undefined ? "" : "[]"}`;
}

function precision(typmod: number): number {
  return ((typmod - 4) >> 16) & 0xffff;
}

function scale(typmod: number): number {
  return (typmod - 4) & 0xffff;
}
