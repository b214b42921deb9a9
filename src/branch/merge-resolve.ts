/** RESOLVE and ABANDON: how a merge ends that waits for its conflicts. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { BranchContext } from "./branch-context.js";
import { requireBranch } from "./branch-rules.js";
import { recordHistory } from "./history.js";
import { conflictsUnder, onHeads, withAttempt } from "./merge.js";
import { strategyByTable } from "./merge-exceptions.js";
import { unchangedBranch } from "./merge-commit.js";
import {
  countUnreportedConflicts,
  deleteConflicts,
  displayName,
  finishMerge,
  readMerge,
  replaceConflicts,
  type MergeRecord,
} from "./merge-ledger.js";
import type { TablePlan } from "./merge-plan.js";
import { notOpen, publish } from "./merge-publish.js";
import { outcomeOf } from "./merge-stored.js";
import { retryOnChange } from "./merge-retry.js";
import { settleRows, type RowChoice } from "./merge-settle.js";
import type { Manner, MergeAttempt, MergeOutcome, MergeRequest } from "./merge-types.js";
import { headId, isEnded, MAIN, relationKey, type Branch, type RelationName } from "./model.js";
import type { RegistryState } from "./registry-state.js";
import { Transaction } from "./transaction.js";

/** What becomes of conflicts: all of a table, but for the rows that are named. */
export interface Resolutions {
  readonly tables: MergeRequest["exceptions"];
  readonly rows: readonly RowChoice[];
}

/**
 * Publishes an unfinished merge with a strategy per table and per row; everything is compared anew.
 *
 * Atomic  one transaction; the ledger row is read back after the commit
 * Errors  55000 conflicts without a strategy, or that came or changed since the report; 42704 a row that is not in conflict
 */
export async function resolveMerge(
  context: BranchContext,
  mergeId: string,
  resolutions: Resolutions,
  actor: string,
  signal: AbortSignal,
): Promise<MergeOutcome> {
  for (const { strategy, table } of [...resolutions.tables, ...resolutions.rows]) {
    if (strategy !== "branch_wins" && strategy !== "main_wins") {
      throw new SqlError(
        SQLSTATE.invalidParameterValue,
        `cannot resolve table "${displayName(table)}" by strategy "${strategy}"`,
        {
          hint: "use branch_wins or main_wins",
        },
      );
    }
  }
  const done = await resolvedBefore(context, mergeId, resolutions);
  if (done !== undefined) return done;
  const open = await requireOpenMerge(context, mergeId);
  const { branchId, syncedId, target: into, granularity, keyless, columns } = open;
  const request: MergeRequest = {
    branch: branchId,
    into: syncedId ?? into,
    strategy: "manual",
    granularity,
    keyless,
    exceptions: resolutions.tables,
    columns,
    actor,
  };
  const resolve = async (manner: Manner): Promise<MergeOutcome> => {
    const doneMeanwhile = await resolvedBefore(context, mergeId, resolutions);
    if (doneMeanwhile !== undefined) return doneMeanwhile;
    await requireOpenMerge(context, mergeId);
    return await withAttempt({ context, request, signal, manner }, async (attempt) => {
      const { tables, rows } = asBranchCalls(attempt, resolutions);
      const strategyOf = strategyByTable({ ...request, exceptions: tables }, attempt);
      const { connection, state } = attempt.transaction;
      refuseUnknownTables(state, attempt, rows);
      const all = attempt.plans.filter(({ counts }) => counts.conflicts > 0);
      const named = all.filter((plan) => isNamed(attempt, plan, { tables, rows }));
      if (named.length < all.length) throw unresolvedTables(all.filter((plan) => !named.includes(plan)));
      await refuseUnreported(attempt, mergeId);
      const plans: TablePlan[] = [];
      for (const plan of attempt.plans)
        plans.push(await settleRows(connection, plan, choicesIn(attempt, plan, rows)));
      const unresolved = conflictsUnder(plans, strategyOf, ["manual"]);
      if (unresolved.length > 0) throw unresolvedTables(unresolved);
      return await publish(context, { ...attempt, plans }, mergeId, strategyOf, request, said(resolutions));
    });
  };
  return await onHeads(
    context,
    request,
    async (target) => await retryOnChange(context, target, signal, resolve),
  );
}

/** A table may be called what the target calls it, as the report does, or what the branch does: that is what is returned. */
function asBranchCalls({ tables }: MergeAttempt, resolutions: Resolutions): Resolutions {
  const named = <T extends { readonly table: RelationName }>(one: T): T => {
    const found =
      tables.find(({ target }) => isNamedAs(target, one.table)) ??
      tables.find(({ source }) => isNamedAs(source, one.table));
    return { ...one, table: found?.source ?? one.table };
  };
  return { tables: resolutions.tables.map(named), rows: resolutions.rows.map(named) };
}

function isNamedAs(one: RelationName, other: RelationName): boolean {
  return relationKey(one) === relationKey(other);
}

/** What the branch calls a plan's table. */
function sourceOf({ tables }: MergeAttempt, { input }: TablePlan): RelationName {
  return tables.find(({ target }) => isNamedAs(target, input.relation))?.source ?? input.relation;
}

