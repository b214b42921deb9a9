/**
 * The registry as one immutable value, and every question asked of it: what a name means on a head, who pins whom.
 * Pure: no I/O, so the rules can be tested without a database.
 */
import { asBrand } from "../core/brand.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import { LayeredMap } from "../core/layered-map.js";
import { BranchMap } from "./branch-map.js";
import {
  coversPoint,
  HeadObjects,
  objectKey,
  type HeadObject,
  type HeadObjectKind,
  type ObjectChange,
  type ObjectName,
} from "./head-objects.js";
import {
  MAIN,
  relationKey,
  type Branch,
  type HeadId,
  type Layer,
  type RelationKey,
  type RelationName,
  type Sequence,
  type Version,
} from "./model.js";

type VersionsByName = ReadonlyMap<RelationKey, readonly Version[]>;

/** A change to the registry; versions and branches are replaced as a whole, by id. */
export type RegistryChange =
  | { readonly change: "putVersion"; readonly version: Version }
  | { readonly change: "removeVersion"; readonly version: Version }
  | { readonly change: "putBranch"; readonly branch: Branch }
  | ObjectChange;

export type LoggedVersion = Version & {
  readonly layer: Extract<Layer, { readonly kind: "logged" }>;
};

export function isLogged(version: Version): version is LoggedVersion {
  return version.layer?.kind === "logged";
}

export class RegistryState {
  readonly branches: BranchMap;
  readonly #versions: LayeredMap<HeadId, VersionsByName>;
  readonly #objects: HeadObjects;

  private constructor(
    branches: BranchMap,
    versions: LayeredMap<HeadId, VersionsByName>,
    objects: HeadObjects,
  ) {
    this.branches = branches;
    this.#versions = versions;
    this.#objects = objects;
  }

  static empty(): RegistryState {
    return new RegistryState(BranchMap.empty(), LayeredMap.empty(), new HeadObjects());
  }

  /** A new state with the changes made; shares what does not change. */
  with(changes: readonly RegistryChange[]): RegistryState {
    if (changes.length === 0) return this;
    const branches = changes.flatMap((change) => (change.change === "putBranch" ? [change.branch] : []));
    const objects = changes.filter(
      (change) => change.change === "putObject" || change.change === "removeObject",
    );
    return new RegistryState(
      this.branches.with(branches),
      this.#versionsWith(changes),
      this.#objects.with(objects),
    );
  }

