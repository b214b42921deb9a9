/** Which tables can have an overlay, and what its statements have to know of them. */
import { normaliseName } from "../sql/names.js";
import { constraintsOf } from "./constraint-names.js";
import { BATCH, ROW_ID } from "./rows.js";
import { storedColumns, type TableDefinition } from "./table-definition.js";
import { indexName, indexParts } from "./table-rebuild.js";

/** Columns no two rows may have in common. */
export interface UniqueKey {
  readonly name: string;
  readonly columns: readonly string[];
}

export interface OverlayShape {
  /** Stored columns, in the table's order. */
  readonly columns: readonly string[];
  readonly keys: readonly UniqueKey[];
}

const HIDDEN_NAMES = new Set([BATCH, ROW_ID, "rowid"]);

/** True for a table whose own columns stand in the way of asking for its row ids. */
export function hidesRowIds({ columns }: TableDefinition): boolean {
  return columns.some(({ name }) => hidesName(name));
}

/** True for the name of such a column. */
export function hidesName(column: string): boolean {
  return HIDDEN_NAMES.has(normaliseName(column));
}

/**
 * Undefined for a table that can have no overlay: uniqueness over base and overlay can be asked only of columns, and of their
 * values as they are. Whether rows of a base can be taken over, once an overlay is there, is another question: see row-ids.ts.
 */
export function overlayShape(definition: TableDefinition, table: string): OverlayShape | undefined {
  const keys: UniqueKey[] = constraintsOf(definition, table)
    .filter(({ type }) => type === "primary" || type === "unique")
    .map(({ name, columns }) => ({ name, columns }));
  const isCollated = definition.columns.some(({ type }) => /\bcollate\b/i.test(type));
  if (isCollated || hidesRowIds(definition)) return undefined;
  for (const sql of definition.indexes.filter((index) => /^CREATE UNIQUE/i.test(index))) {
    const columns = indexParts(sql).flatMap(({ column }) => column ?? []);
    if (columns.length < indexParts(sql).length) return undefined;
    keys.push({ name: indexName(sql), columns });
  }
  return { columns: storedColumns(definition).map(({ name }) => name), keys };
}
