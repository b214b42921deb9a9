/**
 * What stands beside a parameter and has the type that PostgreSQL gives the parameter: the other operand, its column in the
 * other rows of VALUES, the column it is compared with in a row or inserted into. Read from tokens alone, in DuckDB's text.
 */
import type { Token } from "../sql/lexer.js";
import { quoteIdentifier } from "../sql/names.js";
import { closingBracket, isSymbol, isWord, nameAt, sliceTokens, splitAtCommas } from "../sql/token-reader.js";

const OPERATORS = new Set(["+", "-", "*", "/", "//", "%", "<", ">", "<=", ">=", "=", "<>", "!=", "||"]);
const COMPARISONS = new Set(["<", ">", "<=", ">=", "=", "<>", "!="]);

/** An expression of the type wanted for the parameter at a token, or of a list of it; undefined where nothing tells. */
export function operandOf(sql: string, tokens: readonly Token[], at: number): string | undefined {
  if (isCount(tokens, at)) return "CAST(NULL AS BIGINT)";
  const list = listOperand(sql, tokens, at);
  return (
    list ??
    operandBefore(sql, tokens, at) ??
    operandBehind(sql, tokens, at) ??
    insertedColumn(sql, tokens, at) ??
    valueBeside(sql, tokens, at) ??
    rowOperand(sql, tokens, at)
  );
}

/** LIMIT $1, OFFSET $1. */
function isCount(tokens: readonly Token[], at: number): boolean {
  return isWord(tokens[at - 1], "limit") || isWord(tokens[at - 1], "offset");
}

/** `table.column = ANY ($1)`: the parameter is a list of the column's type. */
function listOperand(sql: string, tokens: readonly Token[], at: number): string | undefined {
  const isQuantified =
    isSymbol(tokens[at - 1], "(") && ["any", "all", "some"].some((word) => isWord(tokens[at - 2], word));
  const operand = isQuantified ? operandBefore(sql, tokens, at - 2) : undefined;
  return operand === undefined ? undefined : `[${operand}]`;
}

/** `table.column <operator>`, `f(…) <operator>` or `(…) <operator>` just before the parameter. */
function operandBefore(sql: string, tokens: readonly Token[], at: number): string | undefined {
  if (!OPERATORS.has(tokens[at - 1]?.value ?? "")) return undefined;
  const first = startOfTerm(tokens, at - 1);
  return first === undefined ? undefined : sliceTokens(sql, tokens, first, at - 1);
}

/** The first token of all that an arithmetic operator takes as its left side: `a * 2` of `a * 2 / $1`. */
function startOfTerm(tokens: readonly Token[], operator: number): number | undefined {
  const sign = tokens[operator]?.value ?? "";
  const joined = FACTORS.has(sign) ? FACTORS : SUMS.has(sign) ? new Set([...FACTORS, ...SUMS]) : NOTHING;
  let first = startOfOperand(tokens, operator - 1);
  for (let at = first; at !== undefined && joined.has(tokens[at - 1]?.value ?? "");) {
    at = startOfOperand(tokens, at - 2);
    if (at !== undefined) first = at;
  }
  return first;
}

const FACTORS: ReadonlySet<string> = new Set(["*", "/", "//", "%"]);
const SUMS: ReadonlySet<string> = new Set(["+", "-"]);
const NOTHING: ReadonlySet<string> = new Set();

/** The first token of the operand that ends at a token. */
function startOfOperand(tokens: readonly Token[], last: number): number | undefined {
  if (isSymbol(tokens[last], ")")) {
    const open = openingBracket(tokens, last);
    if (open === undefined) return undefined;
    // `f(…) OVER (…)`: the call is in front.
    if (isWord(tokens[open - 1], "over")) return startOfOperand(tokens, open - 2);
    return isOperand(tokens[open - 1]) ? startOfName(tokens, open - 1) : open;
  }
  return isOperand(tokens[last]) ? startOfName(tokens, last) : undefined;
}

function startOfName(tokens: readonly Token[], last: number): number {
  let first = last;
  while (tokens[first - 1]?.value === "." && isOperand(tokens[first - 2])) first -= 2;
  return first;
}

/** `<operator> table.column` or `<operator> f(…)` just behind it. */
function operandBehind(sql: string, tokens: readonly Token[], at: number): string | undefined {
  if (!OPERATORS.has(tokens[at + 1]?.value ?? "") || !isOperand(tokens[at + 2])) return undefined;
  let last = at + 2;
  while (tokens[last + 1]?.value === "." && isOperand(tokens[last + 2])) last += 2;
  if (isSymbol(tokens[last + 1], "(")) {
    const close = closingBracket(tokens, last + 1);
    if (close === undefined || isWord(tokens[close + 1], "over")) return undefined;
    last = close;
  }
  return sliceTokens(sql, tokens, at + 2, last + 1);
}

const CLAUSES = new Set(
  "and as between by case else end from having ilike in is like limit not offset on or order returning select set then union values when where".split(
    " ",
  ),
);

/** A name or a number. */
function isOperand(token: Token | undefined): boolean {
  if (token?.kind === "word") return !CLAUSES.has(token.value);
  return token?.kind === "quoted" || token?.kind === "number";
}

/** The bracket that the one at `close` closes. */
function openingBracket(tokens: readonly Token[], close: number): number | undefined {
  let depth = 0;
  for (let index = close; index >= 0; index -= 1) {
    const token = tokens[index];
    if (token?.kind !== "symbol") continue;
    if (")]}".includes(token.value)) depth += 1;
    else if ("([{".includes(token.value)) depth -= 1;
    if (depth === 0) return index;
  }
  return undefined;
}

