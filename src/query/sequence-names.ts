/**
 * Which sequence a name means on a head: a temporary one, one of a table the branch or its ancestors made, and what the
 * registry knows by the name: one of CREATE SEQUENCE, or of main. All heads that see a sequence draw from it.
 */
import { MAIN, type Branch } from "../branch/model.js";
import { isInternalSchema } from "../branch/system-schema.js";
import { textCell, type Connection, type Row } from "../engine/connection.js";
import { lastValue } from "../engine/sequence-state.js";
import { DATA_CATALOG } from "../engine/database.js";
import { formatName, normaliseName, quoteLiteral } from "../sql/names.js";
import { headObject } from "./head-functions.js";
import type { SequenceName, SequencePlace } from "./owned-sequences.js";
import type { NameScope } from "./relation-names.js";

/** A sequence as it stands. */
export interface FoundSequence extends SequenceName {
  /** Where it began, or after the file was opened anew where it stood. */
  readonly start: bigint;
  readonly increment: bigint;
  readonly minimum: bigint;
  readonly maximum: bigint;
  readonly cycle: boolean;
  /** Given last; undefined when it has given none yet. */
  readonly last: bigint | undefined;
}

/** The first value of a sequence nobody gave another one. */
export function firstValue({ increment, minimum, maximum }: FoundSequence): bigint {
  return increment > 0n ? minimum : maximum;
}

type PlaceScope = Pick<NameScope, "state" | "head" | "searchPath">;

/** Where a name without a schema is looked for, in order. */
function sequencePlaces(scope: PlaceScope): readonly SequencePlace[] {
  return [{ catalog: "temp", schema: "main" }, ...headPlaces(scope, scope.searchPath)];
}

/** The same as `catalog.schema`. */
export function placeTexts(scope: PlaceScope): readonly string[] {
  const mains = scope.head === MAIN ? [] : scope.searchPath.map((schema) => `${DATA_CATALOG}.${schema}`);
  return [...sequencePlaces(scope).map(({ catalog, schema }) => `${catalog}.${schema}`), ...mains];
}

function headPlaces({ state, head }: PlaceScope, schemas: readonly string[]): readonly SequencePlace[] {
  const places: SequencePlace[] = [];
  for (let branch = state.branches.get(head); branch !== undefined; branch = parentOf(state, branch))
    places.push({ catalog: DATA_CATALOG, schema: branch.schemaName });
  // Main's are found in the registry, as they were when the branch was made.
  if (head !== MAIN) return places;
  return [...places, ...schemas.map((schema) => ({ catalog: DATA_CATALOG, schema }))];
}

function parentOf(state: PlaceScope["state"], { parent }: Branch): Branch | undefined {
  return parent === MAIN ? undefined : state.branches.get(parent);
}

function placesOf(scope: PlaceScope, parts: readonly string[]): readonly SequencePlace[] {
  const [, qualifier] = parts.toReversed();
  if (qualifier === undefined) return sequencePlaces(scope);
  switch (normaliseName(qualifier)) {
    case "public":
      return headPlaces(scope, ["main"]);
    case "temp":
    case "pg_temp":
      return [{ catalog: "temp", schema: "main" }];
    default:
      return isInternalSchema(qualifier) || scope.head !== MAIN
        ? []
        : [{ catalog: DATA_CATALOG, schema: qualifier }];
  }
}

/** Undefined when no sequence of the name is visible. */
export async function findSequence(
  connection: Connection,
  scope: PlaceScope,
  parts: readonly string[],
): Promise<FoundSequence | undefined> {
  if (parts.length === 3) return await sequenceInFull(connection, scope, parts);
  const recorded = scope.head === MAIN ? undefined : headObject(scope, "sequence", parts);
  const found = await sequencesCalled(connection, [parts.at(-1) ?? "", recorded?.physical?.name ?? ""]);
  const named = normaliseName(parts.at(-1) ?? "");
  const others = objectPlaces(scope);
  for (const place of placesOf(scope, parts)) {
    const there = found.find(
      (sequence) =>
        isSame(place, sequence) && normaliseName(sequence.name) === named && !others.has(keyOf(sequence)),
    );
    if (there !== undefined) return there;
  }
  const physical = recorded?.physical;
  if (physical == null) return await ownedInSchema(connection, scope, parts, found);
  return found.find((one) => keyOf(one) === keyOf({ catalog: DATA_CATALOG, ...physical }));
}

