/**
 * Brings a branch up to date: MERGE of its parent into it. Nothing of the parent is written: the branch's pin moves to the
 * parent's present state, and the tables that both changed are merged anew, as if the branch had been made now and what it
 * was before were merged into it. So base, conflicts and strategies are those of any merge, and the cost is what the branch
 * changed, whatever its parent did. Branches made from it go on reading it as it was (decision 0038).
 */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { BranchContext } from "./branch-context.js";
import { commitBranch } from "./commit-branch.js";
import { dropTables } from "./dropped-tables.js";
import { PENDING } from "./final-changes.js";
import { OBJECT_KINDS, type HeadObject } from "./head-objects.js";
import { labelsOf, objectText } from "./merge-head-objects.js";
import type { CreatedTable, MergeObjects } from "./merge-objects.js";
import { isEnded, MAIN, tablesOf, type Branch, type HeadId, type Sequence, type Version } from "./model.js";
import { rowsOf } from "./rows.js";
import type { Registry } from "./registry.js";
import type { RegistryChange, RegistryState } from "./registry-state.js";
import { physicalName } from "./system-schema.js";
import type { Transaction } from "./transaction.js";

/** A branch that is being brought up to date, as a transaction imagines it. */
export interface Sync {
  /** As it will be. */
  readonly branch: Branch;
  /** The branch as it was, for as long as its tables are merged anew: what they are merged from. No registry ever has it. */
  readonly before: Branch;
  /** Its own versions that end, for the parent has changed what they stand on. */
  readonly redone: readonly Version[];
  /** Its own functions and comments that end, for the same reason. */
  readonly redoneObjects: readonly HeadObject[];
  /** What the branch sees is the same as before. */
  readonly changesNothing: boolean;
}

/** The branch to be brought up to date, if `source` is its parent. */
export function syncedBranch(
  state: RegistryState,
  source: string,
  into: string | undefined,
): Branch | undefined {
  const target = into === undefined ? undefined : state.findBranch(into);
  if (target === undefined || isEnded(target)) return undefined;
  const parent = source === MAIN ? MAIN : state.findBranch(source)?.id;
  return target.parent === parent ? target : undefined;
}

/**
 * Runs `work` while the parent's present state is kept for the branch.
 *
 * Crash   a pin that is held in memory only: what it kept goes when nobody reads it
 */
export async function holdingPin<T>(registry: Registry, branch: HeadId, work: () => Promise<T>): Promise<T> {
  const pin = await putComingPin(registry, branch, undefined);
  try {
    return await work();
  } finally {
    await putComingPin(registry, branch, pin);
  }
}

/** Sets the newest point, or takes back the one that is not in use. Returns it. */
async function putComingPin(registry: Registry, id: HeadId, held: Sequence | undefined): Promise<Sequence> {
  let pin = held ?? 0;
  await commitBranch(registry, (state, sequence) => {
    const branch = state.branches.get(id);
    if (branch === undefined || (held !== undefined && branch.comingPin !== held)) return undefined;
    if (held === undefined) pin = sequence - 1;
    return { ...branch, comingPin: held === undefined ? pin : null };
  });
  return pin;
}

/**
 * Lets the transaction see the branch as if it were made at its coming pin, or now, beside what it was before.
 *
 * Errors  0A000 a live branch, 40002 where both sides gave a name to types, sequences or schemas
 */
export function imagineSync(context: BranchContext, transaction: Transaction, branch: Branch): Sync {
  if (branch.isolation === "live")
    throw notSupported(
      `cannot bring branch "${branch.name}" up to date: it is live`,
      "what it has not written is its parent's present state; make a new branch for the rest",
    );
  const { state } = transaction;
  const { pin } = branch;
  const moved: Branch = {
    ...branch,
    // What waited for a resolution waits no longer.
    status: "active",
    pin: branch.comingPin ?? transaction.snapshot.sequence,
    comingPin: null,
    earlierPins: [...readPins(state, branch), { pin, until: PENDING }],
  };
  const after = state.with([{ change: "putBranch", branch: moved }]);
  const redone = redoneVersions(state, after, branch);
  const redoneObjects = objectsOfBoth(state, after, branch);
  const before: Branch = { ...branch, id: context.registry.newBranchId(), comingPin: null, released: true };
  transaction.imagine([
    { change: "putBranch", branch: moved },
    { change: "putBranch", branch: before },
    ...redone.flatMap((version): RegistryChange[] => [
      { change: "putVersion", version: { ...version, to: PENDING } },
      { change: "putVersion", version: asBefore(context, version, before) },
    ]),
    ...redoneObjects.flatMap((object): RegistryChange[] => [
      { change: "putObject", object: { ...object, to: PENDING } },
      { change: "putObject", object: { ...object, id: context.registry.newVersionId(), head: before.id } },
    ]),
  ]);
  return {
    branch: moved,
    before,
    redone,
    redoneObjects,
    changesNothing: redone.length + redoneObjects.length === 0 && seen(state, branch) === seen(after, branch),
  };
}

