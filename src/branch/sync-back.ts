/**
 * UNDO MERGE of what brought a branch up to date: its pin moves back. What the branch was comes back, and what was changed since is
 * merged into that, with what it was right behind the merge for a base; by the code of every merge, as when the pin moved forward.
 */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { BranchContext } from "./branch-context.js";
import { PENDING } from "./final-changes.js";
import { coversPoint, type HeadObject } from "./head-objects.js";
import { newMergeId } from "./merge.js";
import { mergeTables } from "./merge-input.js";
import { displayName, type MergeRecord, type MergeTotals } from "./merge-ledger.js";
import { planTable, type TablePlan } from "./merge-plan.js";
import { recordConflicts, writeMerge } from "./merge-publish.js";
import { NO_CHANGES } from "./merge-totals.js";
import type { MergeAttempt, MergeOutcome } from "./merge-types.js";
import { MAIN, type Branch, type Version } from "./model.js";
import type { RegistryChange, RegistryState } from "./registry-state.js";
import { newPhysicalTable } from "./storage.js";
import { winnerUnder } from "./strategy.js";
import { isMergedAnew, readPins, type Sync } from "./sync.js";
import { endKept, keptSync, type KeptSync } from "./sync-kept.js";
import type { Transaction } from "./transaction.js";
import { asMerge, commitUndo, undoing, type UndoRequest } from "./undo-commit.js";

interface UndoneSync {
  readonly merge: MergeRecord;
  /** The one that was brought up to date. */
  readonly branch: Branch;
  readonly request: UndoRequest;
  readonly isCareful: boolean;
}

/** Who wins is the other way round, for what is there now is merged into what was. */
const REVERSED = {
  branch_wins: "main_wins",
  main_wins: "branch_wins",
  abort: "abort",
  manual: "manual",
} as const;

/**
 * The branch sees its parent as before the merge.
 *
 * Atomic  one transaction
 * Errors  55000 what it was is not kept any more, 0A000 what was changed since cannot be told apart, 40002, 40001, 23xxx
 */
export async function undoSync(
  context: BranchContext,
  transaction: Transaction,
  { merge, branch, request, isCareful }: UndoneSync,
): Promise<MergeOutcome> {
  const { connection, state } = transaction;
  const { mergeId } = merge;
  const parent = state.branches.get(branch.parent) ?? { id: MAIN, name: MAIN };
  if (merge.status === "undone") {
    await transaction.rollback();
    const [source, target] = [parent.name, branch.name];
    return { status: "undone", mergeId, source, target, totals: NO_CHANGES, conflicts: [] };
  }
  const sync = imagineBack(context, transaction, branch, mergeId);
  const strategy = REVERSED[request.strategy];
  const { tables, objects, conflicts } = await undoing(async () => {
    const winner = winnerUnder(strategy);
    const merged = await mergeTables(context, transaction, sync.before, branch.id, () => winner);
    merged.conflicts.refuseAny(branch);
    return merged;
  }, true);
  const plans: TablePlan[] = [];
  for (const [index, { input }] of tables.entries())
    plans.push(await planTable(connection, { ...input, isReversed: true }, index, merge));
  refuseKeylessSince(plans);
  const attempt: MergeAttempt = {
    transaction,
    branch,
    sync,
    source: parent,
    target: branch.id,
    targetName: branch.name,
    tables,
    objects,
    definitions: conflicts,
    plans,
    isCareful,
  };
  if (strategy === "abort" && plans.some(({ counts }) => counts.conflicts > 0))
    return await recordConflicts(context, attempt, newMergeId(), "aborted", asMerge(merge, request));
  await revive(context, transaction, sync);
  const { attempt: written, totals } = await undoing(
    async () => await writeMerge(context, withRevived(attempt), () => strategy),
    true,
  );
  const { before, behind } = sync.kept;
  const check = endKept(transaction, [before, behind]);
  const undo = { attempt, written, totals: { ...totals, resolved: reversed(totals.resolved) } };
  return await commitUndo(context, undo, {
    merge,
    branch,
    strategy: request.strategy,
    actor: request.actor,
    check,
  });
}

/** What was planned over what is kept is done to what came back. */
function withRevived(attempt: MergeAttempt): MergeAttempt {
  const { tables, objects, transaction } = attempt;
  const now = (version: Version): Version => transaction.state.current(version) ?? version;
  return {
    ...attempt,
    tables: tables.map((table) => ({ ...table, target: now(table.target) })),
    objects: {
      ...objects,
      dropped: objects.dropped.map(now),
      renamed: objects.renamed.map((one) => ({ ...one, table: now(one.table) })),
    },
  };
}

/** By what the undoing was asked for. */
function reversed(resolved: MergeTotals["resolved"]): MergeTotals["resolved"] {
  const names = new Map<string, string>(Object.entries(REVERSED));
  return Object.fromEntries(Object.entries(resolved).map(([by, count]) => [names.get(by) ?? by, count]));
}

/** Rows without a key that were changed since cannot be told from others: they are rows of other tables there. Errors: 0A000 */
function refuseKeylessSince(plans: readonly TablePlan[]): void {
  const changed = plans.find(
    ({ input, counts: { inserts, updates, deletes, agreed, conflicts } }) =>
      input.key.length === 0 && inserts + updates + deletes + agreed + conflicts > 0,
  );
  if (changed !== undefined)
    throw notSupported(
      `cannot undo the merge: rows of table "${displayName(changed.input.relation)}", which has no primary key, were changed since`,
    );
}

/** A branch whose pin moves back, as a transaction imagines it. */
interface SyncBack extends Sync {
  readonly kept: KeptSync;
  /** The branch's own versions that come back, as it had them. */
  readonly revived: readonly Version[];
  readonly revivedObjects: readonly HeadObject[];
}

