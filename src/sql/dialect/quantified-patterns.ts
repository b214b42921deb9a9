import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import { closingBracket, isSymbol, isWord } from "../token-reader.js";
import { listLiteral } from "./array-literals.js";
import { isOperand } from "./operators.js";
import type { DialectPass } from "./pass.js";

const QUANTIFIERS: ReadonlyMap<string, string> = new Map([
  ["any", "|"],
  ["some", "|"],
  ["all", "&"],
]);
/** Patterns and the operators that compare with one of them. */
const OPERATORS: ReadonlyMap<string, string> = new Map([
  ["like", "~~"],
  ["~~", "~~"],
  ["ilike", "~~*"],
  ["~~*", "~~*"],
  ["~", "~"],
  ["~*", "~*"],
]);
const QUERIES: ReadonlySet<string> = new Set(["select", "values", "with"]);

/**
 * Patterns of a list.
 *
 *   a LIKE ANY (ARRAY['x%', 'y%'])    ⇒  a |~~| (ARRAY['x%', 'y%'])
 *   a NOT ILIKE ALL ('{x%,y%}')       ⇒  a &!~~*& (CAST(['x%', 'y%'] AS VARCHAR[]))
 *   a LIKE ANY (SELECT p FROM t)      ⇒  a |~~| (ARRAY(SELECT p FROM t))
 *
 * Reason  DuckDB has ANY and ALL for =, <> and their kin only; the macros are in src/catalog/expressions/patterns-of-lists.ts
 */
export const quantifiedPatternsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index) => {
    const sides = token.kind === "word" ? QUANTIFIERS.get(token.value) : undefined;
    const close = isSymbol(tokens[index + 1], "(") ? closingBracket(tokens, index + 1) : undefined;
    if (sides === undefined || close === undefined) return [];
    const pattern = patternBefore(tokens, index);
    if (pattern === undefined || !isOperand(tokens[pattern.first - 1])) return [];
    const start = tokens[pattern.first]?.start ?? token.start;
    const text = ` ${sides}${pattern.operator}${sides} `;
    return [{ start, end: token.end, text }, ...listEdits(tokens, index + 1, close)];
  });

interface Pattern {
  readonly first: number;
  readonly operator: string;
}

/** `NOT LIKE` in front of the quantifier. */
function patternBefore(tokens: readonly Token[], index: number): Pattern | undefined {
  const written = tokens[index - 1];
  if (written?.kind !== "operator" && written?.kind !== "word") return undefined;
  const isNegated =
    written.kind === "word" ? isWord(tokens[index - 2], "not") : written.value.startsWith("!");
  const operator = OPERATORS.get(written.value.replace(/^!/, ""));
  if (operator === undefined) return undefined;
  const first = written.kind === "word" && isNegated ? index - 2 : index - 1;
  return { first, operator: isNegated ? `!${operator}` : operator };
}

function listEdits(tokens: readonly Token[], open: number, close: number): TextEdit[] {
  const [first, end] = [tokens[open + 1], tokens[close]];
  if (first === undefined || end === undefined) return [];
  const around = (before: string, behind: string): TextEdit[] => [
    { start: first.start, end: first.start, text: before },
    { start: end.start, end: end.start, text: behind },
  ];
  if (first.kind === "word" && QUERIES.has(first.value)) return around("ARRAY(", ")");
  if (close !== open + 2) return [];
  if (first.kind === "parameter") return around("CAST(", " AS VARCHAR[])");
  const list = first.kind === "string" ? listLiteral(first.value) : undefined;
  return list === undefined
    ? []
    : [{ start: first.start, end: first.end, text: `CAST(${list} AS VARCHAR[])` }];
}
