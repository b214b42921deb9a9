import type { Token } from "../lexer.js";
import { isSymbol, isWord } from "../token-reader.js";
import type { DialectPass } from "./pass.js";
import { placesOf } from "./places.js";

/**
 * Parameters that are grouped by.
 *
 *   GROUP BY a, $1  ⇒  GROUP BY a, coalesce($1)
 *
 * Reason  DuckDB takes a number there for the place of a column, and so no parameter that is nothing but that
 */
export const groupedParametersPass: DialectPass = ({ tokens }) => {
  if (!tokens.some((token) => isWord(token, "group"))) return [];
  const places = placesOf(tokens);
  return tokens.flatMap((token, index) => {
    const isItem =
      token.kind === "parameter" &&
      places[index]?.clause === "group" &&
      (isSymbol(tokens[index - 1], ",") || isWord(tokens[index - 1], "by")) &&
      endsItem(tokens[index + 1]);
    if (!isItem) return [];
    return [
      { start: token.start, end: token.start, text: "coalesce(" },
      { start: token.end, end: token.end, text: ")" },
    ];
  });
};

function endsItem(token: Token | undefined): boolean {
  return token === undefined || token.kind === "word" || [",", ")", ";"].some((end) => isSymbol(token, end));
}
