/** Finds where in the client's text an error of DuckDB lies, for the position that psql and editors point at. */
import type { SqlError } from "../core/errors.js";
import { characterPosition, tokenise } from "../sql/lexer.js";

const EXCERPT = /\n\nLINE (\d+): (.*)\n( *)\^/;

/**
 * Adds a position to an error that has none. DuckDB saw the text after names were replaced, so its excerpt counts only if
 * it stands in the client's text exactly once, letter by letter; or else the name or literal it points at, likewise.
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
  if (shown === "" || column < leading) return error;
  const at = text.indexOf(shown);
  if (at === -1 || text.indexOf(shown, at + 1) !== -1)
    return atWord(error, shown.slice(column - leading), text);
  const before = text.slice(0, at + column - leading);
  return error.with({ position: characterPosition(text, before.length) });
}

/** Words of the casts this server writes. */
const OWN_WORDS: ReadonlySet<string> = new Set(["cast", "as", "double", "integer", "varchar"]);

function atWord(error: SqlError, excerpt: string, text: string): SqlError {
  const word = /^(?:[\p{L}_][\p{L}\p{N}_$]*|"[^"]+"|'[^']*')/u.exec(excerpt)?.[0];
  if (word === undefined || OWN_WORDS.has(word.toLowerCase())) return error;
  const [found, ...more] = tokenise(text).filter(({ start, end }) => text.slice(start, end) === word);
  if (found === undefined || more.length > 0) return error;
  return error.with({ position: characterPosition(text, found.start) });
}
