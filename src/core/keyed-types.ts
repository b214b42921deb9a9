/**
 * PostgreSQL's types that DuckDB has nothing like, kept as "keyed texts": a STRUCT of a key, whose field is named after the
 * type, and the value's text. Keys are equal and in order exactly as PostgreSQL's values are, so =, <, ORDER BY, GROUP BY,
 * DISTINCT and indexes are right without DuckDB knowing what a range is. What needs more (&&, @>, lower()) it refuses.
 */

/** Name ⇒ OIDs of the type and of its array. */
export const KEYED_TYPES: ReadonlyMap<string, { readonly oid: number; readonly arrayOid: number }> = new Map([
  ["point", { oid: 600, arrayOid: 1017 }],
  ["lseg", { oid: 601, arrayOid: 1018 }],
  ["path", { oid: 602, arrayOid: 1019 }],
  ["box", { oid: 603, arrayOid: 1020 }],
  ["polygon", { oid: 604, arrayOid: 1027 }],
  ["line", { oid: 628, arrayOid: 629 }],
  ["circle", { oid: 718, arrayOid: 719 }],
  ["cidr", { oid: 650, arrayOid: 651 }],
  ["inet", { oid: 869, arrayOid: 1041 }],
  ["macaddr", { oid: 829, arrayOid: 1040 }],
  ["macaddr8", { oid: 774, arrayOid: 775 }],
  ["int4range", { oid: 3904, arrayOid: 3905 }],
  ["numrange", { oid: 3906, arrayOid: 3907 }],
  ["tsrange", { oid: 3908, arrayOid: 3909 }],
  ["tstzrange", { oid: 3910, arrayOid: 3911 }],
  ["daterange", { oid: 3912, arrayOid: 3913 }],
  ["int8range", { oid: 3926, arrayOid: 3927 }],
  ["int4multirange", { oid: 4451, arrayOid: 6150 }],
  ["nummultirange", { oid: 4532, arrayOid: 6151 }],
  ["tsmultirange", { oid: 4533, arrayOid: 6152 }],
  ["tstzmultirange", { oid: 4534, arrayOid: 6153 }],
  ["datemultirange", { oid: 4535, arrayOid: 6155 }],
  ["int8multirange", { oid: 4536, arrayOid: 6157 }],
]);

/** What stands between an array's elements: boxes have commas of their own. */
export function arrayDelimiter(name: string | undefined): "," | ";" {
  return name === "box" ? ";" : ",";
}

const PREFIX = "pg_catalog.";
export const TEXT_FIELD = "text";

export function keyField(name: string): string {
  return PREFIX + name;
}

/** DuckDB's name of the type: `STRUCT("pg_catalog.inet" VARCHAR, "text" VARCHAR)`. */
export function keyedTypeText(name: string): string {
  return `STRUCT("${keyField(name)}" VARCHAR, "${TEXT_FIELD}" VARCHAR)`;
}

/** The type's name if a STRUCT with these fields is one; undefined for any other STRUCT. */
export function keyedTypeName(fields: readonly string[]): string | undefined {
  const [key = "", text, ...more] = fields;
  if (!key.startsWith(PREFIX) || text !== TEXT_FIELD || more.length > 0) return undefined;
  const name = key.slice(PREFIX.length);
  return KEYED_TYPES.has(name) ? name : undefined;
}
