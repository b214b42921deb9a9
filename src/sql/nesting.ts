/**
 * Keeps statements that are nested too deeply away from every parser. Needed: libpg-query overflows the JavaScript
 * stack at some thousand levels, and after about thirty such overflows its WASM memory is broken for good ("memory
 * access out of bounds" for every later statement). Measured on 18.1.5: each shape in the test
 * parses several times over the limit.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Token } from "./lexer.js";

/** DuckDB's own limit, max_expression_depth, is 1,000 as well. */
const MAX_DEPTH = 1000;

/** Words that put one more node on top of the expression so far, like an operator. */
const CHAIN_WORDS = new Set([
  "not",
  "is",
  "isnull",
  "notnull",
  "collate",
  "at",
  "like",
  "ilike",
  "similar",
  "between",
  "in",
]);
/** Words that put one more node on top of the query so far. */
const QUERY_WORDS = new Set(["union", "intersect", "except", "join"]);
/** Words behind which a new expression begins; chains of AND and OR are flat in the tree. */
const BOUNDARIES = new Set(
  `and or select from where group having order limit when then else on values set using returning`.split(" "),
);

interface Level {
  expression: number;
  query: number;
  cases: number;
  /** 2 once the level is a query: that is three nodes deep, not one. */
  select: 0 | 2;
}

function newLevel(): Level {
  return { expression: 0, query: 0, cases: 0, select: 0 };
}

/** Throws 54001 when the tree of these tokens may be deeper than parsers and walkers can follow. Never too lenient. */
export function refuseDeepNesting(tokens: readonly Token[]): void {
  const levels: Level[] = [newLevel()];
  // The sum over all levels, kept up to date.
  let depth = 0;
  for (const token of tokens) {
    const level = levels.at(-1) ?? newLevel();
    const before = weight(level);
    if (token.kind === "symbol") {
      if ("([{".includes(token.value)) {
        // a[1][1]: brackets one behind the other are a chain too.
        if (token.value === "[") level.expression += 1;
        depth += weight(level) - before + 1;
        levels.push(newLevel());
      } else if (")]}".includes(token.value) && levels.length > 1) {
        levels.pop();
        depth -= before + 1;
      } else if (token.value === ",") {
        level.expression = 0;
        depth += weight(level) - before;
      }
    } else {
      count(level, token);
      depth += weight(level) - before;
    }
    if (depth > MAX_DEPTH) throw new SqlError(SQLSTATE.statementTooComplex, "statement is nested too deeply");
  }
}

function count(level: Level, token: Token): void {
  if (token.kind === "word" && token.value === "select") level.select = 2;
  if (token.kind === "operator") level.expression += 1;
  else if (token.kind !== "word") return;
  else if (CHAIN_WORDS.has(token.value)) level.expression += 1;
  else if (QUERY_WORDS.has(token.value)) level.query += 1;
  else if (token.value === "case") level.cases += 1;
  else if (token.value === "end") level.cases = Math.max(0, level.cases - 1);
  else if (BOUNDARIES.has(token.value)) level.expression = 0;
}

function weight({ expression, query, cases, select }: Level): number {
  return expression + query + cases + select;
}
