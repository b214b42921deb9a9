/** In which of DuckDB's two ways an UPDATE changes rows: see row-races.ts. */
import { normaliseName } from "../sql/names.js";
import { constraintsOf, mentionedColumns } from "./constraint-names.js";
import type { RowChange } from "./row-races.js";
import type { TableDefinition } from "./table-definition.js";
import { indexParts } from "./table-rebuild.js";

const IN_PLACE: readonly RowChange[] = ["in place"];
export const REPLACED: readonly RowChange[] = ["replaced"];
/** Where it cannot be told. */
export const EITHER: readonly RowChange[] = ["in place", "replaced"];

/** Of an UPDATE of these columns, without RETURNING. */
export function waysOfUpdate(
  definition: TableDefinition,
  table: string,
  columns: readonly string[],
): readonly RowChange[] {
  const assigned = new Set(columns.map(normaliseName));
  if (assigned.size === 0) return EITHER;
  const touches = (names: readonly string[]): boolean =>
    names.some((column) => assigned.has(normaliseName(column)));
  const keyed = keyedColumns(definition, table);
  if (touches(keyed)) return REPLACED;
  // A check brings its other columns along.
  const isKeyed = new Set(keyed.map(normaliseName));
  const brought = definition.elements
    .map(({ tokens }) => mentionedColumns(tokens, definition))
    .filter((names) => touches(names) && names.some((column) => isKeyed.has(normaliseName(column))));
  const nested = definition.columns.filter(({ name, type }) => touches([name]) && isNested(type));
  return brought.length > 0 || nested.length > 0 || hasExpressions(definition) ? EITHER : IN_PLACE;
}

function keyedColumns(definition: TableDefinition, table: string): readonly string[] {
  const constraints = constraintsOf(definition, table).flatMap(({ type, columns }) =>
    type === "primary" || type === "unique" ? columns : [],
  );
  const indexes = definition.indexes.flatMap((sql) => indexParts(sql).flatMap(({ column }) => column ?? []));
  return [...definition.primaryKey, ...constraints, ...indexes];
}

function hasExpressions({ indexes }: TableDefinition): boolean {
  return indexes.some((sql) => indexParts(sql).some(({ column }) => column === undefined));
}

/** What DuckDB cannot change where it is, and structures that may hold such. */
function isNested(type: string): boolean {
  return /[[(]/.test(type.replace(/^(?:DECIMAL|ENUM)\(.*\)$/i, ""));
}
