/**
 * Whose budgets a branch takes of: its own, and those of the branches that it was made from. What is taken of a budget is taken by
 * the branch and all that were made from it, so that a child is no way around it. Decision 0046.
 */
import type { BranchActivity } from "./activity.js";
import { MAIN, type Branch, type HeadId } from "./model.js";
import type { RegistryState } from "./registry-state.js";

/** The branch and those behind it, the nearest first. */
export function* lineOf(state: RegistryState, branch: Branch): Generator<Branch> {
  for (let one: Branch | undefined = branch; one !== undefined; one = state.branches.get(one.parent))
    yield one;
}

/** The branch and all made from it that still hold something, deleted ones among them. */
function* familyOf(state: RegistryState, branch: Branch): Generator<Branch> {
  const found = [branch];
  for (let one = found.pop(); one !== undefined; one = found.pop()) {
    yield one;
    found.push(...state.childrenOf(one.id));
  }
}

/** Those whose rows count, as `as` has them: not what was merged, for it counts where it went, nor what was deleted. */
export function* holdersOf(
  state: RegistryState,
  branch: Branch,
  as: (branch: Branch) => Branch = (same) => same,
): Generator<HeadId> {
  for (const one of familyOf(state, branch)) {
    const { id, held, status } = as(one);
    if (held === null && (status === "active" || status === "conflicted")) yield id;
  }
}

/** What statements took on the branch, and on those made from it. */
export function spentMsOf(state: RegistryState, activity: BranchActivity, branch: Branch): number {
  let spent = 0;
  for (const { id } of familyOf(state, branch)) spent += activity.spentMs(id);
  return spent;
}

/** Who has what was spent on a branch when it is gone; undefined: nobody. */
export function heirOf(state: RegistryState, id: HeadId): HeadId | undefined {
  const branch = state.branches.get(id);
  if (branch === undefined) return undefined;
  for (const one of lineOf(state, branch)) if (!one.released && one.id !== MAIN) return one.id;
  return undefined;
}
