/** The nearest whole number, of two the even one: as C's rint() rounds, and with it PostgreSQL. */
export function nearestEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
