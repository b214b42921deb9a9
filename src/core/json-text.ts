/** JSON as RFC 8259 and PostgreSQL have it: DuckDB takes a comma behind the last element, and NaN. */
import { SQLSTATE, SqlError } from "./errors.js";

/** Errors: 22P02 for a text that is no JSON */
export function requireJson(text: string): void {
  try {
    JSON.parse(text);
  } catch (cause) {
    throw new SqlError(SQLSTATE.invalidTextRepresentation, "invalid input syntax for type json", { cause });
  }
}
