/**
 * The values a statement stores, by their places in its text: rows of VALUES, a query, what SET assigns. Read from the
 * tokens, so also of texts that no parser read. What is written in a form not known here is left out.
 */
import type { RelationalStatement, TextSpan } from "./analysis.js";
import { tokenise, type Token } from "./lexer.js";
import { closingBracket, isSymbol, isWord, nameAt, splitAtCommas } from "./token-reader.js";

export interface StoredValue extends TextSpan {
  /** The column SET or a list names; the place among the columns of INSERT otherwise. */
  readonly column: string | number;
  /** Its one token, if it has no more. */
  readonly only: Token | undefined;
}

export interface StoredValues {
  readonly values: readonly StoredValue[];
  /** As INSERT lists them; undefined without a list. */
  readonly columns: readonly string[] | undefined;
  /** The query that INSERT stores the rows of. */
  readonly query: TextSpan | undefined;
}

const KNOWN = new WeakMap<RelationalStatement, StoredValues>();

export function storedValues(statement: RelationalStatement): StoredValues {
  const known = KNOWN.get(statement);
  if (known !== undefined) return known;
  const found = new ValueReader(statement).read();
  KNOWN.set(statement, found);
  return found;
}

class ValueReader {
  readonly #tokens: readonly Token[];
  readonly #statement: RelationalStatement;
  readonly #values: StoredValue[] = [];
  #query: TextSpan | undefined;
  #columns: readonly string[] | undefined;

  constructor(statement: RelationalStatement) {
    this.#statement = statement;
    this.#tokens = tokenise(statement.text);
  }

