/** What both sides changed of definitions, and differently: decided by the strategy, or told. Pure. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Branch } from "./model.js";
import type { Winner } from "./strategy.js";

/** How many conflicts of definitions each side was chosen for. */
export type SettledDefinitions = Readonly<Record<"source" | "target", number>>;

export const NONE_SETTLED: SettledDefinitions = { source: 0, target: 0 };

export class DefinitionConflicts {
  readonly #lines: string[] = [];
  readonly #settled = { ...NONE_SETTLED };
  #isChoosable = true;

  /** The side that is chosen. Where none is, the line is told. */
  settle(winner: Winner, line: string): Winner {
    if (winner === undefined) this.#lines.push(line);
    else this.#settled[winner]++;
    return winner;
  }

  /** What no side can be chosen for. */
  refuse(...lines: readonly string[]): void {
    this.#lines.push(...lines.filter((line) => !this.#lines.includes(line)));
    if (lines.length > 0) this.#isChoosable = false;
  }

  get settled(): SettledDefinitions {
    return this.#settled;
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  /** Of one table, whose name stands before each line. */
  take(other: DefinitionConflicts, table: string): void {
    this.#lines.push(...other.#lines.map((line) => `table "${table}": ${line}`));
    this.#settled.source += other.#settled.source;
    this.#settled.target += other.#settled.target;
    this.#isChoosable &&= other.#isChoosable;
  }

  /** 40002 */
  error(branch: Branch): SqlError {
    const choice = this.#isChoosable ? "choose with USING branch_wins or main_wins, or " : "";
    return new SqlError(
      SQLSTATE.transactionIntegrityConstraintViolation,
      `cannot merge branch "${branch.name}": definitions were changed on both sides`,
      {
        detail: this.#lines.join("\n"),
        hint: `${choice}give both sides the same definition, then merge again`,
      },
    );
  }
}
