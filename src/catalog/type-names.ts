/** PostgreSQL's names of its types, as a cast writes them. */
import { BUILTIN_TYPES } from "./builtin-types.js";

const BY_OID: ReadonlyMap<number, string> = new Map(
  BUILTIN_TYPES.trim()
    .split("\n")
    .map((line) => line.split(" "))
    .map((fields) => [Number(fields[0]), (fields[15] ?? "").replaceAll("~", " ")]),
);

/** Undefined for an OID that is no built-in type's. */
export function typeNameOf(oid: number): string | undefined {
  return BY_OID.get(oid);
}
