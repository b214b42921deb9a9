/** Where FETCH and MOVE lead in a portal: it can only be read forward. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { CursorMotion } from "../query/types.js";

/** How far a portal was read. */
export interface PortalPosition {
  /** Rows given so far. */
  readonly position: number;
  /** More was asked for than there was. */
  readonly atEnd: boolean;
}

/** Rows to pass over, and rows to give behind them. */
export interface PortalStep {
  readonly skip: number;
  readonly take: number;
}

/** Errors: 55000 for what leads back, or to the row it stands on. */
export function forwardStep(motion: CursorMotion, at: PortalPosition): PortalStep {
  const { count } = motion;
  if (motion.kind === "absolute") return absolute(count, at);
  if (count === 0) return again(at);
  if (count < 0) throw onlyForward();
  return motion.through ? { skip: 0, take: count } : { skip: count - 1, take: 1 };
}

/** Whether it stands on a row: then MOVE 0 counts one. */
export function isOnRow({ position, atEnd }: PortalPosition): boolean {
  return position > 0 && !atEnd;
}

function again(at: PortalPosition): PortalStep {
  if (isOnRow(at)) throw onlyForward();
  return { skip: 0, take: 0 };
}

function absolute(count: number, { position, atEnd }: PortalPosition): PortalStep {
  if (count === 0 && position === 0 && !atEnd) return { skip: 0, take: 0 };
  const reached = atEnd ? position + 1 : position;
  if (count <= reached) throw onlyForward();
  return { skip: count - reached - 1, take: 1 };
}

function onlyForward(): SqlError {
  return new SqlError(SQLSTATE.objectNotInPrerequisiteState, "cursor can only scan forward", {
    hint: "Declare it with SCROLL option to enable backward scan.",
  });
}
