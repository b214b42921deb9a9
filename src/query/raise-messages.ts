/** Sends what a DO block raises: see sql/raise-grammar.ts. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { RaisedMessage } from "../sql/analysis.js";
import { command } from "./results.js";
import type { Settings } from "./settings.js";
import type { Notice, StatementResult } from "./types.js";

/** From which setting of client_min_messages on a client hears no more of a level; INFO it always hears. */
const RANKS: readonly string[] = [
  "debug5",
  "debug4",
  "debug3",
  "debug2",
  "debug1",
  "log",
  "notice",
  "warning",
  "error",
];

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
    if (!isHeard(level, host.settings.get("client_min_messages"))) continue;
    const severity = SEVERITIES[level];
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

function isHeard(level: Exclude<RaisedMessage["level"], "exception">, least: string): boolean {
  if (level === "info") return true;
  return RANKS.indexOf(level === "debug" ? "debug1" : level) >= RANKS.indexOf(least);
}
