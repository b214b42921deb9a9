/** Columns that UNION, INTERSECT and EXCEPT put together: DuckDB makes texts of types that have nothing in common. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { WrittenType } from "./result-sources.js";

/** Type ⇒ what PostgreSQL calls it; types of one line have a type in common. */
const KINDS: readonly ReadonlyMap<string, string>[] = [
  new Map([
    ["int2", "smallint"],
    ["int4", "integer"],
    ["int8", "bigint"],
    ["numeric", "numeric"],
    ["float4", "real"],
    ["float8", "double precision"],
  ]),
  new Map([
    ["text", "text"],
    ["varchar", "character varying"],
    ["bpchar", "character"],
    ["name", "name"],
  ]),
  new Map([
    ["date", "date"],
    ["timestamp", "timestamp without time zone"],
    ["timestamptz", "timestamp with time zone"],
  ]),
  new Map([["bool", "boolean"]]),
  new Map([["uuid", "uuid"]]),
  new Map([["bytea", "bytea"]]),
  new Map([["interval", "interval"]]),
  new Map([["json", "json"]]),
  new Map([["jsonb", "jsonb"]]),
];

/** Types that are not known, and those not listed here, pass. Errors: 42804 */
export function requireCommonType(types: readonly (WrittenType | undefined)[]): void {
  let first: { readonly kind: number; readonly name: string } | undefined;
  for (const type of types) {
    const kind = type === undefined ? -1 : KINDS.findIndex((names) => names.has(type.name));
    if (type === undefined || kind < 0) continue;
    // An array has nothing in common with what is none.
    const own = { kind: type.isArray ? kind + KINDS.length : kind, name: nameOf(kind, type) };
    first ??= own;
    if (first.kind !== own.kind)
      throw new SqlError(
        SQLSTATE.datatypeMismatch,
        `UNION types ${first.name} and ${own.name} cannot be matched`,
      );
  }
}

function nameOf(kind: number, { name, isArray }: WrittenType): string {
  return `${KINDS[kind]?.get(name) ?? name}${isArray ? "[]" : ""}`;
}
