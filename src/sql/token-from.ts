/**
 * Reads a FROM list (or what follows USING in DELETE and MERGE) from tokens alone, for DuckDB's dialect where no parser
 * gives positions. Doubts whatever it does not know instead of skipping it.
 */
import { canBeAlias, isReserved } from "./builtin-names.js";
import type { References, TokenName } from "./references.js";
import type { Scope } from "./scope.js";
import { closingBracket, isName, isSymbol, isWord } from "./token-reader.js";

const JOIN_WORDS = [
  "natural",
  "inner",
  "left",
  "right",
  "full",
  "outer",
  "cross",
  "semi",
  "anti",
  "asof",
  "positional",
];
/** Words a query in parentheses can begin with. */
export const QUERY_WORDS =
  `select with from values table pivot unpivot pivot_wider pivot_longer describe desc summarize
  show`.split(/\s+/);
/** What may stand behind a FROM list; anything else means that the list was not understood. */
const AFTER_LIST = new Set(
  `where group having window qualify order limit offset fetch union intersect except using returning on set when select
   for`.split(/\s+/),
);

export class TokenFrom {
  private readonly references: References;
  /** The relations read here, for whoever walks the same tokens next. */
  readonly consumed = new Set<number>();
  /** Words that introduce relations and were understood as part of a clause. */
  readonly explained = new Set<number>();

  constructor(references: References) {
    this.references = references;
  }

  /** Reads the list at `from`, at most to `to`; the index behind it. */
  readList(from: number, to: number, scope: Scope): number {
    let index = this.readFactor(from, to, scope);
    for (;;) {
      if (index >= to) return index;
      if (isSymbol(this.references.tokens[index], ",")) index = this.readFactor(index + 1, to, scope);
      else if (this.isJoin(index)) index = this.readJoin(index, to, scope);
      else break;
    }
    const end = this.references.tokens[index];
    if (end?.kind !== "word" || !AFTER_LIST.has(end.value)) this.references.doubt();
    return index;
  }

  /** One relation, sub-query, function or parenthesised join, with its alias. */
  readFactor(from: number, to: number, scope: Scope): number {
    const { tokens } = this.references;
    let index = from;
    let alias: string | undefined;
    if (isName(tokens[index]) && isSymbol(tokens[index + 1], ":")) {
      alias = tokens[index]?.value;
      index += 2;
    }
    while (["lateral", "only"].some((word) => isWord(tokens[index], word))) index += 1;
    const token = tokens[index];
    if (index >= to || token === undefined) return this.giveUp(to);
    if (isSymbol(token, "(")) return this.readParenthesis(index, to, scope, alias);
    if (isWord(token, "values")) return this.readValues(index, to, scope);
    const name = isName(token) ? this.references.nameAtIndex(index) : undefined;
    if (name === undefined) return this.giveUp(this.skipTo(index, to));
    if (isSymbol(tokens[name.next], "(")) return this.readFunction(name, to, scope, alias);
    return this.readRelation(name, to, scope, alias);
  }

  private readRelation(name: TokenName, to: number, scope: Scope, given: string | undefined): number {
    const { tokens } = this.references;
    const first = tokens[name.index];
    if (first?.kind === "word" && isReserved(first.value)) this.references.doubt();
    this.consumed.add(name.index);
    const next = isSymbol(tokens[name.next], "*") ? name.next + 1 : name.next;
    const { alias = given, end } = this.readAlias(next, to);
    const isCte = name.parts.length === 1 && scope.hasCte(name.parts[0] ?? "");
    if (!isCte) this.references.addRelation("read", name, alias);
    if (alias !== undefined) scope.addAlias(alias);
    else if (isCte) scope.addAlias(name.parts[0] ?? "");
    else scope.addTable(name.parts);
    return this.readSuffixes(end, to, scope);
  }

  private readFunction(name: TokenName, to: number, scope: Scope, given: string | undefined): number {
    const close = closingBracket(this.references.tokens, name.next) ?? to;
    let index = close + 1;
    if (
      isWord(this.references.tokens[index], "with") &&
      isWord(this.references.tokens[index + 1], "ordinality")
    )
      index += 2;
    const { alias = given, end } = this.readAlias(index, to);
    scope.addAlias(alias ?? name.parts.at(-1) ?? "");
    return this.readSuffixes(end, to, scope);
  }

  private readParenthesis(open: number, to: number, scope: Scope, given: string | undefined): number {
    const close = closingBracket(this.references.tokens, open);
    if (close === undefined || close >= to) return this.giveUp(to);
    if (!isQuery(this.references, open)) {
      const end = this.readListInside(open + 1, close, scope);
      if (end !== close) this.references.doubt();
    }
    const { alias = given, end } = this.readAlias(close + 1, to);
    if (alias !== undefined) scope.addAlias(alias);
    return this.readSuffixes(end, to, scope);
  }

