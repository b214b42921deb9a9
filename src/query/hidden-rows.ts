/** What a failure says of rows, and who is told: as PostgreSQL, which leaves details out for those who may not read the columns. */
import { mayRead, type Principal } from "../core/scopes.js";
import type { SqlError } from "../core/errors.js";

/** The class of constraints that do not hold: only their errors tell of rows that somebody else wrote. */
const INTEGRITY = "23";

/** `error` without values of rows, where its reader has no data:read. */
export function hideRows(error: SqlError, principal: Principal): SqlError {
  if (!error.code.startsWith(INTEGRITY) || mayRead(principal)) return error;
  // What was not put into PostgreSQL's words is DuckDB's own, with the key at its end.
  const message = error.message.replace(/:? *(?:because )?(?:duplicate )?key ".*$/is, "");
  return error.with({ message, detail: undefined, where: undefined });
}
