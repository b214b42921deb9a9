/** How long a client may say nothing. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Settings } from "./settings.js";
import type { IdleLimit } from "./types.js";

export function idleLimit(settings: Settings, inBlock: boolean): IdleLimit | undefined {
  const name = inBlock ? "idle_in_transaction_session_timeout" : "idle_session_timeout";
  const limitMs = Number(settings.get(name));
  return limitMs === 0 ? undefined : { limitMs, error: inBlock ? inTransaction() : outside() };
}

function inTransaction(): SqlError {
  return new SqlError(
    SQLSTATE.idleInTransactionTimeout,
    "terminating connection due to idle-in-transaction timeout",
  );
}

function outside(): SqlError {
  return new SqlError(SQLSTATE.idleSessionTimeout, "terminating connection due to idle-session timeout");
}
