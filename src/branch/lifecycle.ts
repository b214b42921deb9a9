/**
 * The life of a branch: made, altered, ended, swept. Each step is one transaction on a connection of its own, so none of
 * it mixes with a client's transaction.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { DATA_CATALOG } from "../engine/database.js";
import { quoteIdentifier } from "../sql/names.js";
import { OBJECT_KINDS } from "./head-objects.js";
import { recordHistory } from "./history.js";
import { abandonOpenMerges } from "./merge-ledger.js";
import {
  MAIN,
  relationKey,
  tablesOf,
  type Branch,
  type HeadId,
  type RelationKey,
  type Version,
} from "./model.js";
import { keepingLock } from "./preserve.js";
import { isLogged, type RegistryState } from "./registry-state.js";
import { isInternalSchema, physicalName } from "./system-schema.js";
import { Transaction } from "./transaction.js";
import type { BranchContext } from "./branch-context.js";

export interface NewBranch {
  readonly name: string;
  /** Name of the parent; main when undefined. */
  readonly parent: string | undefined;
  readonly owner: string;
  readonly agent: string | null;
  readonly description: string | null;
  readonly ttlMs: number | null;
}

export interface BranchChange {
  readonly name?: string;
  readonly description?: string | null;
  readonly agent?: string | null;
  readonly ttlMs?: number | null;
  readonly protected?: boolean;
}

/** Names that mean something else where a branch name stands. */
const RESERVED_NAMES = new Set([
  "main",
  "public",
  "new",
  "auto",
  "information_schema",
  "pg_catalog",
  "duckbranch",
  "temp",
  "system",
]);
const MAX_NAME_LENGTH = 255;

/**
 * Makes a branch: registry rows and an empty schema, whatever the size of the data.
 *
 * Atomic  one transaction; the pin is the commit order's newest point at its commit
 * Errors  42710 the name is taken, 42602 no valid name, 3D000 unknown parent, 55000 the parent has ended
 */
export async function createBranch(
  context: BranchContext,
  request: NewBranch,
  signal: AbortSignal,
): Promise<Branch> {
  checkName(request.name);
  const { registry } = context;
  const id = registry.newBranchId();
  using connection = await registry.database.connect("data");
  const transaction = await Transaction.begin(context, connection, MAIN, signal);
  try {
    const nowMs = Date.now();
    const branch: Branch = {
      id,
      name: request.name,
      schemaName: `branch_${id}`,
      parent: parentId(transaction.state, request.parent),
      pin: Number.NaN, // known at the commit, under the latch
      owner: request.owner,
      agent: request.agent,
      description: request.description,
      createdAtMs: nowMs,
      expiresAtMs: request.ttlMs === null ? null : nowMs + request.ttlMs,
      status: "active",
      protected: false,
      released: false,
    };
    await connection.run(`CREATE SCHEMA ${DATA_CATALOG}.${quoteIdentifier(branch.schemaName)}`);
    await recordHistory(connection, { action: "create", branch, actor: request.owner, detail: null });
    const pinned = await registry.commit(connection, (state, sequence) => {
      refuseTakenName(state, request.name);
      const parent = parentId(state, request.parent);
      return {
        changes: [{ change: "putBranch", branch: { ...branch, parent, pin: sequence - 1 } }],
        written: [],
      };
    });
    return { ...branch, pin: (pinned ?? 0) - 1 };
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
}

function parentId(state: RegistryState, name: string | undefined): HeadId {
  if (name === undefined || name === MAIN) return MAIN;
  const parent = requireBranch(state, name);
  if (parent.status !== "active" && parent.status !== "conflicted" && parent.status !== "merged")
    throw endedBranch(parent);
  return parent.id;
}

function checkName(name: string): void {
  if (name === "" || name.length > MAX_NAME_LENGTH || name.includes("\0") || name.trim() !== name) {
    throw new SqlError(SQLSTATE.invalidName, `invalid branch name "${name}"`);
  }
  if (
    RESERVED_NAMES.has(name.toLowerCase()) ||
    /^branch_[0-9a-f]{12}$/.test(name) ||
    /^[0-9a-f]{12}$/.test(name)
  ) {
    throw new SqlError(SQLSTATE.invalidName, `branch name "${name}" is reserved`);
  }
}

function refuseTakenName(state: RegistryState, name: string): void {
  for (const branch of state.branches.values()) {
    if (branch.name === name && !branch.released)
      throw new SqlError(SQLSTATE.duplicateObject, `branch "${name}" already exists`);
  }
}

/** A branch by name or id, ended ones included. 3D000 when there is none. */
export function requireBranch(state: RegistryState, nameOrId: string): Branch {
  const branch = state.findBranch(nameOrId);
  if (branch === undefined || branch.status === "discarded") {
    throw new SqlError(SQLSTATE.invalidCatalogName, `branch "${nameOrId}" does not exist`);
  }
  return branch;
}

/** 55000 unless the branch takes writes now. */
export function requireWritable(branch: Branch, nowMs: number): void {
  if (isExpired(branch, nowMs) || (branch.status !== "active" && branch.status !== "conflicted"))
    throw endedBranch(branch, nowMs);
}

/** 55000 unless the branch can be read now: its data go with its time to live. */
export function requireReadable(branch: Branch, nowMs: number): void {
  if (branch.released || isExpired(branch, nowMs)) throw endedBranch(branch, nowMs);
}

export function isExpired(branch: Branch, nowMs: number): boolean {
  return (
    branch.status === "expired" ||
    (branch.expiresAtMs !== null && branch.expiresAtMs <= nowMs && !branch.protected)
  );
}

function endedBranch(branch: Branch, nowMs = Date.now()): SqlError {
  const how = branch.status !== "merged" && isExpired(branch, nowMs) ? "expired" : branch.status;
  return new SqlError(SQLSTATE.objectNotInPrerequisiteState, `branch "${branch.name}" is ${how}`, {
    hint: how === "merged" ? "create a new branch to go on" : undefined,
  });
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
    const locked = await lockLogged(context, before.parent, owner, signal);
    return await endLocked(context, before, { status, actor, locked }, signal);
  } finally {
    context.locks.releaseAll(owner);
  }
}

