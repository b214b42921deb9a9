/**
 * What holds a numeric without precision and scale: DuckDB's decimals have both. The sql folder writes it, pgtypes shows it
 * as PostgreSQL shows its own, without a modifier and without the zeros behind its last digit.
 */
export const UNBOUNDED_NUMERIC = { width: 38, scale: 9 } as const;

export function isUnbounded(type: { readonly width: number; readonly scale: number }): boolean {
  return type.width === UNBOUNDED_NUMERIC.width && type.scale === UNBOUNDED_NUMERIC.scale;
}

/**
 * What holds a quotient of numerics, whose digits depend on its size: PostgreSQL gives 16 significant ones at least, in
 * groups of four, and shows zeros up to there.
 */
export const QUOTIENT = { width: 38, scale: 20 } as const;

export function isQuotient(type: { readonly width: number; readonly scale: number }): boolean {
  return type.width === QUOTIENT.width && type.scale === QUOTIENT.scale;
}

/**
 * Digits behind the point that a value shows whose last digit that is not zero is the `used`th behind it; `whole` digits
 * stand before the point, 0 for a value up to 1: a quotient is 1 where PostgreSQL's estimate of its size is too low.
 */
export function shownPlaces(
  type: { readonly width: number; readonly scale: number },
  used: number,
  whole: number,
): number {
  if (isUnbounded(type)) return used;
  if (!isQuotient(type)) return type.scale;
  return Math.max(used, 16 - 4 * Math.floor((whole - 1) / 4));
}
