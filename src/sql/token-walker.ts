/**
 * Finds what a query or expression mentions from tokens alone: for DuckDB's dialect in statements that no parser here
 * reads (INSERT … BY NAME, CREATE OR REPLACE TABLE … AS FROM, UPDATE … SET x = [1, 2]).
 *
 * Works by exclusion: every word that can introduce a relation must have been understood as part of a clause, or as one
 * of the few other uses it has (EXTRACT(… FROM …), IS DISTINCT FROM). One that was not makes the statement uncertain.
 */
import { notSupported } from "../core/errors.js";
import { isReserved } from "./builtin-names.js";
import type { References, TokenName } from "./references.js";
import { Scope } from "./scope.js";
import { isQuery, TokenFrom } from "./token-from.js";
import { closingBracket, isName, isSymbol, isWord } from "./token-reader.js";
import { readType } from "./token-types.js";

/** Reserved words that introduce a relation. JOIN is not among them: a list that misses one ends in doubt. */
const INTRODUCERS = new Set(
  `from into table using describe summarize show pivot unpivot pivot_wider pivot_longer references`.split(
    " ",
  ),
);
/** Calls that are written with FROM between their arguments. */
const FROM_CALLS = ["extract", "substring", "trim", "overlay", "position"];
/** Words that are not reserved and stand in front of a parenthesis without calling anything. */
const NOT_CALLS = new Set(
  `values over filter exists conflict key sets rollup cube sample enum cast try_cast`.split(" "),
);
const MODIFIERS = ["insert", "update", "delete", "merge"];
const PIVOTS = ["pivot", "unpivot", "pivot_wider", "pivot_longer"];
const DESCRIBERS = ["describe", "desc", "summarize"];

export class TokenWalker {
  private readonly references: References;
  private readonly from: TokenFrom;

  constructor(references: References) {
    this.references = references;
    this.from = new TokenFrom(references);
  }

  /** A whole query at tokens `from`‥`to` (exclusive), without parentheses around it. */
  visitQuery(from: number, to: number, outer: Scope): void {
    const scope = new Scope(outer);
    const start = this.readWith(from, to, scope);
    this.visitBody(start, to, scope);
  }

  /** What follows WITH, or a statement's clauses behind its target: FROM lists first, then every expression. */
  visitBody(from: number, to: number, scope: Scope): void {
    const first = this.references.tokens[from];
    const words = first?.kind === "word" ? first.value : "";
    if (MODIFIERS.includes(words)) throw notSupported("data-modifying statements in WITH are not supported");
    if (words === "show") this.references.doubt();
    if (words === "table" || DESCRIBERS.includes(words)) this.readNamed(from, to, scope);
    if (PIVOTS.includes(words)) {
      this.explainWords(from, to, ["using"]);
      this.readClause(from, to, scope);
    }
    this.eachOutside(from, to, (index) => {
      if (isWord(this.references.tokens[index], "from") && !this.isDistinctFrom(index))
        this.readClause(index, to, scope);
    });
    this.visitExpression(from, to, scope);
  }

  /** The clauses of INSERT, UPDATE, DELETE or MERGE behind the target. */
  visitModification(from: number, to: number, scope: Scope): void {
    this.explainWords(from, to, ["update", "insert", "delete"]);
    this.visitBody(from, to, scope);
  }

  /** Column and table constraints; `references` has been read by the caller. */
  visitConstraint(from: number, to: number, scope: Scope): void {
    this.explainWords(from, to, ["references", "using"]);
    this.visitExpression(from, to, scope);
  }

  /** Words outside brackets that do not introduce a relation in this statement. */
  private explainWords(from: number, to: number, words: readonly string[]): void {
    this.eachOutside(from, to, (index) => {
      if (words.some((word) => isWord(this.references.tokens[index], word))) this.from.explained.add(index);
    });
  }