  #versionsWith(changes: readonly RegistryChange[]): LayeredMap<HeadId, VersionsByName> {
    const changed = new Map<HeadId, Map<RelationKey, readonly Version[]>>();
    for (const change of changes) {
      if (change.change !== "putVersion" && change.change !== "removeVersion") continue;
      const { version } = change;
      const names = changed.get(version.head) ?? new Map(this.#versions.get(version.head));
      changed.set(version.head, names);
      const key = relationKey(version);
      const list = (names.get(key) ?? []).filter(({ id }) => id !== version.id);
      if (change.change === "putVersion") list.push(version);
      if (list.length === 0) names.delete(key);
      else names.set(key, list);
    }
    if (changed.size === 0) return this.#versions;
    return this.#versions.with(
      [...changed].map(([head, names]) => [head, names.size === 0 ? undefined : names]),
    );
  }

  /** A branch by name among those in use, or by id, or the newest that has ended and had the name. */
  findBranch(nameOrId: string): Branch | undefined {
    const found =
      this.branches.named(nameOrId) ??
      this.branches.get(asBrand(nameOrId)) ??
      this.branches.ofSchema(nameOrId);
    if (found !== undefined) return found;
    const ended = [...this.branches.ended(), ...this.branches.deleted()];
    return ended
      .filter(({ name }) => name === nameOrId)
      .toSorted((a, b) => a.createdAtMs - b.createdAtMs)
      .at(-1);
  }

  /** What `name` means on `head` now, following the ancestry at each pin; undefined if there is no such relation. */
  find(head: HeadId, relation: RelationName): Version | undefined {
    return this.#findFrom(head, relation, null);
  }

  /** What `name` means in the state that `branch` was forked from: the base of a merge. */
  findBase(branch: Branch, relation: RelationName): Version | undefined {
    return this.#findFrom(branch.parent, relation, pinOf(branch, relationKey(relation), null));
  }

  /** The heads whose present state, or whose state at a pin, is seen through `head` alone: its parent, and on while that is live. */
  seenThrough(head: HeadId): HeadId[] {
    const heads: HeadId[] = [];
    for (
      let branch = this.branches.get(head);
      branch !== undefined;
      branch = this.branches.get(branch.parent)
    ) {
      if (heads.length > 0 && branch.isolation !== "live") break;
      heads.push(branch.parent);
    }
    return heads;
  }

  /** The table beneath an overlay: never an overlay itself. */
  baseOf(overlay: Version): Version | undefined {
    if (overlay.layer?.kind !== "overlay") return undefined;
    const { baseOf, base = overlay } = overlay.layer;
    const key = relationKey(base);
    // A version that has ended stands for what it was when it began.
    let at = overlay.to === null ? null : overlay.from;
    for (let branch = this.branches.get(overlay.head); ; branch = this.branches.get(branch.parent)) {
      if (branch === undefined) return undefined;
      at = pinOf(branch, key, at);
      if (branch.id === baseOf) return this.#findFrom(branch.parent, base, at);
    }
  }

  #findFrom(start: HeadId, relation: RelationName, startAt: Sequence | null): Version | undefined {
    const key = relationKey(relation);
    let head = start;
    let at = startAt;
    for (;;) {
      const own = this.#versions
        .get(head)
        ?.get(key)
        ?.find((version) => coversPoint(version, at));
      if (own !== undefined) return own.kind === "dropped" ? undefined : own;
      const branch = this.branches.get(head);
      if (branch === undefined) return undefined;
      head = branch.parent;
      at = pinOf(branch, key, at);
    }
  }

  /** The head's own live version of a name (not inherited), tombstones included. */
  own(head: HeadId, relation: RelationName): Version | undefined {
    return this.#versions
      .get(head)
      ?.get(relationKey(relation))
      ?.find((version) => version.to === null);
  }

  /** All versions recorded on one head, live and closed. */
  versionsOf(head: HeadId): Version[] {
    return [...(this.#versions.get(head)?.values() ?? [])].flat();
  }

  /** The head's own live versions: for a branch, what it changed. */
  liveVersionsOf(head: HeadId): Version[] {
    return this.versionsOf(head).filter((version) => version.to === null);
  }

  /** Closed versions that read their rows from the table of this one and from a log, oldest first. */
  loggedOver(version: Version): LoggedVersion[] {
    const all = this.#versions.get(version.head)?.get(relationKey(version)) ?? [];
    return all.filter(isLogged).filter(({ layer }) => layer.over === "table");
  }

  /** Some pin reads rows from the table of this version. */
  isRead(version: Version): boolean {
    return this.isPinned(version) || this.loggedOver(version).length > 0;
  }

  /** Every relation visible on a head, by key. */
  visible(head: HeadId): Version[] {
    const seen = new Map<RelationKey, Version>();
    let current: HeadId | undefined = head;
    let at = ofNow;
    while (current !== undefined) {
      for (const [key, list] of this.#versions.get(current) ?? []) {
        const version = list.find((candidate) => coversPoint(candidate, at(key)));
        if (version !== undefined && !seen.has(key)) seen.set(key, version);
      }
      const branch: Branch | undefined = this.branches.get(current);
      current = branch?.parent;
      if (branch !== undefined) at = pinsOf(branch, at);
    }
    return [...seen.values()].filter((version) => version.kind !== "dropped");
  }

  /** What an object's name means on a head now, following the ancestry at each pin. */
  findObject(head: HeadId, name: ObjectName): HeadObject | undefined {
    for (const { of, at } of this.#lineage(head)) {
      const own = this.#objects.at(of, name, at);
      if (own !== undefined) return own.dropped ? undefined : own;
    }
    return undefined;
  }

  /** What an object's name means in what the branch was made from. */
  findBaseObject(branch: HeadId, name: ObjectName): HeadObject | undefined {
    for (const { of, at } of this.#lineage(branch)) {
      const found = of === branch ? undefined : this.#objects.at(of, name, at);
      if (found !== undefined) return found.dropped ? undefined : found;
    }
    return undefined;
  }

  /** The head's own live object of a name (not inherited), marks of dropped ones included. */
  ownObject(head: HeadId, name: ObjectName): HeadObject | undefined {
    return this.#objects.at(head, name, null);
  }

  /** Every object of a kind that is visible on a head. */
  visibleObjects(head: HeadId, kind: HeadObjectKind): HeadObject[] {
    const seen = new Map<string, HeadObject>();
    for (const { of, at } of this.#lineage(head)) {
      for (const object of this.#objects.of(of)) {
        const key = objectKey(object);
        if (object.kind === kind && coversPoint(object, at) && !seen.has(key)) seen.set(key, object);
      }
    }
    return [...seen.values()].filter(({ dropped }) => !dropped);
  }

  /** All objects recorded on one head, live and closed. */
  objectsOf(head: HeadId): readonly HeadObject[] {
    return this.#objects.of(head);
  }

  /** The head and its ancestors, each with the point up to which it is seen from here; null: now. */
  *#lineage(head: HeadId): Generator<{ readonly of: HeadId; readonly at: Sequence | null }> {
    let current: HeadId | undefined = head;
    let at: Sequence | null = null;
    while (current !== undefined) {
      yield { of: current, at };
      const branch: Branch | undefined = this.branches.get(current);
      current = branch?.parent;
      if (branch?.isolation === "snapshot") at = snapshotPin(branch, at);
    }
  }

  /** A version by its id, wherever its interval stands now. */
  current(version: Version): Version | undefined {
    return this.#versions
      .get(version.head)
      ?.get(relationKey(version))
      ?.find((candidate) => candidate.id === version.id);
  }

  /** Branches forked from `head` that still hold their pin. */
  childrenOf(head: HeadId): readonly Branch[] {
    return this.branches.childrenOf(head);
  }

  /** Those of them that were not deleted. */
  childrenInUse(head: HeadId): readonly Branch[] {
    return this.childrenOf(head).filter(({ held }) => held === null);
  }

  /** True while some live branch reads `head` at a point inside [from, to): the version must be kept for it. */
  isPinned(version: Version | HeadObject): boolean {
    const key = "objectId" in version ? relationKey(version) : undefined;
    return this.#pinsOn(version.head, key).some((pin) => coversPoint(version, pin));
  }

  /** As of which points a relation's name on `head` is read, or an object's, of which live branches have no pins. What is read of a live branch may be what is behind it. */
  #pinsOn(head: HeadId, key: RelationKey | undefined): Sequence[] {
    return this.childrenOf(head).flatMap((child) => {
      if (child.isolation === "snapshot") return [...heldPins(child), ...this.#earlierPins(child, key)];
      const own = key === undefined ? undefined : child.tablePins.get(key);
      return [...(own === undefined ? [] : [own]), ...this.#pinsOn(child.id, key)];
    });
  }

  /** Of a branch's earlier pins those that are read through it. */
  #earlierPins(branch: Branch, key: RelationKey | undefined): Sequence[] {
    const { pin, earlierPins } = branch;
    if (earlierPins.length === 0) return [];
    const seen = this.#pinsOn(branch.id, key).map((at) => snapshotPin(branch, at));
    return seen.filter((earlier) => earlier !== pin);
  }
}

