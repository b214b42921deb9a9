/** Durations as people write them in TTL options: `24 hours`, `90 min`, `7d`, `1 day 12 hours`. */
import { SQLSTATE, SqlError } from "../core/errors.js";

const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["millisecond", 1],
  ["s", 1000],
  ["sec", 1000],
  ["second", 1000],
  ["m", 60_000],
  ["min", 60_000],
  ["minute", 60_000],
  ["h", 3_600_000],
  ["hour", 3_600_000],
  ["d", 86_400_000],
  ["day", 86_400_000],
  ["w", 604_800_000],
  ["week", 604_800_000],
]);

/** Ten years: a branch that should stay is one without a time to live. */
const MAX_MS = 10 * 366 * 86_400_000;

/** Milliseconds. 22023 for anything but positive amounts with known units. */
export function parseDuration(text: string): number {
  const part = /(\d+(?:\.\d+)?)\s*([a-z]+)\s*/gy;
  const trimmed = text.trim().toLowerCase();
  let total = 0;
  let end = 0;
  for (let match = part.exec(trimmed); match !== null; match = part.exec(trimmed)) {
    const unit = match[2] ?? "";
    const factor = UNITS_MS.get(unit) ?? UNITS_MS.get(unit.replace(/s$/, ""));
    if (factor === undefined) throw invalid(text);
    total += Number(match[1]) * factor;
    end = part.lastIndex;
  }
  if (end !== trimmed.length || !(total > 0) || total > MAX_MS) throw invalid(text);
  return Math.round(total);
}

function invalid(text: string): SqlError {
  return new SqlError(SQLSTATE.invalidParameterValue, `invalid time to live "${text}"`, {
    hint: "for example '24 hours' or '7 days'",
  });
}
