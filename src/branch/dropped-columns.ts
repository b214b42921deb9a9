/** Columns that one side dropped while the other changed what is in them. */
import type { Connection } from "../engine/connection.js";
import { quoteIdentifier } from "../sql/names.js";
import type { Winner } from "./strategy.js";
import type { DroppedColumn, MergeStates, SchemaMerge } from "./merge-schema.js";

/**
 * To drop one would lose what the other side wrote, which is right only if who dropped it wins; nobody can bring it back. `rows` are
 * relations of whole tables.
 */
export async function droppedAndChanged(
  connection: Connection,
  states: MergeStates,
  { dropped, conflicts }: SchemaMerge,
  rows: Readonly<Record<"base" | "source" | "target", string>>,
  winner: Winner,
): Promise<void> {
  if (!conflicts.isEmpty) return;
  for (const column of dropped) {
    const side = column.droppedBy === "source" ? "target" : "source";
    if (states[side].version.id === states.base.version.id) continue;
    const [row] = await connection.rows(`${changedValues(states, column, side, rows)} LIMIT 1`);
    if (row === undefined) continue;
    const [by, other] = side === "target" ? ["in the branch", "the target"] : ["on the target", "the branch"];
    const line = `column ${quoteIdentifier(column.base)} was dropped ${by}, and ${other} changed its values`;
    if (winner === undefined || winner === column.droppedBy) conflicts.settle(winner, line);
    else conflicts.refuse(line);
  }
}

/** Rows whose value was changed, or that were added with one. */
function changedValues(
  { base, source, target }: MergeStates,
  { base: old, other, initial }: DroppedColumn,
  side: "source" | "target",
  rows: Readonly<Record<"base" | "source" | "target", string>>,
): string {
  const [before, now] = [quoteIdentifier(old), quoteIdentifier(other)];
  const isSet = initial === undefined ? "TRUE" : `n.${now} IS DISTINCT FROM ${initial}`;
  const keys = base.definition.primaryKey;
  const ownKeys = (side === "target" ? target : source).definition.primaryKey;
  if (keys.length === 0 || keys.length !== ownKeys.length)
    return `SELECT 1 AS changed FROM (SELECT ${now} FROM ${rows[side]} EXCEPT ALL SELECT ${before} FROM ${rows.base}) AS n WHERE ${isSet}`;
  const join = keys.map(
    (key, index) => `n.${quoteIdentifier(ownKeys[index] ?? key)} = o.${quoteIdentifier(key)}`,
  );
  const first = `o.${quoteIdentifier(keys[0] ?? "")}`;
  return `SELECT 1 AS changed FROM ${rows[side]} AS n LEFT JOIN ${rows.base} AS o ON ${join.join(" AND ")}
    WHERE CASE WHEN ${first} IS NULL THEN ${isSet} ELSE n.${now} IS DISTINCT FROM o.${before} END`;
}