/** As of which point a branch that is itself read as of `at` sees a name of its parent; null is now. */
function pinOf(branch: Branch, key: RelationKey, at: Sequence | null): Sequence | null {
  if (branch.isolation === "snapshot") return snapshotPin(branch, at);
  const pin = branch.tablePins.get(key);
  return pin !== undefined && (at === null || at >= pin) ? pin : at;
}

/** As of which point a snapshot that is itself read as of `at` sees its parent; null is now. */
function snapshotPin({ pin, earlierPins }: Branch, at: Sequence | null): Sequence {
  return (at === null ? undefined : earlierPins.find(({ until }) => at < until)?.pin) ?? pin;
}

function heldPins({ pin, comingPin }: Branch): readonly Sequence[] {
  return comingPin === null ? [pin] : [pin, comingPin];
}

/** As of which point each name is seen. */
type PointOf = (key: RelationKey) => Sequence | null;

const ofNow: PointOf = () => null;

function pinsOf(branch: Branch, at: PointOf): PointOf {
  const { isolation, pin, earlierPins } = branch;
  if (isolation === "snapshot" && earlierPins.length === 0) return () => pin;
  return (key) => pinOf(branch, key, at(key));
}

/**
 * For a commit of a transaction that began `before`.
 *
 * Errors  55000 when something was written on a branch that takes no writes any more, other than those that end by this
 *         commit; 40001 when it was written on a branch that sees another state of its parent by now
 */
export function refuseChangedHeads(
  before: RegistryState,
  state: RegistryState,
  written: readonly { readonly head: HeadId }[],
  ending: readonly { readonly branch: Branch }[],
): void {
  const excepted = new Set<HeadId>([MAIN, ...ending.map(({ branch }) => branch.id)]);
  for (const { head } of written) {
    const branch = state.branches.get(head);
    // What a live branch writes for the first time is based on what it sees through others.
    const moved = [head, ...state.seenThrough(head)].find(
      (seen) => state.branches.get(seen)?.pin !== before.branches.get(seen)?.pin,
    );
    if (moved !== undefined)
      throw new SqlError(
        SQLSTATE.serializationFailure,
        `could not serialize access due to branch "${state.branches.get(moved)?.name ?? moved}" being brought up to date`,
      );
    if (excepted.has(head) || branch?.status === "active" || branch?.status === "conflicted") continue;
    throw new SqlError(
      SQLSTATE.objectNotInPrerequisiteState,
      `branch "${branch?.name ?? head}" has ended (${branch?.status ?? "gone"}): nothing was written`,
    );
  }
}
