/**
 * DuckDB's timestamps of every unit, split into a day and microseconds of the day.
 *
 * Limits  values within ±2^52 are split with doubles, exactly; the rest with BigInt. Nanoseconds lose what is below a
 *         microsecond, towards zero, as DuckDB's own cast to TIMESTAMP does
 */
import { MICROS_PER_DAY } from "./calendar.js";

export type TimeUnit = "s" | "ms" | "us" | "ns";

const TWO_32 = 4294967296;
const UNITS_PER_DAY = { s: 86_400, ms: 86_400_000, us: MICROS_PER_DAY, ns: MICROS_PER_DAY } as const;
const MICROS_PER_UNIT = { s: 1_000_000, ms: 1000, us: 1, ns: 1 } as const;

/** The timestamp read last: days since 1970-01-01 and microseconds of that day. Read it before the next call. */
export const instant = { days: 0, micros: 0 };

/** Splits the 64-bit timestamp of a row into `instant`, or names the infinity it is. */
export function readInstant(
  words: Uint32Array,
  row: number,
  unit: TimeUnit,
): "infinity" | "-infinity" | null {
  const high = (words[2 * row + 1] ?? 0) | 0;
  const low = words[2 * row] ?? 0;
  if (high === 0x7fffffff && low === 0xffffffff) return "infinity";
  if (high === -0x80000000 && low === 1) return "-infinity";
  const perDay = UNITS_PER_DAY[unit];
  if (unit !== "ns" && high >= -0x100000 && high < 0x100000) {
    const value = high * TWO_32 + low;
    instant.days = Math.floor(value / perDay);
    instant.micros = (value - instant.days * perDay) * MICROS_PER_UNIT[unit];
    return null;
  }
  splitWide((BigInt(high) << 32n) | BigInt(low), unit);
  return null;
}

function splitWide(units: bigint, unit: TimeUnit): void {
  const value = unit === "ns" ? units / 1000n : units;
  const perDay = BigInt(UNITS_PER_DAY[unit]);
  let rest = value % perDay;
  if (rest < 0n) rest += perDay;
  instant.days = Number((value - rest) / perDay);
  instant.micros = Number(rest) * MICROS_PER_UNIT[unit];
}
