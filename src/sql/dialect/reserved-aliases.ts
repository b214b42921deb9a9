import type { Token } from "../lexer.js";
import { isSymbol, isWord } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/** Reserved in DuckDB, names like others in PostgreSQL. */
const RESERVED = new Set(
  "asof by describe lambda pivot positional qualify show summarize unpivot".split(" "),
);
/** Words an expression, or a name that is assigned to, stands behind. */
const OPENING = new Set(
  "and as by case column distinct else not on or returning select set then when where".split(" "),
);

/**
 * Words that only DuckDB reserves, where they can be nothing but names.
 *
 *   SELECT at.attname FROM pg_attribute at WHERE …  ⇒  SELECT "at".attname FROM pg_attribute "at" WHERE …
 *   CREATE TABLE t (qualify int, at time(3))        ⇒  CREATE TABLE t ("qualify" int, "at" time(3))
 *
 * Reason  DuckDB reads AT (VERSION => …) behind a table; pg_dump calls pg_attribute so. What could be a clause of DuckDB's
 *         dialect (QUALIFY x, PIVOT t, lambda x: …) is left alone
 */
export const reservedAliasesPass: DialectPass = ({ tokens }) => {
  const columns = columnList(tokens);
  return tokens.flatMap((token, index) => {
    const isName = isWord(token, "at") ? isAtName(tokens, index) : isReservedName(tokens, index, columns);
    return isName ? [{ start: token.start, end: token.end, text: `"${token.value}"` }] : [];
  });
};

function isAtName(tokens: readonly Token[], index: number): boolean {
  const [before, behind] = [tokens[index - 1], tokens[index + 1]];
  const isZone = isWord(behind, "time") && isWord(tokens[index + 2], "zone");
  return !isSymbol(before, ".") && !isSymbol(behind, "(") && !isZone && !isWord(behind, "local");
}

function isReservedName(tokens: readonly Token[], index: number, columns: ReadonlySet<number>): boolean {
  const token = tokens[index];
  if (token?.kind !== "word" || !RESERVED.has(token.value)) return false;
  const [before, behind] = [tokens[index - 1], tokens[index + 1]];
  if (before === undefined || isSymbol(before, ".")) return false;
  return columns.has(index) || (startsOperand(before) && endsOperand(behind));
}

function startsOperand(before: Token): boolean {
  if (before.kind === "word") return OPENING.has(before.value);
  return before.kind === "operator" || isSymbol(before, "(") || isSymbol(before, ",");
}

function endsOperand(behind: Token | undefined): boolean {
  if (behind === undefined) return true;
  if (behind.kind === "word") return ["as", "from", "asc", "desc", "is", "in"].includes(behind.value);
  return behind.kind === "operator" || [",", ")", ".", "::", ";"].some((symbol) => isSymbol(behind, symbol));
}

/** Where the columns of CREATE TABLE begin, and those that ALTER TABLE adds. */
function columnList(tokens: readonly Token[]): ReadonlySet<number> {
  const first = tokens.findIndex((token) => isWord(token, "table"));
  if (first === -1 || first > 3 || !(isWord(tokens[0], "create") || isWord(tokens[0], "alter")))
    return new Set();
  const found = new Set<number>();
  let depth = 0;
  tokens.forEach((token, index) => {
    if (isSymbol(token, "(")) depth += 1;
    else if (isSymbol(token, ")")) depth -= 1;
    const before = tokens[index - 1];
    const isFirst = depth === 1 && index > first && (isSymbol(before, "(") || isSymbol(before, ","));
    if (isFirst || isWord(before, "column") || (depth === 0 && isWord(before, "add"))) found.add(index);
  });
  return found;
}
