/**
 * What stands beside a parameter and has the type that PostgreSQL gives the parameter: the other operand, its column in the
 * other rows of VALUES, the column it is compared with in a row or inserted into. Read from tokens alone, in DuckDB's text.
 */
import { Brackets } from "../sql/brackets.js";
import type { Token } from "../sql/lexer.js";
import { quoteIdentifier } from "../sql/names.js";
import { closingBracket, isSymbol, isWord, nameAt, sliceTokens, splitAtCommas } from "../sql/token-reader.js";

const OPERATORS = new Set([
  "+",
  "-",
  "*",
  "/",
  "//",
  "%",
  "<",
  ">",
  "<=",
  ">=",
  "=",
  "<>",
  "!=",
  "||",
  "@>",
  "<@",
  "&&",
]);
const COMPARISONS = new Set(["<", ">", "<=", ">=", "=", "<>", "!="]);

/** What stands for the number of rows that LIMIT and OFFSET take. */
export const COUNT = "CAST(NULL AS BIGINT)";

/** Reads one statement, for all of its parameters: what each of them would look for again is found once. */
export class ParameterOperands {
  readonly #sql: string;
  readonly #tokens: readonly Token[];
  readonly #brackets: Brackets;
  readonly #inserted: InsertedColumns | undefined;
  /** Values in columns of VALUES, by the first row's bracket and the column. */
  readonly #values = new Map<string, string | undefined>();

  constructor(sql: string, tokens: readonly Token[]) {
    this.#sql = sql;
    this.#tokens = tokens;
    this.#brackets = new Brackets(tokens);
    this.#inserted = insertedColumns(sql, tokens);
  }

  /** An expression of the type wanted for the parameter at a token, or of a list of it; undefined where nothing tells. */
  of(at: number): string | undefined {
    const [sql, tokens] = [this.#sql, this.#tokens];
    if (isCount(tokens, at)) return COUNT;
    const list = listOperand(sql, tokens, at);
    return (
      list ??
      operandBefore(sql, tokens, at) ??
      operandBehind(sql, tokens, at) ??
      this.#insertedColumn(at) ??
      this.#besideItem(itemOf(tokens, this.#brackets, at))
    );
  }

  #besideItem(item: Item | undefined): string | undefined {
    if (item === undefined) return undefined;
    return this.#insertedValue(item) ?? this.#valueBeside(item) ?? this.#rowOperand(item);
  }

  /** `INSERT INTO t (a, b) VALUES ($1, …)`: the column in the same place, where another value keeps DuckDB from telling. */
  #insertedValue({ open, place }: Item): string | undefined {
    const values = this.#brackets.firstRow(open) - 1;
    const isInserted = values === this.#inserted?.select && isWord(this.#tokens[values], "values");
    return isInserted ? columnAt(this.#inserted, place) : undefined;
  }

