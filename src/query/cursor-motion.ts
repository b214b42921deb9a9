/** Where FETCH and MOVE lead: PostgreSQL's rules as arithmetic. */
import type { CursorMotion } from "../sql/analysis.js";

/** A move over the rows 1‥`rows`; 0 is before the first and `rows + 1` behind the last. */
export interface CursorStep {
  /** The rows given, in order of their numbers; none when `to` is before `from`. */
  readonly from: number;
  readonly to: number;
  /** Given from `to` to `from`. */
  readonly backward: boolean;
  readonly position: number;
  /** A cursor without SCROLL cannot do this. */
  readonly needsScroll: boolean;
}

export function stepOf(motion: CursorMotion, position: number, rows: number): CursorStep {
  if (motion.kind === "absolute") return absolute(motion.count, position, rows);
  const { count, through } = motion;
  if (count === 0) return again(position, rows);
  return through ? walk(count, position, rows) : only(position + count, position, rows);
}

/** The rows behind or before the position, `count` of them or all there are. */
function walk(count: number, position: number, rows: number): CursorStep {
  if (count > 0) {
    const end = Math.min(position + count, rows + 1);
    return {
      from: position + 1,
      to: Math.min(end, rows),
      backward: false,
      position: end,
      needsScroll: false,
    };
  }
  const end = Math.max(position + count, 0);
  return { from: Math.max(end, 1), to: position - 1, backward: true, position: end, needsScroll: true };
}

/** The row it stands on, if it stands on one. */
function again(position: number, rows: number): CursorStep {
  const isOnRow = position >= 1 && position <= rows;
  return {
    from: position,
    to: isOnRow ? position : position - 1,
    backward: false,
    position,
    needsScroll: isOnRow,
  };
}

/** One row by its number; beyond either end there is none. */
function only(target: number, position: number, rows: number): CursorStep {
  const at = Math.min(Math.max(target, 0), rows + 1);
  const isRow = at >= 1 && at <= rows;
  return { from: at, to: isRow ? at : at - 1, backward: false, position: at, needsScroll: at <= position };
}

/** ABSOLUTE counts from the first row, or with a minus from the last; 0 is before the first. */
function absolute(count: number, position: number, rows: number): CursorStep {
  if (count < 0) return { ...only(rows + 1 + count, position, rows), needsScroll: true };
  const step = only(count, position, rows);
  return count === 0 ? { ...step, needsScroll: position > 0 } : step;
}
