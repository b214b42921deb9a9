/**
 * The life of a branch once it is made (creation.ts): altered, ended, swept. Each step is one transaction on a connection of its own, so none of
 * it mixes with a client's transaction.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { DATA_CATALOG } from "../engine/database.js";
import { quoteIdentifier } from "../sql/names.js";
import { checkName, endedBranch, isExpired, refuseTakenName, requireBranch } from "./branch-rules.js";
import { schemaLock } from "./branch-schemas.js";
import { OBJECT_KINDS } from "./head-objects.js";
import { recordHistory } from "./history.js";
import { abandonOpenMerges } from "./merge-ledger.js";
import { MAIN, tablesOf, type Branch, type HeadId, type Version } from "./model.js";
import { keepingLock } from "./preserve.js";
import { dropTables } from "./dropped-tables.js";
import { isLogged, type RegistryState } from "./registry-state.js";
import { isInternalSchema, physicalName } from "./system-schema.js";
import type { BranchContext } from "./branch-context.js";
import { Transaction } from "./transaction.js";

export interface BranchChange {
  readonly name?: string;
  readonly description?: string | null;
  readonly agent?: string | null;
  readonly ttlMs?: number | null;
  readonly protected?: boolean;
}

/** Changes a branch's own properties. */
export async function alterBranch(
  context: BranchContext,
  nameOrId: string,
  change: BranchChange,
  actor: string,
  signal: AbortSignal,
): Promise<Branch> {
  if (change.name !== undefined) checkName(change.name);
  using connection = await context.registry.database.connect("data");
  const transaction = await Transaction.begin(context, connection, MAIN, signal);
  try {
    const branch = requireBranch(transaction.state, nameOrId);
    if (branch.released) throw endedBranch(branch);
    if (change.name !== undefined && change.name !== branch.name)
      refuseTakenName(transaction.state, change.name);
    const { ttlMs, ...rest } = change;
    const expiry = ttlMs === undefined ? {} : { expiresAtMs: ttlMs === null ? null : Date.now() + ttlMs };
    const altered: Branch = { ...branch, ...rest, ...expiry };
    await recordHistory(connection, { action: "alter", branch: altered, actor, detail: { ...change } });
    transaction.putBranch({ change: "putBranch", branch: altered });
    await transaction.commit((state) => {
      if (change.name !== undefined && change.name !== branch.name) refuseTakenName(state, change.name);
      if (state.branches.get(branch.id) !== branch)
        throw new SqlError(SQLSTATE.serializationFailure, `branch "${branch.name}" was changed concurrently`);
    });
    return altered;
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
}

/** Ends a branch without merging: its tables, its pin and whatever only that pin needed are gone. */
export async function discardBranch(
  context: BranchContext,
  nameOrId: string,
  actor: string,
  signal: AbortSignal,
): Promise<Branch> {
  return await endBranch(
    context,
    requireBranch(context.registry.state, nameOrId),
    "discarded",
    actor,
    signal,
  );
}

/**
 * As above, with all branches that were made from it, the last ones first: none of them while one is protected.
 *
 * Atomic  each branch for itself; the one that was asked for is the last
 * Crash   those that are gone are gone whole, and the rest can be asked for again
 * Errors  55000 one is protected, 2BP01 somebody made another one meanwhile
 */
export async function discardWithChildren(
  context: BranchContext,
  nameOrId: string,
  actor: string,
  signal: AbortSignal,
): Promise<Branch> {
  const { state } = context.registry;
  const branch = requireBranch(state, nameOrId);
  const all = [branch];
  for (const each of all) all.push(...state.childrenOf(each.id));
  for (const each of all) refuseProtected(each);
  for (const each of all.slice(1).toReversed())
    await endBranch(context, each, each.status === "merged" ? "merged" : "discarded", actor, signal);
  return await endBranch(context, branch, "discarded", actor, signal);
}

/**
 * Ends a branch and releases what it held.
 *
 * Atomic  one transaction: status, its schema, and preserved tables no other pin reads
 * Errors  55000 protected, 2BP01 other branches were made from it
 */
async function endBranch(
  context: BranchContext,
  before: Branch,
  status: "discarded" | "expired" | "merged",
  actor: string,
  signal: AbortSignal,
): Promise<Branch> {
  const owner = {};
  try {
    const locked = await lockLogged(context, before.id, owner, signal);
    await context.locks.acquire(schemaLock(before.id), owner, signal);
    return await endLocked(context, before, { status, actor, locked }, signal);
  } finally {
    context.locks.releaseAll(owner);
  }
}

interface Ending {
  readonly status: "discarded" | "expired" | "merged";
  readonly actor: string;
  /** Locks of what the branch is read through, whose logs nobody else adds to meanwhile. */
  readonly locked: ReadonlySet<string>;
}

async function endLocked(
  context: BranchContext,
  before: Branch,
  { status, actor, locked }: Ending,
  signal: AbortSignal,
): Promise<Branch> {
  const { registry } = context;
  using connection = await registry.database.connect("data");
  const transaction = await Transaction.begin(context, connection, MAIN, signal);
  try {
    const branch = transaction.state.branches.get(before.id) ?? before;
    if (branch.released) throw endedBranch(branch);
    refuseProtected(branch);
    refuseParent(transaction.state, branch);
    const ended: Branch = { ...branch, status, released: true };
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
    await recordHistory(connection, {
      action: status === "expired" ? "expire" : "discard",
      branch: ended,
      actor,
      detail: null,
    });
    await transaction.commit((state) => {
      refuseParent(state, branch);
      if (state.branches.get(branch.id) !== branch)
        throw new SqlError(SQLSTATE.serializationFailure, `branch "${branch.name}" was changed concurrently`);
    });
    registry.forget(branch.id);
    context.schemas.forget(branch.id);
    return ended;
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
}

function refuseProtected(branch: Branch): void {
  if (branch.protected)
    throw new SqlError(SQLSTATE.objectNotInPrerequisiteState, `branch "${branch.name}" is protected`);
}

function refuseParent(state: RegistryState, branch: Branch): void {
  const children = state.childrenOf(branch.id);
  if (children.length === 0) return;
  throw new SqlError(
    SQLSTATE.dependentObjectsStillExist,
    `cannot discard branch "${branch.name}" because other branches were made from it`,
    {
      detail: children.map((child) => `branch "${child.name}"`).join(", "),
      hint: "discard or merge them first, or use DROP BRANCH … CASCADE",
    },
  );
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

/** Ends every branch whose time is over and that no other branch reads. Returns their names. */
export async function sweepExpired(
  context: BranchContext,
  nowMs: number,
  signal: AbortSignal,
): Promise<string[]> {
  const due = [...context.registry.state.branches.live()].filter(
    (branch) =>
      isExpired(branch, nowMs) &&
      !branch.protected &&
      context.registry.state.childrenOf(branch.id).length === 0,
  );
  const swept: string[] = [];
  for (const branch of due) {
    if (signal.aborted) break;
    await endBranch(context, branch, branch.status === "merged" ? "merged" : "expired", "sweeper", signal);
    swept.push(branch.name);
  }
  return swept;
}

/** Brings the registry in line with tables and views that another program made in the file while this one was not running. */
export async function followOfflineChanges(context: BranchContext, signal: AbortSignal): Promise<void> {
  using connection = await context.registry.database.connect("data");
  const transaction = await Transaction.begin(context, connection, MAIN, signal);
  transaction.markCatalogChanged();
  transaction.objects.markMain(...OBJECT_KINDS);
  await transaction.commit();
}
