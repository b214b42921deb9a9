/** What a client is told about a failure. Only SqlError speaks; anything else is neutral here and whole in the log. */
import type { Logger } from "pino";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { ReportFields } from "../wire/backend-messages.js";

/**
 * Thrown where a client's mistake cannot be recovered from: the connection ends after the report.
 * `cause` is what the client is told.
 */
export class FatalError extends Error {
  override readonly cause: SqlError;

  constructor(cause: SqlError) {
    super(cause.message, { cause });
    this.name = "FatalError";
    this.cause = cause;
  }
}

/** The fields of an ErrorResponse for a SqlError. */
export function reportOf(error: SqlError, severity: "ERROR" | "FATAL"): ReportFields {
  const { code, message, detail, hint, position, where, object, routine } = error;
  return { severity, code, message, detail, hint, position, where, object, routine };
}

/** The SqlError behind a failure that ends the connection; logs, once, what is nobody's fault but ours. */
export function fatalCause(error: unknown, log: Logger): SqlError {
  if (error instanceof FatalError) return error.cause;
  if (error instanceof SqlError) return error;
  log.error({ err: error }, "internal error: ending the connection");
  return new SqlError(SQLSTATE.internalError, "internal error", { cause: error });
}
