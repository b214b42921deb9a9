/**
 * What holds a numeric without precision and scale: DuckDB's decimals have both. The sql folder writes it, pgtypes shows it
 * as PostgreSQL shows its own, without a modifier and without the zeros behind its last digit.
 */
export const UNBOUNDED_NUMERIC = { width: 38, scale: 9 } as const;

export function isUnbounded(type: { readonly width: number; readonly scale: number }): boolean {
  return type.width === UNBOUNDED_NUMERIC.width && type.scale === UNBOUNDED_NUMERIC.scale;
}
