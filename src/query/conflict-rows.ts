/**
 * ON CONFLICT over several rows, in which DuckDB differs from PostgreSQL without a word: it takes NULLs for equal and leaves
 * all but one of the rows out; it changes a row once that two of them conflict with; and with several keys it keeps another
 * row than the first. A query is made to refuse such rows itself, or it would have to be run twice.
 */
import { constraintsOf } from "../branch/constraint-names.js";
import type { TableDefinition } from "../branch/table-definition.js";
import { indexParts } from "../branch/table-rebuild.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { InsertForm, RelationalStatement, TextEdit } from "../sql/analysis.js";
import { normaliseName, quoteIdentifier, quoteLiteral } from "../sql/names.js";
import type { BoundParameter } from "./types.js";

const TWICE = "ON CONFLICT DO UPDATE command cannot affect row a second time";
const NULLS = "ON CONFLICT over several rows that hold NULL in a unique key is not supported";
const SEVERAL_KEYS =
  "ON CONFLICT over several rows that conflict with each other in one of several keys is not supported";

const EXPRESSION_KEY =
  "ON CONFLICT over several rows of a table with a unique index on an expression is not supported";

/** A key by its columns: where the rows have them, and whether they may be NULL there. */
interface Key {
  readonly columns: readonly string[];
  /** Their places in a row; -1 for one left to its default. */
  readonly places: readonly number[];
  readonly nullable: boolean;
  /** A column of it is NULL in every row. */
  readonly alwaysNull: boolean;
}

/** `columns` are those the rows give. Errors: 0A000 for rows of which DuckDB would lose some */
export function conflictEdits(
  insert: InsertForm,
  columns: readonly string[],
  definition: TableDefinition,
  table: string,
  parameters: readonly BoundParameter[] | undefined,
): readonly TextEdit[] {
  if (insert.conflict === "none" || insert.rows === 1) return [];
  const isTargeted = insert.conflictColumns.length > 0;
  const names = isTargeted ? [insert.conflictColumns] : uniqueKeys(definition, table);
  const all = names.map((key) => keyOf(key, columns, definition));
  const target = all.some(({ alwaysNull }) => alwaysNull) ? onlyKey(all) : undefined;
  if (isTargeted && target === undefined && all.some(({ alwaysNull }) => alwaysNull))
    throw notSupported(NULLS);
  const keys = (target === undefined ? all : [target]).filter(({ places }) => !places.includes(-1));
  const edits: TextEdit[] = [];
  if (target !== undefined && insert.conflictAt !== undefined) {
    const list = target.columns.map(quoteIdentifier).join(", ");
    edits.push({ start: insert.conflictAt, end: insert.conflictAt, text: ` (${list})` });
  }
  if (insert.rows === 0) return [...edits, ...refusingRows(insert, columns, keys, definition)];
  if (parameters !== undefined) refuseValues(insert, keys, parameters);
  return edits;
}

/** Keys of constraints and of unique indexes. Errors: 0A000 for an index on an expression, whose values are not known here */
function uniqueKeys(definition: TableDefinition, table: string): readonly (readonly string[])[] {
  const constraints = constraintsOf(definition, table).flatMap(({ type, columns }) =>
    type === "primary" || type === "unique" ? [columns] : [],
  );
  const indexes = definition.indexes
    .filter((sql) => /^CREATE UNIQUE/i.test(sql))
    .map((sql) =>
      indexParts(sql).map(({ column }) => {
        if (column === undefined) throw notSupported(EXPRESSION_KEY, "insert them one by one");
        return column;
      }),
    );
  return [...constraints, ...indexes];
}

function keyOf(names: readonly string[], columns: readonly string[], definition: TableDefinition): Key {
  const places = names.map((name) => columns.findIndex((column) => isSame(column, name)));
  const mayBeNull = names.map((name) => isNullable(definition, name));
  return {
    columns: names,
    places,
    nullable: mayBeNull.includes(true),
    alwaysNull: names.some(
      (name, at) => places[at] === -1 && mayBeNull[at] === true && !hasDefault(definition, name),
    ),
  };
}

function isNullable({ elements, primaryKey }: TableDefinition, column: string): boolean {
  if (primaryKey.some((name) => isSame(name, column))) return false;
  const tokens = elements.find((element) => isSame(element.column?.name ?? "", column))?.tokens ?? [];
  return !tokens.some(({ value }, at) => value === "not" && tokens[at + 1]?.value === "null");
}

function hasDefault({ elements }: TableDefinition, column: string): boolean {
  const tokens = elements.find((element) => isSame(element.column?.name ?? "", column))?.tokens ?? [];
  return tokens.some(({ kind, value }) => kind === "word" && (value === "default" || value === "generated"));
}

