/** What differs between two heads, as one SQL query, so that its rows stream like any other result. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { readLabel } from "../sql/constraint-labels.js";
import { isPolicyCheck } from "../sql/merge-policies.js";
import { normaliseName, quoteIdentifier, quoteLiteral } from "../sql/names.js";
import { applyEdits } from "../sql/splice.js";
import { readNotes } from "../sql/table-notes.js";
import { comparedRows, isOver, writtenRows, type ComparedRows } from "./compared-rows.js";
import { OBJECT_KINDS, objectKey, type HeadObject } from "./head-objects.js";
import type { CatalogView, KnownDefinitions } from "./known-definitions.js";
import { SAME_ENUMS } from "./merge-enums.js";
import { canonical, labelsOf, objectName, objectText } from "./merge-head-objects.js";
import { displayName } from "./merge-ledger.js";
import { mergeSchema, type MergeState, type SchemaMerge } from "./merge-schema.js";
import { relationKey, type Branch, type HeadId, type RelationName, type Version } from "./model.js";
import { branchSequences } from "./moved-sequences.js";
import type { RegistryState } from "./registry-state.js";
import { objectJson, structJson } from "./row-json.js";
import { countedDifference, countedRow, keyAlias, keyedDifference } from "./row-sql.js";
import { rowsOf } from "./rows.js";
import { storedColumns, type TableDefinition } from "./table-definition.js";
import { createIndexAt } from "./table-rebuild.js";
import { undefinedTable } from "./undefined-table.js";
import { valueForms, type ValueForms } from "./value-forms.js";

export interface DiffRequest {
  readonly branch: Branch;
  /** Undefined: the state the branch was made from. */
  readonly against: HeadId | undefined;
  readonly table: RelationName | undefined;
}

interface Pair {
  readonly relation: RelationName;
  readonly before: Version | undefined;
  readonly after: Version | undefined;
}

const NO_ROWS = `SELECT '' AS table_name, '' AS key, '' AS change, '' AS old_values, '' AS new_values WHERE false`;

/**
 * Builds the query. Shape: table_name · key (JSON, NULL without a key) · change · old_values · new_values (JSON; of definitions SQL)
 *
 * Errors  42P01 when `table` exists on neither side
 */
export async function diffQuery(
  definitions: KnownDefinitions,
  view: CatalogView,
  state: RegistryState,
  request: DiffRequest,
): Promise<string> {
  const pairs = changedPairs(state, request);
  const read = async (version: Version): Promise<MergeState> => ({
    version,
    definition: await definitions.definitionOf(view, version),
    comments: await definitions.commentsOf(view, version),
  });
  const queries: string[] = [];
  for (const pair of pairs.toSorted((a, b) => displayName(a.relation).localeCompare(displayName(b.relation))))
    queries.push(...(await pairQueries(read, state, pair)));
  if (request.table === undefined) queries.push(...objectQueries(state, request));
  return queries.length === 0 ? NO_ROWS : queries.map((query) => `(${query})`).join(" UNION ALL ");
}

/** Relations whose versions differ; equal versions hold equal rows and are not looked at. */
function changedPairs(state: RegistryState, request: DiffRequest): Pair[] {
  const { branch, against, table } = request;
  const before = (relation: RelationName): Version | undefined =>
    against === undefined ? state.findBase(branch, relation) : state.find(against, relation);
  if (table !== undefined) {
    const pair = { relation: table, before: before(table), after: state.find(branch.id, table) };
    if (pair.before === undefined && pair.after === undefined) throw undefinedTable(table);
    return pair.before?.id === pair.after?.id ? [] : [pair];
  }
  const candidates =
    against === undefined
      ? state.liveVersionsOf(branch.id)
      : [...state.visible(branch.id), ...state.visible(against)];
  const unique = new Map(candidates.map((version) => [relationKey(version), version]));
  return [...unique.values()]
    .map((relation): Pair => ({ relation, before: before(relation), after: state.find(branch.id, relation) }))
    .filter((pair) => pair.before?.id !== pair.after?.id);
}

