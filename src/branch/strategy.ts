/** Merge strategies: what happens to conflict units, and to nothing else. */
import { SQLSTATE, SqlError } from "../core/errors.js";

const STRATEGIES = ["branch_wins", "main_wins", "manual", "abort"] as const;
export type Strategy = (typeof STRATEGIES)[number];

const ALIASES: ReadonlyMap<string, Strategy> = new Map([
  ["theirs", "branch_wins"],
  ["ours", "main_wins"],
  ["interactive", "manual"],
  ["fail", "abort"],
]);

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