/** Where NULLs of other keys would make rows equal, the one key that can be in conflict is named instead of all. */
function onlyKey(keys: readonly Key[]): Key | undefined {
  const possible = keys.filter(({ alwaysNull }) => !alwaysNull);
  const given = possible.filter(({ places }) => !places.includes(-1));
  const [key] = given.length === 1 ? given : possible;
  if (key === undefined || (given.length !== 1 && possible.length !== 1)) throw notSupported(NULLS);
  return key;
}

/**
 * LIMIT ALL: without it DuckDB gives no row at all where a parameter is what the window is partitioned by (a test holds it).
 *
 * Numbers of sequences are given out in the order of the query, which windows lose.
 *
 *   SELECT id, n FROM u
 *     ⇒  SELECT c0, c1 FROM (SELECT *, row_number() OVER () AS place FROM (SELECT * FROM (SELECT id, n FROM u) LIMIT ALL)
 *        AS proposed(c0, c1)) QUALIFY CASE WHEN c0 IS NOT NULL AND count(*) OVER (PARTITION BY CAST(c0 AS INTEGER)) > 1
 *        THEN error('…') ELSE true END ORDER BY place
 */
function refusingRows(
  { conflict, source }: InsertForm,
  columns: readonly string[],
  keys: readonly Key[],
  definition: TableDefinition,
): readonly TextEdit[] {
  if (source === undefined) return [];
  const refusals = keys.flatMap(({ places, nullable }) => {
    const values = places.map((place) => {
      const type = definition.columns.find(({ name }) => isSame(name, columns[place] ?? ""))?.type;
      return type === undefined ? `c${place}` : `CAST(c${place} AS ${type})`;
    });
    const given = places.map((place) => `c${place} IS NOT NULL`).join(" AND ");
    const isAgain = `count(*) OVER (PARTITION BY ${values.join(", ")}) > 1`;
    const again = conflict === "update" ? TWICE : keys.length > 1 ? SEVERAL_KEYS : undefined;
    return [
      ...(again === undefined ? [] : [`WHEN ${given} AND ${isAgain} THEN error(${quoteLiteral(again)})`]),
      ...(nullable ? [`WHEN NOT (${given}) AND ${isAgain} THEN error(${quoteLiteral(NULLS)})`] : []),
    ];
  });
  if (refusals.length === 0) return [];
  const names = columns.map((_, index) => `c${index}`).join(", ");
  return [
    {
      start: source.start,
      end: source.start,
      text: `SELECT ${names} FROM (SELECT *, row_number() OVER () AS place FROM (SELECT * FROM (`,
    },
    {
      start: source.end,
      end: source.end,
      text: `\n) LIMIT ALL) AS proposed(${names})) QUALIFY CASE ${refusals.join(" ")} ELSE true END ORDER BY place`,
    },
  ];
}

/** Rows of VALUES. An expression may be NULL, and is not known to be equal to another. */
function refuseValues(
  { values, conflict }: InsertForm,
  keys: readonly Key[],
  parameters: readonly BoundParameter[],
): void {
  for (const { places, nullable } of keys) {
    const rows = values.map((row) => places.map((place) => shownValue(row[place], parameters)));
    const mayBeNull = rows.filter((row) => row.some((value) => value === null || value === undefined));
    if (nullable && mayBeNull.length > 1) throw notSupported(NULLS, "insert them one by one");
    const known = rows.filter((row) => !row.includes(null) && !row.includes(undefined));
    const different = new Set(known.map((row) => JSON.stringify(row)));
    if (conflict === "nothing" && keys.length > 1 && different.size < known.length)
      throw notSupported(SEVERAL_KEYS, "insert them one by one");
  }
}

/** A constant or a bound value as text, null for NULL; undefined for what cannot be told before it runs. */
function shownValue(
  value: InsertForm["values"][number][number] | undefined,
  parameters: readonly BoundParameter[],
): string | null | undefined {
  switch (value?.kind) {
    case "constant":
      return value.text;
    case "null":
      return null;
    case "parameter": {
      const bytes = parameters[value.number - 1]?.bytes ?? null;
      return bytes === null ? null : Buffer.from(bytes).toString("base64");
    }
    case "default":
    case "other":
    case undefined:
      return undefined;
    default:
      return value satisfies never;
  }
}

function isSame(left: string, right: string): boolean {
  return normaliseName(left) === normaliseName(right);
}

/** 21000 when fewer rows were changed than VALUES has. */
export function refuseSecondChange({ insert }: RelationalStatement, changed: number): void {
  if (insert === undefined || !insert.updatesAll || insert.rows === 0 || changed >= insert.rows) return;
  throw new SqlError(SQLSTATE.cardinalityViolation, TWICE, {
    hint: "Ensure that no rows proposed for insertion within the same command have duplicate constrained values.",
  });
}
