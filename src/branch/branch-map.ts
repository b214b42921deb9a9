/** The branches of a registry state: those that hold data, deleted ones among them, and those that are released, which cost nothing any more. */
import { LayeredMap } from "../core/layered-map.js";
import { headId, isEnded, type Branch, type HeadId } from "./model.js";

export class BranchMap {
  /** Not released; also those that were deleted, as long as they can be brought back. */
  readonly #live: LayeredMap<HeadId, Branch>;
  readonly #ended: LayeredMap<HeadId, Branch>;
  /** Names of branches in use are one each. */
  readonly #named: LayeredMap<string, HeadId>;
  /** Live ones, in the order in which they were made. */
  readonly #children: LayeredMap<HeadId, readonly Branch[]>;

  private constructor(
    live: LayeredMap<HeadId, Branch>,
    ended: LayeredMap<HeadId, Branch>,
    named: LayeredMap<string, HeadId>,
    children: LayeredMap<HeadId, readonly Branch[]>,
  ) {
    this.#live = live;
    this.#ended = ended;
    this.#named = named;
    this.#children = children;
  }

  static empty(): BranchMap {
    return new BranchMap(LayeredMap.empty(), LayeredMap.empty(), LayeredMap.empty(), LayeredMap.empty());
  }

  get(id: HeadId): Branch | undefined {
    return this.#live.get(id) ?? this.#ended.get(id);
  }

  has(id: HeadId): boolean {
    return this.get(id) !== undefined;
  }

  /** The branch in use of a name. */
  named(name: string): Branch | undefined {
    const id = this.#named.get(name);
    return id === undefined ? undefined : this.#live.get(id);
  }

  /** The branch, live or ended, whose tables are in a schema. */
  ofSchema(schemaName: string): Branch | undefined {
    const id = /^branch_([0-9a-f]{12})$/.exec(schemaName)?.[1];
    return id === undefined ? undefined : this.get(headId(id));
  }

  /** Branches that hold their pins and data, in the order in which they were made. */
  live(): Iterable<Branch> {
    return this.#live.values();
  }

  /** Those of them that can be used, in that order. */
  *inUse(): Generator<Branch> {
    for (const branch of this.#live.values()) if (branch.held === null) yield branch;
  }

  /** Deleted ones that can be brought back, in that order. */
  *deleted(): Generator<Branch> {
    for (const branch of this.#live.values())
      if (branch.held !== null && branch.held.undoes === undefined) yield branch;
  }

  /** Those by which merges are undone. */
  *undoing(): Generator<Branch> {
    for (const branch of this.#live.values()) if (branch.held?.undoes !== undefined) yield branch;
  }

  /** Released ones. */
  ended(): Iterable<Branch> {
    return this.#ended.values();
  }

  /** All there ever were. */
  *values(): Generator<Branch> {
    yield* this.#live.values();
    yield* this.#ended.values();
  }

  *keys(): Generator<HeadId> {
    for (const { id } of this.values()) yield id;
  }

  /** Live branches made from `head`. */
  childrenOf(head: HeadId): readonly Branch[] {
    return this.#children.get(head) ?? [];
  }

  /** A new map with these branches as they are now. */
  with(branches: readonly Branch[]): BranchMap {
    if (branches.length === 0) return this;
    const names: (readonly [string, HeadId | undefined])[] = [];
    const children = new Map<HeadId, Branch[]>();
    for (const branch of branches) {
      const before = this.#live.get(branch.id);
      if (before?.held === null) names.push([before.name, undefined]);
      const siblings = children.get(branch.parent) ?? [...this.childrenOf(branch.parent)];
      children.set(branch.parent, siblings);
      replace(siblings, branch);
    }
    for (const branch of branches) if (!isEnded(branch)) names.push([branch.name, branch.id]);
    return new BranchMap(
      this.#live.with(branches.map((branch) => [branch.id, branch.released ? undefined : branch])),
      this.#ended.with(branches.map((branch) => [branch.id, branch.released ? branch : undefined])),
      this.#named.with(names),
      this.#children.with([...children].map(([head, list]) => [head, list.length === 0 ? undefined : list])),
    );
  }
}

/** Puts a branch where it was, at the end if it was not, and takes it away if it has ended. */
function replace(siblings: Branch[], branch: Branch): void {
  const at = siblings.findIndex(({ id }) => id === branch.id);
  if (branch.released) {
    if (at !== -1) siblings.splice(at, 1);
  } else if (at === -1) siblings.push(branch);
  else siblings[at] = branch;
}
