/** The time that statements took on branches, as rows of `duckbranch.spent_time`: one for each time it was saved, added up at the start. */
import { numberCell, textCell } from "../engine/connection.js";
import { appendRecords } from "../engine/record-writer.js";
import type { BranchContext } from "./branch-context.js";
import { heirOf } from "./budget-family.js";
import { headId } from "./model.js";
import { SPENT_TIME, SYSTEM } from "./system-names.js";

/**
 * Saves what was spent since the last time.
 *
 * Atomic  a transaction of its own
 * Crash   what was spent since the last time is not counted
 */
export async function saveSpentTime({ registry, activity }: BranchContext): Promise<void> {
  const { branches } = registry.state;
  const spent = activity
    .takeUnsaved()
    .filter(([head, ms]) => ms >= 1 && branches.get(head)?.released === false);
  if (spent.length === 0) return;
  try {
    await registry.maintain(async (connection) => {
      const rows = spent.map(([branch, ms]) => ({ branch_id: branch, ms: Math.round(ms) }));
      await appendRecords(connection, SPENT_TIME, rows);
    });
  } catch (error) {
    for (const [head, ms] of spent) activity.keepUnsaved(head, ms);
    throw error;
  }
}

/** Reads what was spent before, and makes one row for each branch that is still there. Atomic: a transaction of its own. */
export async function restoreSpentTime({ registry, activity }: BranchContext): Promise<void> {
  await registry.maintain(async (connection) => {
    const rows = await connection.rows(
      `SELECT branch_id, sum(ms)::BIGINT AS ms FROM ${SYSTEM}.spent_time GROUP BY branch_id`,
    );
    if (rows.length === 0) return;
    const spent = rows
      .map((row) => ({
        heir: heirOf(registry.state, headId(textCell(row, "branch_id"))),
        ms: numberCell(row, "ms"),
      }))
      .flatMap(({ heir, ms }) => (heir === undefined ? [] : [{ branch_id: heir, ms }]));
    await connection.run(`DELETE FROM ${SYSTEM}.spent_time`);
    await appendRecords(connection, SPENT_TIME, spent);
    for (const { branch_id: id, ms } of spent) activity.restore(id, ms);
  });
}
