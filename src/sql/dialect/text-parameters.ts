import type { TextEdit } from "../analysis.js";
import { closingBracket, isSymbol, nameAt, splitAtCommas } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/** Functions, and which of their arguments are texts whatever the others are. */
const TEXTS: ReadonlyMap<string, readonly number[]> = new Map([
  ["date_trunc", [0]],
  ["date_part", [0]],
  ["regexp_match", [0, 1, 2]],
  ["regexp_matches", [0, 1, 2]],
  ["regexp_count", [0, 1]],
  ["regexp_like", [0, 1, 2]],
  ["regexp_substr", [0, 1]],
  ["split_part", [0, 1]],
  ["string_to_array", [0, 1, 2]],
]);

/**
 * Parameters that stand alone where a function takes a text.
 *
 *   date_trunc($1, at)  ⇒  date_trunc(CAST($1 AS VARCHAR), at)
 *
 * Reason  these functions are macros that look at the types of what they are given: of a parameter without one DuckDB
 *         cannot tell what the statement's columns are, and they were announced as one text
 */
export const textParametersPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((_, index) => {
    if (isSymbol(tokens[index - 1], ".")) return [];
    const name = nameAt(tokens, index);
    const texts = name === undefined ? undefined : TEXTS.get(name.parts.at(-1)?.toLowerCase() ?? "");
    if (name === undefined || texts === undefined || !isSymbol(tokens[name.next], "(")) return [];
    const close = closingBracket(tokens, name.next);
    if (close === undefined) return [];
    return splitAtCommas(tokens, name.next + 1, close).flatMap(([from, to], at): TextEdit[] => {
      const token = tokens[from];
      if (token?.kind !== "parameter" || to !== from + 1 || !texts.includes(at)) return [];
      return [
        { start: token.start, end: token.start, text: "CAST(" },
        { start: token.end, end: token.end, text: " AS VARCHAR)" },
      ];
    });
  });
