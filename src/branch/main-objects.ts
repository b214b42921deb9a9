/**
 * What main's catalogue holds beside tables and views, and what of it the registry does not know yet. Read only where a
 * statement may have changed it: DuckDB takes a tenth of a second to list functions.
 */
import { optionalTextCell, textCell, type Connection, type Row } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { formatName, normaliseName, quoteIdentifier } from "../sql/names.js";
import { commentedSchema, mainComment, mainComments, PUBLIC, readWith } from "./object-comments.js";
import { objectKey, type HeadObject, type HeadObjectKind, type MainObject } from "./head-objects.js";
import { MAIN, type PhysicalTable } from "./model.js";
import type { RegistryState } from "./registry-state.js";
import { isInternalSchema } from "./system-names.js";

/** What differs between main's catalogue and a state of the registry, of these kinds. */
export interface MainDifference {
  readonly ended: readonly HeadObject[];
  readonly added: readonly MainObject[];
}

/** `isReplaced`: the name stands for another object now, whatever the catalogue says of it. */
export async function compareMainObjects(
  connection: Connection,
  state: RegistryState,
  kinds: ReadonlySet<HeadObjectKind>,
  isReplaced: (object: HeadObject) => boolean,
): Promise<MainDifference> {
  const found: MainObject[] = [];
  for (const kind of kinds) found.push(...(await READERS[kind](connection)));
  const actual = new Map(
    found.filter(({ schema }) => !isInternalSchema(schema)).map((object) => [objectKey(object), object]),
  );
  const schemas = new Set(
    found.flatMap(({ kind, name }) => (kind === "schema" ? [normaliseName(name)] : [])),
  );
  const ended = state.objectsOf(MAIN).filter((object) => {
    if (object.to !== null || !kinds.has(readWith(object))) return false;
    const commented = commentedSchema(object);
    // DuckDB has no comments of schemas: one is gone when its schema is.
    if (commented !== undefined) return commented !== PUBLIC && !schemas.has(normaliseName(commented));
    const key = objectKey(object);
    const same = actual.get(key)?.catalogued === object.catalogued && !isReplaced(object);
    if (same) actual.delete(key);
    return !same;
  });
  return { ended, added: [...actual.values()] };
}

const READERS: Readonly<Record<HeadObjectKind, (connection: Connection) => Promise<readonly MainObject[]>>> =
  {
    function: functionsOf,
    type: typesOf,
    sequence: sequencesOf,
    schema: schemasOf,
    comment: mainComments,
  };

/** With their comments. DuckDB lists each overload, and no default of a parameter. */
async function functionsOf(connection: Connection): Promise<readonly MainObject[]> {
  const rows = await connection.rows(
    `SELECT schema_name, function_name, function_type, macro_definition, system.main.to_json(parameters)::VARCHAR AS parameters,
       system.main.to_json(parameter_types)::VARCHAR AS parameter_types, comment FROM duckdb_functions()
     WHERE database_name = '${DATA_CATALOG}' AND NOT internal AND function_type IN ('macro', 'table_macro')
     ORDER BY schema_name, function_name, len(parameters)`,
  );
  const byName = new Map<string, readonly Row[]>();
  for (const row of rows) {
    const key = JSON.stringify([textCell(row, "schema_name"), textCell(row, "function_name")]);
    byName.set(key, [...(byName.get(key) ?? []), row]);
  }
  return [...byName.values()].flatMap((overloads): MainObject[] => {
    const [first] = overloads;
    if (first === undefined) return [];
    const [schema, name] = [textCell(first, "schema_name"), textCell(first, "function_name")];
    const definition = `CREATE MACRO ${quoteIdentifier(name)}${overloads.map(overloadText).join(", ")}`;
    const comment = optionalTextCell(first, "comment");
    const said =
      comment === null ? [] : [mainComment({ kind: "function", schema, name, column: null }, comment)];
    return [{ kind: "function", schema, name, definition, catalogued: definition, physical: null }, ...said];
  });
}

function overloadText(row: Row): string {
  const types = texts(textCell(row, "parameter_types"));
  const parameters = texts(textCell(row, "parameters")).map(
    (name, index) => `${quoteIdentifier(name ?? "")}${types[index] == null ? "" : ` ${types[index]}`}`,
  );
  const table = textCell(row, "function_type") === "table_macro" ? "TABLE " : "";
  return `(${parameters.join(", ")}) AS ${table}${optionalTextCell(row, "macro_definition") ?? "NULL"}`;
}

function texts(json: string): readonly (string | null)[] {
  const value: unknown = JSON.parse(json);
  return Array.isArray(value) ? value.map((item) => (item === null ? null : String(item))) : [];
}

/** A type of DuckDB's is a name for what it prints: columns do not know it. */
async function typesOf(connection: Connection): Promise<readonly MainObject[]> {
  const rows = await connection.rows(
    `SELECT schema_name, type_name FROM duckdb_types() WHERE database_name = '${DATA_CATALOG}' AND NOT internal ORDER BY ALL`,
  );
  if (rows.length === 0) return [];
  const named = rows.map((row) => ({
    schema: textCell(row, "schema_name"),
    name: textCell(row, "type_name"),
  }));
  const printed = named.map(
    ({ schema, name }, index) =>
      `typeof(CAST(NULL AS ${formatName([DATA_CATALOG, schema, name])})) AS t${index}`,
  );
  const [row] = await connection.rows(`SELECT ${printed.join(", ")}`);
  return named.map(({ schema, name }, index) => {
    const definition = row === undefined ? "" : textCell(row, `t${index}`);
    return { kind: "type", schema, name, definition, catalogued: definition, physical: null };
  });
}

async function sequencesOf(connection: Connection): Promise<readonly MainObject[]> {
  const rows = await connection.rows(
    `SELECT schema_name, sequence_name FROM duckdb_sequences() WHERE database_name = '${DATA_CATALOG}'`,
  );
  return rows.map((row) => {
    const physical: PhysicalTable = {
      schema: textCell(row, "schema_name"),
      name: textCell(row, "sequence_name"),
    };
    return { kind: "sequence", ...physical, definition: null, catalogued: null, physical };
  });
}

async function schemasOf(connection: Connection): Promise<readonly MainObject[]> {
  const rows = await connection.rows(
    `SELECT schema_name FROM duckdb_schemas() WHERE database_name = '${DATA_CATALOG}' AND NOT internal`,
  );
  return rows
    .map((row) => textCell(row, "schema_name"))
    .filter((name) => normaliseName(name) !== "main" && !isInternalSchema(name))
    .map((name) => ({
      kind: "schema",
      schema: "",
      name,
      definition: null,
      catalogued: null,
      physical: null,
    }));
}
