/** What PostgreSQL says where something cannot be dropped for what depends on it. */
import { SQLSTATE, SqlError } from "../core/errors.js";

/** 2BP01. `what` by its kind and name; a line for each that depends on it. */
export function othersDepend(
  what: string,
  lines: readonly string[],
  pronoun: "it" | "them" = "it",
): SqlError {
  return new SqlError(
    SQLSTATE.dependentObjectsStillExist,
    `cannot drop ${what} because other objects depend on ${pronoun}`,
    { detail: lines.join("\n"), hint: "Use DROP ... CASCADE to drop the dependent objects too." },
  );
}
