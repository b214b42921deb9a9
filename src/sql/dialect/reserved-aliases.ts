import { isSymbol, isWord } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/**
 * The word `at` as an alias.
 *
 *   SELECT at.attname FROM pg_attribute at WHERE …  ⇒  SELECT "at".attname FROM pg_attribute "at" WHERE …
 *
 * Reason  DuckDB reads AT (VERSION => …) behind a table; pg_dump calls pg_attribute so
 */
export const reservedAliasesPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index) => {
    const [before, behind] = [tokens[index - 1], tokens[index + 1]];
    const isOther =
      isSymbol(before, ".") || isSymbol(behind, "(") || isWord(behind, "time") || isWord(behind, "local");
    return isWord(token, "at") && !isOther ? [{ start: token.start, end: token.end, text: '"at"' }] : [];
  });
