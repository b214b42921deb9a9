/**
 * What a live branch sees of its parent: everything as it is now, but for the tables it has written. Such a table is pinned by
 * the transaction that first writes it, at its commit, on the condition that the parent's has stayed as the transaction saw it.
 */
import {
  MAIN,
  relationKey,
  type Branch,
  type HeadId,
  type RelationKey,
  type RelationName,
  type Sequence,
} from "./model.js";
import { lostRace } from "./overlay.js";
import type { Registry } from "./registry.js";
import type { RegistryChange, RegistryState } from "./registry-state.js";

type BranchPut = Extract<RegistryChange, { readonly change: "putBranch" }>;

/** The commit that pins. */
interface Commit {
  readonly registry: Registry;
  readonly state: RegistryState;
  /** The transaction's snapshot. */
  readonly since: Sequence;
  readonly sequence: Sequence;
}

/** Tables that one transaction writes on live branches for the first time. */
export class LivePins {
  readonly #pinned = new Map<HeadId, Map<RelationKey, RelationName>>();

  /** What the transaction itself sees from here on: the parent's tables as of its snapshot. */
  add(changes: readonly RegistryChange[], state: RegistryState, snapshot: Sequence): BranchPut[] {
    const puts = new Map<HeadId, Branch>();
    for (const change of changes) {
      if (change.change !== "putVersion" || change.version.head === MAIN) continue;
      const { head, schema, name } = change.version;
      const branch = puts.get(head) ?? state.branches.get(head);
      const key = relationKey(change.version);
      if (branch?.isolation !== "live" || branch.tablePins.has(key)) continue;
      const pinned = this.#pinned.get(head) ?? new Map<RelationKey, RelationName>();
      this.#pinned.set(head, pinned.set(key, { schema, name }));
      puts.set(head, withPins(branch, [key], snapshot));
    }
    return [...puts.values()].map((branch) => ({ change: "putBranch", branch }));
  }

  /**
   * The pins of those tables that are written indeed, at the newest point: the parent's rows are the same there.
   *
   * Errors  40001 when the parent's table has changed since the snapshot
   */
  final(planned: readonly RegistryChange[], commit: Commit): BranchPut[] {
    const { registry, state, since, sequence } = commit;
    const puts: BranchPut[] = [];
    for (const [head, pinned] of this.#pinned) {
      const branch = state.branches.get(head);
      if (branch === undefined) continue;
      const written = new Set(planned.flatMap((change) => writtenOn(head, change)));
      const keys = [...pinned.keys()].filter((key) => written.has(key) && !branch.tablePins.has(key));
      const seen = state.seenThrough(head);
      for (const [key, relation] of pinned) {
        const isChanged = seen.some((parent) => registry.changedAt({ head: parent, ...relation }) > since);
        if (isChanged && keys.includes(key)) throw lostRace(relation.name);
      }
      if (keys.length > 0) puts.push({ change: "putBranch", branch: withPins(branch, keys, sequence - 1) });
    }
    return puts;
  }
}

function withPins(branch: Branch, keys: readonly RelationKey[], pin: Sequence): Branch {
  return { ...branch, tablePins: new Map([...branch.tablePins, ...keys.map((key) => [key, pin] as const)]) };
}

function writtenOn(head: HeadId, change: RegistryChange): RelationKey[] {
  return change.change === "putVersion" && change.version.head === head ? [relationKey(change.version)] : [];
}
