/** Reads a type from tokens: `int`, `s.mood`, `DECIMAL(10,2)`, `STRUCT(a INT, b mood)[]`, `MAP(VARCHAR, INT)`. */
import type { References } from "./references.js";
import { closingBracket, isName, isSymbol, isWord, splitAtCommas } from "./token-reader.js";

/** Types whose brackets hold `name type` pairs, and those whose brackets hold types. */
const PAIRS = ["struct", "row", "union"];
const LISTS = ["map", "list", "array"];
/** Second words of built-in types. */
const TAILS = [["precision"], ["varying"], ["with", "time", "zone"], ["without", "time", "zone"]];

/** Adds the type's names; the index behind it, undefined (and doubt) when there is none. */
export function readType(references: References, index: number): number | undefined {
  const { tokens } = references;
  const name = references.nameAtIndex(index);
  if (name === undefined) {
    references.doubt();
    return undefined;
  }
  references.addType(name);
  let next = name.next;
  const tail = TAILS.find((words) => words.every((word, ahead) => isWord(tokens[next + ahead], word)));
  if (tail !== undefined) next += tail.length;
  if (isSymbol(tokens[next], "(")) {
    const close = closingBracket(tokens, next);
    if (close === undefined) return undefined;
    readMembers(references, name.parts.at(-1)?.toLowerCase() ?? "", next + 1, close);
    next = close + 1;
  }
  while (isSymbol(tokens[next], "[")) next = (closingBracket(tokens, next) ?? next) + 1;
  return next;
}

function readMembers(references: References, type: string, from: number, close: number): void {
  for (const [first, end] of splitAtCommas(references.tokens, from, close)) {
    const isPair = PAIRS.includes(type);
    const at = isPair ? first + 1 : first;
    const isRead = isPair || LISTS.includes(type);
    if (!isRead) continue;
    if (!isName(references.tokens[first]) || readType(references, at) !== end) references.doubt();
  }
}