/**
 * Lets the transaction see the branch as it was before it was brought up to date, beside what it is now.
 *
 * Errors  55000 it was not kept, 0A000 where the branch and its parent have types, sequences or schemas of one name
 */
function imagineBack(
  context: BranchContext,
  transaction: Transaction,
  branch: Branch,
  mergeId: string,
): SyncBack {
  const { state } = transaction;
  const { registry } = context;
  const kept = keptSync(state, branch, mergeId);
  const pin = kept && branch.earlierPins.find(({ until }) => kept.before.pin < until)?.pin;
  if (kept === undefined || pin === undefined)
    throw new SqlError(
      SQLSTATE.objectNotInPrerequisiteState,
      `merge "${mergeId}" is too long ago, or branch "${branch.name}" was brought up to date again since: what it was is not kept any more`,
    );
  const moved: Branch = {
    ...branch,
    status: "active",
    pin,
    earlierPins: [...readPins(state, branch), { pin: branch.pin, until: PENDING }],
  };
  const after = state.with([{ change: "putBranch", branch: moved }]);
  const { redone, revived } = changedVersions({ state, after, branch, moved }, kept);
  const { redoneObjects, revivedObjects } = changedObjects({ state, after, branch, moved }, kept);
  const { id: parent, pin: behind } = kept.behind;
  const id = registry.newBranchId();
  const now: Branch = { ...branch, id, parent, pin: behind, earlierPins: [], released: true };
  const again = { from: PENDING, to: null };
  const restored = revived.map((version) => ({ ...version, ...again, id: registry.newVersionId() }));
  const restoredObjects = revivedObjects.map((object) => ({
    ...object,
    ...again,
    id: registry.newVersionId(),
  }));
  transaction.imagine([
    { change: "putBranch", branch: moved },
    { change: "putBranch", branch: now },
    ...redone.flatMap((version): RegistryChange[] => [
      { change: "putVersion", version: { ...version, to: PENDING } },
      { change: "putVersion", version: { ...version, id: registry.newVersionId(), head: now.id } },
    ]),
    ...redoneObjects.flatMap((object): RegistryChange[] => [
      { change: "putObject", object: { ...object, to: PENDING } },
      { change: "putObject", object: { ...object, id: registry.newVersionId(), head: now.id } },
    ]),
    ...restored.map((version): RegistryChange => ({ change: "putVersion", version })),
    ...restoredObjects.map((object): RegistryChange => ({ change: "putObject", object })),
  ]);
  return {
    branch: moved,
    before: now,
    redone,
    redoneObjects,
    changesNothing: false,
    kept,
    revived: restored,
    revivedObjects: restoredObjects,
  };
}

/** The registry with the branch where it is, and where it goes. */
interface TwoPins {
  readonly state: RegistryState;
  readonly after: RegistryState;
  readonly branch: Branch;
  readonly moved: Branch;
}

/** Own versions, those of now and those it had before, of relations of which the parent has another state at the other pin. */
function changedVersions(
  { state, after, branch, moved }: TwoPins,
  { before }: KeptSync,
): { readonly redone: readonly Version[]; readonly revived: readonly Version[] } {
  const own = state.liveVersionsOf(branch.id);
  const had = state.versionsOf(branch.id).filter((version) => coversPoint(version, before.pin));
  const changed = new Set(
    [...own, ...had.map((version) => ({ ...version, to: null }))]
      .filter(
        (version) =>
          state.findBase(branch, version)?.id !== after.findBase(moved, version)?.id ||
          state.baseOf(version)?.id !== after.baseOf(version)?.id,
      )
      .map(({ objectId }) => objectId),
  );
  const isChanged = ({ objectId }: Version): boolean => changed.has(objectId);
  return { redone: own.filter(isChanged), revived: had.filter(isChanged) };
}

function changedObjects(
  { state, after, branch }: TwoPins,
  { before }: KeptSync,
): { readonly redoneObjects: readonly HeadObject[]; readonly revivedObjects: readonly HeadObject[] } {
  const isChanged = (object: HeadObject): boolean =>
    state.findBaseObject(branch.id, object)?.id !== after.findBaseObject(branch.id, object)?.id;
  const all = state.objectsOf(branch.id).filter(isChanged);
  const redoneObjects = all.filter(({ to }) => to === null);
  const other = redoneObjects.find((object) => !isMergedAnew(object));
  if (other !== undefined)
    throw notSupported(
      `branch "${branch.name}" cannot go back: its ${other.kind} "${displayName(other)}" is another one there`,
    );
  return { redoneObjects, revivedObjects: all.filter((object) => coversPoint(object, before.pin)) };
}

/**
 * Makes in truth what comes back, in tables of its own: what is kept may be read by others.
 *
 * Atomic  the caller's transaction
 */
async function revive(
  { storage, registry }: BranchContext,
  transaction: Transaction,
  { branch, revived, revivedObjects }: SyncBack,
): Promise<void> {
  // Tables that are about to go still have their names.
  let taken = registry.state;
  for (const version of revived) {
    await transaction.lock(version, branch.id);
    transaction.markWritten(version, branch.id);
    if (version.physical === null) {
      transaction.putVersion(version);
      continue;
    }
    const { id } = version;
    const target = newPhysicalTable(taken, version, branch.id);
    const form = version.layer?.kind === "overlay" ? "overlay" : "whole";
    const request = { inherited: version, head: branch.id, id, target, form } as const;
    const layer = await storage.fork(transaction.view, transaction.state, request);
    const made = { ...version, physical: target, definition: null, layer };
    taken = taken.with([{ change: "putVersion", version: made }]);
    transaction.putVersion(made);
  }
  for (const object of revivedObjects) transaction.objects.make(branch.id, object);
}
