/** RESTART IDENTITY: the sequences of a table's columns begin again. */
import { notSupported } from "../core/errors.js";
import type { Transaction } from "../branch/transaction.js";
import { ownedSequences } from "./owned-sequences.js";
import type { PlanContext, PlannedStatement } from "./plan-context.js";
import { firstValue, sequenceAt } from "./sequence-names.js";
import { planSet } from "./set-sequences.js";
import type { TargetTable } from "./target-table.js";

/** Each sequence that gave a value is made anew: see set-sequences.ts. */
export async function planRestarts(
  { scope }: PlanContext,
  transaction: Transaction,
  table: TargetTable,
): Promise<PlannedStatement[]> {
  const planned: PlannedStatement[] = [];
  for (const owned of await ownedSequences(transaction.connection, table)) {
    if (owned.sequence.schema !== table.schema) {
      throw notSupported(
        "RESTART IDENTITY of a table inherited from another head is not supported: both draw from one sequence",
      );
    }
    const sequence = await sequenceAt(transaction.connection, owned.sequence);
    if (sequence === undefined) continue;
    const begin = { value: owned.start ?? firstValue(sequence), isCalled: false };
    planned.push(...(await planSet(transaction, scope, sequence, begin)));
  }
  return planned;
}