async function pairQueries(
  read: (version: Version) => Promise<MergeState>,
  state: RegistryState,
  { before, after, relation }: Pair,
): Promise<readonly string[]> {
  const name = displayName(relation);
  if (before?.kind !== "table" || after?.kind !== "table") return [objectChange(name, before, after)];
  const [was, is] = [await read(before), await read(after)];
  const changed = (what: string): string =>
    changeRow(name, what, shownDefinition(was, relation), shownDefinition(is, relation));
  const schema = schemaChange(state, was, is);
  if (schema === undefined) return [changed("columns changed")];
  const { steps, columns, key } = schema;
  const rows = {
    name: quoteLiteral(name),
    key,
    columns,
    forms: valueForms(storedColumns(is.definition)),
    ...rowsOfBoth(state, { before, after }, schema),
  };
  return [...(steps.length === 0 ? [] : [changed("definition changed")]), rowsQuery(rows)];
}

interface SchemaChange extends Pick<SchemaMerge, "steps" | "key"> {
  readonly columns: readonly string[];
  /** What they are in the earlier state, as SQL, where its definition is another one. */
  readonly earlier?: readonly { readonly name: string; readonly value: string }[];
}

/** What was done to the definition, and which columns are which; undefined where the rows of both cannot be compared. */
function schemaChange(state: RegistryState, was: MergeState, is: MergeState): SchemaChange | undefined {
  const isSame = columnsOf(was.definition) === columnsOf(is.definition);
  if (textsOf(was) === textsOf(is)) {
    const columns = storedColumns(is.definition).map(({ name }) => name);
    return { steps: [], columns, key: is.definition.primaryKey };
  }
  if (was.version.objectId !== is.version.objectId && !isSame) return undefined;
  try {
    const sides = { base: was, source: is, target: was };
    const merged = mergeSchema(state, sides, is.version.name, SAME_ENUMS);
    if (!merged.conflicts.isEmpty) return undefined;
    const { steps, columns, key } = merged;
    // What its new type has no value for is another value, whatever it was.
    const earlier = columns.map(({ name, from }) => ({
      name,
      value: from.base.replace(/^CAST\(/, "TRY_CAST("),
    }));
    return { steps, key, columns: columns.map(({ name }) => name), earlier };
  } catch (error) {
    if (error instanceof SqlError && error.code === SQLSTATE.featureNotSupported) return undefined;
    throw error;
  }
}

/** Most tables of a branch are defined as they were. */
function textsOf({ definition: { elements, indexes }, comments }: MergeState): string {
  const places = indexes.map((index) => createIndexAt(index, "t"));
  return JSON.stringify([elements.map(({ text }) => text), places, comments]);
}

/** Rows of the earlier state as they are with the later one's columns. */
function rowsOfBoth(
  state: RegistryState,
  { before, after }: { readonly before: Version; readonly after: Version },
  { earlier }: SchemaChange,
): ComparedRows {
  if (earlier === undefined) return comparedRows(state, before, after);
  if (isOver(state, after, before) && !givesOthers(after, earlier)) return writtenRows(after);
  const list = earlier.map(({ name, value }) => `${value} AS ${quoteIdentifier(name)}`);
  return {
    before: `(SELECT ${list.join(", ")} FROM ${rowsOf(state, before)} AS r)`,
    after: rowsOf(state, after),
  };
}

/** All rows of the base have another value in a column that was dropped and made again. */
function givesOthers({ layer }: Version, earlier: NonNullable<SchemaChange["earlier"]>): boolean {
  const columns = (layer?.kind === "overlay" && layer.columns) || [];
  const given = new Set(columns.flatMap((column) => ("value" in column ? [normaliseName(column.name)] : [])));
  return earlier.some(({ name, value }) => given.has(normaliseName(name)) && /^(?:TRY_CAST\()?"/.test(value));
}

interface DifferingRows extends ComparedRows {
  /** As SQL. */
  readonly name: string;
  readonly key: readonly string[];
  readonly columns: readonly string[];
  readonly forms: ValueForms;
}

function rowsQuery({ name, key, columns, forms, before, after }: DifferingRows): string {
  if (key.length === 0) return countedQuery(name, columns, before, after);
  const keyValues = key.map((column, index) => [column, keyAlias(index)] as const);
  return `SELECT ${name} AS table_name, ${objectJson(keyValues)} AS key,
      CASE WHEN old_row IS NULL THEN 'insert' WHEN new_row IS NULL THEN 'delete' ELSE 'update' END AS change,
      ${structJson(columns, "old_row")} AS old_values, ${structJson(columns, "new_row")} AS new_values
    FROM (${keyedDifference(key, columns, forms, before, after)}) ORDER BY ${key.map((_, i) => keyAlias(i)).join(", ")}`;
}

/** One result row per row added or removed; an update of a keyless row is a delete and an insert. */
function countedQuery(
  name: string,
  columns: readonly string[],
  oldRelation: string,
  newRelation: string,
): string {
  const row = objectJson(countedRow(columns, "d"));
  return `SELECT ${name} AS table_name, NULL AS key, CASE WHEN new_count > old_count THEN 'insert' ELSE 'delete' END AS change,
      CASE WHEN new_count < old_count THEN ${row} END AS old_values, CASE WHEN new_count > old_count THEN ${row} END AS new_values
    FROM (${countedDifference(columns, oldRelation, newRelation)}) AS d, range(abs(new_count - old_count)) AS copies`;
}

function objectChange(name: string, before: Version | undefined, after: Version | undefined): string {
  const change =
    before === undefined
      ? `${after?.kind ?? "object"} created`
      : after === undefined
        ? `${before.kind} dropped`
        : "view changed";
  return changeRow(name, change, before?.definition, after?.definition);
}

function changeRow(
  name: string,
  change: string,
  before: string | null | undefined,
  after: string | null | undefined,
): string {
  return `SELECT ${quoteLiteral(name)} AS table_name, NULL AS key, ${quoteLiteral(change)} AS change,
    ${textOrNull(before)} AS old_values, ${textOrNull(after)} AS new_values`;
}

function textOrNull(text: string | null | undefined): string {
  return text == null ? "NULL" : quoteLiteral(text);
}

/** Functions, types, sequences, schemas and comments, each by its name and what was done to it. */
function objectQueries(state: RegistryState, { branch, against }: DiffRequest): readonly string[] {
  const own = state.objectsOf(branch.id).filter(({ to }) => to === null);
  const all =
    against === undefined
      ? own
      : [branch.id, against].flatMap((head) =>
          OBJECT_KINDS.flatMap((kind) => state.visibleObjects(head, kind)),
        );
  const named = new Map(all.map((object) => [objectKey(object), object]));
  return [...named.values()]
    .toSorted((a, b) => objectText(a).localeCompare(objectText(b)))
    .flatMap((name) => {
      const before =
        against === undefined ? state.findBaseObject(branch.id, name) : state.findObject(against, name);
      const after = state.findObject(branch.id, name);
      if (canonical(before) === canonical(after)) return [];
      const verb = before === undefined ? "created" : after === undefined ? "dropped" : "changed";
      return [changeRow(objectName(name), `${name.kind} ${verb}`, saidBy(before), saidBy(after))];
    });
}

/** As its statement said it: labels of an enum, the text of a comment. */
function saidBy(object: HeadObject | undefined): string | undefined {
  if (object?.kind === "comment") return object.definition ?? undefined;
  return labelsOf(object)?.map(quoteLiteral).join(", ");
}

/** Under the name that people know it by, wherever it is, and without what is kept in a definition of names and types. */
function shownDefinition(
  { definition: { elements, indexes }, comments }: MergeState,
  relation: RelationName,
): string {
  const shown = elements.flatMap(({ text, column }) => {
    if (column === undefined && isMark(text)) return [];
    const edits = branchSequences(text).map(({ start, end, names }) => ({
      start,
      end,
      text: quoteLiteral(names.at(-1) ?? ""),
    }));
    return [applyEdits(text, edits)];
  });
  const { schema, name } = relation;
  const parts = schema === "main" ? [name] : [schema, name];
  const table = parts.map(quoteIdentifier).join(".");
  const others = [
    ...indexes.map((index) => createIndexAt(index, table)),
    ...comments.flatMap(({ column, comment }) => {
      const text = column === null ? readNotes(comment).comment : comment;
      const object = column === null ? `TABLE ${table}` : `COLUMN ${table}.${quoteIdentifier(column)}`;
      return text === null ? [] : [`COMMENT ON ${object} IS ${quoteLiteral(text)}`];
    }),
  ];
  return [`CREATE TABLE ${table} (${shown.join(", ")})`, ...others].join(";\n");
}

/** A check that holds a column to its type is one, too. */
function isMark(text: string): boolean {
  return readLabel(text) !== undefined || isPolicyCheck(text);
}

function columnsOf(definition: TableDefinition): string {
  return JSON.stringify(storedColumns(definition).map((column) => [column.name.toLowerCase(), column.type]));
}
