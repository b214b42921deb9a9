import { isSymbol, isWord } from "../token-reader.js";
import type { DialectPass } from "./pass.js";
import { CATALOG_SCHEMA } from "./catalog-casts.js";

const USER = "getvariable('duckbranch_user')";
const WORDS: ReadonlyMap<string, string> = new Map([
  ["current_user", USER],
  ["session_user", USER],
  ["current_role", USER],
  ["user", USER],
  ["current_catalog", "getvariable('duckbranch_database')"],
  ["current_schema", `${CATALOG_SCHEMA}."current_schema"()`],
]);

/**
 * Functions called without parentheses that say who and where the session is.
 *
 *   SELECT current_user  ⇒  SELECT getvariable('duckbranch_user')
 *
 * Reason  DuckDB answers with its own user and with the names of its catalogues
 */
export const sessionWordsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index) => {
    const text = token.kind === "word" ? WORDS.get(token.value) : undefined;
    const [before, behind] = [tokens[index - 1], tokens[index + 1]];
    const isPart =
      isSymbol(before, ".") || isSymbol(behind, ".") || isSymbol(behind, "(") || isWord(before, "as");
    return text === undefined || isPart ? [] : [{ start: token.start, end: token.end, text }];
  });