/** A parameter that is an item of a list by itself: the list's brackets, and its place there. */
interface Item {
  readonly open: number;
  readonly close: number;
  readonly place: number;
}

function itemOf(tokens: readonly Token[], at: number): Item | undefined {
  const isItem =
    (isSymbol(tokens[at - 1], "(") || isSymbol(tokens[at - 1], ",")) &&
    (isSymbol(tokens[at + 1], ")") || isSymbol(tokens[at + 1], ","));
  const open = isItem ? enclosingBracket(tokens, at) : undefined;
  const close = open === undefined ? undefined : closingBracket(tokens, open);
  if (open === undefined || close === undefined) return undefined;
  const place = splitAtCommas(tokens, open + 1, close).findIndex(([from]) => from === at);
  return place === -1 ? undefined : { open, close, place };
}

function enclosingBracket(tokens: readonly Token[], at: number): number | undefined {
  for (let index = at - 1; index >= 0; index -= 1) {
    if (isSymbol(tokens[index], ")")) index = openingBracket(tokens, index) ?? 0;
    else if (isSymbol(tokens[index], "(")) return index;
  }
  return undefined;
}

/** The same column in another row of VALUES that is no parameter there. */
function valueBeside(sql: string, tokens: readonly Token[], at: number): string | undefined {
  const item = itemOf(tokens, at);
  if (item === undefined) return undefined;
  let open = item.open;
  while (isSymbol(tokens[open - 1], ",") && isSymbol(tokens[open - 2], ")"))
    open = openingBracket(tokens, open - 2) ?? open;
  if (!isWord(tokens[open - 1], "values")) return undefined;
  for (let row = open; ;) {
    const close = closingBracket(tokens, row);
    if (close === undefined) return undefined;
    const [from, to] = splitAtCommas(tokens, row + 1, close)[item.place] ?? [0, 0];
    const isOpen = tokens
      .slice(from, to)
      .some(({ kind, value }) => kind === "parameter" || value === "default");
    if (to > from && !isOpen) return sliceTokens(sql, tokens, from, to);
    if (!isSymbol(tokens[close + 1], ",") || !isSymbol(tokens[close + 2], "(")) return undefined;
    row = close + 2;
  }
}

/** `(a, b) = ($1, $2)`, `(a, b) IN (($1, $2), …)`: the item in the same place. */
function rowOperand(sql: string, tokens: readonly Token[], at: number): string | undefined {
  const item = itemOf(tokens, at);
  if (item === undefined) return undefined;
  const list = enclosingBracket(tokens, item.open);
  const isIn = list !== undefined && isWord(tokens[list - 1], "in");
  const isCompared = COMPARISONS.has(tokens[item.open - 1]?.value ?? "");
  const last = isCompared
    ? item.open - 2
    : isIn
      ? isWord(tokens[list - 2], "not")
        ? list - 3
        : list - 2
      : -1;
  const open = isSymbol(tokens[last], ")") ? openingBracket(tokens, last) : undefined;
  if (open === undefined || isOperand(tokens[open - 1])) return undefined;
  const [from, to] = splitAtCommas(tokens, open + 1, last)[item.place] ?? [0, 0];
  return to > from ? sliceTokens(sql, tokens, from, to) : undefined;
}

/** Behind the bracket of the query whose columns are stored one by one: see assigned-values.ts. */
function insideAssigned(tokens: readonly Token[], select: number, at: number): number | undefined {
  const first = tokens[select + 1]?.value ?? "";
  if (first !== "c0" && !/^(?:duckbranch_|rtrim$)/.test(first)) return undefined;
  const from = tokens.findIndex((token, index) => index > select && isWord(token, "from"));
  const close = isSymbol(tokens[from + 1], "(") ? closingBracket(tokens, from + 1) : undefined;
  return close !== undefined && from < at && at < close ? from + 2 : undefined;
}

/** `INSERT INTO t (a, b) SELECT $1, …`: the column in the same place. */
function insertedColumn(sql: string, tokens: readonly Token[], at: number): string | undefined {
  const isItem =
    (isWord(tokens[at - 1], "select") || isSymbol(tokens[at - 1], ",")) &&
    (tokens[at + 1] === undefined ||
      isSymbol(tokens[at + 1], ",") ||
      isSymbol(tokens[at + 1], ")") ||
      ["from", "where", "on", "returning", "as"].some((word) => isWord(tokens[at + 1], word)));
  const into = tokens.findIndex(
    (token, index) => isWord(token, "into") && isWord(tokens[index - 1], "insert"),
  );
  const target = isItem && into !== -1 ? nameAt(tokens, into + 1) : undefined;
  if (target === undefined) return undefined;
  let next = isWord(tokens[target.next], "as") ? target.next + 2 : target.next;
  const close = isSymbol(tokens[next], "(") ? closingBracket(tokens, next) : undefined;
  const columns =
    close === undefined
      ? undefined
      : splitAtCommas(tokens, next + 1, close).map(([from, to]) => sliceTokens(sql, tokens, from, to));
  next = close === undefined ? next : close + 1;
  // The form that refuses rows in conflict has the query in brackets.
  while (isWord(tokens[next], "select") && isSymbol(tokens[next + 1], "*") && isSymbol(tokens[next + 3], "("))
    next += 4;
  next = insideAssigned(tokens, next, at) ?? next;
  if (!isWord(tokens[next], "select")) return undefined;
  const place = splitAtCommas(tokens, next + 1, at + 1).findIndex(([from]) => from === at);
  if (place === -1) return undefined;
  const column = columns === undefined ? `#${place + 1}` : columns[place];
  const table = sql.slice(target.start, target.end);
  return column === undefined
    ? undefined
    : `(SELECT ${column} FROM ${table} AS ${quoteIdentifier("inserted")})`;
}
