/** Which branches somebody may go to and read by name. */
import type { Principal } from "../core/scopes.js";
import { requireBranch, requireReadable } from "../branch/branch-rules.js";
import { maySee, requireSeen } from "../branch/grants.js";
import type { Branch, HeadId } from "../branch/model.js";
import type { RegistryState } from "../branch/registry-state.js";

/** Errors: 3D000, 55000 it cannot be read any more, 42501 */
export function branchToUse(state: RegistryState, principal: Principal, name: string): Branch {
  const branch = requireBranch(state, name);
  requireSeen(principal, branch, state);
  requireReadable(state, branch, Date.now());
  return branch;
}

/** How names of other branches are judged, and which branches the system's own tables say nothing of. */
export interface BranchSight {
  /** Errors: 42501 */
  readonly requireSeen: (branch: Branch) => void;
  readonly hidden: () => readonly HeadId[];
}

export function branchSight(state: RegistryState, principal: Principal): BranchSight {
  return {
    requireSeen: (branch) => requireSeen(principal, branch, state),
    hidden: () =>
      [...state.branches.values()].filter((branch) => !maySee(principal, branch, state)).map(({ id }) => id),
  };
}
