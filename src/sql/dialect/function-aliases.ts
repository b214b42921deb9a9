import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import { canBeAlias } from "../builtin-names.js";
import { closingBracket, isSymbol, isWord, nameAt, splitAtCommas } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/** Functions of one column; DuckDB's own table functions keep their columns' names. */
const ONE_COLUMN = new Set([
  "generate_series",
  "generate_subscripts",
  "unnest",
  "regexp_split_to_table",
  "string_to_table",
]);
const CLAUSES = new Set("select from where group having order window limit set values returning".split(" "));

/**
 * The alias of a function in FROM names its column too.
 *
 *   SELECT s FROM generate_series(1, 3) s  ⇒  SELECT s FROM generate_series(1, 3) s(s)
 *
 * Reason  for DuckDB the alias is the table's, and `s` its whole row, a STRUCT
 */
export const functionAliasesPass: DialectPass = ({ text, tokens }) => {
  const edits: TextEdit[] = [];
  // The clause each open level of parentheses is in: one walk, however long the text.
  const clauses: string[] = [""];
  tokens.forEach((token, index) => {
    if (isSymbol(token, "(")) clauses.push("");
    else if (isSymbol(token, ")")) clauses.pop();
    else if (token.kind === "word" && CLAUSES.has(token.value)) clauses[clauses.length - 1] = token.value;
    else if (clauses.at(-1) === "from" && isItemStart(tokens[index - 1]))
      edits.push(...aliasEdit(text, tokens, index));
  });
  return edits;
};

function isItemStart(before: Token | undefined): boolean {
  return isSymbol(before, ",") || ["from", "join", "lateral"].some((word) => isWord(before, word));
}

function aliasEdit(text: string, tokens: readonly Token[], index: number): TextEdit[] {
  const name = nameAt(tokens, index);
  if (name === undefined || !ONE_COLUMN.has(name.parts.at(-1) ?? "")) return [];
  const close = isSymbol(tokens[name.next], "(") ? closingBracket(tokens, name.next) : undefined;
  if (close === undefined) return [];
  // Several arrays are several columns: see unnest-rows.
  const isRows = name.parts.at(-1) === "unnest" && splitAtCommas(tokens, name.next + 1, close).length > 1;
  if (isRows) return [];
  const at = isWord(tokens[close + 1], "as") ? close + 2 : close + 1;
  const alias = tokens[at];
  const isAlias = alias?.kind === "quoted" || (alias?.kind === "word" && canBeAlias(alias.value));
  if (alias === undefined || !isAlias || isSymbol(tokens[at + 1], "(")) return [];
  return [{ start: alias.end, end: alias.end, text: `(${text.slice(alias.start, alias.end)})` }];
}
