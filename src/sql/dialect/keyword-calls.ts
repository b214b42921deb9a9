import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import { closingBracket, isSymbol, isWord } from "../token-reader.js";
import { placesOf } from "./places.js";
import type { DialectPass } from "./pass.js";

/** The words between the arguments of each. */
const SEPARATORS: ReadonlyMap<string, readonly string[]> = new Map([
  ["substring", ["from", "for"]],
  ["position", ["in"]],
  ["overlay", ["placing", "from", "for"]],
]);

/**
 * Calls whose arguments stand between words.
 *
 *   substring(a FROM 2 FOR 3)  ⇒  "substring"(a , 2 , 3)        position(a IN b)  ⇒  "position"(a , b)
 *   substring(a FOR 3)         ⇒  "substring"(a , 1, 3)
 *
 * Reason  DuckDB's grammar sends them to its own functions; written as plain calls, their names quoted, they are looked up
 *         like any other. Names in plain calls are quoted by their resolver: src/catalog/functions.ts
 */
export const keywordCallsPass: DialectPass = ({ tokens }) => {
  const places = placesOf(tokens);
  return tokens.flatMap((token, index) => {
    const separators = token.kind === "word" ? SEPARATORS.get(token.value) : undefined;
    const open = index + 1;
    if (separators === undefined || !isSymbol(tokens[open], "(")) return [];
    const close = closingBracket(tokens, open) ?? open;
    const found: Token[] = [];
    for (let at = open + 1; at < close; at += 1) {
      const word = tokens[at];
      if (word?.kind === "word" && separators.includes(word.value) && places[at]?.open === open)
        found.push(word);
    }
    if (found.length === 0) return [];
    const name = { start: token.start, end: token.end, text: `"${token.value}"` };
    return [name, ...found.map((word, at) => commaFor(token, word, at === 0))];
  });
};

function commaFor(call: Token, word: Token, isFirst: boolean): TextEdit {
  const fromStart = isWord(call, "substring") && isWord(word, "for") && isFirst;
  return { start: word.start, end: word.end, text: fromStart ? ", 1," : "," };
}
