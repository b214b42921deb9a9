/** What differs between two heads, as one SQL query, so that its rows stream like any other result. */
import { readLabel } from "../sql/constraint-labels.js";
import { isPolicyCheck } from "../sql/merge-policies.js";
import { quoteIdentifier, quoteLiteral } from "../sql/names.js";
import { applyEdits } from "../sql/splice.js";
import type { CatalogView, KnownDefinitions } from "./known-definitions.js";
import { comparedRows } from "./compared-rows.js";
import { undefinedTable } from "./undefined-table.js";
import { displayName } from "./merge-ledger.js";
import { relationKey, type Branch, type HeadId, type RelationName, type Version } from "./model.js";
import type { RegistryState } from "./registry-state.js";
import { branchSequences } from "./moved-sequences.js";
import { objectJson, structJson } from "./row-json.js";
import { countedDifference, countedRow, keyAlias, keyedDifference } from "./row-sql.js";
import { storedColumns, type TableDefinition } from "./table-definition.js";
import { valueForms } from "./value-forms.js";

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
 * Builds the query. Shape: table_name · key (JSON, NULL without a key) · change · old_values · new_values (JSON)
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
  const queries: string[] = [];
  for (const pair of pairs.toSorted((a, b) =>
    displayName(a.relation).localeCompare(displayName(b.relation)),
  )) {
    queries.push(
      await pairQuery(async (version) => await definitions.definitionOf(view, version), state, pair),
    );
  }
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

async function pairQuery(
  definitionOf: (version: Version) => Promise<TableDefinition>,
  state: RegistryState,
  pair: Pair,
): Promise<string> {
  const { before, after, relation } = pair;
  const name = quoteLiteral(displayName(relation));
  if (before?.kind !== "table" || after?.kind !== "table") return objectChange(name, before, after);
  const [oldTable, newTable] = [await definitionOf(before), await definitionOf(after)];
  if (columnsOf(oldTable) !== columnsOf(newTable)) {
    const [was, is] = [oldTable, newTable].map((table) => quoteLiteral(shownDefinition(table, relation)));
    return `SELECT ${name}, NULL, 'columns changed', ${was}, ${is}`;
  }
  const columns = storedColumns(newTable).map((column) => column.name);
  const rows = comparedRows(state, before, after);
  if (newTable.primaryKey.length === 0) return countedQuery(name, columns, rows.before, rows.after);
  const key = newTable.primaryKey;
  const keyValues = key.map((column, index) => [column, keyAlias(index)] as const);
  return `SELECT ${name} AS table_name, ${objectJson(keyValues)} AS key,
      CASE WHEN old_row IS NULL THEN 'insert' WHEN new_row IS NULL THEN 'delete' ELSE 'update' END AS change,
      ${structJson(columns, "old_row")} AS old_values, ${structJson(columns, "new_row")} AS new_values
    FROM (${keyedDifference(key, columns, valueForms(storedColumns(newTable)), rows.before, rows.after)}) ORDER BY ${key.map((_, i) => keyAlias(i)).join(", ")}`;
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
  return `SELECT ${name} AS table_name, NULL AS key, ${quoteLiteral(change)} AS change,
    ${definitionLiteral(before)} AS old_values, ${definitionLiteral(after)} AS new_values`;
}

/** Under the name that people know it by, wherever it is, and without what is kept in a definition of names and types. */
function shownDefinition({ elements }: TableDefinition, relation: RelationName): string {
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
  return `CREATE TABLE ${parts.map(quoteIdentifier).join(".")} (${shown.join(", ")})`;
}

/** A check that holds a column to its type is one, too. */
function isMark(text: string): boolean {
  return readLabel(text) !== undefined || isPolicyCheck(text);
}

function definitionLiteral(version: Version | undefined): string {
  return version?.definition == null ? "NULL" : quoteLiteral(version.definition);
}

function columnsOf(definition: TableDefinition): string {
  return JSON.stringify(storedColumns(definition).map((column) => [column.name.toLowerCase(), column.type]));
}
