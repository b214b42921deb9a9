/**
 * Copies of the helper views. DuckDB plans a view anew wherever it is named, and the helpers name each other: a statement over
 * pg_class took 80 ms to plan and run, over copies it takes a few. Those a statement reads (needed-copies.ts) are made when the
 * database, the head or a setting has changed since: tables that sessions share (shared-copies.ts), or temporary ones of the
 * session's own.
 */
import { ROW_QUERIES } from "./catalog-rows.js";
import { DERIVED_QUERIES } from "./derived.js";
import { PG, SNAPSHOT_PREFIX } from "./names.js";
import { OBJECT_QUERIES } from "./objects.js";

/** Each after those it reads. */
const HELPERS = [...OBJECT_QUERIES, ...DERIVED_QUERIES, ...ROW_QUERIES];
/**
 * Functions are read by few statements, and take a fifth of the time of all copies: DuckDB lists its thousands for it.
 * Sequences go on while nothing else changes.
 */
const UNCOPIED: ReadonlySet<string> = new Set(["_function", "_function_comment", "_sequence"]);

export const COPIED: readonly string[] = HELPERS.flatMap(([name]) => (UNCOPIED.has(name) ? [] : [name]));

const TYPE_NAMES_VARIABLE = "duckbranch_type_names";
/**
 * Names of types by OID, for format_type(): a sub-query there would lose the order of the rows it is called for. DuckDB looks
 * through a map from its beginning: built-in types, the most wanted, come first.
 */
export const TYPE_NAMES = `CAST(getvariable('${TYPE_NAMES_VARIABLE}') AS MAP(BIGINT, VARCHAR))`;
/** Sets them, of the copies read now: they are as a copy that is the connection's own. */
export const TYPE_NAMES_STATEMENT = `SET VARIABLE ${TYPE_NAMES_VARIABLE} = (SELECT map_from_entries(list((oid, printed) ORDER BY oid)) FROM ${PG}._type)`;

/** The variable that says where a connection's copies are: it is put in front of a helper's name. */
const PLACE = "duckbranch_copies";
/** Copies of a session's own. */
export const OWN_PLACE = `temp.main.${SNAPSHOT_PREFIX}`;

/**
 * Statements that make, for each helper, the view that computes it (`_live_class`) and the one that reads a copy (`_class`),
 * each after those it reads. A copy that is not there is an error, not an empty one. The copies that they are bound to on this
 * connection are dropped with it.
 */
export function snapshotViews(): readonly string[] {
  const views = HELPERS.flatMap(([name, query]) =>
    UNCOPIED.has(name)
      ? [`CREATE VIEW ${PG}.${name} AS ${query}`]
      : [
          `CREATE VIEW ${liveName(name)} AS ${query}`,
          ownScript([name]),
          `CREATE VIEW ${PG}.${name} AS FROM query_table(getvariable('${PLACE}') || '${name.slice(1)}')`,
        ],
  );
  return [placeStatement(OWN_PLACE), ...views];
}

/** The view that computes a helper. */
export function liveName(name: string): string {
  return `${PG}._live${name}`;
}

/** Lets a connection read the copies that are there. */
export function placeStatement(place: string): string {
  return `SET VARIABLE ${PLACE} = '${place}'`;
}

/** Copies helpers, given in the order of COPIED, on the connection of a session and in its transaction. */
export function ownScript(names: readonly string[]): string {
  const copies = names.map(
    (name) => `CREATE OR REPLACE TEMP TABLE ${copyName(OWN_PLACE, name)} AS FROM ${liveName(name)}`,
  );
  return copies.join("; ");
}

/** Takes such copies away. */
export function dropScript(names: readonly string[]): string {
  return names.map((name) => `DROP TABLE IF EXISTS ${copyName(OWN_PLACE, name)}`).join("; ");
}

/** Copies helpers into tables of this schema, which is made with the first of them, and lets the connection read them. */
export function sharedScript(schema: string, names: readonly string[]): string {
  const place = `${schema}.`;
  const copies = names.map((name) => `CREATE TABLE ${copyName(place, name)} AS FROM ${liveName(name)}`);
  return [`CREATE SCHEMA IF NOT EXISTS ${schema}`, placeStatement(place), ...copies].join("; ");
}

/** A query that fails where one of the copies cannot be seen. */
export function sightScript(schema: string, names: readonly string[]): string {
  return `SELECT NULL FROM ${names.map((name) => copyName(`${schema}.`, name)).join(", ")} LIMIT 0`;
}

function copyName(place: string, helper: string): string {
  return `${place}${helper.slice(1)}`;
}