  /** A join in parentheses: the list must reach the bracket. */
  private readListInside(from: number, close: number, scope: Scope): number {
    let index = this.readFactor(from, close, scope);
    while (index < close && this.isJoin(index)) index = this.readJoin(index, close, scope);
    return index;
  }

  private readValues(index: number, to: number, scope: Scope): number {
    const { tokens } = this.references;
    let next = index + 1;
    while (isSymbol(tokens[next], "(")) {
      next = (closingBracket(tokens, next) ?? to) + 1;
      if (isSymbol(tokens[next], ",") && isSymbol(tokens[next + 1], "(")) next += 1;
    }
    const { alias, end } = this.readAlias(next, to);
    if (alias !== undefined) scope.addAlias(alias);
    return end;
  }

  private readAlias(from: number, to: number): { alias: string | undefined; end: number } {
    const { tokens } = this.references;
    const hasAs = isWord(tokens[from], "as");
    const index = hasAs ? from + 1 : from;
    const token = tokens[index];
    const isAlias =
      index < to && isName(token) && (hasAs || token?.kind === "quoted" || canBeAlias(token?.value ?? ""));
    if (!isAlias || token === undefined) return { alias: undefined, end: from };
    this.consumed.add(index);
    const hasColumns = isSymbol(tokens[index + 1], "(");
    const end = hasColumns ? (closingBracket(tokens, index + 1) ?? to) + 1 : index + 1;
    return { alias: token.value, end };
  }

  /** TABLESAMPLE, and PIVOT behind a relation; time travel is not followed. */
  private readSuffixes(from: number, to: number, scope: Scope): number {
    const { tokens } = this.references;
    const token = tokens[from];
    if (from >= to || token?.kind !== "word") return from;
    if (token.value === "tablesample") return this.skipTo(from, to);
    if (token.value === "pivot" || token.value === "unpivot") {
      const open = tokens.findIndex((candidate, at) => at > from && isSymbol(candidate, "("));
      const close = open < 0 || open > from + 3 ? undefined : closingBracket(tokens, open);
      if (close === undefined) return this.giveUp(to);
      this.explained.add(from);
      const { alias, end } = this.readAlias(close + 1, to);
      if (alias !== undefined) scope.addAlias(alias);
      return this.readSuffixes(end, to, scope);
    }
    if (token.value === "at") return this.giveUp(this.skipTo(from, to));
    return from;
  }

  /** `left(x, 1)` is a call, not a join. */
  private isJoin(index: number): boolean {
    const [token, next] = [this.references.tokens[index], this.references.tokens[index + 1]];
    if (token?.kind !== "word") return false;
    if (token.value === "join") return true;
    return (
      JOIN_WORDS.includes(token.value) &&
      next?.kind === "word" &&
      (next.value === "join" || JOIN_WORDS.includes(next.value))
    );
  }

  private readJoin(from: number, to: number, scope: Scope): number {
    const { tokens } = this.references;
    let index = from;
    while (index < to && !isWord(tokens[index], "join")) index += 1;
    index = this.readFactor(index + 1, to, scope);
    if (isWord(tokens[index], "using")) return (closingBracket(tokens, index + 1) ?? to - 1) + 1;
    return isWord(tokens[index], "on") ? this.skipTo(index + 1, to) : index;
  }

  /** Over an expression: to a comma, a join, a clause or the end, outside brackets. */
  private skipTo(from: number, to: number): number {
    const { tokens } = this.references;
    let index = from;
    while (index < to) {
      const token = tokens[index];
      if (token === undefined || isSymbol(token, ",") || this.isJoin(index)) break;
      if (token.kind === "word" && AFTER_LIST.has(token.value) && !isSymbol(tokens[index - 1], ".")) break;
      const isOpen = token.kind === "symbol" && "([{".includes(token.value);
      index = isOpen ? (closingBracket(tokens, index) ?? to) + 1 : index + 1;
    }
    return Math.min(index, to);
  }

  private giveUp(index: number): number {
    this.references.doubt();
    return index;
  }
}

/** True when the parenthesis at `open` holds a query, however many parentheses deep. */
export function isQuery(references: References, open: number): boolean {
  let index = open;
  while (isSymbol(references.tokens[index], "(")) index += 1;
  const token = references.tokens[index];
  return (
    token?.kind === "word" &&
    QUERY_WORDS.includes(token.value) &&
    !isSymbol(references.tokens[index + 1], ".")
  );
}
