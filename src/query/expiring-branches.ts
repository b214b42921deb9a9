/** SHOW EXPIRING BRANCHES: what the sweeper is going to end, and what would be lost with it. Changes nothing. */
import { expiryOf, type Expiry } from "../branch/activity.js";
import type { BranchContext } from "../branch/branch-context.js";
import { diffQuery } from "../branch/diff.js";
import { displayName } from "../branch/merge-ledger.js";
import type { Branch } from "../branch/model.js";
import { rollbackQuietly } from "../branch/preserve.js";
import { numberCell } from "../engine/connection.js";
import type { AnswerRow } from "./branch-answers.js";
import { branchSizes, parentName } from "./branch-reports.js";

/**
 * Those whose time is over by then, as things are, the first ones first. One that others were made from waits for them. Of those
 * that the asker may not see nothing is said, for all of it is about their rows.
 */
export async function expiringBranches(
  context: BranchContext,
  maySee: (branch: Branch) => boolean,
  withinMs: number,
): Promise<AnswerRow[]> {
  const { state } = context.registry;
  const before = Date.now() + withinMs;
  const due: { branch: Branch; expiry: Expiry }[] = [];
  for (const branch of state.branches.inUse()) {
    const expiry = expiryOf(branch, context.activity);
    if (expiry !== undefined && expiry.atMs <= before && maySee(branch)) due.push({ branch, expiry });
  }
  due.sort((a, b) => a.expiry.atMs - b.expiry.atMs);
  const sizes = await branchSizes(
    context,
    due.map(({ branch }) => branch),
  );
  const rows: AnswerRow[] = [];
  for (const [index, { branch, expiry }] of due.entries()) {
    rows.push({
      name: branch.name,
      branch_id: branch.id,
      parent: parentName(context, branch),
      agent_id: branch.agent,
      expires_at: new Date(expiry.atMs).toISOString(),
      reason: expiry.reason,
      changed_rows: await changedRows(context, branch),
      modified_tables: state.liveVersionsOf(branch.id).map(displayName).toSorted().join(", "),
      children: state.childrenInUse(branch.id).length,
      total_size_bytes: sizes[index]?.bytes ?? 0,
    });
  }
  return rows;
}

/** As DIFF BRANCH has them; of a merged branch none would be lost. */
async function changedRows(
  { registry, definitions: known }: BranchContext,
  { id, status }: Branch,
): Promise<number> {
  if (status === "merged") return 0;
  using connection = await registry.database.connect("data");
  const { state, definitions } = await registry.begin(connection);
  try {
    const branch = state.branches.get(id);
    if (branch === undefined || branch.released) return 0;
    const whole = { branch, against: undefined, table: undefined };
    const query = await diffQuery(known, { connection, definitions }, state, whole);
    const [row] = await connection.rows(`SELECT count(*) AS changed FROM (${query})`);
    return row === undefined ? 0 : numberCell(row, "changed");
  } finally {
    await rollbackQuietly(connection);
  }
}
