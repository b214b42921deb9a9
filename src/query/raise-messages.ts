/** Sends what a DO block raises: see sql/raise-grammar.ts. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { RaisedMessage } from "../sql/raised-message.js";
import { isHeard } from "./heard-messages.js";
import { command } from "./results.js";
import type { Settings } from "./settings.js";
import type { Notice, StatementResult } from "./types.js";

/** Errors: what RAISE EXCEPTION says, P0001 unless it says another code; messages before it are sent. */
export function raiseMessages(
  host: { readonly settings: Settings; readonly notices: Notice[] },
  messages: readonly RaisedMessage[],
): StatementResult {
  for (const { level, message, detail, hint, code, line } of messages) {
    if (level === "exception") {
      const where = `PL/pgSQL function inline_code_block line ${line} at RAISE`;
      throw new SqlError(code ?? SQLSTATE.raiseException, message, { detail, hint, where });
    }
    const severity = SEVERITIES[level];
    if (!isHeard(severity, host.settings.get("client_min_messages"))) continue;
    const fallback = level === "warning" ? SQLSTATE.warning : SQLSTATE.successfulCompletion;
    const extras = { ...(detail === undefined ? {} : { detail }), ...(hint === undefined ? {} : { hint }) };
    host.notices.push({ severity, code: code ?? fallback, message, ...extras });
  }
  return command("DO");
}

const SEVERITIES = {
  debug: "DEBUG",
  log: "LOG",
  info: "INFO",
  notice: "NOTICE",
  warning: "WARNING",
} as const;
