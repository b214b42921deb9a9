import type { TextEdit } from "../analysis.js";
import { foldIdentifier } from "../names.js";
import { isWord } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/**
 * Unquoted names in statements that make or change tables and views.
 *
 *   CREATE TABLE Users (UserId int)  ⇒  create table users (userid int)
 *
 * Reason  DuckDB keeps the letters as written and PostgreSQL does not: clients would read rows by another name. Keywords
 *         and types are folded with them, which changes nothing. Must come behind all other passes: it gives way to them.
 */
export const foldNamesPass: DialectPass = ({ text, tokens }) => {
  if (!isWord(tokens[0], "create") && !isWord(tokens[0], "alter")) return [];
  if (!tokens.slice(1, 6).some((token) => isWord(token, "table") || isWord(token, "view"))) return [];
  return tokens.flatMap((token): TextEdit[] => {
    const written = text.slice(token.start, token.end);
    const folded = foldIdentifier(written);
    return token.kind !== "word" || written === folded
      ? []
      : [{ start: token.start, end: token.end, text: folded }];
  });
};