function isNamed(attempt: MergeAttempt, plan: TablePlan, { tables, rows }: Resolutions): boolean {
  return [...tables, ...rows].some(({ table }) => isNamedAs(table, sourceOf(attempt, plan)));
}

function choicesIn(attempt: MergeAttempt, plan: TablePlan, rows: readonly RowChoice[]): readonly RowChoice[] {
  return rows
    .filter(({ table }) => isNamedAs(table, sourceOf(attempt, plan)))
    .map((row) => ({ ...row, table: plan.input.relation }));
}

/** Errors: 42P01 */
function refuseUnknownTables(
  state: RegistryState,
  { branch }: MergeAttempt,
  rows: readonly RowChoice[],
): void {
  const unknown = rows.find(({ table }) => state.find(branch.id, table) === undefined);
  if (unknown !== undefined)
    throw new SqlError(SQLSTATE.undefinedTable, `relation "${displayName(unknown.table)}" does not exist`);
}

/** For the ledger. */
function said({ tables, rows }: Resolutions): Readonly<Record<string, string>> {
  return Object.fromEntries([
    ...tables.map(({ table, strategy }) => [displayName(table), strategy]),
    ...rows.map(({ table, key, strategy }) => [`${displayName(table)} ${key}`, strategy]),
  ]);
}

/** A strategy was chosen for the conflicts that were shown: others are reported first, and nothing is merged. */
async function refuseUnreported(attempt: MergeAttempt, mergeId: string): Promise<void> {
  const { connection } = attempt.transaction;
  let unreported = 0;
  for (const plan of attempt.plans) unreported += await countUnreportedConflicts(connection, mergeId, plan);
  if (unreported === 0) return;
  await replaceConflicts(connection, mergeId, attempt.plans);
  await attempt.transaction.commit();
  throw new SqlError(
    SQLSTATE.objectNotInPrerequisiteState,
    `${unreported} conflicts of merge "${mergeId}" came or changed after they were reported: nothing was merged`,
    { hint: "look at duckbranch.conflicts and resolve the merge again" },
  );
}

/** What came of the same resolutions, if they were given before: whoever lost the answer may ask again. */
async function resolvedBefore(
  { registry }: BranchContext,
  mergeId: string,
  resolutions: Resolutions,
): Promise<MergeOutcome | undefined> {
  using connection = await registry.database.connect("data");
  const merge = await readMerge(connection, mergeId);
  const isSame = merge?.status === "merged" && merge.resolutions === JSON.stringify(said(resolutions));
  return isSame ? await outcomeOf(connection, merge) : undefined;
}

/** Gives up an unfinished merge: the branch goes on as if it had not been tried. Given up already is success. */
export async function abandonMerge(
  context: BranchContext,
  mergeId: string,
  actor: string,
  signal: AbortSignal,
): Promise<Branch> {
  const merge = await requireMerge(context, mergeId);
  const abandoned = merge.status === "abandoned" ? branchOf(context.registry.state, merge) : undefined;
  if (abandoned !== undefined) return abandoned;
  if (merge.status !== "conflicted") throw notOpen(mergeId);
  using connection = await context.registry.database.connect("data");
  const transaction = await Transaction.begin(context, connection, MAIN, signal);
  try {
    const branch = requireBranch(transaction.state, merge.syncedId ?? merge.branchId);
    if (!(await finishMerge(connection, mergeId, "abandoned", undefined, {}))) throw notOpen(mergeId);
    await deleteConflicts(connection, mergeId);
    const active: Branch = { ...branch, status: "active" };
    transaction.putBranch({ change: "putBranch", branch: active });
    await recordHistory(connection, {
      action: "abandon",
      branch: active,
      actor,
      detail: { merge_id: mergeId },
    });
    await transaction.commit(unchangedBranch(branch));
    return active;
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
}

async function requireOpenMerge(context: BranchContext, mergeId: string): Promise<MergeRecord> {
  const merge = await requireMerge(context, mergeId);
  if (merge.status !== "conflicted") throw notOpen(mergeId);
  return merge;
}

/** Errors: 42704 */
async function requireMerge(context: BranchContext, mergeId: string): Promise<MergeRecord> {
  using connection = await context.registry.database.connect("data");
  const merge = await readMerge(connection, mergeId);
  if (merge !== undefined) return merge;
  throw new SqlError(SQLSTATE.undefinedObject, `merge "${mergeId}" does not exist`);
}

/** What was merged, or what its parent was merged into; undefined once it has ended. */
function branchOf({ branches }: RegistryState, { syncedId, branchId }: MergeRecord): Branch | undefined {
  const branch = branches.get(headId(syncedId ?? branchId));
  return branch === undefined || isEnded(branch) ? undefined : branch;
}

function unresolvedTables(plans: readonly TablePlan[]): SqlError {
  return new SqlError(
    SQLSTATE.objectNotInPrerequisiteState,
    "the merge still has conflicts without a resolution",
    {
      detail: plans
        .map((plan) => `table "${displayName(plan.input.relation)}": ${plan.counts.conflicts} rows`)
        .join(", "),
      hint: "name a strategy for each of these tables",
    },
  );
}
