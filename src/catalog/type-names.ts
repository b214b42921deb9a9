/** PostgreSQL's names of its types, as a cast writes them. */
import { BUILTIN_TYPES } from "./builtin-types.js";

const ROWS = BUILTIN_TYPES.trim()
  .split("\n")
  .map((line) => line.split(" "));

const BY_OID: ReadonlyMap<number, string> = new Map(
  ROWS.map((fields) => [Number(fields[0]), (fields[15] ?? "").replaceAll("~", " ")]),
);
const OIDS: ReadonlyMap<string, number> = new Map(ROWS.map((fields) => [fields[1] ?? "", Number(fields[0])]));
const NAMES: ReadonlyMap<number, string> = new Map(
  ROWS.map((fields) => [Number(fields[0]), fields[1] ?? ""]),
);

/** Undefined for an OID that is no built-in type's. */
export function typeNameOf(oid: number): string | undefined {
  return BY_OID.get(oid);
}

/** `pg_type.typname`: int4 where a cast may write integer. */
export function typeNamed(oid: number): string | undefined {
  return NAMES.get(oid);
}

/** The built-in type of a `pg_type.typname`. */
export function typeOidNamed(name: string): number | undefined {
  return OIDS.get(name);
}
