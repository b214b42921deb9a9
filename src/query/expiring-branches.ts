/** SHOW EXPIRING BRANCHES: what the sweeper is going to end, and what would be lost with it. Changes nothing. */
import { expiryOf, type Expiry } from "../branch/activity.js";
import type { BranchContext } from "../branch/branch-context.js";
import { diffQuery } from "../branch/diff.js";
import { displayName } from "../branch/merge-ledger.js";
import type { Branch } from "../branch/model.js";
import { rollbackQuietly } from "../branch/preserve.js";
import { numberCell } from "../engine/connection.js";
import type { AnswerRow } from "./branch-answers.js";
import type { PageRange } from "./branch-arguments.js";
import { parentName } from "./branch-reports.js";
import { branchSizes } from "./branch-sizes.js";

interface Due {
  readonly branch: Branch;
  readonly expiry: Expiry;
}

/**
 * Those whose time is over by then, as things are, the first ones first. One that others were made from waits for them. Of those
 * that the asker may not see nothing is said, for all of it is about their rows. Only what is shown is measured and compared.
 */
export async function expiringBranches(
  context: BranchContext,
  maySee: (branch: Branch) => boolean,
  withinMs: number,
  { first, end }: PageRange,
): Promise<AnswerRow[]> {
  const shown = dueBranches(context, maySee, Date.now() + withinMs).slice(first, end);
  // Most of them wrote nothing: to know that takes no look at any table.
  const { state } = context.registry;
  const written = shown.map(({ branch }) => branch).filter(({ id }) => state.liveVersionsOf(id).length > 0);
  const sizes = new Map(
    (await branchSizes(context, written)).map(({ branchId, bytes }) => [branchId, bytes]),
  );
  const rows = await changedRows(context, written);
  return shown.map(({ branch, expiry }) => ({
    name: branch.name,
    branch_id: branch.id,
    parent: parentName(context, branch),
    agent_id: branch.agent,
    expires_at: new Date(expiry.atMs).toISOString(),
    reason: expiry.reason,
    changed_rows: rows.get(branch.id) ?? 0,
    modified_tables: state.liveVersionsOf(branch.id).map(displayName).toSorted().join(", "),
    children: state.childrenInUse(branch.id).length,
    total_size_bytes: sizes.get(branch.id) ?? 0,
  }));
}

function dueBranches(
  { registry, activity }: BranchContext,
  maySee: (branch: Branch) => boolean,
  beforeMs: number,
): readonly Due[] {
  const due: Due[] = [];
  for (const branch of registry.state.branches.inUse()) {
    const expiry = expiryOf(branch, activity);
    if (expiry !== undefined && expiry.atMs <= beforeMs && maySee(branch)) due.push({ branch, expiry });
  }
  return due.toSorted((a, b) => a.expiry.atMs - b.expiry.atMs);
}

/** As DIFF BRANCH has them, in one snapshot; of a merged branch none would be lost. */
async function changedRows(
  { registry, definitions: known }: BranchContext,
  branches: readonly Branch[],
): Promise<ReadonlyMap<string, number>> {
  const changed = new Map<string, number>();
  using connection = await registry.database.connect("data");
  const { state, definitions } = await registry.begin(connection);
  try {
    for (const { id } of branches) {
      const branch = state.branches.get(id);
      if (branch === undefined || branch.released || branch.status === "merged") continue;
      const whole = { branch, against: undefined, table: undefined };
      const query = await diffQuery(known, { connection, definitions }, state, whole);
      const [row] = await connection.rows(`SELECT count(*) AS changed FROM (${query})`);
      if (row !== undefined) changed.set(id, numberCell(row, "changed"));
    }
  } finally {
    await rollbackQuietly(connection);
  }
  return changed;
}
