/**
 * The end of what a branch holds: its schema with its tables, its pin, and what only that pin needed of its parent.
 */
import type { Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { quoteIdentifier } from "../sql/names.js";
import type { BranchContext } from "./branch-context.js";
import { heirOf } from "./budget-family.js";
import { endedBranch, refuseParent, refuseProtected } from "./branch-rules.js";
import { schemaLock } from "./branch-schemas.js";
import { refuseChanged } from "./change-branch.js";
import type { Ending } from "./deletion.js";
import { dropTables } from "./dropped-tables.js";
import { recordHistory } from "./history.js";
import { abandonOpenMerges } from "./merge-ledger.js";
import { MAIN, tablesOf, type Branch, type HeadId, type Version } from "./model.js";
import { keepingLock } from "./preserve.js";
import { isLogged } from "./registry-state.js";
import { isInternalSchema, physicalName } from "./system-schema.js";
import { Transaction } from "./transaction.js";

/**
 * Ends a branch, or one that was deleted, and releases what it held. Deleted branches that were made from it go before it:
 * nobody could bring them back without it.
 *
 * Atomic  one transaction each: status, its schema, and preserved tables no other pin reads
 * Crash   what is released is gone whole
 * Errors  55000 protected, or released; 2BP01 branches in use were made from it; 40001 it was changed meanwhile
 */
export async function releaseBranch(
  context: BranchContext,
  branch: Branch,
  ending: Ending,
  signal: AbortSignal,
): Promise<Branch> {
  refuseProtected(branch);
  refuseParent(context.registry.state, branch);
  for (const child of context.registry.state.childrenOf(branch.id))
    await releaseBranch(
      context,
      child,
      { ...ending, status: child.status === "expired" ? "expired" : "discarded" },
      signal,
    );
  const owner = {};
  try {
    const locked = await lockLogged(context, branch.id, owner, signal);
    await context.locks.acquire(schemaLock(branch.id), owner, signal);
    return await context.registry.database.onSpare(
      async (connection) => await releaseLocked(context, connection, branch, { ...ending, locked }, signal),
    );
  } finally {
    context.locks.releaseAll(owner);
  }
}

interface Release extends Ending {
  /** Locks of what the branch is read through, whose logs nobody else adds to meanwhile. */
  readonly locked: ReadonlySet<string>;
}

async function releaseLocked(
  context: BranchContext,
  connection: Connection,
  before: Branch,
  { status, actor, locked }: Release,
  signal: AbortSignal,
): Promise<Branch> {
  const { registry } = context;
  const transaction = await Transaction.begin(context, connection, MAIN, signal, "goes ahead");
  try {
    const branch = transaction.state.branches.get(before.id) ?? before;
    if (branch.released) throw endedBranch(branch);
    // It was brought back or deleted since somebody decided this; who goes by its time may find another one.
    if (before.held !== branch.held || status === "expired") refuseChanged(transaction.state, before);
    refuseProtected(branch);
    refuseParent(transaction.state, branch);
    const ended: Branch = { ...branch, status, held: null, released: true };
    transaction.putBranch({ change: "putBranch", branch: ended });
    await removeVersions(transaction, branch.id, () => true);
    await connection.run(
      `DROP SCHEMA IF EXISTS ${DATA_CATALOG}.${quoteIdentifier(branch.schemaName)} CASCADE`,
    );
    await abandonOpenMerges(connection, branch.id);
    const without = transaction.state;
    const isUnread = (version: Version): boolean =>
      version.to !== null &&
      !without.isPinned(version) &&
      (!isLogged(version) || locked.has(keepingLock(version.head, version)));
    for (const head of without.seenThrough(branch.id)) await removeVersions(transaction, head, isUnread);
    await removeObjects(transaction, branch);
    const action = branch.held === null ? (status === "expired" ? "expire" : "discard") : "release";
    if (branch.held?.undoes === undefined)
      await recordHistory(connection, { action, branch: ended, actor, detail: null });
    await transaction.commit((state) => {
      refuseParent(state, branch);
      refuseChanged(state, branch);
    });
    registry.forget(branch.id);
    context.schemas.forget(branch.id);
    context.activity.forget(branch.id, heirOf(registry.state, branch.parent));
    context.budgets.forget(branch.id);
    return ended;
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
}

/**
 * Removes versions of a head and drops their tables, but for those that others of its versions read.
 *
 * Atomic  the caller's transaction
 */
export async function removeVersions(
  transaction: Transaction,
  head: HeadId,
  isGone: (version: Version) => boolean,
): Promise<void> {
  const versions = transaction.state.versionsOf(head);
  const gone = versions.filter(isGone);
  const read = new Set(
    versions
      .filter((version) => !isGone(version))
      .flatMap(tablesOf)
      .map(physicalName),
  );
  const unread = new Set(gone.flatMap(tablesOf).map(physicalName));
  await dropTables(
    transaction.connection,
    [...unread].filter((name) => !read.has(name)),
  );
  for (const version of gone) transaction.removeVersion(version);
}

/** Removes a branch's own objects, and those of its parent that nobody reads any more. Atomic: the caller's transaction. */
async function removeObjects(transaction: Transaction, branch: Branch): Promise<void> {
  const { state } = transaction;
  for (const object of state.objectsOf(branch.id)) transaction.objects.remove(object);
  for (const object of state.objectsOf(branch.parent)) {
    if (object.to === null || state.isPinned(object)) continue;
    transaction.objects.remove(object);
    if (object.physical !== null && isInternalSchema(object.physical.schema))
      await transaction.connection.run(`DROP SEQUENCE ${physicalName(object.physical)}`);
  }
}

/** Whoever logs rows that the branch reads may do so until they are locked. Returns the locks that are held now. */
async function lockLogged(
  { registry, locks }: BranchContext,
  branch: HeadId,
  owner: object,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const { state } = registry;
  const logged = state.seenThrough(branch).flatMap((head) => state.versionsOf(head).filter(isLogged));
  const held = new Set(logged.map((version) => keepingLock(version.head, version)));
  for (const lock of [...held].toSorted()) await locks.acquire(lock, owner, signal);
  return held;
}
