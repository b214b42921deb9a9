/**
 * Collects what one statement mentions. Owns the doubt: once something is seen whose name or position is not known, the
 * statement is not certain any more, and nothing makes it so again.
 */
import { SQLSTATE, SqlError, notSupported } from "../core/errors.js";
import type { NameReference, NameRole, TextEdit } from "./analysis.js";
import {
  isBuiltinType,
  isOpaqueFunction,
  isSequenceFunction,
  isSequenceState,
  isSetval,
  isServerFunction,
} from "./builtin-names.js";
import { characterPosition, tokenise, type Token } from "./lexer.js";
import { isSymbol, isWord, nameAt, type NameSpan } from "./token-reader.js";

/** A name in the token list: `index` of its first token, `next` behind its last. */
export interface TokenName extends NameSpan {
  readonly index: number;
  readonly next: number;
}

export type ObjectKind = NonNullable<NameReference["object"]>;

/** DuckDB's commands that name a relation or stand before a query. */
const DESCRIBERS = ["describe", "desc", "summarize", "show"];

export class References {
  readonly text: string;
  readonly tokens: readonly Token[];
  readonly names: NameReference[] = [];
  /** Where types stand, built-in ones too: the dialect passes look at them. */
  readonly types: NameSpan[] = [];
  /** Rewrites the reader decided on; the dialect passes give way to them. */
  readonly edits: TextEdit[] = [];
  private readonly places = new Set<number>();
  private doubtful = false;
  private advancesSequence = false;
  private setsSequences = false;

  constructor(text: string, tokens: readonly Token[]) {
    this.text = text;
    this.tokens = tokens;
  }

  get certain(): boolean {
    return !this.doubtful;
  }

  /** nextval() or setval() is called: the statement changes a sequence, whatever its verb. */
  get writesSequence(): boolean {
    return this.advancesSequence || this.setsSequences;
  }

  /** setval() is called. */
  get setsSequence(): boolean {
    return this.setsSequences;
  }

  doubt(): void {
    this.doubtful = true;
  }

