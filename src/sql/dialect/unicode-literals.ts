import { quoteIdentifier, quoteLiteral } from "../names.js";
import type { DialectPass } from "./pass.js";

/**
 * Literals and names with Unicode escapes.
 *
 *   U&'d\0061t'  ⇒  'dat'
 *
 * Reason  DuckDB 1.5.6 answers "unicode_to_utf8 NOT IMPLEMENTED"
 */
export const unicodeLiteralsPass: DialectPass = ({ text, tokens }) =>
  tokens.flatMap(({ kind, start, end, value }) => {
    if ((kind !== "string" && kind !== "quoted") || !/^u&/i.test(text.slice(start, start + 2))) return [];
    return [{ start, end, text: kind === "string" ? quoteLiteral(value) : quoteIdentifier(value) }];
  });