/** On a branch the sequence of a column is in the branch's schema, and is called as if it were in the schema of the column's table. */
async function ownedInSchema(
  connection: Connection,
  scope: PlaceScope,
  parts: readonly string[],
  called: readonly FoundSequence[],
): Promise<FoundSequence | undefined> {
  const [, schema] = parts.toReversed();
  if (schema === undefined || scope.head === MAIN) return undefined;
  const places = headPlaces(scope, []);
  const wanted = normaliseName(schema);
  for (const sequence of called) {
    if (!places.some((place) => isSame(place, sequence))) continue;
    const rows = await connection.rows(
      `SELECT DISTINCT schema_name, table_name FROM duckdb_columns() WHERE database_name = ? AND contains(column_default, ?)`,
      [
        DATA_CATALOG,
        `(nextval(${quoteLiteral(formatName([sequence.catalog, sequence.schema, sequence.name]))})`,
      ],
    );
    const owners = new Set(
      rows.map((row) => JSON.stringify([textCell(row, "schema_name"), textCell(row, "table_name")])),
    );
    const isOwned = scope.state
      .visible(scope.head)
      .some(
        (version) =>
          normaliseName(version.schema) === wanted &&
          version.physical !== null &&
          owners.has(JSON.stringify([version.physical.schema, version.physical.name])),
      );
    if (isOwned) return sequence;
  }
  return undefined;
}

/** By the name the resolver gave it, which must be one that is visible. */
async function sequenceInFull(
  connection: Connection,
  scope: PlaceScope,
  [catalog = "", schema = "", name = ""]: readonly string[],
): Promise<FoundSequence | undefined> {
  const isPlace = sequencePlaces(scope).some((place) => isSame(place, { catalog, schema }));
  const key = keyOf({ catalog, schema, name });
  const isVisible =
    isPlace ||
    scope.state
      .visibleObjects(scope.head, "sequence")
      .some(({ physical }) => physical !== null && keyOf({ catalog: DATA_CATALOG, ...physical }) === key);
  return isVisible ? await sequenceAt(connection, { catalog, schema, name }) : undefined;
}

function keyOf({ catalog, schema, name }: SequenceName): string {
  return JSON.stringify([catalog, normaliseName(schema), normaliseName(name)]);
}

/** Sequences of branches that have a name of their own in the registry: where they are says nothing about them. */
function objectPlaces({ state, head }: PlaceScope): ReadonlySet<string> {
  const keys = new Set<string>();
  for (let branch = state.branches.get(head); branch !== undefined; branch = parentOf(state, branch))
    for (const { physical } of state.objectsOf(branch.id))
      if (physical !== null) keys.add(keyOf({ catalog: DATA_CATALOG, ...physical }));
  return keys;
}

/** The sequence of a full name. */
export async function sequenceAt(
  connection: Connection,
  name: SequenceName,
): Promise<FoundSequence | undefined> {
  const found = await sequencesCalled(connection, [name.name]);
  return found.find((sequence) => isSame(name, sequence));
}

function isSame(one: SequencePlace, other: SequencePlace): boolean {
  return one.catalog === other.catalog && normaliseName(one.schema) === normaliseName(other.schema);
}

async function sequencesCalled(
  connection: Connection,
  names: readonly string[],
): Promise<readonly FoundSequence[]> {
  const rows = await connection.rows(
    `SELECT database_name, schema_name, sequence_name, start_value, increment_by, min_value, max_value, cycle,
       ${lastValue("s")} AS last_value
     FROM duckdb_sequences() AS s 
     WHERE lower(sequence_name) IN (${names.map(() => "lower(?)").join(", ")})`,
    [...names],
  );
  return rows.map(sequenceOf);
}

function sequenceOf(row: Row): FoundSequence {
  const last = row["last_value"];
  return {
    catalog: textCell(row, "database_name"),
    schema: textCell(row, "schema_name"),
    name: textCell(row, "sequence_name"),
    start: bigintCell(row, "start_value"),
    increment: bigintCell(row, "increment_by"),
    minimum: bigintCell(row, "min_value"),
    maximum: bigintCell(row, "max_value"),
    cycle: row["cycle"] === true,
    last: typeof last === "bigint" ? last : undefined,
  };
}

/** What stands for `FROM sequence`: its one row, as it is when the statement runs. */
export function sequenceRow({ catalog, schema, name }: SequenceName): string {
  return `(SELECT coalesce(${lastValue("s")}, start_value) AS last_value, 0::BIGINT AS log_cnt, last_value IS NOT NULL AS is_called
    FROM duckdb_sequences() AS s WHERE database_name = ${quoteLiteral(catalog)} AND schema_name = ${quoteLiteral(schema)}
      AND sequence_name = ${quoteLiteral(name)})`;
}

function bigintCell(row: Row, column: string): bigint {
  const value = row[column];
  return typeof value === "bigint" ? value : BigInt(Number(value));
}
