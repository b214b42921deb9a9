/**
 * Tables without a key as multisets: of each row that the branch has more or fewer of, how often base, target and branch have it.
 *
 *   strict  one side has as many as the base: the other side's count; otherwise a conflict, even if both have the same
 *   append  also both have no fewer than the base: what both added; none on both sides: none
 */
import { quoteIdentifier } from "../sql/names.js";
import type { MergeInput } from "./merge-plan.js";
import { columnAlias } from "./row-sql.js";
import type { KeylessMode } from "./strategy.js";

/**
 * The plan, from the table `difference`. In a conflict the branch's count is wanted, if the branch wins.
 *
 * Shape: c0 … · old_count, new_count, target_count, wanted_count · class · kind
 */
export function multisetPlan(
  input: MergeInput,
  difference: string,
  mode: Exclude<KeylessMode, "row_identity">,
): string {
  const { columns, baseWithIds, targetWithIds } = input;
  const same = columns
    .map((c, i) => `t.${quoteIdentifier(c)} IS NOT DISTINCT FROM d.${columnAlias(i)}`)
    .join(" AND ");
  const counted = (relation: string): string =>
    `(SELECT d.plan_row, count(*) AS n FROM ${difference} AS d JOIN ${relation} AS t ON ${same} GROUP BY d.plan_row)`;
  const aliases = columns.map((_, i) => columnAlias(i)).join(", ");
  const appended = "target_count >= old_count AND new_count >= old_count";
  const more = mode === "strict" ? "FALSE" : appended;
  const gone = mode === "strict" ? "FALSE" : "target_count = 0 AND new_count = 0";
  return `SELECT *,
      CASE WHEN target_count = old_count OR ${more} THEN target_count + new_count - old_count ELSE new_count END AS wanted_count,
      CASE WHEN target_count = old_count OR ${more} THEN 'change' WHEN ${gone} THEN 'agreed' ELSE 'conflict' END AS class,
      'row count' AS kind
    FROM (SELECT ${aliases}, coalesce(b.n, 0) AS old_count, coalesce(b.n, 0) + delta AS new_count, coalesce(t.n, 0) AS target_count
      FROM ${difference} AS d LEFT JOIN ${counted(baseWithIds)} AS b USING (plan_row) LEFT JOIN ${counted(targetWithIds)} AS t USING (plan_row))`;
}
