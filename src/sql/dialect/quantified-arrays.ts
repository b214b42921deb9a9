import type { Token } from "../lexer.js";
import { closingBracket, isSymbol, isWord } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/**
 * ANY and ALL over an array that may be NULL.
 *
 *   a = ANY (t.tags)     ⇒  a = ANY (coalesce(t.tags, [NULL]))
 *   a = ANY ($1::int[])  ⇒  a = ANY (coalesce($1::int[], [NULL]))
 *
 * Reason  DuckDB takes a NULL list for an empty one, and NOT turns that into true; a list of NULL gives NULL
 */
export const quantifiedArraysPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index) => {
    const isQuantifier = ["any", "all", "some"].some((word) => isWord(token, word));
    const open = tokens[index + 1];
    const sign = tokens[index - 1];
    // Patterns: quantified-patterns.ts
    const isComparison = sign?.kind === "operator" && !sign.value.includes("~");
    if (!isQuantifier || !isComparison || !isSymbol(open, "(")) return [];
    const close = closingBracket(tokens, index + 1);
    const last = close === undefined ? undefined : tokens[close];
    // Only names, and what is cast to an array: a literal is not NULL, a parameter has its type from where it stands, a query is none of this.
    const inner = close === undefined ? [] : tokens.slice(index + 2, close);
    const isName =
      inner.length > 0 &&
      inner.every((part, at) =>
        at % 2 === 0 ? part.kind === "word" || part.kind === "quoted" : isSymbol(part, "."),
      );
    if (open === undefined || last === undefined || !(isName || isCast(inner))) return [];
    return [
      { start: open.end, end: open.end, text: "coalesce(" },
      { start: last.start, end: last.start, text: ", [NULL])" },
    ];
  });

/** `$1::int[]`, `tags::text[]`, `NULL::int[]` */
function isCast(inner: readonly Token[]): boolean {
  const [first, sign] = inner;
  const isValue = first?.kind === "parameter" || first?.kind === "word" || first?.kind === "quoted";
  return isValue && isSymbol(sign, "::") && isSymbol(inner.at(-2), "[") && isSymbol(inner.at(-1), "]");
}
