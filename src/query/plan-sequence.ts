/** ALTER SEQUENCE: DuckDB's own knows OWNED BY only. */
import type { Transaction } from "../branch/transaction.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { NameReference, SequenceOptions } from "../sql/analysis.js";
import { NOTHING_TO_RUN, type PlanContext, type PlannedStatement } from "./plan-context.js";
import { firstValue, type FoundSequence } from "./sequence-names.js";
import { planAnew, planSet, type Position } from "./set-sequences.js";

/** Errors: 42P01, 22023 for options that do not go together, 0A000 for those of `refuseStart` and `planSet` */
export async function planAlterSequence(
  context: PlanContext,
  transaction: Transaction,
  name: NameReference,
  options: SequenceOptions,
  ifExists: boolean,
): Promise<PlannedStatement[]> {
  const sequence = await context.services.findSequence(context.scope, name.parts);
  if (sequence === undefined) {
    const message = `relation "${name.parts.join(".")}" does not exist`;
    if (!ifExists) throw new SqlError(SQLSTATE.undefinedTable, message);
    context.notice("NOTICE", SQLSTATE.successfulCompletion, `${message}, skipping`);
    return [NOTHING_TO_RUN];
  }
  const { restart, start, increment, minimum, maximum, cycle } = options;
  const isSame = [start, increment, minimum, maximum, cycle].every((option) => option === undefined);
  if (isSame && restart === undefined) return [NOTHING_TO_RUN];
  if (restart === "start" && start === undefined) refuseStart(sequence);
  const changed: FoundSequence = {
    ...sequence,
    increment: increment ?? sequence.increment,
    minimum: minimum ?? sequence.minimum,
    maximum: maximum ?? sequence.maximum,
    cycle: cycle ?? sequence.cycle,
  };
  const first = start ?? (isSame ? firstValue(sequence) : sequence.start);
  const position = positionOf(sequence, restart === "start" ? first : restart);
  requireBounds(changed, first, position);
  const steps = isSame
    ? await planSet(transaction, context.scope, sequence, position)
    : await planAnew(transaction, context.scope, changed, position, first);
  return steps.length === 0 ? [NOTHING_TO_RUN] : steps;
}

/** DuckDB forgets what START said when the file is opened anew. */
function refuseStart(sequence: FoundSequence): void {
  if (sequence.start === firstValue(sequence)) return;
  throw notSupported(
    "RESTART of a sequence with a START of its own is not supported",
    "Use RESTART WITH value.",
  );
}

function positionOf({ last, start }: FoundSequence, restart: bigint | undefined): Position {
  if (restart !== undefined) return { value: restart, isCalled: false };
  return { value: last ?? start, isCalled: last !== undefined };
}

function requireBounds(
  { increment, minimum, maximum }: FoundSequence,
  first: bigint,
  { value }: Position,
): void {
  if (increment === 0n) throw invalid("INCREMENT must not be zero");
  if (minimum >= maximum) throw invalid(`MINVALUE (${minimum}) must be less than MAXVALUE (${maximum})`);
  for (const [word, number] of [["START", first] as const, ["RESTART", value] as const]) {
    if (number < minimum)
      throw invalid(`${word} value (${number}) cannot be less than MINVALUE (${minimum})`);
    if (number > maximum)
      throw invalid(`${word} value (${number}) cannot be greater than MAXVALUE (${maximum})`);
  }
}

function invalid(message: string): SqlError {
  return new SqlError(SQLSTATE.invalidParameterValue, message);
}
