/** How often a merge is attempted, and in which manner, before its failure is told. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { BranchContext } from "./branch-context.js";
import type { Manner } from "./merge-types.js";
import type { HeadId } from "./model.js";

/** So often a merge begins anew because a head moved, the last times with the turn of its target. */
const MAX_ATTEMPTS = 10;
const ATTEMPTS_WITHOUT_TURN = 3;
/** Nobody else begins anything on the target while the turn is taken: it is not kept for a lock that does not come. */
export const TURN_LOCK_MS = 5_000;

/**
 * Compares and publishes again when a head moved in between: the result is that of the newest state. Others may move it as often
 * as they like a few times; then they wait until this is through.
 */
export async function retryOnChange<T>(
  { turns }: BranchContext,
  target: HeadId,
  signal: AbortSignal,
  work: (manner: Manner) => Promise<T>,
): Promise<T> {
  try {
    return await upTo(ATTEMPTS_WITHOUT_TURN, async () => await withCare(false, work));
  } catch (error) {
    if (!isOvertaken(error)) throw error;
    const left = MAX_ATTEMPTS - ATTEMPTS_WITHOUT_TURN;
    return await turns.take(
      target,
      signal,
      async () => await upTo(left, async () => await withCare(true, work)),
    );
  }
}

/**
 * DuckDB tells of one row that breaks a constraint, and of some that break none: with foreign keys it takes a row that is written
 * again for deleted. Such an attempt is made once more, with all constraints looked at first.
 */
export async function withCare<T>(hasTurn: boolean, work: (manner: Manner) => Promise<T>): Promise<T> {
  try {
    return await work({ hasTurn, isCareful: false });
  } catch (error) {
    if (!isViolation(error)) throw error;
    return await work({ hasTurn, isCareful: true });
  }
}

function isViolation(error: unknown): boolean {
  if (!(error instanceof SqlError)) return false;
  return error.code.startsWith("23") || error.code === SQLSTATE.stringDataRightTruncation;
}

async function upTo<T>(attempts: number, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!isOvertaken(error) || attempt >= attempts) throw error;
    }
  }
}

function isOvertaken(error: unknown): boolean {
  return error instanceof SqlError && error.code === SQLSTATE.serializationFailure;
}
