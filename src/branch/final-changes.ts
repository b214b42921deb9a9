/** What a transaction planned for the registry, as it is when its commit has a number. Pure. */
import { lostRace } from "./overlay.js";
import type { RegistryChange, RegistryState } from "./registry-state.js";
import type { Sequence } from "./model.js";

/** `from` and `to` of what a transaction made, until its commit gives them a number. */
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
    if (change.change !== "putVersion") return change;
    const { version } = change;
    if (version.from === PENDING) return { change: "putVersion", version: { ...version, from: sequence } };
    const current = state.current(version);
    if (current === undefined || current.to !== null) throw lostRace(version.name);
    // A version that goes on, put together in another way; its interval may have been split meanwhile.
    if (version.to === null) return { change: "putVersion", version: { ...current, layer: version.layer } };
    const ended = { ...current, to: sequence };
    // Nothing reads a version that ended without a pin inside its interval.
    return state.isPinned(ended)
      ? { change: "putVersion", version: ended }
      : { change: "removeVersion", version: ended };
  });
}
