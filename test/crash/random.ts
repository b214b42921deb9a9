/** Random numbers that can be had again: the seed is printed, and `CRASH_SEED` sets it. */

export interface Random {
  readonly seed: number;
  /** An integer from 0 up to, not including, `limit`. */
  readonly below: (limit: number) => number;
}

export function seededRandom(): Random {
  const seed = Number(process.env["CRASH_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  process.stdout.write(`CRASH_SEED=${seed}\n`);
  let state = seed >>> 0;
  // A linear congruential generator, of which the high bits are used: enough to choose moments.
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return { seed, below: (limit) => Math.floor(next() * limit) };
}
