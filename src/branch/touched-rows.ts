/**
 * Where an overlay replaces rows of its base, as far as the registry knows: a range of row ids that holds all of them. A scan
 * looks for replaced rows only there. Pure.
 */
import type { Layer, TouchedRows } from "./model.js";
import { withoutOrder } from "./row-order.js";

/** Rows in one of DuckDB's row groups: filters on row ids skip whole groups, and a range in steps of them seldom grows. */
const ROW_GROUP = 122_880;
/** A scan that has to look at more of the base than this had better look at all of it in one go. */
const LARGE_PART = 0.25;

/** Of an overlay that has replaced nothing yet; `keys` are columns by which DuckDB finds rows of the base. */
export function nothingTouched(keys: readonly string[]): TouchedRows {
  return { from: 0, below: 0, keys };
}

/** True for an overlay that has replaced no row of its base, so far. */
export function isUntouched(layer: Layer | null): boolean {
  if (layer?.kind !== "overlay" || layer.touched === undefined) return false;
  return layer.touched.from >= layer.touched.below;
}

/** The range with another one; the very same value where it grows by nothing. */
export function widened(touched: TouchedRows, lowest: number, highest: number): TouchedRows {
  const from = Math.floor(lowest / ROW_GROUP) * ROW_GROUP;
  const below = (Math.floor(highest / ROW_GROUP) + 1) * ROW_GROUP;
  if (touched.from >= touched.below) return { ...touched, from, below };
  if (touched.from <= from && below <= touched.below) return touched;
  return { ...touched, from: Math.min(touched.from, from), below: Math.max(touched.below, below) };
}

/** Whether to know the range is of any use in a base of so many rows. */
export function isSmallPart({ from, below }: TouchedRows, rows: number): boolean {
  return below - from <= LARGE_PART * rows;
}

/** The layer a transaction planned for an overlay, and whatever others have done to it meanwhile. */
export function withTouchedMeanwhile(asked: Layer | null, current: Layer | null): Layer | null {
  const isInOrder = current?.kind === "overlay" && current.inOrder === true;
  const planned = asked?.kind === "overlay" && !isInOrder ? withoutOrder(asked) : asked;
  if (planned?.kind !== "overlay" || planned.touched === undefined) return planned;
  const { touched, ...layer } = planned;
  if (current?.kind !== "overlay" || current.touched === undefined) return layer;
  const { from, below } = current.touched;
  return from >= below ? planned : { ...layer, touched: widened(touched, from, below - 1) };
}
