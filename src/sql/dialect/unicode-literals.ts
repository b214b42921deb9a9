import { SQLSTATE, SqlError } from "../../core/errors.js";
import type { Token } from "../lexer.js";
import { quoteIdentifier, quoteLiteral } from "../names.js";
import { decodeUnicodeEscapes } from "../string-escapes.js";
import { isWord } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/**
 * Literals and names with escapes for characters.
 *
 *   U&'d\0061t'                ⇒  'dat'
 *   U&'d!0061t' UESCAPE '!'    ⇒  'dat'
 *   E'\u00e9'                  ⇒  'é'
 *
 * Reason  DuckDB 1.5.6 answers "unicode_to_utf8 NOT IMPLEMENTED"
 */
export const unicodeLiteralsPass: DialectPass = ({ text, tokens }) =>
  tokens.flatMap((token, index) => {
    const { kind, start, end, value } = token;
    if (kind !== "string" && kind !== "quoted") return [];
    const written = text.slice(start, end);
    if (/^e/i.test(written) && /(?<!\\)(?:\\\\)*\\[uU]/.test(written))
      return [{ start, end, text: quoteLiteral(value) }];
    if (!/^u&/i.test(written)) return [];
    const escape = isWord(tokens[index + 1], "uescape") ? tokens[index + 2] : undefined;
    const plain = escape === undefined ? value : withEscape(written, escape);
    return [
      {
        start,
        end: escape?.end ?? end,
        text: kind === "string" ? quoteLiteral(plain) : quoteIdentifier(plain),
      },
    ];
  });

/** The text with another escape character than the backslash, which then stands for itself. */
function withEscape(written: string, escape: Token): string {
  const quote = written.charAt(2);
  const body = written.slice(3, -1).replaceAll(quote + quote, quote);
  const marked = body.replaceAll("\\", "\\\\").replaceAll(escape.value, "\\");
  const decoded = escape.value.length === 1 ? decodeUnicodeEscapes(marked) : undefined;
  if (decoded === undefined) throw new SqlError(SQLSTATE.syntaxError, "invalid Unicode escape");
  return decoded;
}