  /** The same column in another row of VALUES that is no parameter there. */
  #valueBeside({ open, place }: Item): string | undefined {
    const first = this.#brackets.firstRow(open);
    if (!isWord(this.#tokens[first - 1], "values")) return undefined;
    const key = `${first} ${place}`;
    if (!this.#values.has(key))
      this.#values.set(key, valueIn(this.#sql, this.#tokens, this.#brackets, first, place));
    return this.#values.get(key);
  }

  /** `(a, b) = ($1, $2)`, `(a, b) IN (($1, $2), …)`: the item in the same place. */
  #rowOperand(item: Item): string | undefined {
    const tokens = this.#tokens;
    const list = this.#brackets.around(item.open);
    const isIn = list !== undefined && isWord(tokens[list - 1], "in");
    const isCompared = COMPARISONS.has(tokens[item.open - 1]?.value ?? "");
    const last = isCompared
      ? item.open - 2
      : isIn
        ? isWord(tokens[list - 2], "not")
          ? list - 3
          : list - 2
        : -1;
    const open = isSymbol(tokens[last], ")") ? this.#brackets.opening(last) : undefined;
    if (open === undefined || isOperand(tokens[open - 1])) return undefined;
    const [from, to] = splitAtCommas(tokens, open + 1, last)[item.place] ?? [0, 0];
    return to > from ? sliceTokens(this.#sql, tokens, from, to) : undefined;
  }

  /** `INSERT INTO t (a, b) SELECT $1, …`: the column in the same place. */
  #insertedColumn(at: number): string | undefined {
    const [tokens, inserted] = [this.#tokens, this.#inserted];
    if (inserted === undefined || !isSelected(tokens, at)) return undefined;
    const { assigned } = inserted;
    const isInside = assigned !== undefined && assigned.from < at && at < assigned.close;
    const select = isInside ? assigned.from + 2 : inserted.select;
    const isFirst = at === select + 1;
    if (!isWord(tokens[select], "select") || at <= select) return undefined;
    if (!isFirst && !isSymbol(tokens[at - 1], ",")) return undefined;
    const place = this.#brackets.places(select, at);
    return place === undefined ? undefined : columnAt(inserted, place);
  }
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

/** A parameter that is an item of a list by itself: the list's bracket, and its place there. */
interface Item {
  readonly open: number;
  readonly place: number;
}

function itemOf(tokens: readonly Token[], brackets: Brackets, at: number): Item | undefined {
  const isItem =
    (isSymbol(tokens[at - 1], "(") || isSymbol(tokens[at - 1], ",")) &&
    (isSymbol(tokens[at + 1], ")") || isSymbol(tokens[at + 1], ","));
  const open = isItem ? brackets.around(at) : undefined;
  const place = open === undefined ? undefined : brackets.places(open + 1, at);
  return open === undefined || place === undefined || !isSymbol(tokens[open], "(")
    ? undefined
    : { open, place };
}

/** What the first row of VALUES that has one has for a value in a column. */
function valueIn(
  sql: string,
  tokens: readonly Token[],
  brackets: Brackets,
  first: number,
  place: number,
): string | undefined {
  for (let row = first; ;) {
    const close = brackets.closing(row);
    if (close === undefined) return undefined;
    const [from, to] = splitAtCommas(tokens, row + 1, close)[place] ?? [0, 0];
    const isOpen = tokens
      .slice(from, to)
      .some(({ kind, value }) => kind === "parameter" || value === "default");
    if (to > from && !isOpen) return sliceTokens(sql, tokens, from, to);
    if (!isSymbol(tokens[close + 1], ",") || !isSymbol(tokens[close + 2], "(")) return undefined;
    row = close + 2;
  }
}

/** All of an item of a SELECT's list. */
function isSelected(tokens: readonly Token[], at: number): boolean {
  return (
    (isWord(tokens[at - 1], "select") || isSymbol(tokens[at - 1], ",")) &&
    (tokens[at + 1] === undefined ||
      isSymbol(tokens[at + 1], ",") ||
      isSymbol(tokens[at + 1], ")") ||
      ["from", "where", "on", "returning", "as"].some((word) => isWord(tokens[at + 1], word)))
  );
}

function columnAt({ table, columns }: InsertedColumns, place: number): string | undefined {
  const column = columns === undefined ? `#${place + 1}` : columns[place];
  return column === undefined
    ? undefined
    : `(SELECT ${column} FROM ${table} AS ${quoteIdentifier("inserted")})`;
}

/** The target of INSERT … SELECT or VALUES. */
interface InsertedColumns {
  readonly table: string;
  readonly columns: readonly string[] | undefined;
  /** The token of the word SELECT, or VALUES. */
  readonly select: number;
  /** FROM and the end of the query whose columns are stored one by one: see assigned-values.ts. */
  readonly assigned: { readonly from: number; readonly close: number } | undefined;
}

function insertedColumns(sql: string, tokens: readonly Token[]): InsertedColumns | undefined {
  const into = tokens.findIndex(
    (token, index) => isWord(token, "into") && isWord(tokens[index - 1], "insert"),
  );
  const target = into === -1 ? undefined : nameAt(tokens, into + 1);
  if (target === undefined) return undefined;
  let select = isWord(tokens[target.next], "as") ? target.next + 2 : target.next;
  const close = isSymbol(tokens[select], "(") ? closingBracket(tokens, select) : undefined;
  const columns =
    close === undefined
      ? undefined
      : splitAtCommas(tokens, select + 1, close).map(([from, to]) => sliceTokens(sql, tokens, from, to));
  select = close === undefined ? select : close + 1;
  // The form that refuses rows in conflict has the query in brackets.
  while (
    isWord(tokens[select], "select") &&
    isSymbol(tokens[select + 1], "*") &&
    isSymbol(tokens[select + 3], "(")
  )
    select += 4;
  return {
    table: sql.slice(target.start, target.end),
    columns,
    select,
    assigned: assignedQuery(tokens, select),
  };
}

function assignedQuery(tokens: readonly Token[], select: number): InsertedColumns["assigned"] {
  const first = tokens[select + 1]?.value ?? "";
  if (first !== "c0" && !/^(?:duckbranch_|rtrim$)/.test(first)) return undefined;
  const from = tokens.findIndex((token, index) => index > select && isWord(token, "from"));
  const close = isSymbol(tokens[from + 1], "(") ? closingBracket(tokens, from + 1) : undefined;
  return close === undefined ? undefined : { from, close };
}