  read(): StoredValues {
    const { names, verb } = this.#statement;
    const target = names.find(({ role }) => role === "write");
    const from = this.#tokens.findIndex(({ start }) => start >= (target?.end ?? 0));
    if (target !== undefined && from !== -1) {
      if (verb === "insert") this.#insert(isWord(this.#tokens[from], "as") ? from + 2 : from, target.alias);
      this.#clauses(from);
    }
    return { values: this.#values, query: this.#query, columns: this.#columns };
  }

  /** SET, and the INSERT of MERGE, outside brackets. */
  #clauses(from: number): void {
    for (let at = from; at < this.#tokens.length; at += 1) {
      const token = this.#tokens[at];
      if (isSymbol(token, "(") || isSymbol(token, "[")) at = closingBracket(this.#tokens, at) ?? at;
      else if (isWord(token, "set")) this.#assignments(at + 1);
      else if (isWord(token, "insert") && this.#statement.verb === "merge") this.#insert(at + 1, undefined);
    }
  }

  /** `at` is behind the target's name and alias. */
  #insert(at: number, alias: string | undefined): void {
    const tokens = this.#tokens;
    let next = alias !== undefined && tokens[at]?.value === alias ? at + 1 : at;
    let columns: readonly string[] | undefined;
    if (isSymbol(tokens[next], "(") && !this.#isQuery(next + 1)) {
      const close = closingBracket(tokens, next) ?? tokens.length;
      columns = splitAtCommas(tokens, next + 1, close).map(([first, end]) => this.#columnName(first, end));
      next = close + 1;
    }
    this.#columns = columns;
    if (isWord(tokens[next], "overriding")) next += 3;
    if (isWord(tokens[next], "default")) return;
    const end = this.#rowsEnd(next);
    if (!isWord(tokens[next], "values") || !this.#rows(next + 1, end, columns)) this.#queryFrom(next, end);
  }

  #isQuery(at: number): boolean {
    return (
      ["select", "with", "values", "from", "table"].some((word) => isWord(this.#tokens[at], word)) ||
      isSymbol(this.#tokens[at], "(")
    );
  }

  /** "" for what is part of a column: an element, a field. */
  #columnName(first: number, end: number): string {
    const name = nameAt(this.#tokens, first);
    return name?.next === end && name.parts.length === 1 ? (name.parts[0] ?? "") : "";
  }

  /** The token that ends what is inserted: ON CONFLICT, RETURNING, the next branch of MERGE, the end. */
  #rowsEnd(from: number): number {
    for (let at = from; at < this.#tokens.length; at += 1) {
      const token = this.#tokens[at];
      if (isSymbol(token, "(") || isSymbol(token, "[")) at = closingBracket(this.#tokens, at) ?? at;
      else if (isSymbol(token, ";") || isWord(token, "returning") || isWord(token, "when")) return at;
      else if (isWord(token, "on") && isWord(this.#tokens[at + 1], "conflict")) return at;
    }
    return this.#tokens.length;
  }

  /** False, and nothing taken, where more than rows stands there. */
  #rows(from: number, end: number, columns: readonly string[] | undefined): boolean {
    const found: StoredValue[] = [];
    let at = from;
    while (at < end) {
      const close = isSymbol(this.#tokens[at], "(") ? closingBracket(this.#tokens, at) : undefined;
      if (close === undefined) return false;
      for (const [place, [first, last]] of splitAtCommas(this.#tokens, at + 1, close).entries())
        found.push(...this.#value(columns?.[place] ?? place, first, last));
      at = close + 1;
      if (at < end && !isSymbol(this.#tokens[at++], ",")) return false;
    }
    for (const value of found) this.#values.push(value);
    return true;
  }

  #queryFrom(from: number, end: number): void {
    const [first, last] = [this.#tokens[from], this.#tokens[end - 1]];
    if (first !== undefined && last !== undefined && end > from)
      this.#query = { start: first.start, end: last.end };
  }

  /** `a = 1, b[1] = 2, (c, d) = (3, 4)` */
  #assignments(from: number): void {
    const end = this.#assignmentsEnd(from);
    for (const [first, last] of splitAtCommas(this.#tokens, from, end)) {
      if (isSymbol(this.#tokens[first], "(")) this.#rowAssignment(first, last);
      else {
        const name = nameAt(this.#tokens, first);
        const at = name?.next ?? last;
        if (name === undefined || !isSymbol(this.#tokens[at], "=")) continue;
        this.#values.push(...this.#value(name.parts.at(-1) ?? "", at + 1, last));
      }
    }
  }

  #assignmentsEnd(from: number): number {
    for (let at = from; at < this.#tokens.length; at += 1) {
      const token = this.#tokens[at];
      if (isSymbol(token, "(") || isSymbol(token, "[")) at = closingBracket(this.#tokens, at) ?? at;
      else if (isWord(token, "case")) at = this.#caseEnd(at);
      else if (isSymbol(token, ";") || SET_ENDS.some((word) => isWord(token, word))) return at;
    }
    return this.#tokens.length;
  }

  /** WHEN inside CASE is no branch of MERGE. */
  #caseEnd(from: number): number {
    let depth = 0;
    for (let at = from; at < this.#tokens.length; at += 1) {
      if (isWord(this.#tokens[at], "case")) depth += 1;
      if (isWord(this.#tokens[at], "end")) depth -= 1;
      if (depth === 0) return at;
    }
    return this.#tokens.length;
  }

  #rowAssignment(open: number, last: number): void {
    const tokens = this.#tokens;
    const close = closingBracket(tokens, open) ?? last;
    const columns = splitAtCommas(tokens, open + 1, close).map(([first, end]) =>
      this.#columnName(first, end),
    );
    const row = isWord(tokens[close + 2], "row") ? close + 3 : close + 2;
    const rowEnd = isSymbol(tokens[row], "(") ? closingBracket(tokens, row) : undefined;
    if (rowEnd !== last - 1 || this.#isQuery(row + 1)) return;
    for (const [place, [first, end]] of splitAtCommas(tokens, row + 1, rowEnd).entries())
      this.#values.push(...this.#value(columns[place] ?? "", first, end));
  }

  /** None for DEFAULT and NULL, which are what they are. */
  #value(column: string | number, first: number, last: number): StoredValue[] {
    const [start, end] = [this.#tokens[first], this.#tokens[last - 1]];
    if (start === undefined || end === undefined || column === "") return [];
    const only = last - first === 1 ? start : undefined;
    if (isWord(only, "default") || isWord(only, "null")) return [];
    return [{ column, start: start.start, end: end.end, only }];
  }
}

const SET_ENDS: readonly string[] = ["from", "where", "returning", "when"];