interface Ending {
  readonly status: "discarded" | "expired" | "merged";
  readonly actor: string;
  /** Names of the parent's tables whose logs nobody else adds to meanwhile. */
  readonly locked: ReadonlySet<RelationKey>;
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
    if (branch.protected)
      throw new SqlError(SQLSTATE.objectNotInPrerequisiteState, `branch "${branch.name}" is protected`);
    refuseParent(transaction.state, branch);
    const ended: Branch = { ...branch, status, released: true };
    await connection.run(`DROP SCHEMA ${DATA_CATALOG}.${quoteIdentifier(branch.schemaName)} CASCADE`);
    transaction.putBranch({ change: "putBranch", branch: ended });
    await removeVersions(transaction, branch.id, () => true, branch.schemaName);
    await abandonOpenMerges(connection, branch.id);
    const without = transaction.state;
    const isUnread = (version: Version): boolean =>
      version.to !== null &&
      !without.isPinned(version) &&
      (!isLogged(version) || locked.has(relationKey(version)));
    await removeVersions(transaction, branch.parent, isUnread);
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
    return ended;
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
}

function refuseParent(state: RegistryState, branch: Branch): void {
  const children = state.childrenOf(branch.id);
  if (children.length === 0) return;
  throw new SqlError(
    SQLSTATE.dependentObjectsStillExist,
    `cannot discard branch "${branch.name}" because other branches were made from it`,
    {
      detail: children.map((child) => `branch "${child.name}"`).join(", "),
      hint: "discard or merge them first",
    },
  );
}

/**
 * Removes versions of a head and drops their tables, but for those that others of its versions read and those of a schema
 * that goes as a whole.
 *
 * Atomic  the caller's transaction
 */
async function removeVersions(
  transaction: Transaction,
  head: HeadId,
  isGone: (version: Version) => boolean,
  droppedSchema?: string,
): Promise<void> {
  const versions = transaction.state.versionsOf(head);
  const gone = versions.filter(isGone);
  const read = new Set(
    versions
      .filter((version) => !isGone(version))
      .flatMap(tablesOf)
      .map(physicalName),
  );
  const unread = new Map(gone.flatMap(tablesOf).map((table) => [physicalName(table), table]));
  for (const [name, { schema }] of unread) {
    if (schema !== droppedSchema && !read.has(name)) await transaction.connection.run(`DROP TABLE ${name}`);
  }
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

/** Whoever logs rows for a version may do so until it is locked. Returns the names that are locked now. */
async function lockLogged(
  { registry, locks }: BranchContext,
  head: HeadId,
  owner: object,
  signal: AbortSignal,
): Promise<ReadonlySet<RelationKey>> {
  const logged = registry.state.versionsOf(head).filter(isLogged);
  const byName = new Map(logged.map((version) => [relationKey(version), version]));
  for (const key of [...byName.keys()].toSorted()) {
    const version = byName.get(key);
    if (version !== undefined) await locks.acquire(keepingLock(head, version), owner, signal);
  }
  return new Set(byName.keys());
}

/** Ends every branch whose time is over and that no other branch reads. Returns their names. */
export async function sweepExpired(
  context: BranchContext,
  nowMs: number,
  signal: AbortSignal,
): Promise<string[]> {
  const due = [...context.registry.state.branches.values()].filter(
    (branch) =>
      !branch.released &&
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
