/**
 * A session's copy of the helper views, in temporary tables of its own. DuckDB plans a view anew wherever it is named, and
 * the helpers name each other: a statement over pg_class took 80 ms to plan and run, over the copies it takes a few. The
 * copies are made again when the database, the head or a setting has changed.
 */
import { DERIVED_QUERIES } from "./derived.js";
import { PG, SNAPSHOT_PREFIX } from "./names.js";
import { OBJECT_QUERIES } from "./objects.js";

const HELPERS = [...OBJECT_QUERIES, ...DERIVED_QUERIES];
/**
 * Functions are read by few statements, and take a fifth of the time of all copies: DuckDB lists its thousands for it.
 * Sequences go on while nothing else changes.
 */
const UNCOPIED: ReadonlySet<string> = new Set(["_function", "_sequence"]);

/** Names of types by OID, for format_type(): a sub-query there would lose the order of the rows it is called for. */
export const TYPE_NAMES = "CAST(getvariable('duckbranch_type_names') AS MAP(BIGINT, VARCHAR))";
const TYPE_NAMES_STATEMENT = `SET VARIABLE duckbranch_type_names = (SELECT map_from_entries(list((oid, printed))) FROM ${PG}._type)`;

function copyOf(name: string): string {
  return `temp.main.${SNAPSHOT_PREFIX}${name.slice(1)}`;
}

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
          copyStatement(name),
          `CREATE VIEW ${PG}.${name} AS FROM ${copyOf(name)}`,
        ],
  );
}

/** Copies the helpers, on the connection of a session and in its transaction. */
export function snapshotScript(): string {
  const copied = HELPERS.filter(([name]) => !UNCOPIED.has(name));
  return [...copied.map(([name]) => copyStatement(name)), TYPE_NAMES_STATEMENT].join("; ");
}

function copyStatement(name: string): string {
  return `CREATE OR REPLACE TEMP TABLE ${copyOf(name)} AS FROM ${PG}._live${name}`;
}
