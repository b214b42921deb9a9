/**
 * Texts written under standard_conforming_strings = off, where a backslash escapes in '…' as it does in E'…'.
 *
 *   'it\'s', 'plain', E'\n'   ⇒  E'it\'s', 'plain', E'\n'
 */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";

const ESCAPED = String.raw`'(?:[^'\\]|\\[\s\S]|'')*'`;
/** What may hold a quotation mark and is no such string, words, and strings with what goes on with them on further lines. */
const PIECE = new RegExp(
  [
    String.raw`(?<comment>--[^\n\r]*|/\*)`,
    String.raw`"(?:[^"]|"")*"`,
    String.raw`(?<unicode>[uU]&')`,
    String.raw`[eE]${ESCAPED}`,
    String.raw`[bBxX]'[^']*'`,
    String.raw`\$(?<tag>(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[\s\S]*?\$\k<tag>\$`,
    String.raw`[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*`,
    String.raw`(?<string>${ESCAPED}(?:[ \t\f]*[\n\r]\s*${ESCAPED})*)`,
    String.raw`[^'"]`,
  ].join("|"),
  "y",
);

const UNICODE_HINT =
  "String constants with Unicode escapes cannot be used when standard_conforming_strings is off.";

/** The text as it would be written with the setting on. Errors: 42601 for a string without an end, which would be another one then */
export function withEscapeStrings(text: string): string {
  if (!text.includes("\\")) return text;
  let written = "";
  for (let at = 0; at < text.length;) {
    PIECE.lastIndex = at;
    const match = PIECE.exec(text);
    if (match === null) throw new SqlError(SQLSTATE.syntaxError, "unterminated quoted string");
    const { comment, string, unicode } = match.groups ?? {};
    if (unicode !== undefined)
      throw notSupported("unsafe use of string constant with Unicode escapes", UNICODE_HINT);
    const end = comment === "/*" ? commentEnd(text, at) : PIECE.lastIndex;
    const piece = text.slice(at, end);
    // A word in front, as of `date'…'`, is not to become another one.
    const isEscaped = string?.includes("\\") === true;
    written += isEscaped ? `${/[\w$\u0080-\uffff]$/.test(written) ? " " : ""}E${piece}` : piece;
    at = end;
  }
  return written;
}

/** Comments lie in one another. One without an end is the rest of the text. */
function commentEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const two = text.slice(at, at + 2);
    if (two !== "/*" && two !== "*/") continue;
    depth += two === "/*" ? 1 : -1;
    at++;
    if (depth === 0) return at + 1;
  }
  return text.length;
}
