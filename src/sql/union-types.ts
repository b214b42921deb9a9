/** Columns that UNION, INTERSECT and EXCEPT put together: DuckDB makes texts of types that have nothing in common. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { LiteralText, WrittenType } from "./result-sources.js";

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

const TEXTS = 1;
const TEXT: WrittenType = { name: "text", typmod: -1, isArray: false };

/** A string and the type it is read as. */
export interface UnitedLiteral {
  readonly text: LiteralText;
  readonly type: WrittenType;
}

interface United {
  readonly type: WrittenType | undefined;
  /** A string, or NULL, without a type. */
  readonly isLiteral?: true;
  readonly text?: LiteralText | undefined;
}

/**
 * The strings of one column that are read as what stands beside them: DuckDB makes texts of all.
 *
 * Errors  42804 where two strings, which are texts together, stand beside what is none
 */
export function unitedLiterals(branches: readonly United[]): UnitedLiteral[] {
  const found: UnitedLiteral[] = [];
  let before: United | undefined;
  for (const next of branches) {
    // Nothing is known of what such a column and another become.
    if (next.type === undefined && next.isLiteral !== true) return found;
    if (before?.text !== undefined && next.text !== undefined) before = { type: TEXT };
    else {
      const type = widerType(before?.type, next.type);
      const text = before?.text ?? next.text;
      if (type !== undefined && text !== undefined && kindOf(type) !== TEXTS) found.push({ text, type });
      before = { type, text: type === undefined ? text : undefined };
    }
  }
  return found;
}

/** Of two, or the one that is known; undefined where they have nothing in common that is known here. */
function widerType(one: WrittenType | undefined, other: WrittenType | undefined): WrittenType | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  requireCommonType([one, other]);
  const kind = kindOf(one);
  if (kind < 0 || kind !== kindOf(other) || one.isArray !== other.isArray) return undefined;
  const names = [...(KINDS[kind]?.keys() ?? [])];
  return names.indexOf(one.name) >= names.indexOf(other.name) ? one : other;
}

/** What numbers of several types are together; undefined where one of them is none, or not known. */
export function widestNumber(types: readonly (WrittenType | undefined)[]): WrittenType | undefined {
  const names = [...(KINDS[0]?.keys() ?? [])];
  const places = types.map((type) => (type === undefined || type.isArray ? -1 : names.indexOf(type.name)));
  const name = names[Math.max(...places)];
  return name === undefined || places.includes(-1) ? undefined : { name, typmod: -1, isArray: false };
}

export function isNumber({ name, isArray }: WrittenType): boolean {
  return !isArray && KINDS[0]?.has(name) === true;
}

function kindOf({ name }: WrittenType): number {
  return KINDS.findIndex((names) => names.has(name));
}

/** Types that are not known, and those not listed here, pass. Errors: 42804 */
export function requireCommonType(types: readonly (WrittenType | undefined)[]): void {
  let first: { readonly kind: number; readonly name: string } | undefined;
  for (const type of types) {
    const kind = type === undefined ? -1 : kindOf(type);
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
