/**
 * Comments of views and their columns, of sequences, types, functions and schemas: each is an object of a head of its own (head-objects.ts), so
 * that branches see those of their pin, and merges compare them. Tables keep theirs themselves. On main they are DuckDB's, too,
 * but for those of schemas, of which DuckDB has none.
 */
import { optionalTextCell, textCell, type Connection, type Row } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { formatName, normaliseName, quoteLiteral } from "../sql/names.js";
import type { HeadObject, HeadObjectKind, MainObject, ObjectName } from "./head-objects.js";
import type { HeadId } from "./model.js";
import type { RegistryState } from "./registry-state.js";

const COMMENTED_KINDS = ["view", "sequence", "type", "function", "schema"] as const;
type CommentedKind = (typeof COMMENTED_KINDS)[number];

/** What a comment is on. */
export interface Commented {
  readonly kind: CommentedKind;
  readonly schema: string;
  readonly name: string;
  /** Of a view; null for the view itself. */
  readonly column: string | null;
}

/** The comment's own name. */
export function commentName({ kind, schema, name, column }: Commented): ObjectName {
  return {
    kind: "comment",
    schema,
    name: JSON.stringify(column === null ? [kind, name] : [kind, name, column]),
  };
}

/** What a comment of this name is on. */
export function commentedBy({ schema, name }: Pick<ObjectName, "schema" | "name">): Commented {
  const said: unknown = JSON.parse(name);
  const [kind, object = "", column = null] = Array.isArray(said) ? said.map(String) : [];
  const known = COMMENTED_KINDS.find((one) => one === kind) ?? "view";
  return { kind: known, schema, name: object, column };
}

/** What a head says of something; null for nothing. */
export function commentOn(state: RegistryState, head: HeadId, commented: Commented): string | null {
  return state.findObject(head, commentName(commented))?.definition ?? null;
}

/** All comments that a head sees, with what they are on. */
export function commentsOn(
  state: RegistryState,
  head: HeadId,
): readonly (Commented & { readonly comment: string })[] {
  return state
    .visibleObjects(head, "comment")
    .flatMap((object) =>
      object.definition === null ? [] : [{ ...commentedBy(object), comment: object.definition }],
    );
}

/** The kind with which main's comments are read: DuckDB takes long to list functions. */
export function readWith(object: Pick<HeadObject, "kind" | "schema" | "name">): HeadObjectKind {
  if (object.kind !== "comment") return object.kind;
  const { kind } = commentedBy(object);
  return kind === "function" || kind === "schema" ? kind : "comment";
}

/** The schema that a comment is on; undefined for other comments, and other objects. */
export function commentedSchema(object: Pick<HeadObject, "kind" | "schema" | "name">): string | undefined {
  if (object.kind !== "comment") return undefined;
  const { kind, name } = commentedBy(object);
  return kind === "schema" ? name : undefined;
}

/** DuckDB's name of the schema that tables of no schema are in: it is no object of a head. */
export const PUBLIC = "main";

/** As compareMainObjects (main-objects.ts) takes it. */
export function mainComment(commented: Commented, comment: string): MainObject {
  return { ...commentName(commented), definition: comment, catalogued: comment, physical: null };
}

/** Main's, but for those of functions. */
export async function mainComments(connection: Connection): Promise<readonly MainObject[]> {
  const inData = `WHERE database_name = '${DATA_CATALOG}' AND NOT internal AND comment IS NOT NULL`;
  const rows = await connection.rows(
    `SELECT 'view' AS kind, schema_name, view_name AS name, NULL AS column_name, comment FROM duckdb_views() ${inData}
     UNION ALL SELECT 'view', schema_name, table_name, column_name, comment FROM duckdb_columns() ${inData}
       AND (schema_name, table_name) IN (SELECT (schema_name, view_name) FROM duckdb_views() WHERE database_name = '${DATA_CATALOG}')
     UNION ALL SELECT 'sequence', schema_name, sequence_name, NULL, comment FROM duckdb_sequences()
       WHERE database_name = '${DATA_CATALOG}' AND comment IS NOT NULL
     UNION ALL SELECT 'type', schema_name, type_name, NULL, comment FROM duckdb_types() ${inData}`,
  );
  return rows.map((row) => mainComment(commentedIn(row), textCell(row, "comment")));
}

function commentedIn(row: Row): Commented {
  const kind = textCell(row, "kind");
  return {
    kind: COMMENTED_KINDS.find((one) => one === kind) ?? "view",
    schema: textCell(row, "schema_name"),
    name: textCell(row, "name"),
    column: optionalTextCell(row, "column_name"),
  };
}

/** Says it on main, or nothing any more. Of what main does not have there is nothing to say. Atomic: the caller's transaction */
export async function commentOnMain(
  connection: Connection,
  commented: Commented,
  comment: string | null,
): Promise<void> {
  if (commented.kind === "schema") return;
  const object = await objectOnMain(connection, { ...commented, kind: commented.kind });
  if (object === undefined) return;
  const text = comment === null ? "NULL" : quoteLiteral(comment);
  await connection.run(`COMMENT ON ${object} IS ${text}`);
}

/** As COMMENT ON names it; undefined where main has none. */
async function objectOnMain(
  connection: Connection,
  { kind, schema, name, column }: Commented & { readonly kind: keyof typeof LISTINGS },
): Promise<string | undefined> {
  const [listing, nameColumn, word] = LISTINGS[kind];
  const [row] = await connection.rows(
    `SELECT * FROM ${listing}() WHERE database_name = $1 AND lower(schema_name) = $2 AND lower(${nameColumn}) = $3 LIMIT 1`,
    [DATA_CATALOG, normaliseName(schema), normaliseName(name)],
  );
  if (row === undefined) return undefined;
  const place = formatName([DATA_CATALOG, schema, name]);
  if (column === null) return `${row["function_type"] === "table_macro" ? "MACRO TABLE" : word} ${place}`;
  const [found] = await connection.rows(
    `SELECT 1 AS found FROM duckdb_columns() WHERE database_name = $1 AND lower(schema_name) = $2 AND lower(table_name) = $3 AND lower(column_name) = $4`,
    [DATA_CATALOG, normaliseName(schema), normaliseName(name), normaliseName(column)],
  );
  return found === undefined ? undefined : `COLUMN ${formatName([DATA_CATALOG, schema, name, column])}`;
}

const LISTINGS: Readonly<
  Record<Exclude<CommentedKind, "schema">, readonly [listing: string, name: string, word: string]>
> = {
  view: ["duckdb_views", "view_name", "VIEW"],
  sequence: ["duckdb_sequences", "sequence_name", "SEQUENCE"],
  type: ["duckdb_types", "type_name", "TYPE"],
  function: ["duckdb_functions", "function_name", "MACRO"],
};
