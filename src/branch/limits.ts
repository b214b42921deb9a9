/** Who may change what a branch may take: a budget that somebody was given is not theirs to raise. Decision 0046. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Branch } from "./model.js";
import type { Terms } from "./terms.js";

export interface Asker {
  readonly name: string;
  readonly isAdministrator: boolean;
}

const LIMITS = [
  ["maxRows", "max_rows"],
  ["maxBytes", "max_bytes"],
  ["maxMs", "max_seconds"],
] as const;

/**
 * The branch's terms with the change. Limits are raised by whoever set them, the owner unless an administrator did it later, and by
 * administrators; anybody who may alter the branch lowers them.
 *
 * Errors  42501
 */
export function changedTerms(branch: Branch, change: Partial<Terms>, asker: Asker): Terms {
  const { terms: before } = branch;
  const setter = before.limitsBy ?? branch.owner;
  const raised = LIMITS.find(([limit]) => isRaised(before[limit], change[limit]));
  if (raised !== undefined && !asker.isAdministrator && asker.name !== setter)
    throw new SqlError(
      SQLSTATE.insufficientPrivilege,
      `permission denied to raise ${raised[1]} of branch "${branch.name}"`,
      { hint: `it was set by ${setter}, who can raise it, and so can administrators` },
    );
  const sets = LIMITS.some(([limit]) => change[limit] !== undefined);
  const limitsBy = sets && asker.isAdministrator ? asker.name : before.limitsBy;
  return { ...before, ...change, limitsBy };
}

/** Null is no limit. */
function isRaised(before: number | null, after: number | null | undefined): boolean {
  if (before === null || after === undefined) return false;
  return after === null || after > before;
}
