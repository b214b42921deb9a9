/** What DuckDB's own ALTER TABLE does. */
import { constraintsOf, mentionedColumns } from "../branch/constraint-names.js";
import { isColumn, type TableChange } from "../branch/table-changes.js";
import type { TableDefinition } from "../branch/table-definition.js";
import { readHeldType } from "../sql/held-types.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import { mayRefuse } from "./kept-numeric.js";

/** The action behind ALTER TABLE t; undefined where DuckDB has none, or an index or constraint is in its way. */
export function nativeAlteration(definition: TableDefinition, change: TableChange): string | undefined {
  if (change.kind === "setDefault") {
    const column = `ALTER COLUMN ${quoteIdentifier(change.column)}`;
    return change.expression === undefined
      ? `${column} DROP DEFAULT`
      : `${column} SET DEFAULT ${change.expression}`;
  }
  if (
    change.kind === "setPolicy" ||
    !("column" in change) ||
    definition.indexes.length > 0 ||
    isConstrained(definition, change)
  )
    return undefined;
  const column = quoteIdentifier(change.column);
  switch (change.kind) {
    case "dropColumn":
      return isBeforeKey(definition, change.column) ? undefined : `DROP COLUMN ${column}`;
    case "setType":
      if (mayRefuse(change.using)) return undefined;
      if (change.held !== undefined || /^jsonb?$/i.test(change.type.trim())) return undefined;
      return `ALTER COLUMN ${column} TYPE ${change.type}${change.using === undefined ? "" : ` USING ${change.using}`}`;
    case "setNotNull":
      return `ALTER COLUMN ${column} SET NOT NULL`;
    case "dropNotNull":
      return `ALTER COLUMN ${column} DROP NOT NULL`;
    case "renameColumn":
      return `RENAME COLUMN ${column} TO ${quoteIdentifier(change.to)}`;
    default:
      return change satisfies never;
  }
}

/** DuckDB drops no column while a column behind it is part of a key. */
function isBeforeKey(definition: TableDefinition, column: string): boolean {
  const names = definition.columns.map(({ name }) => normaliseName(name));
  const at = names.indexOf(normaliseName(column));
  return constraintsOf(definition, "").some(
    ({ type, columns }) =>
      (type === "primary" || type === "unique") &&
      columns.some((name) => names.indexOf(normaliseName(name)) > at),
  );
}

/** A key, a check or a generated column mentions the column. What holds it to its type is in the way of another type alone. */
function isConstrained(
  definition: TableDefinition,
  { kind, column }: Extract<TableChange, { column: string }>,
): boolean {
  return definition.elements.some((element) => {
    const names = mentionedColumns(element.tokens, definition).map(normaliseName);
    if (isColumn(element, column))
      return constraintsOf(definition, "").some((own) =>
        own.columns.map(normaliseName).includes(normaliseName(column)),
      );
    if (kind !== "setType" && readHeldType(element.text) !== undefined) return false;
    return (
      (element.column === undefined || element.column.generated) && names.includes(normaliseName(column))
    );
  });
}
