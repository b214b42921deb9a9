/** Statements that lost a race: to be run again where they are alone, or by their client. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { classifyFailure } from "../engine/failure.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { normaliseName } from "../sql/names.js";
import type { SessionCore } from "./session-core.js";

/** How often a statement that is alone in its transaction is run again after losing a race. */
const MAX_RACE_RETRIES = 20;
/** Another's row may be in the way of a key that ON CONFLICT does not name, which is no race. */
const MAX_KEY_RETRIES = 5;
/** Runs a statement that is alone until it has lost no race, or too many. `run` leaves nothing behind when it fails. */
export async function throughRaces<T>(
  { services, connection, transactions }: Pick<SessionCore, "services" | "connection" | "transactions">,
  statement: RelationalStatement,
  signal: AbortSignal,
  run: () => Promise<T>,
): Promise<T> {
  const { rooms } = services.context;
  rooms.visit(connection);
  try {
    for (let attempt = 0; ; attempt++) {
      try {
        return await run();
      } catch (error) {
        const failure = classifyFailure(error);
        if (!mayGoOtherwise(statement, failure, attempt) || signal.aborted) throw failure;
        await rooms.wait(connection, signal);
      }
    }
  } finally {
    rooms.endVisit(connection, transactions.current !== undefined);
  }
}

/** Whether the statement, run alone for the `attempt`th time, may go another way when it is run again. */
function mayGoOtherwise(statement: RelationalStatement, failure: SqlError, attempt: number): boolean {
  if (failure.code === SQLSTATE.serializationFailure) return attempt < MAX_RACE_RETRIES;
  return metUnseenKey(statement, failure) && attempt < MAX_KEY_RETRIES;
}

/**
 * A statement that is not alone, and so keeps its snapshot: ON CONFLICT that met a key it cannot see lost a race.
 *
 * Errors  40001 for that one
 */
export async function orLostRace<T>(statement: RelationalStatement, run: Promise<T>): Promise<T> {
  try {
    return await run;
  } catch (error) {
    const failure = classifyFailure(error);
    if (!metUnseenKey(statement, failure)) throw error;
    const message = "could not serialize access due to concurrent update";
    throw new SqlError(SQLSTATE.serializationFailure, message, { cause: error });
  }
}

/** The key is what ON CONFLICT is there for, as far as the error says. */
function metUnseenKey({ insert }: RelationalStatement, { code, detail = "" }: SqlError): boolean {
  if (code !== SQLSTATE.uniqueViolation || insert === undefined || insert.conflict === "none") return false;
  const columns = /^Key \((.*?)\)=/.exec(detail)?.[1];
  const asked = insert.conflictColumns.map(normaliseName).toSorted().join();
  if (columns === undefined || asked === "") return true;
  return columns.split(", ").map(normaliseName).toSorted().join() === asked;
}
