/** What a transaction planned for the registry, as it is when its commit has a number. Pure. */
import type { HeadObject, ObjectChange } from "./head-objects.js";
import { lostRace } from "./overlay.js";
import type { RegistryChange, RegistryState } from "./registry-state.js";
import type { Branch, Sequence } from "./model.js";
import { isInternalSchema } from "./system-names.js";
import { withTouchedMeanwhile } from "./touched-rows.js";

/** `from` and `to` of what a transaction made or ended, until its commit gives them a number. */
export const PENDING = Number.POSITIVE_INFINITY;

/**
 * Puts the commit's number into planned changes; intervals may have moved since they were planned.
 *
 * Errors  40001 for a version that has ended meanwhile
 */
export function finalChanges(
  planned: readonly RegistryChange[],
  state: RegistryState,
  sequence: Sequence,
): RegistryChange[] {
  return planned.map((change): RegistryChange => {
    if (change.change === "putBranch")
      return { change: "putBranch", branch: finalBranch(change.branch, sequence) };
    if (change.change === "putObject") return finalObject(change.object, planned, state, sequence);
    if (change.change !== "putVersion") return change;
    const { version } = change;
    if (version.from === PENDING) return { change: "putVersion", version: { ...version, from: sequence } };
    const current = state.current(version);
    if (current === undefined || current.to !== null) throw lostRace(version.name);
    // A version that goes on, put together in another way; its interval may have been split meanwhile.
    if (version.to === null) {
      // Another session has made one table of it meanwhile.
      if (version.layer?.kind === "overlay" && current.layer?.kind !== "overlay")
        throw lostRace(version.name);
      const layer = withTouchedMeanwhile(version.layer, current.layer);
      return { change: "putVersion", version: { ...current, layer, lineage: version.lineage } };
    }
    const ended = { ...current, to: sequence };
    // Nothing reads a version that ended without a pin inside its interval.
    return state.isPinned(ended)
      ? { change: "putVersion", version: ended }
      : { change: "removeVersion", version: ended };
  });
}

/** A pin that ends does so with the commit, and one that begins shows what it commits. */
function finalBranch(branch: Branch, sequence: Sequence): Branch {
  const final = (point: Sequence): Sequence => (point === PENDING ? sequence : point);
  const { pin, earlierPins, tablePins } = branch;
  if (pin === PENDING)
    return {
      ...branch,
      pin: sequence,
      tablePins: new Map([...tablePins].map(([key, at]) => [key, final(at)])),
    };
  if (earlierPins.at(-1)?.until !== PENDING) return branch;
  const ended = earlierPins.map((earlier) => ({ pin: earlier.pin, until: final(earlier.until) }));
  return { ...branch, earlierPins: ended };
}

/** As above. Errors: 40001 also where another session has given the name to an object of its own meanwhile */
function finalObject(
  object: HeadObject,
  planned: readonly RegistryChange[],
  state: RegistryState,
  sequence: Sequence,
): ObjectChange {
  const current = state.ownObject(object.head, object);
  if (object.from === PENDING) {
    const isEnded = planned.some((other) => "object" in other && other.object.id === current?.id);
    if (current !== undefined && !isEnded) throw lostRace(object.name);
    return { change: "putObject", object: { ...object, from: sequence } };
  }
  if (current?.id !== object.id) throw lostRace(object.name);
  const ended = { ...object, to: sequence };
  if (!state.isPinned(ended)) return { change: "removeObject", object: ended };
  // A branch made since the sequence was dropped, when nobody was there to keep it for.
  const isKept = ended.physical !== null && isInternalSchema(ended.physical.schema);
  if (object.kind === "sequence" && !object.dropped && !isKept) throw lostRace(object.name);
  return { change: "putObject", object: ended };
}
