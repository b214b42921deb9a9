/** Functions, types, sequences and schemas of the target, made, replaced and dropped by a merge. Atomic: the merge's transaction */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { textCell } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { formatName, normaliseName, quoteIdentifier } from "../sql/names.js";
import type { DefinitionTexts } from "./definition-texts.js";
import { objectKey, type HeadObject, type HeadObjectKind, type ObjectName } from "./head-objects.js";
import type { ObjectHeads as Heads, ObjectStep } from "./merge-head-objects.js";
import { labelChange, relabelTarget } from "./merge-enums.js";
import { displayName } from "./merge-ledger.js";
import { MAIN, relationKey, type PhysicalTable, type RelationKey } from "./model.js";
import { continueSequence } from "./moved-sequences.js";
import { commentedBy, commentName, commentOn, commentOnMain, readWith } from "./object-comments.js";
import type { Transaction } from "./transaction.js";

/** Where the branch's sequences go on, by where they are: columns of its tables draw from them. */
export type SequencePlaces = ReadonlyMap<RelationKey, PhysicalTable>;

/** Schemas and sequences: tables need them; and enums that get other labels. */
export async function makeBeforeTables(
  heads: Heads,
  texts: DefinitionTexts,
  steps: readonly ObjectStep[],
): Promise<SequencePlaces> {
  const places = new Map<RelationKey, PhysicalTable>();
  for (const step of ofKind(steps, "schema"))
    if (step.after !== undefined) await makeSchema(heads, step.name);
  for (const step of ofKind(steps, "sequence")) {
    await lockObject(heads, step.name);
    if (step.before !== undefined) await dropSequence(heads, texts, step.before);
    if (step.after?.physical != null)
      places.set(relationKey(step.after.physical), await makeSequence(heads, step.name, step.after.physical));
  }
  // What is cast in a check may say an enum by its name.
  for (const step of ofKind(steps, "type")) if (hasOtherLabels(step)) await putType(heads, step);
  if (steps.length > 0) heads.transaction.markDefinitionsChanged();
  return places;
}

function ofKind(steps: readonly ObjectStep[], kind: HeadObjectKind): readonly ObjectStep[] {
  return steps.filter(({ name }) => name.kind === kind);
}

/** As sessions of the branch that is merged into lock it. */
async function lockObject({ transaction, target }: Heads, { kind, schema, name }: ObjectName): Promise<void> {
  if (target === MAIN) transaction.objects.markMain(kind, readWith({ kind, schema, name }));
  if (target === MAIN) transaction.markCatalogChanged();
  else await transaction.lock({ schema: kind === "schema" ? kind : `${kind} ${schema}`, name }, target);
}

async function makeSchema(heads: Heads, name: ObjectName): Promise<void> {
  await lockObject(heads, name);
  const { transaction, target } = heads;
  if (target === MAIN)
    await transaction.connection.run(`CREATE SCHEMA ${formatName([DATA_CATALOG, name.name])}`);
  else transaction.objects.make(target, name);
}

async function makeSequence(
  { transaction, target }: Heads,
  name: ObjectName,
  physical: PhysicalTable,
): Promise<PhysicalTable> {
  // DuckDB reads no quotation mark inside a sequence's quoted name.
  if (target === MAIN && name.name.includes('"'))
    throw notSupported(`cannot merge sequence "${displayName(name)}": main has none of such a name`);
  const branch = transaction.state.branches.get(target);
  const schema = branch?.schemaName ?? name.schema;
  const to = {
    schema,
    name: branch === undefined ? name.name : `${physical.name}#${transaction.objects.newId()}`,
  };
  await continueSequence(transaction.connection, physical, to, `sequence "${displayName(name)}"`);
  if (target !== MAIN) transaction.objects.make(target, { ...name, physical: to });
  return to;
}

/** Errors: 2BP01 for one that columns draw from */
async function dropSequence(
  { transaction, target }: Heads,
  texts: DefinitionTexts,
  object: HeadObject,
): Promise<void> {
  for (const sql of await texts.sequenceDrop(transaction, target, object))
    await transaction.connection.run(sql);
  if (target === MAIN) return;
  const isGone = object.head === target && !transaction.state.isPinned(object);
  transaction.objects.drop(target, object, isGone);
}

/** Types and functions, once the tables are what they become. Errors: 2BP01 for a type that is in use */
export async function makeBehindTables(
  heads: Heads,
  texts: DefinitionTexts,
  steps: readonly ObjectStep[],
): Promise<void> {
  // Made before others go: one that got another name has its columns then.
  const types = ofKind(steps, "type");
  for (const step of types) if (step.after !== undefined) await changeType(heads, texts, step);
  for (const step of types) if (step.after === undefined) await changeType(heads, texts, step);
  const statements = new Map<string, string>();
  for (const step of ofKind(steps, "function")) {
    const made = await changeFunction(heads, texts, step);
    if (made !== undefined) statements.set(`function "${displayName(step.name)}"`, made);
  }
  for (const sql of statements.values()) await heads.transaction.connection.run(sql);
}