  /** WITH [RECURSIVE] name [(…)] AS [[NOT] MATERIALIZED] (query), …; the index behind it. */
  readWith(from: number, to: number, scope: Scope): number {
    const { tokens } = this.references;
    if (!isWord(tokens[from], "with")) return from;
    const isRecursive = isWord(tokens[from + 1], "recursive");
    let index = from + (isRecursive ? 2 : 1);
    for (;;) {
      const name = tokens[index];
      const open = this.cteQuery(index + 1, to);
      const close = open === undefined ? undefined : closingBracket(tokens, open);
      if (name === undefined || !isName(name) || open === undefined || close === undefined)
        return this.giveUp(to);
      if (isRecursive) this.visitRecursive(open + 1, close, name.value, scope);
      else this.visitQuery(open + 1, close, scope);
      scope.addCte(name.value);
      index = close + 1;
      if (!isSymbol(tokens[index], ",")) return index;
      index += 1;
    }
  }

  /** The parenthesis of a CTE's query, behind its name. */
  private cteQuery(from: number, to: number): number | undefined {
    const { tokens } = this.references;
    let index = from;
    if (isSymbol(tokens[index], "(")) index = (closingBracket(tokens, index) ?? to) + 1;
    if (isWord(tokens[index], "using") && isWord(tokens[index + 1], "key")) {
      index = (closingBracket(tokens, index + 2) ?? to) + 1;
    }
    if (!isWord(tokens[index], "as")) return undefined;
    index += 1;
    if (isWord(tokens[index], "not")) index += 1;
    if (isWord(tokens[index], "materialized")) index += 1;
    return isSymbol(tokens[index], "(") ? index : undefined;
  }

  /** The CTE sees itself only right of its last outermost UNION. */
  private visitRecursive(from: number, to: number, name: string, outer: Scope): void {
    const scope = new Scope(outer);
    const start = this.readWith(from, to, scope);
    let union: number | undefined;
    this.eachOutside(start, to, (index) => {
      const token = this.references.tokens[index];
      if (isWord(token, "union")) union = index;
      // With other set operators the tree is not left to right any more.
      else if (isWord(token, "intersect") || isWord(token, "except")) this.references.doubt();
    });
    const again = new Scope(scope);
    again.addCte(name);
    this.visitBody(start, union ?? to, new Scope(scope));
    if (union !== undefined) this.visitBody(union + 1, to, new Scope(again));
  }

  /** FROM, PIVOT or USING at `index`, with the list behind it. */
  readClause(index: number, to: number, scope: Scope): number {
    this.from.explained.add(index);
    return this.from.readList(index + 1, to, scope);
  }

  /** MERGE has one source, not a list. */
  readSource(index: number, to: number, scope: Scope): number {
    this.from.explained.add(index);
    return this.from.readFactor(index + 1, to, scope);
  }

  /** TABLE t, DESCRIBE t; DESCRIBE SELECT … goes on as a query. */
  private readNamed(index: number, to: number, scope: Scope): void {
    const { tokens } = this.references;
    this.from.explained.add(index);
    const next = isWord(tokens[index + 1], "only") ? index + 2 : index + 1;
    const name = this.references.nameAtIndex(next);
    const isPlain = tokens[next]?.kind === "quoted" || !isReserved(tokens[next]?.value ?? "");
    if (name === undefined || !isPlain || next >= to) {
      if (isWord(tokens[index], "table") || tokens[next]?.kind !== "word") this.references.doubt();
      return;
    }
    if (name.parts.length > 1 || !scope.hasCte(name.parts[0] ?? ""))
      this.references.addRelation("read", name, undefined);
    this.from.consumed.add(name.index);
  }

  /** Calls, types and qualified columns, and the sub-queries in brackets. */
  visitExpression(from: number, to: number, scope: Scope): void {
    const { tokens } = this.references;
    let index = from;
    while (index < to) {
      const token = tokens[index];
      if (token === undefined) return;
      if (token.kind === "symbol" && "([{".includes(token.value)) index = this.visitBracket(index, to, scope);
      else if (isSymbol(token, "::")) index = this.readCastType(index + 1);
      else if (isName(token) && !isSymbol(tokens[index - 1], ".")) index = this.visitWord(index, scope);
      else index += 1;
    }
  }