  /** The index of the token that begins at a text offset; undefined when none does. */
  tokenIndexAt(offset: number): number | undefined {
    let low = 0;
    let high = this.tokens.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const start = this.tokens[middle]?.start ?? 0;
      if (start === offset) return middle;
      if (start < offset) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  nameAtOffset(offset: number): TokenName | undefined {
    const index = this.tokenIndexAt(offset);
    return index === undefined ? undefined : this.nameAtIndex(index);
  }

  nameAtIndex(index: number): TokenName | undefined {
    const name = nameAt(this.tokens, index);
    return name === undefined ? undefined : { ...name, index };
  }

  /** A relation read or written in a place where it may have an alias, unless the words around it forbid one. */
  addRelation(role: "read" | "write", name: TokenName, alias: string | undefined): void {
    if (this.places.has(name.start)) return;
    const isQuery = this.rewritePrefix(name);
    this.add(role, name, { alias, aliasAt: isQuery ? name.end : this.aliasPlace(name) });
  }

  /**
   * True for `TABLE t`, a query. What stands for a relation may be a sub-query, which TABLE and ONLY do not take:
   *
   *   TABLE t  ⇒  SELECT * FROM t,   FROM ONLY (t)  ⇒  FROM t
   */
  private rewritePrefix(name: TokenName): boolean {
    const { tokens } = this;
    let before = name.index - 1;
    if (isSymbol(tokens[before], "(") && isWord(tokens[before - 1], "only")) {
      this.replaceToken(before, "");
      this.replaceToken(name.next, "");
      before -= 1;
    }
    if (isWord(tokens[before], "only")) this.replaceToken(before--, "");
    if (!isWord(tokens[before], "table") || DESCRIBERS.some((word) => isWord(tokens[before - 1], word)))
      return false;
    this.replaceToken(before, "SELECT * FROM");
    return true;
  }

  private replaceToken(index: number, text: string): void {
    const token = this.tokens[index];
    if (token !== undefined) this.edits.push({ start: token.start, end: token.end, text });
  }

  /** A mention that may not get an alias. */
  addName(role: NameRole, name: NameSpan, object?: ObjectKind): void {
    this.add(role, name, object === undefined ? {} : { object });
  }

  addQualifier(name: TokenName, length: number): void {
    const last = this.tokens[name.index + 2 * (length - 1)];
    if (last === undefined) this.doubt();
    else
      this.add(
        "columnQualifier",
        { parts: name.parts.slice(0, length), start: name.start, end: last.end },
        {},
      );
  }

  /** A call; `name` is followed by its argument list. Also judges functions that see relations through texts. */
  addFunction(name: TokenName): void {
    const last = name.parts.at(-1) ?? "";
    this.judgeFunction(last, name.start);
    if (isSequenceFunction(last)) this.addSequence(name, true);
    if (isSequenceState(last)) this.addSequence(name, false);
    if (isSetval(last)) this.setsSequences = true;
    this.add("function", name, {});
  }

  judgeFunction(name: string, start: number): void {
    if (isOpaqueFunction(name)) this.doubt();
    if (isServerFunction(name)) throw this.at(start, notSupported(`function ${name}() is not supported`));
  }

  addType(name: NameSpan): void {
    this.types.push(name);
    const last = name.parts.at(-1) ?? "";
    const isKnown = name.parts.length === 1 ? isBuiltinType(last) : name.parts[0] === "pg_catalog";
    if (!isKnown) this.add("type", name, {});
  }

  /**
   * nextval('public.s'): the literal names the sequence, and is replaced with its quotes. Another expression is nothing
   * DuckDB's nextval takes; currval() and setval() look its value up when they run.
   */
  private addSequence(call: TokenName, isNextval: boolean): void {
    if (isNextval) this.advancesSequence = true;
    const literal = this.tokens[call.next + 1];
    const behind = this.tokens[call.next + 2];
    const isWhole = isSymbol(behind, ")") || isSymbol(behind, ",") || isSymbol(behind, "::");
    const parts = literal?.kind === "string" && isWhole ? sequenceParts(literal.value) : undefined;
    if (literal !== undefined && parts !== undefined)
      this.add(
        "sequence",
        { parts, start: literal.start, end: literal.end },
        isNextval ? {} : { object: "sequence" },
      );
    else if (isNextval) this.doubt();
  }

  /** Behind the name, or behind the `*` that says "and its children"; nowhere after TABLE, DESCRIBE, REFERENCES. */
  private aliasPlace(name: TokenName): number | undefined {
    const before = this.tokens[name.index - 1];
    const isCommand = ["table", "references", ...DESCRIBERS].some((word) => isWord(before, word));
    if (isCommand) return undefined;
    const behind = this.tokens[name.next];
    return isSymbol(behind, "*") && behind !== undefined ? behind.end : name.end;
  }

  /** A tree may hold one place twice, for example SET (a, b) = (SELECT …). */
  private add(role: NameRole, name: NameSpan, more: Partial<NameReference>): void {
    const { parts, start, end } = name;
    if (this.places.has(start)) return;
    this.places.add(start);
    this.names.push({ role, parts, start, end, alias: undefined, aliasAt: undefined, ...more });
  }

  /** The error with the position of a text offset. */
  at(offset: number, error: SqlError): SqlError {
    return error.with({ position: characterPosition(this.text, offset), cause: error });
  }

  syntaxErrorAt(index: number): SqlError {
    const token = this.tokens[index];
    const where =
      token === undefined ? "at end of input" : `at or near "${this.text.slice(token.start, token.end)}"`;
    return this.at(
      token?.start ?? this.text.length,
      new SqlError(SQLSTATE.syntaxError, `syntax error ${where}`),
    );
  }
}

/** The name inside a sequence literal; undefined when it is none. */
function sequenceParts(text: string): readonly string[] | undefined {
  try {
    const tokens = tokenise(text);
    const name = nameAt(tokens, 0);
    return name?.next === tokens.length ? name.parts : undefined;
  } catch (error) {
    if (error instanceof SqlError) return undefined;
    throw error;
  }
}
