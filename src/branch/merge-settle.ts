/** Rows in conflict whose winner somebody has named: in the plan they are no conflicts any more. */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { Connection } from "../engine/connection.js";
import { displayName } from "./merge-ledger.js";
import { hasPrimaryKey, recounted, type TablePlan } from "./merge-plan.js";
import { relationKey, type RelationName } from "./model.js";
import { jsonOf, valueJson } from "./row-json.js";
import { keyAlias } from "./row-sql.js";
import type { Strategy } from "./strategy.js";

export interface RowChoice {
  readonly table: RelationName;
  /** JSON object of the primary key, as the report has it. */
  readonly key: string;
  readonly strategy: Strategy;
}

/**
 * The plan with these rows decided.
 *
 * Atomic  changes only the plan's temporary table
 * Errors  42704 a key that is not in conflict, 0A000 a table without one, 22P02 no JSON
 */
export async function settleRows(
  connection: Connection,
  plan: TablePlan,
  choices: readonly RowChoice[],
): Promise<TablePlan> {
  const own = choices.filter(({ table }) => relationKey(table) === relationKey(plan.input.relation));
  if (own.length === 0) return plan;
  const name = displayName(plan.input.relation);
  if (!hasPrimaryKey(plan.input))
    throw notSupported(`cannot resolve rows of table "${name}": it has no primary key`);
  const chosen = new Map<Strategy, number>();
  for (const { key, strategy } of own) {
    const changed = await connection.change(
      `UPDATE ${plan.planTable} AS p SET ${decided(plan, strategy)} WHERE class = 'conflict' AND ${isKey(plan)}`,
      [key],
    );
    if (changed !== 1)
      throw new SqlError(SQLSTATE.undefinedObject, `table "${name}" has no conflict in row ${key}`);
    chosen.set(strategy, (chosen.get(strategy) ?? 0) + 1);
  }
  return { ...(await recounted(connection, plan)), chosen };
}

/** By cells, the cells that were no conflict are merged whoever wins. */
function decided({ granularity }: TablePlan, strategy: Strategy): string {
  if (strategy === "branch_wins") return "class = 'change'";
  if (granularity === "row") return "class = 'agreed'";
  return "branch_row = main_row, class = CASE WHEN main_changes THEN 'change' ELSE 'agreed' END";
}

function asNumber(sql: string): string {
  return `TRY_CAST(${sql} AS DOUBLE)`;
}

/**
 * Every column of the key is that of the JSON object, which has no others. It may be written in any way that the column's type reads: a
 * number as text, for JavaScript has no larger ones, or a time with a T. What the type would round is another value.
 */
function isKey({ input }: TablePlan): string {
  const columns = input.key.map((column, index) => {
    const pointer = `/${column.replaceAll("~", "~0").replaceAll("/", "~1")}`.replaceAll("'", "''");
    const own = `p.${keyAlias(index)}`;
    const given = `json_extract($1::JSON, '${pointer}')`;
    const text = `(${given} ->> '$')`;
    const isWhole = `coalesce(${asNumber(text)} = ${asNumber(`CAST(${own} AS VARCHAR)`)}, TRUE)`;
    const isRead = `json_type(${given}) NOT IN ('OBJECT', 'ARRAY', 'NULL') AND TRY(cast_to_type(${text}, ${own}) = ${own}) AND ${isWhole}`;
    const said = `CAST(${given} AS VARCHAR) IN (${jsonOf(own)}, ${valueJson(own)})`;
    return `(${said} OR coalesce(${isRead}, FALSE))`;
  });
  return `len(json_keys($1::JSON)) = ${input.key.length} AND ${columns.join(" AND ")}`;
}