  private visitBracket(open: number, to: number, scope: Scope): number {
    const close = closingBracket(this.references.tokens, open);
    if (close === undefined || close > to) return this.giveUp(to);
    const isParenthesis = isSymbol(this.references.tokens[open], "(");
    const isDirect = !isSymbol(this.references.tokens[open + 1], "(");
    if (isParenthesis && isDirect && isQuery(this.references, open)) this.visitQuery(open + 1, close, scope);
    else if (isParenthesis && isQuery(this.references, open))
      this.visitBody(open + 1, close, new Scope(scope));
    else this.visitExpression(open + 1, close, scope);
    return close + 1;
  }

  private visitWord(index: number, scope: Scope): number {
    const { tokens } = this.references;
    const name = this.references.nameAtIndex(index);
    if (name === undefined) return index + 1;
    const token = tokens[index];
    if (token?.kind === "word" && name.parts.length === 1) this.judgeWord(index);
    if (this.from.consumed.has(index)) return name.next;
    if (isWord(token, "as") && this.isCastBracket(index)) return this.readCastType(index + 1);
    const isKeyword = token?.kind === "word" && isReserved(token.value);
    const isClause = token?.kind === "word" && NOT_CALLS.has(token.value);
    if (isSymbol(tokens[name.next], "(") && !isKeyword && !isClause) this.references.addFunction(name);
    else if (!isKeyword) this.readColumn(name, scope);
    return name.next;
  }

  /** Doubts a word that introduces relations and was not understood. */
  private judgeWord(index: number): void {
    const { tokens } = this.references;
    const token = tokens[index];
    if (token === undefined || !INTRODUCERS.has(token.value) || this.from.explained.has(index)) return;
    const next = tokens[index + 1];
    const isUsing = isSymbol(next, "(") || isWord(next, "sample") || isWord(next, "key");
    const isHarmless =
      (isUsing && token.value === "using") || this.isDistinctFrom(index) || this.isCallFrom(index);
    if (!isHarmless) this.references.doubt();
  }

  private isDistinctFrom(index: number): boolean {
    const { tokens } = this.references;
    if (!isWord(tokens[index], "from") || !isWord(tokens[index - 1], "distinct")) return false;
    return isWord(tokens[index - 2], "is") || isWord(tokens[index - 2], "not");
  }

  private isCallFrom(index: number): boolean {
    const call = this.bracketOwner(index);
    return isWord(this.references.tokens[index], "from") && FROM_CALLS.some((word) => isWord(call, word));
  }

  private isCastBracket(index: number): boolean {
    const owner = this.bracketOwner(index);
    return isWord(owner, "cast") || isWord(owner, "try_cast");
  }

  /** The token in front of the parenthesis that `index` stands in. */
  private bracketOwner(index: number): References["tokens"][number] | undefined {
    const { tokens } = this.references;
    let depth = 0;
    for (let back = index - 1; back >= 0; back -= 1) {
      const token = tokens[back];
      if (token?.kind !== "symbol") continue;
      if (")]}".includes(token.value)) depth += 1;
      else if ("([{".includes(token.value)) depth -= 1;
      if (depth < 0) return tokens[back - 1];
    }
    return undefined;
  }

  private readColumn(name: TokenName, scope: Scope): void {
    const { tokens } = this.references;
    const hasStar = isSymbol(tokens[name.next], ".") && isSymbol(tokens[name.next + 1], "*");
    const parts = hasStar ? name.parts : name.parts.slice(0, -1);
    const length = parts.length === 0 ? 0 : scope.qualifierLength(parts);
    if (length > 0) this.references.addQualifier(name, length);
  }

  private readCastType(index: number): number {
    return readType(this.references, index) ?? index;
  }

  /** Calls back for each token outside brackets. */
  private eachOutside(from: number, to: number, visit: (index: number) => void): void {
    const { tokens } = this.references;
    for (let index = from; index < to; index += 1) {
      const token = tokens[index];
      if (token?.kind === "symbol" && "([{".includes(token.value))
        index = closingBracket(tokens, index) ?? to;
      else visit(index);
    }
  }

  private giveUp(index: number): number {
    this.references.doubt();
    return index;
  }
}
