/**
 * A session's copy of the helper views, in temporary tables of its own. DuckDB plans a view anew wherever it is named, and
 * the helpers name each other: a statement over pg_class took 80 ms to plan and run, over the copies it takes a few. The
 * copies are made again when the database, the head or a setting has changed. Sessions that see the same share theirs
 * (shared-copies.ts).
 */
import { DERIVED_QUERIES } from "./derived.js";
import { PG, SHOWN_PREFIX, SNAPSHOT_PREFIX } from "./names.js";
import { OBJECT_QUERIES } from "./objects.js";

const HELPERS = [...OBJECT_QUERIES, ...DERIVED_QUERIES];
/**
 * Functions are read by few statements, and take a fifth of the time of all copies: DuckDB lists its thousands for it.
 * Sequences go on while nothing else changes.
 */
const UNCOPIED: ReadonlySet<string> = new Set(["_function", "_function_comment", "_sequence"]);

/**
 * Names of types by OID, for format_type(): a sub-query there would lose the order of the rows it is called for. DuckDB looks
 * through a map from its beginning: built-in types, the most wanted, come first.
 */
export const TYPE_NAMES = "CAST(getvariable('duckbranch_type_names') AS MAP(BIGINT, VARCHAR))";
const TYPE_NAMES_STATEMENT = `SET VARIABLE duckbranch_type_names = (SELECT map_from_entries(list((oid, printed) ORDER BY oid)) FROM ${PG}._type)`;

/** What a helper is read through, on each connection: a copy of its own, or one that sessions share. */
function shown(name: string): string {
  return `temp.main.${SHOWN_PREFIX}${name.slice(1)}`;
}

/** Where copies are: this is put in front of a helper's name. */
const OWN_COPIES = `temp.main.${SNAPSHOT_PREFIX}`;

/**
 * Statements that make, for each helper, the view that computes it (`_live_class`) and the one that reads a session's copy
 * (`_class`), each after those it reads. The copies they are bound to on this connection are dropped with it.
 */
export function snapshotViews(): readonly string[] {
  return HELPERS.flatMap(([name, query]) =>
    UNCOPIED.has(name)
      ? [`CREATE VIEW ${PG}.${name} AS ${query}`]
      : [
          `CREATE VIEW ${PG}._live${name} AS ${query}`,
          ...ownCopy(name),
          `CREATE VIEW ${PG}.${name} AS FROM ${shown(name)}`,
        ],
  );
}

const COPIED = HELPERS.flatMap(([name]) => (UNCOPIED.has(name) ? [] : [name]));

/** Copies the helpers, on the connection of a session and in its transaction. */
export function snapshotScript(): string {
  return [...COPIED.flatMap(ownCopy), TYPE_NAMES_STATEMENT].join("; ");
}

/** Copies the helpers into tables of this schema, which is made first. */
export function sharedScript(schema: string): string {
  const copies = COPIED.flatMap((name) => [
    `CREATE TABLE ${schema}.${name.slice(1)} AS FROM ${PG}._live${name}`,
    showStatement(name, `${schema}.`),
  ]);
  return [`CREATE SCHEMA ${schema}`, ...copies].join("; ");
}

/** Lets a connection read the copies of such a schema. */
export function sharingScript(schema: string): string {
  return [...COPIED.map((name) => showStatement(name, `${schema}.`)), TYPE_NAMES_STATEMENT].join("; ");
}

function ownCopy(name: string): readonly string[] {
  return [
    `CREATE OR REPLACE TEMP TABLE ${OWN_COPIES}${name.slice(1)} AS FROM ${PG}._live${name}`,
    showStatement(name, OWN_COPIES),
  ];
}

function showStatement(name: string, place: string): string {
  return `CREATE OR REPLACE TEMP VIEW ${shown(name)} AS FROM ${place}${name.slice(1)}`;
}
