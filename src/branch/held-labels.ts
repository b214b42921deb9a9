/** Labels that an enum does not have any more after a merge, and that rows would still have: a conflict, which nobody can choose in. */
import { textCell, type Connection } from "../engine/connection.js";
import { quoteIdentifier, quoteLiteral } from "../sql/names.js";
import { DefinitionConflicts } from "./definition-conflicts.js";
import { comparedRows } from "./merge-image.js";
import { labelsOfColumn } from "./merge-head-objects.js";
import { displayName } from "./merge-ledger.js";
import type { MergeAttempt } from "./merge-types.js";
import type { RelationName } from "./model.js";
import { headRows } from "./reference-checks.js";
import { rowsOf } from "./rows.js";
import type { Strategy } from "./strategy.js";
import { storedColumns, type TableDefinition } from "./table-definition.js";

/** Before anything is written. */
export async function heldLabels(
  attempt: MergeAttempt,
  strategyOf: (table: RelationName) => Strategy,
): Promise<DefinitionConflicts> {
  const { transaction, target, tables, plans, objects } = attempt;
  const conflicts = new DefinitionConflicts();
  const refuse = async (rows: string, types: Types, table: RelationName): Promise<void> => {
    const label = await heldLabel(transaction.connection, rows, types);
    if (label !== undefined) conflicts.refuse(heldLine(label, table), displayName(table));
  };
  for (const [index, { schema, target: table }] of tables.entries()) {
    const plan = plans[index];
    const types = schema.columns.flatMap(({ name, written }) =>
      written === undefined ? [] : [{ name, type: written }],
    );
    if (plan === undefined || types.length === 0) continue;
    const from = headRows(transaction, target, table) ?? plan.input.target;
    const branchWins = strategyOf(plan.input.relation) === "branch_wins";
    await refuse(`(${comparedRows(plan, schema.columns, branchWins, from)})`, types, table);
  }
  for (const { source, says } of objects.created) {
    const types = otherTypes(await transaction.definitionOf(source), says.definition);
    if (types.length > 0) await refuse(rowsOf(transaction.state, source), types, source);
  }
  return conflicts;
}

export function heldLine(label: string, table: RelationName): string {
  return `label "${label}" is gone on one side, and rows of table "${displayName(table)}" have it on the other`;
}

/** Types that columns are to have. */
type Types = readonly { readonly name: string; readonly type: string }[];

/** Columns whose enum is another one afterwards. */
function otherTypes(before: TableDefinition, after: TableDefinition): Types {
  const was = new Map(before.columns.map(({ name, type }) => [name, type]));
  return storedColumns(after).filter(({ name, type }) => was.get(name) !== type);
}

/** A label of a column, or of an array, that its type to come does not have. */
export async function heldLabel(
  connection: Connection,
  rows: string,
  types: Types,
): Promise<string | undefined> {
  for (const { name, type } of types) {
    const labels = labelsOfColumn(type);
    if (labels === undefined) continue;
    const value = type.endsWith("[]") ? `unnest(${quoteIdentifier(name)})` : quoteIdentifier(name);
    const [row] = await connection.rows(
      `SELECT held FROM (SELECT CAST(${value} AS VARCHAR) AS held FROM ${rows} AS r) WHERE held NOT IN (${labels.map(quoteLiteral).join(", ")}) LIMIT 1`,
    );
    if (row !== undefined) return textCell(row, "held");
  }
  return undefined;
}
