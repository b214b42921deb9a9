/** SHOW EXPIRING BRANCHES: what the sweeper is going to end, and what would be lost with it. Changes nothing. */
import { expiryOf, type Expiry } from "../branch/activity.js";
import type { BranchContext } from "../branch/branch-context.js";
import { diffQuery } from "../branch/diff.js";
import { displayName } from "../branch/merge-ledger.js";
import type { Branch, PhysicalTable, Version } from "../branch/model.js";
import { rollbackQuietly } from "../branch/preserve.js";
import { physicalName } from "../branch/system-schema.js";
import { numberCell, optionalTextCell, type Connection } from "../engine/connection.js";
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
      changed.set(id, await countChanges(connection, query, state.liveVersionsOf(id)));
    }
  } finally {
    await rollbackQuietly(connection);
  }
  return changed;
}

/** A table that was made is one line of a diff, but its rows are what would be lost: those that the branch has itself. */
async function countChanges(
  connection: Connection,
  diff: string,
  versions: readonly Version[],
): Promise<number> {
  const rows = await connection.rows(
    `SELECT if(change IN ('insert', 'update', 'delete', 'definition changed'), NULL, table_name) AS whole, count(*) AS changed FROM (${diff}) GROUP BY whole`,
  );
  let changes = 0;
  for (const row of rows) {
    const name = optionalTextCell(row, "whole");
    const physical = versions.find((version) => displayName(version) === name)?.physical ?? null;
    const counted = physical === null ? 0 : await rowsOf(connection, physical);
    changes += Math.max(numberCell(row, "changed"), counted);
  }
  return changes;
}

async function rowsOf(connection: Connection, table: PhysicalTable): Promise<number> {
  const [row] = await connection.rows(`SELECT count(*) AS held FROM ${physicalName(table)}`);
  return row === undefined ? 0 : numberCell(row, "held");
}
