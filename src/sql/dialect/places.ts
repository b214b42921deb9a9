/** Where in a statement each token stands: its clause, and the bracket around it. */
import type { Token } from "../lexer.js";

const CLAUSES = new Set(
  "select from where group having order limit offset window qualify set values returning on using".split(" "),
);

export interface Place {
  /** The word the clause begins with, at this level of brackets; "" before any. */
  readonly clause: string;
  /** Index of the bracket that is open here; -1 outside. */
  readonly open: number;
}

/** One place per token; a bracket itself stands where it opens and closes. */
export function placesOf(tokens: readonly Token[]): readonly Place[] {
  const levels: { clause: string; readonly open: number }[] = [{ clause: "", open: -1 }];
  return tokens.map((token, index) => {
    const isBracket = token.kind === "symbol";
    if (isBracket && ")]}".includes(token.value) && levels.length > 1) levels.pop();
    const level = levels.at(-1) ?? { clause: "", open: -1 };
    if (token.kind === "word" && CLAUSES.has(token.value)) level.clause = token.value;
    const place = { clause: level.clause, open: level.open };
    if (isBracket && "([{".includes(token.value)) levels.push({ clause: "", open: index });
    return place;
  });
}
