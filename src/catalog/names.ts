/** Where the catalogue lives: schemas of the in-memory void catalogue, never in the user's file. */
import { createHash } from "node:crypto";
import { VOID_CATALOG } from "../engine/database.js";
import { CATALOG_SCHEMA } from "../sql/dialect/catalog-casts.js";

/** Holds pg_catalog's relations and functions, and the helpers they are built from (names beginning with `_`). */
export const PG = CATALOG_SCHEMA;
/** Holds information_schema's relations. */
export const INFORMATION = `${VOID_CATALOG}.duckbranch_information_schema`;

/** Holds pg_class with the number of its tables' rows as it is now: see pg-catalog-content.ts. */
export const COUNTED = `${VOID_CATALOG}.duckbranch_counted`;

/** Names of this program's macros, with their schema: FUNCTIONS_SCHEMA or that of pg_catalog. */
export const OWN_MACROS = `${PG}._own_macro`;

/** Names of the temporary tables that hold a session's copy of the helpers. */
export const SNAPSHOT_PREFIX = "duckbranch_snapshot_";

/** Variables of a session's connection that the views read; set by `CatalogSession`. */
export const VARIABLES = {
  /** What a branch shows: a list of structs. NULL on main, which shows what DuckDB lists. */
  relations: "duckbranch_relations",
  /** Columns of relations no DuckDB table describes: a branch's views, and preserved tables. */
  columns: "duckbranch_columns",
  /** Constraints of preserved tables: the copies have none. */
  constraints: "duckbranch_constraints",
  /** Their indexes. */
  indexes: "duckbranch_indexes",
  /** Types, functions, sequences and schemas of a branch. NULL on main. */
  objects: "duckbranch_objects",
  /** Schemas of search_path, clients' spelling. */
  searchPath: "duckbranch_search_path",
  /** Composite types and their fields: DuckDB lists the types alone. */
  composites: "duckbranch_composites",
  /** Comments of schemas, of which DuckDB has none. */
  schemaComments: "duckbranch_schema_comments",
  /** Names and values of SHOW ALL. */
  settings: "duckbranch_settings",
} as const;

/** The SQL type of each list variable: the views are bound before a session has set any. */
export const VARIABLE_TYPES = {
  relations: `STRUCT("schema" VARCHAR, "name" VARCHAR, kind VARCHAR, physical_schema VARCHAR, physical_name VARCHAR, definition VARCHAR, populated BOOLEAN,
    comment VARCHAR)[]`,
  columns: `STRUCT("schema" VARCHAR, "name" VARCHAR, kind VARCHAR, "column" VARCHAR, position INTEGER, type VARCHAR,
    default_value VARCHAR, not_null BOOLEAN, comment VARCHAR)[]`,
  constraints: `STRUCT("schema" VARCHAR, "name" VARCHAR, position INTEGER, type VARCHAR, expression VARCHAR, columns VARCHAR[])[]`,
  indexes: `STRUCT("schema" VARCHAR, "name" VARCHAR, index_name VARCHAR, is_unique BOOLEAN, expressions VARCHAR)[]`,
  objects: `STRUCT(kind VARCHAR, duck_schema VARCHAR, "name" VARCHAR, definition VARCHAR, logical_type VARCHAR, labels VARCHAR[],
    parameters VARCHAR[], is_table BOOLEAN, physical_schema VARCHAR, physical_name VARCHAR, is_dropped BOOLEAN, comment VARCHAR)[]`,
  searchPath: "VARCHAR[]",
  composites: `STRUCT("schema" VARCHAR, "name" VARCHAR, duck_schema VARCHAR, printed VARCHAR, fields STRUCT("name" VARCHAR, "type" VARCHAR)[])[]`,
  schemaComments: `STRUCT("name" VARCHAR, comment VARCHAR)[]`,
  settings: `STRUCT("name" VARCHAR, setting VARCHAR)[]`,
} as const satisfies Record<keyof typeof VARIABLES, string>;

/** A list variable as the views read it. */
export function variable(name: keyof typeof VARIABLES): string {
  return `CAST(getvariable('${VARIABLES[name]}') AS ${VARIABLE_TYPES[name]})`;
}

/** The function that asks the session itself: its key, what is asked for, three arguments as text. */
export const SESSION_CALL = "duckbranch_call";

/** OIDs below are PostgreSQL's own: no object of a user has one. */
export const FIRST_USER_OID = 65_536;

/**
 * OIDs are a hash of the object's kind and name: the same on every head and after a restart, without a table to keep.
 * Range 65,536 … 2^31-1: above PostgreSQL's own, and a positive int4 for clients that read them so.
 */
export function oidExpression(kind: string, schema: string, name: string): string {
  return `${FIRST_USER_OID} + (md5_number_lower(concat_ws(chr(1), ${kind}, ${schema}, ${name})) % 2147418112)::BIGINT`;
}

/** 2^31 - 65,536. */
const OID_RANGE = 2_147_418_112n;

/** As `oidExpression` computes it. */
export function hashedOid(...parts: readonly string[]): number {
  const lower = createHash("md5").update(parts.join("\u0001")).digest().readBigUInt64LE(8);
  return FIRST_USER_OID + Number(lower % OID_RANGE);
}

/** As PostgreSQL's messages name a type; `schema` in DuckDB's spelling. */
export function shownTypeName(schema: string, name: string): string {
  const parts = schema === "main" ? [name] : [schema, name];
  return parts
    .map((part) => (/^[a-z_][a-z0-9_$]*$/.test(part) ? part : `"${part.replaceAll('"', '""')}"`))
    .join(".");
}