/** A version of the branch as one of what it was before; under an id of its own, for what is known of a version goes by that. */
function asBefore({ registry }: BranchContext, version: Version, before: Branch): Version {
  const { layer } = version;
  const isOwn = layer?.kind === "overlay" && layer.baseOf === version.head;
  return {
    ...version,
    id: registry.newVersionId(),
    head: before.id,
    layer: isOwn ? { ...layer, baseOf: before.id } : layer,
  };
}

/** Earlier pins by which branches made from this one may still read it. */
export function readPins(state: RegistryState, { id, earlierPins }: Branch): Branch["earlierPins"] {
  const children = state.childrenOf(id);
  if (children.some(({ isolation }) => isolation === "live")) return earlierPins;
  const points = children.flatMap((child) => [child.pin, ...child.earlierPins.map(({ pin }) => pin)]);
  return earlierPins.filter(({ until }, index) => {
    const from = earlierPins[index - 1]?.until ?? 0;
    return points.some((point) => from <= point && point < until);
  });
}

/** Versions whose base is another table by now, and those that are the same table under another name. */
function redoneVersions(before: RegistryState, after: RegistryState, branch: Branch): readonly Version[] {
  const moved = after.branches.get(branch.id) ?? branch;
  const own = before.liveVersionsOf(branch.id);
  const changed = own.filter(
    (version) =>
      before.findBase(branch, version)?.id !== after.findBase(moved, version)?.id ||
      before.baseOf(version)?.id !== after.baseOf(version)?.id,
  );
  const objects = new Set(changed.map(({ objectId }) => objectId));
  return own.filter(({ objectId }) => objects.has(objectId));
}

/** Functions and comments are texts alone; of enums the tables that have them are made anew. Rows may hang on any other. */
export function isMergedAnew(object: HeadObject): boolean {
  return object.kind === "function" || object.kind === "comment" || labelsOf(object) !== undefined;
}

/** Objects of the branch whose parent has changed what they stand for. Errors: 40002 */
function objectsOfBoth(before: RegistryState, after: RegistryState, branch: Branch): readonly HeadObject[] {
  const own = before.objectsOf(branch.id).filter(({ to }) => to === null);
  const both = own.filter(
    (object) => before.findBaseObject(branch.id, object)?.id !== after.findBaseObject(branch.id, object)?.id,
  );
  const others = both.filter((object) => !isMergedAnew(object));
  if (others.length === 0) return both;
  throw new SqlError(
    SQLSTATE.transactionIntegrityConstraintViolation,
    `cannot bring branch "${branch.name}" up to date: definitions were changed on both sides`,
    {
      detail: others.map(objectText).join("\n"),
      hint: "drop or rename those of the branch, then merge again",
    },
  );
}

/** Everything that a branch sees, as a text to compare. */
function seen(state: RegistryState, { id }: Branch): string {
  const objects = OBJECT_KINDS.flatMap((kind) => state.visibleObjects(id, kind));
  return [...state.visible(id), ...objects].map((object) => object.id).join();
}

/**
 * Moves the pin in truth: versions that are merged anew end, and their tables go. Returns what the merge makes, with the rows
 * of tables that the parent has dropped kept aside.
 *
 * Atomic  the caller's transaction. Branches that read them get copies before its commit, as of any table that is dropped
 * Errors  40001 when another session writes the branch
 */
export async function beginSync(
  transaction: Transaction,
  { branch, redone, redoneObjects }: Sync,
  objects: MergeObjects,
): Promise<MergeObjects> {
  const { connection, state } = transaction;
  for (const version of redone) await transaction.lock(version, branch.id);
  const created: CreatedTable[] = [];
  for (const [index, table] of objects.created.entries()) {
    const kept = `merge_kept_${index}`;
    await connection.run(`CREATE TEMP TABLE ${kept} AS FROM ${rowsOf(state, table.source)}`);
    created.push({ ...table, kept: `temp.main.${kept}` });
  }
  for (const version of redone) transaction.endVersion(version);
  for (const object of redoneObjects) transaction.objects.end(object);
  await dropTables(connection, redone.flatMap(tablesOf).map(physicalName));
  transaction.putBranch({ change: "putBranch", branch });
  transaction.markDefinitionsChanged();
  return { ...objects, created };
}
