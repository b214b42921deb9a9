import type { SqlError } from "../core/errors.js";
import type { Reading } from "./reading.js";
import type { References } from "./references.js";

/** Runs `SELECT json_serialize_sql(?)` on a utility connection and gives back its JSON text. */
export type SerializeSelect = (sql: string) => Promise<string>;

export async function readDialect(
  _references: References,
  error: SqlError,
  _serialize: SerializeSelect | undefined,
): Promise<Reading> {
  throw error;
}
