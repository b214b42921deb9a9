import type { Token } from "../lexer.js";
import { canBeAlias } from "../builtin-names.js";
import { closingBracket, isSymbol, isWord, nameAt } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/** Functions of one column; DuckDB's own table functions keep their columns' names. */
const ONE_COLUMN = new Set([
  "generate_series",
  "generate_subscripts",
  "unnest",
  "regexp_split_to_table",
  "string_to_table",
]);
const CLAUSES = [
  "select",
  "from",
  "where",
  "group",
  "having",
  "order",
  "window",
  "limit",
  "set",
  "values",
  "returning",
  "on",
];

/**
 * The alias of a function in FROM names its column too.
 *
 *   SELECT s FROM generate_series(1, 3) s  ⇒  SELECT s FROM generate_series(1, 3) s(s)
 *
 * Reason  for DuckDB the alias is the table's, and `s` its whole row, a STRUCT
 */
export const functionAliasesPass: DialectPass = ({ text, tokens }) =>
  tokens.flatMap((_, index) => {
    const name = isFromItem(tokens, index) ? nameAt(tokens, index) : undefined;
    if (name === undefined || !ONE_COLUMN.has(name.parts.at(-1) ?? "")) return [];
    const close = isSymbol(tokens[name.next], "(") ? closingBracket(tokens, name.next) : undefined;
    if (close === undefined) return [];
    const at = isWord(tokens[close + 1], "as") ? close + 2 : close + 1;
    const alias = tokens[at];
    const isAlias = alias?.kind === "quoted" || (alias?.kind === "word" && canBeAlias(alias.value));
    if (alias === undefined || !isAlias || isSymbol(tokens[at + 1], "(")) return [];
    return [{ start: alias.end, end: alias.end, text: `(${text.slice(alias.start, alias.end)})` }];
  });

/** True for the first token of an item of a FROM clause. */
function isFromItem(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1];
  if (isWord(before, "join") || isWord(before, "lateral")) return true;
  return (isWord(before, "from") || isSymbol(before, ",")) && clauseOf(tokens, index - 1) === "from";
}

/** The clause the token is in: the nearest keyword before it on its own level of parentheses. */
function clauseOf(tokens: readonly Token[], index: number): string | undefined {
  let depth = 0;
  for (let back = index; back >= 0; back -= 1) {
    const token = tokens[back];
    if (isSymbol(token, ")")) depth += 1;
    else if (isSymbol(token, "(")) depth -= 1;
    if (depth < 0) return undefined;
    const isClause = depth === 0 && token?.kind === "word" && CLAUSES.includes(token.value);
    if (isClause) return token.value === "on" ? "from" : token.value;
  }
  return undefined;
}
