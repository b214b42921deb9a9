/** Finds where in the client's text an error of DuckDB lies, for the position that psql and editors point at. */
import type { SqlError } from "../core/errors.js";
import { characterPosition } from "../sql/lexer.js";

const EXCERPT = /\n\nLINE (\d+): (.*)\n( *)\^/;

/**
 * Adds a position to an error that has none. DuckDB saw the text after names were replaced, so its excerpt counts only if
 * it stands in the client's text exactly once, letter by letter; otherwise the error stays without a position.
 *
 * Shape  1-based, in characters of `text`
 */
export function withPosition(error: SqlError, text: string): SqlError {
  if (error.position !== undefined || !(error.cause instanceof Error)) return error;
  const match = EXCERPT.exec(error.cause.message);
  if (match === null) return error;
  const [, line = "1", excerpt = "", indent = ""] = match;
  const column = indent.length - `LINE ${line}: `.length;
  const leading = excerpt.startsWith("...") ? 3 : 0;
  const shown = excerpt.slice(leading).replace(/\.\.\.$/, "");
  const at = text.indexOf(shown);
  if (shown === "" || column < leading || at === -1 || text.indexOf(shown, at + 1) !== -1) return error;
  const before = text.slice(0, at + column - leading);
  return error.with({ position: characterPosition(text, before.length) });
}
