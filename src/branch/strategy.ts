/** Merge strategies: what happens to conflict units, and to nothing else; and what such a unit is. */
import { SQLSTATE, SqlError } from "../core/errors.js";

const STRATEGIES = ["branch_wins", "main_wins", "manual", "abort"] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** Whose definition is taken where both sides changed one, and differently; undefined: nobody's, it is a conflict. */
export type Winner = "source" | "target" | undefined;

export function winnerUnder(strategy: Strategy): Winner {
  switch (strategy) {
    case "branch_wins":
      return "source";
    case "main_wins":
      return "target";
    case "manual":
    case "abort":
      return undefined;
    default:
      return strategy satisfies never;
  }
}

/** What a conflict is about: a row that both sides changed, or a cell. */
const GRANULARITIES = ["row", "cell"] as const;
export type Granularity = (typeof GRANULARITIES)[number];

/** How tables without a key are merged: by which rows are which, or as multisets of equal rows. */
const KEYLESS_MODES = ["row_identity", "strict", "append"] as const;
export type KeylessMode = (typeof KEYLESS_MODES)[number];

/** Errors: 22023 */
export function readKeyless(text: string): KeylessMode {
  const mode = KEYLESS_MODES.find((candidate) => candidate === text.toLowerCase());
  if (mode !== undefined) return mode;
  throw new SqlError(SQLSTATE.invalidParameterValue, `unknown mode "${text}" for tables without a key`, {
    hint: `use one of ${KEYLESS_MODES.join(", ")}`,
  });
}

const ALIASES: ReadonlyMap<string, Strategy> = new Map([
  ["theirs", "branch_wins"],
  ["ours", "main_wins"],
  ["interactive", "manual"],
  ["fail", "abort"],
]);

/** Errors: 22023 */
export function readGranularity(text: string): Granularity {
  const granularity = GRANULARITIES.find((candidate) => candidate === text.toLowerCase());
  if (granularity !== undefined) return granularity;
  throw new SqlError(SQLSTATE.invalidParameterValue, `unknown granularity "${text}"`, {
    hint: "use 'row' or 'cell'",
  });
}

/** Whether a merge that was overtaken begins anew. Errors: 22023 */
export function readRetry(text: string): boolean {
  const word = text.toLowerCase();
  if (["on", "true", "off", "false"].includes(word)) return word === "on" || word === "true";
  throw new SqlError(SQLSTATE.invalidParameterValue, `invalid value for retry: "${text}"`, {
    hint: "use 'on' or 'off'",
  });
}

/** Reads a strategy's name. 22023 for an unknown one: nothing is ever merged by a guess. */
export function readStrategy(text: string): Strategy {
  const name = text.toLowerCase();
  const strategy = STRATEGIES.find((candidate) => candidate === name) ?? ALIASES.get(name);
  if (strategy === undefined) {
    throw new SqlError(SQLSTATE.invalidParameterValue, `unknown merge strategy "${text}"`, {
      hint: `available strategies: ${STRATEGIES.join(", ")}`,
    });
  }
  return strategy;
}
