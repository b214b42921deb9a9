import { takesSequence } from "../builtin-names.js";
import { isSymbol, isWord } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/**
 * The cast PostgreSQL's dumps put on a sequence's name.
 *
 *   nextval('s'::regclass)  ⇒  nextval('s')
 *
 * Reason  DuckDB's nextval takes the name as text, and so do our currval and setval; regclass does not exist
 */
export const regclassLiteralsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index) => {
    if (token.kind !== "word" || !takesSequence(token.value) || !isSymbol(tokens[index + 1], "(")) return [];
    const [literal, cast, type] = [tokens[index + 2], tokens[index + 3], tokens[index + 4]];
    const isCast = literal?.kind === "string" && isSymbol(cast, "::") && isWord(type, "regclass");
    return isCast && cast !== undefined && type !== undefined
      ? [{ start: cast.start, end: type.end, text: "" }]
      : [];
  });
