/**
 * UNDO MERGE: a three-way merge backwards. Its base is what the merge left, its source what the merge found, its target what is
 * there now; so whatever was changed since in other rows stays, and what was changed since in the same rows is a conflict.
 * The branch, if it still exists, is as before the merge: it can be written, and merged again.
 */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { BranchContext } from "./branch-context.js";
import { requireReadable, requireWritable } from "./branch-rules.js";
import { undoPolicies } from "./column-policies.js";
import { newMergeId } from "./merge.js";
import { retryOnChange, TURN_LOCK_MS } from "./merge-retry.js";
import { mergeTables, NO_DEFINITIONS, type MergedDefinitions, type MergeTable } from "./merge-input.js";
import { displayName, readMerge, type MergeRecord } from "./merge-ledger.js";
import { isKeyed, planFrom, planTable, type TablePlan } from "./merge-plan.js";
import { outcome, recordConflicts, writeMerge } from "./merge-publish.js";
import { NO_CHANGES } from "./merge-totals.js";
import type { CreatedTable } from "./merge-objects.js";
import { SAME_ENUMS } from "./merge-enums.js";
import { mergeSchema } from "./merge-schema.js";
import type { Manner, MergeAttempt, MergeOutcome } from "./merge-types.js";
import { headId, MAIN, type Branch, type HeadId } from "./model.js";
import type { RegistryState } from "./registry-state.js";
import { winnerUnder, type Strategy } from "./strategy.js";
import { storedColumns } from "./table-definition.js";
import { undoSync } from "./sync-back.js";
import { Transaction } from "./transaction.js";
import { asMerge, commitUndo, undoing, type UndoRequest } from "./undo-commit.js";
import { endUndoBranch, undoBranchOf } from "./undo-branch.js";
import { valueForms } from "./value-forms.js";
import { countedUndo, dropUndoRows, shapeOf, undoStates, undoTablesOf, type UndoTable } from "./undo-rows.js";

/**
 * Takes back what a merge changed. Undone already is success: whoever lost the answer may ask again.
 *
 * Atomic  one transaction; the ledger row is read back after the commit
 * Errors  42704 no such merge, 55000 not merged or too long ago, 0A000 the merge or something since changed a definition,
 *         40001, 23xxx
 */
export async function undoMerge(
  context: BranchContext,
  request: UndoRequest,
  signal: AbortSignal,
): Promise<MergeOutcome> {
  if (request.strategy === "manual")
    throw notSupported(
      "a merge cannot be undone by hand",
      "use branch_wins or main_wins for rows in conflict",
    );
  const target = await targetBefore(context, request.mergeId);
  return await retryOnChange(
    context,
    target,
    signal,
    async (manner) => await undoOnce(context, request, signal, manner),
  );
}

async function targetBefore(context: BranchContext, mergeId: string): Promise<HeadId> {
  using connection = await context.registry.database.connect("data");
  const merge = requireUndoable(await readMerge(connection, mergeId), mergeId);
  return targetOf(context.registry.state, merge);
}

