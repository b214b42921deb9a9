/** Which relation of a branch is which one of its base, whatever it is called now. Pure. */
import type { Branch, Version } from "./model.js";
import type { RegistryState } from "./registry-state.js";

/** `base` undefined: made on the branch; `source` undefined: dropped there. */
export interface Descent {
  readonly base: Version | undefined;
  readonly source: Version | undefined;
}

/**
 * What the branch has under names of its own, and what it dropped. Tables go by their identity; a view that was replaced has a
 * new one, and goes by its name, or by the mark it left where it was renamed.
 */
export function descents(state: RegistryState, branch: Branch): readonly Descent[] {
  const own = state.liveVersionsOf(branch.id);
  const bases = new Map<number, Version>();
  const marked = new Map<number, Version>();
  for (const version of own) {
    const base = state.findBase(branch, version);
    if (base === undefined) continue;
    bases.set(base.objectId, base);
    if (version.kind === "dropped") marked.set(version.objectId, base);
  }
  const claimed = new Set<number>();
  const claim = (source: Version, base: Version | undefined): Version | undefined => {
    if (base === undefined || base.kind !== source.kind || claimed.has(base.id)) return undefined;
    claimed.add(base.id);
    return base;
  };
  const sources = own.filter(({ kind }) => kind !== "dropped");
  const found = new Map(
    sources.map((source) => [
      source,
      claim(
        source,
        bases.get(source.objectId) ?? (source.kind === "view" ? marked.get(source.objectId) : undefined),
      ),
    ]),
  );
  for (const source of sources)
    if (source.kind === "view" && found.get(source) === undefined)
      found.set(source, claim(source, state.findBase(branch, source)));
  const dropped = [...bases.values()].filter(({ id }) => !claimed.has(id));
  return [
    ...sources.map((source): Descent => ({ base: found.get(source), source })),
    ...dropped.map((base): Descent => ({ base, source: undefined })),
  ];
}
