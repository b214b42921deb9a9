/** What both sides changed of definitions, and differently: decided by the strategy, or told. Pure. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Branch } from "./model.js";
import type { Winner } from "./strategy.js";

/** How many conflicts of definitions each side was chosen for. */
export type SettledDefinitions = Readonly<Record<"source" | "target", number>>;

const NONE_SETTLED: SettledDefinitions = { source: 0, target: 0 };

/** One of them, as people read it, and the name of the table, or whatever it is, that it is about. */
export interface DefinitionConflict {
  readonly about: string;
  readonly line: string;
}

export class DefinitionConflicts {
  readonly #told: DefinitionConflict[] = [];
  readonly #settled = { ...NONE_SETTLED };
  #isChoosable = true;

  /** The side that is chosen. Where none is, the line is told. */
  settle(winner: Winner, line: string, about = ""): Winner {
    if (winner === undefined) this.#told.push({ about, line });
    else this.#settled[winner]++;
    return winner;
  }

  /** What no side can be chosen for. */
  refuse(line: string, about = ""): void {
    this.#isChoosable = false;
    if (this.#told.every((told) => told.line !== line)) this.#told.push({ about, line });
  }

  get settled(): SettledDefinitions {
    return this.#settled;
  }

  get isEmpty(): boolean {
    return this.#told.length === 0;
  }

  get told(): readonly DefinitionConflict[] {
    return this.#told;
  }

  /** Of one table, whose name stands before each line. */
  take(other: DefinitionConflicts, table: string): void {
    this.#told.push(...other.#told.map(({ line }) => ({ about: table, line: `table "${table}": ${line}` })));
    this.#settled.source += other.#settled.source;
    this.#settled.target += other.#settled.target;
    this.#isChoosable &&= other.#isChoosable;
  }

  /** Errors: 40002 if there are any */
  refuseAny(branch: Branch): void {
    if (this.isEmpty) return;
    const choice = this.#isChoosable ? "choose with USING branch_wins or main_wins, or " : "";
    throw new SqlError(
      SQLSTATE.transactionIntegrityConstraintViolation,
      `cannot merge branch "${branch.name}": definitions were changed on both sides`,
      {
        detail: this.#told.map(({ line }) => line).join("\n"),
        hint: `${choice}give both sides the same definition, then merge again`,
      },
    );
  }
}
