/** Of DO blocks that raise messages: see raise-grammar.ts. */
import type { SqlState } from "../core/errors.js";

/** What RAISE in a DO block says; `line` is its line in the block. */
export interface RaisedMessage {
  readonly level: "debug" | "log" | "info" | "notice" | "warning" | "exception";
  readonly message: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly code: SqlState | undefined;
  readonly line: number;
}