/** Comments, once all that they are on is there. What main replaced has lost its own in DuckDB. */
export async function sayComments(heads: Heads, steps: readonly ObjectStep[]): Promise<void> {
  const { transaction, target } = heads;
  const said = ofKind(steps, "comment");
  for (const { name, after } of said) {
    await lockObject(heads, name);
    const isRegistered = target !== MAIN || commentedBy(name).kind === "schema";
    if (isRegistered && after === undefined) transaction.objects.drop(target, name);
    else if (isRegistered)
      transaction.objects.make(target, { ...name, definition: after?.definition ?? null });
    else await commentOnMain(transaction.connection, commentedBy(name), after?.definition ?? null);
  }
  if (target !== MAIN) return;
  for (const { name, before, after } of steps) {
    const { kind } = name;
    if (before === undefined || after === undefined || kind === "comment" || kind === "schema") continue;
    const commented = { kind, schema: name.schema, name: name.name, column: null };
    const own = commentName(commented);
    const comment = commentOn(transaction.state, MAIN, commented);
    if (comment !== null && !said.some((step) => objectKey(step.name) === objectKey(own)))
      await commentOnMain(transaction.connection, commented, comment);
  }
}

async function changeType(heads: Heads, texts: DefinitionTexts, step: ObjectStep): Promise<void> {
  const { before } = step;
  const change = hasOtherLabels(step) ? labelChange(step) : undefined;
  if (before !== undefined && change !== undefined) return await relabelTarget(heads, texts, before, change);
  if (before !== undefined) await texts.refuseUsedType(heads.transaction, before);
  await putType(heads, step);
}

function hasOtherLabels(step: ObjectStep): boolean {
  return step.after !== undefined && labelChange(step) !== undefined;
}

async function putType(heads: Heads, { name, before, after, definition }: ObjectStep): Promise<void> {
  const { transaction, target, branch } = heads;
  await lockObject(heads, name);
  if (target !== MAIN) {
    if (after === undefined) transaction.objects.drop(target, name);
    else transaction.objects.make(target, { ...name, definition });
    return;
  }
  const type = formatName([DATA_CATALOG, name.schema, name.name]);
  if (before !== undefined) await transaction.connection.run(`DROP TYPE ${type}`);
  if (after === undefined) return;
  if (definition === null)
    throw notSupported(`cannot merge branch "${branch.name}": type "${name.name}" says nothing`);
  await transaction.connection.run(`CREATE TYPE ${type} AS ${definition}`);
}

/** The statement that makes it on main. */
async function changeFunction(
  heads: Heads,
  texts: DefinitionTexts,
  { name, before, after }: ObjectStep,
): Promise<string | undefined> {
  const { transaction, target } = heads;
  await lockObject(heads, name);
  if (target !== MAIN) {
    if (after === undefined) transaction.objects.drop(target, name);
    else transaction.objects.make(target, { ...name, definition: after.definition });
    return undefined;
  }
  if (before !== undefined) await dropFunction(transaction, name);
  if (after?.definition == null) return undefined;
  transaction.objects.noteFunction(name, after.definition);
  return await texts.functionOnMain(transaction, { ...name, definition: after.definition });
}

async function dropFunction({ connection }: Transaction, { schema, name }: ObjectName): Promise<void> {
  const rows = await connection.rows(
    `SELECT DISTINCT function_type FROM duckdb_functions()
     WHERE database_name = ? AND lower(schema_name) = lower(?) AND lower(function_name) = lower(?)`,
    [DATA_CATALOG, schema, name],
  );
  for (const row of rows)
    await connection.run(
      `DROP MACRO ${row["function_type"] === "table_macro" ? "TABLE " : ""}${formatName([DATA_CATALOG, schema, name])}`,
    );
}

/** When nothing of theirs is left. Errors: 2BP01 for one with something in it */
export async function dropSchemas(heads: Heads, steps: readonly ObjectStep[]): Promise<void> {
  const { transaction, target } = heads;
  for (const { name, after } of ofKind(steps, "schema")) {
    if (after !== undefined) continue;
    await lockObject(heads, name);
    await refuseFilled(heads, name.name);
    if (target === MAIN)
      await transaction.connection.run(`DROP SCHEMA ${DATA_CATALOG}.${quoteIdentifier(name.name)}`);
    else transaction.objects.drop(target, name);
  }
}

async function refuseFilled({ transaction, target }: Heads, schema: string): Promise<void> {
  const isIn = (thing: { readonly schema: string }): boolean =>
    normaliseName(thing.schema) === normaliseName(schema);
  const left =
    target === MAIN
      ? await namesIn(transaction, schema)
      : transaction.state
          .visible(target)
          .filter(isIn)
          .map(({ name }) => name);
  const objects =
    target === MAIN
      ? []
      : (["function", "type", "sequence"] as const)
          .flatMap((kind) => transaction.state.visibleObjects(target, kind))
          .filter(isIn)
          .map(({ name }) => name);
  const all = [...left, ...objects];
  if (all.length === 0) return;
  throw new SqlError(
    SQLSTATE.dependentObjectsStillExist,
    `cannot drop schema ${schema} because other objects depend on it`,
    { detail: all.map((name) => `${schema}.${name} depends on schema ${schema}`).join("\n") },
  );
}

const LISTINGS = [
  ["duckdb_tables", "table_name"],
  ["duckdb_views", "view_name"],
  ["duckdb_sequences", "sequence_name"],
  ["duckdb_types", "type_name"],
  ["duckdb_functions", "function_name"],
] as const;

async function namesIn({ connection }: Transaction, schema: string): Promise<readonly string[]> {
  const listings = LISTINGS.map(
    ([listing, column]) =>
      `SELECT ${column} AS name FROM ${listing}() WHERE database_name = $1 AND lower(schema_name) = lower($2)`,
  );
  const rows = await connection.rows(listings.join(" UNION "), [DATA_CATALOG, schema]);
  return rows.map((row) => textCell(row, "name"));
}