async function undoOnce(
  context: BranchContext,
  request: UndoRequest,
  signal: AbortSignal,
  { hasTurn, isCareful }: Manner,
): Promise<MergeOutcome> {
  using connection = await context.registry.database.connect("data");
  const asked = requireUndoable(await readMerge(connection, request.mergeId), request.mergeId);
  const target = targetOf(context.registry.state, asked);
  const onAbort = (): void => connection.interrupt();
  signal.addEventListener("abort", onAbort);
  const transaction = await Transaction.begin(
    context,
    connection,
    target,
    signal,
    hasTurn ? "goes ahead" : "waits",
  );
  if (hasTurn) context.locks.limitWaits(transaction, TURN_LOCK_MS);
  try {
    // Somebody else may have undone it meanwhile.
    const merge = requireUndoable(await readMerge(connection, request.mergeId), request.mergeId);
    if (merge.syncedId !== null)
      return await undoSync(context, transaction, {
        merge,
        branch: requireTarget(transaction.state, merge),
        request,
        isCareful,
      });
    const branch = transaction.state.branches.get(headId(merge.branchId));
    if (branch === undefined)
      throw new SqlError(SQLSTATE.internalError, "the merged branch is not in the registry");
    const kept = await undoTablesOf(connection, merge.mergeId);
    const found = undoBranchOf(transaction.state, merge.mergeId);
    if (found === "gone" && merge.status !== "undone") throw notKept(merge.mergeId);
    const before = found === "gone" || merge.status === "undone" ? undefined : found;
    const definitions = await undoneDefinitions(context, transaction, {
      target,
      before,
      strategy: request.strategy,
    });
    const tables: MergeTable[] = [];
    const plans: TablePlan[] = [];
    for (const [index, undo] of kept.entries()) {
      const table = await undoneTable(context, transaction, target, undo);
      tables.push(table);
      plans.push(
        isKeyed(table.input)
          ? await planTable(connection, table.input, index, merge)
          : await planFrom(connection, table.input, index, countedUndo(undo, table.input)),
      );
    }
    for (const table of definitions.tables) {
      tables.push(table);
      plans.push(await planTable(connection, table.input, plans.length, merge));
    }
    const attempt = {
      transaction,
      branch: before ?? branch,
      sync: undefined,
      source: branch,
      target,
      targetName: merge.target,
      tables,
      objects: definitions.objects,
      definitions: definitions.conflicts,
      plans,
      isCareful,
    };
    if (merge.status === "undone") {
      await transaction.rollback();
      return outcome(attempt, "undone", merge.mergeId, NO_CHANGES, []);
    }
    const conflicted = plans.some(({ counts }) => counts.conflicts > 0);
    if (conflicted && request.strategy === "abort")
      return await recordConflicts(context, attempt, newMergeId(), "aborted", asMerge(merge, request));
    return await publishUndo(context, attempt, { merge, branch, before }, request);
  } catch (error) {
    await transaction.rollback();
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

interface Undone {
  readonly merge: MergeRecord;
  /** The one that was merged. */
  readonly branch: Branch;
  /** The one that has what the merge did to definitions as it was before. */
  readonly before: Branch | undefined;
}

async function publishUndo(
  context: BranchContext,
  attempt: MergeAttempt,
  { merge, branch, before }: Undone,
  { strategy, actor }: UndoRequest,
): Promise<MergeOutcome> {
  const { transaction } = attempt;
  const { connection } = transaction;
  const { attempt: written, totals } = await undoing(
    async () => await writeMerge(context, attempt, () => strategy),
  );
  await dropUndoRows(connection, merge.mergeId);
  if (before !== undefined) endUndoBranch(transaction, before);
  const again: Branch = { ...branch, status: "active" };
  if (branch.status === "merged" && !branch.released)
    transaction.putBranch({ change: "putBranch", branch: again });
  return await commitUndo(context, { attempt, written, totals }, { merge, branch, strategy, actor });
}

interface UndoneHeads {
  readonly target: HeadId;
  readonly before: Branch | undefined;
  readonly strategy: Strategy;
}

/** A dropped table comes back as itself if its rows are known by a key: by ids they would be others. */
function asItWas(created: CreatedTable): CreatedTable {
  const { objectId, lineage } = created.source;
  return created.says.definition.primaryKey.length > 0
    ? { ...created, identity: { objectId, lineage } }
    : created;
}

/** What the merge did to definitions, backwards. Errors: 40002 where they were changed since */
async function undoneDefinitions(
  context: BranchContext,
  transaction: Transaction,
  { target, before, strategy }: UndoneHeads,
): Promise<MergedDefinitions> {
  if (before === undefined) return NO_DEFINITIONS;
  const merged = await undoing(async () => {
    const found = await mergeTables(context, transaction, before, target, () => winnerUnder(strategy));
    found.conflicts.refuseAny(before);
    return found;
  });
  const { objects } = merged;
  return { ...merged, objects: { ...objects, created: objects.created.map(asItWas) } };
}

function requireUndoable(merge: MergeRecord | undefined, mergeId: string): MergeRecord {
  if (merge === undefined) throw new SqlError(SQLSTATE.undefinedObject, `merge "${mergeId}" does not exist`);
  if (merge.status === "undone") return merge;
  if (merge.status !== "merged") throw notUndoable(mergeId, `is ${merge.status}, not merged`);
  if (merge.undoableUntilMs === null) {
    const what = merge.syncedId === null ? "what it changed of definitions" : "what the branch was before it";
    throw notSupported(`merge "${mergeId}" cannot be undone: ${what} was not kept`);
  }
  if (merge.undoableUntilMs < Date.now())
    throw notUndoable(mergeId, "is too long ago: what it changed is not kept any more");
  return merge;
}

function notKept(mergeId: string): SqlError {
  return notUndoable(mergeId, "is too long ago: what it changed is not kept any more");
}

function notUndoable(mergeId: string, why: string): SqlError {
  return new SqlError(SQLSTATE.objectNotInPrerequisiteState, `merge "${mergeId}" ${why}`);
}

/** The head that was merged into. */
function targetOf(state: RegistryState, merge: MergeRecord): HeadId {
  if (merge.syncedId !== null) return requireTarget(state, merge).id;
  const parent = state.branches.get(headId(merge.branchId))?.parent ?? MAIN;
  return parent === MAIN ? MAIN : requireTarget(state, merge).id;
}

/** Errors: 55000 */
function requireTarget(state: RegistryState, { branchId, syncedId }: MergeRecord): Branch {
  const target = state.branches.get(
    syncedId === null ? (state.branches.get(headId(branchId))?.parent ?? MAIN) : headId(syncedId),
  );
  if (target === undefined) throw new SqlError(SQLSTATE.internalError, "the target is not in the registry");
  requireReadable(state, target, Date.now());
  requireWritable(state, target, Date.now());
  return target;
}

async function undoneTable(
  context: BranchContext,
  transaction: Transaction,
  target: HeadId,
  undo: UndoTable,
): Promise<MergeTable> {
  const { state } = transaction;
  const version = state.find(target, undo);
  if (version?.kind !== "table" || version.objectId !== undo.objectId) throw changedSince(undo);
  const definition = await transaction.definitionOf(version);
  if (shapeOf(definition) !== undo.shape) throw changedSince(undo);
  const columns = storedColumns(definition).map(({ name }) => name);
  const key = definition.primaryKey;
  const states = key.length > 0 ? undoStates(undo, columns) : { base: "", source: "" };
  const rows = {
    ...states,
    target: context.storage.relation(state, version),
    baseWithIds: "",
    targetWithIds: "",
  };
  const comments = await transaction.commentsOf(version);
  const forms = valueForms(definition.columns);
  const side = { version, definition, comments };
  return {
    input: { relation: version, key, columns, policies: undoPolicies(definition), forms, ...rows },
    target: version,
    source: version,
    schema: mergeSchema(state, { base: side, source: side, target: side }, version.name, {
      ...SAME_ENUMS,
    }),
  };
}

function changedSince(table: UndoTable): SqlError {
  return notSupported(
    `cannot undo the merge of table "${displayName(table)}": it was dropped, replaced or altered since`,
  );
}
