import { notSupported } from "../../core/errors.js";
import { quoteLiteral } from "../names.js";
import { isWord } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/**
 * SIMILAR TO with SQL's patterns.
 *
 *   a NOT SIMILAR TO '%(b|d)%'  ⇒  a !~ '(?s:(?:.*(?:b|d).*))'
 *
 * Reason  DuckDB takes the pattern for a regular expression, in which % and _ are themselves. Throws 0A000 for a pattern
 *         that is not in the text
 */
export const similarPatternsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index) => {
    if (!isWord(token, "similar") || !isWord(tokens[index + 1], "to")) return [];
    const literal = tokens[index + 2];
    const hasEscape = isWord(tokens[index + 3], "escape");
    const escape = hasEscape ? tokens[index + 4] : undefined;
    const behind = tokens[index + (hasEscape ? 5 : 3)];
    if (literal?.kind !== "string" || behind?.kind === "operator" || (hasEscape && escape?.kind !== "string"))
      throw notSupported("SIMILAR TO with a pattern that is not a literal is not supported");
    const not = isWord(tokens[index - 1], "not") ? tokens[index - 1] : undefined;
    const pattern = regularExpression(literal.value, escape === undefined ? "\\" : escape.value);
    return [
      {
        start: (not ?? token).start,
        end: (escape ?? literal).end,
        text: `${not === undefined ? "~" : "!~"} ${quoteLiteral(`(?s:${pattern})`)}`,
      },
    ];
  });

/** SQL's pattern as a regular expression for the whole text. */
function regularExpression(pattern: string, escape: string): string {
  let result = "";
  let inClass = false;
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern.charAt(at);
    if (character === escape && at + 1 < pattern.length) {
      at += 1;
      result += literally(pattern.charAt(at));
    } else if (inClass) {
      inClass = character !== "]";
      result += character === "\\" ? "\\\\" : character;
    } else if (character === "[") {
      inClass = true;
      result += character;
    } else if (character === "%") result += ".*";
    else if (character === "_") result += ".";
    else if (character === "(") result += "(?:";
    else result += ".^$\\".includes(character) ? `\\${character}` : character;
  }
  return `(?:${result})`;
}

function literally(character: string): string {
  return /[\w\s]/.test(character) ? character : `\\${character}`;
}
