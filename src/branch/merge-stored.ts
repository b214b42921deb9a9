/**
 * What came of a merge, read from the ledger: whoever gave it an id and lost the answer asks again and is told, instead of merging
 * twice.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Connection } from "../engine/connection.js";
import { readMerge, storedConflicts, type MergeRecord } from "./merge-ledger.js";
import { MAX_REPORTED_ROWS } from "./merge-publish.js";
import type { MergeOutcome, MergeRequest } from "./merge-types.js";
import { isEnded } from "./model.js";
import type { RegistryState } from "./registry-state.js";
import { NO_CHANGES } from "./merge-totals.js";

const MERGE_ID = /^[\w-]{1,64}$/;

/** Errors: 22023 */
export function readMergeId(text: string | undefined): string | undefined {
  if (text === undefined || MERGE_ID.test(text)) return text;
  throw new SqlError(SQLSTATE.invalidParameterValue, `invalid merge_id "${text}"`, {
    hint: "use up to 64 letters, digits, _ and -",
  });
}

/**
 * Undefined where nothing was merged under this id yet, or none was given.
 *
 * Errors  22023 the id is that of another merge, 55000 it was given up
 */
export async function storedOutcome(
  connection: Connection,
  state: RegistryState,
  request: MergeRequest,
): Promise<MergeOutcome | undefined> {
  if (request.mergeId === undefined) return undefined;
  const merge = await readMerge(connection, request.mergeId);
  if (merge === undefined) return undefined;
  refuseOther(state, merge, request);
  return await outcomeOf(connection, merge);
}

/** What a merge came to that has ended, or waits. Errors: 55000 it was given up */
export async function outcomeOf(connection: Connection, merge: MergeRecord): Promise<MergeOutcome> {
  const { mergeId, status, branchName: source, target, totals } = merge;
  if (status === "abandoned")
    throw new SqlError(SQLSTATE.objectNotInPrerequisiteState, `merge "${mergeId}" was abandoned`, {
      hint: "merge under another id",
    });
  const waits = status === "conflicted" || status === "aborted";
  return {
    status,
    mergeId,
    source,
    target,
    totals: status === "undone" ? NO_CHANGES : totals,
    conflicts: waits ? await storedConflicts(connection, mergeId, MAX_REPORTED_ROWS) : [],
  };
}

function refuseOther(state: RegistryState, merge: MergeRecord, { branch, into }: MergeRequest): void {
  const { mergeId, branchId, branchName, syncedId, target } = merge;
  const isBranch = isNamed(state, branch, { id: branchId, name: branchName });
  const isTarget =
    into === undefined ? syncedId === null : isNamed(state, into, { id: syncedId, name: target });
  if (isBranch && isTarget) return;
  throw new SqlError(
    SQLSTATE.invalidParameterValue,
    `merge "${mergeId}" is another one: of branch "${branchName}" into "${target}"`,
    { hint: "every merge needs an id of its own" },
  );
}

/** A name may be another branch's by now. */
function isNamed(
  state: RegistryState,
  asked: string,
  { id, name }: { readonly id: string | null; readonly name: string },
): boolean {
  const found = state.findBranch(asked);
  if (found === undefined || isEnded(found)) return asked === id || asked === name;
  return id === null ? found.name === name : found.id === id;
}
