/**
 * Where an expression of PostgreSQL's syntax tree stands in the text. The tree says where each node has its first token, or its
 * operator, and nothing of brackets and of ends: those are found among the tokens. What is not known here has no place.
 */
import { isNode, listField, locationOf, stringList, textField, unwrap, type AstNode } from "./ast.js";
import type { TextSpan } from "./analysis.js";
import { behindCall, typeEnd } from "./dialect/operand.js";
import type { References } from "./references.js";
import { closingBracket, isSymbol, isWord, nameAt } from "./token-reader.js";
import { Utf8Offsets } from "./utf8-offsets.js";

/** Words behind an interval's literal. */
const FIELDS = ["year", "month", "day", "hour", "minute", "second"];

export class ExpressionSpans {
  readonly #references: References;
  readonly #places = new Map<AstNode, number>();
  #offsets: Utf8Offsets | undefined;

  constructor(references: References) {
    this.#references = references;
  }

  /** Without brackets around it. */
  of(value: unknown): TextSpan | undefined {
    const indexes = this.#indexes(value);
    const { tokens } = this.#references;
    const [first, last] = [tokens[indexes?.first ?? -1], tokens[(indexes?.behind ?? 0) - 1]];
    return first === undefined || last === undefined ? undefined : { start: first.start, end: last.end };
  }

  /** The token of an operator. */
  sign(node: AstNode): TextSpan | undefined {
    const token = this.#references.tokens[this.#index(node) ?? -1];
    return token === undefined ? undefined : { start: token.start, end: token.end };
  }

  #indexes(value: unknown): { readonly first: number; readonly behind: number } | undefined {
    const [first, behind] = [this.#first(value), this.#behind(value)];
    return first === undefined || behind === undefined || behind <= first
      ? undefined
      : this.#balanced(first, behind);
  }

  /** With the brackets of parts at its ends: `(a + b) * (c + d)` */
  #balanced(from: number, to: number): { readonly first: number; readonly behind: number } | undefined {
    const { tokens } = this.#references;
    let [first, behind, open] = [from, to, 0];
    for (let index = from; index < to; index += 1) {
      if (isSymbol(tokens[index], "(")) open += 1;
      else if (isSymbol(tokens[index], ")") && open > 0) open -= 1;
      else if (isSymbol(tokens[index], ")") && isSymbol(tokens[first - 1], "(")) first -= 1;
      else if (isSymbol(tokens[index], ")")) return undefined;
    }
    for (; open > 0; open -= 1) {
      if (!isSymbol(tokens[behind], ")")) return undefined;
      behind += 1;
    }
    return { first, behind };
  }

  /** The first token any of its nodes has. Nothing begins a statement that is an expression: 0 is no place. */
  #first(value: unknown): number | undefined {
    const least = this.#least(value);
    return least === Number.POSITIVE_INFINITY ? undefined : this.#at(least);
  }

  /** Remembered: an operand holds those inside it. */
  #least(value: unknown): number {
    if (Array.isArray(value)) return Math.min(...value.map((item) => this.#least(item)));
    if (!isNode(value)) return Number.POSITIVE_INFINITY;
    const known = this.#places.get(value);
    if (known !== undefined) return known;
    const location = locationOf(value);
    let least = location > 0 ? location : Number.POSITIVE_INFINITY;
    for (const child of Object.values(value)) least = Math.min(least, this.#least(child));
    this.#places.set(value, least);
    return least;
  }

  #behind(value: unknown): number | undefined {
    const { type, node } = unwrap(value) ?? {};
    if (type === undefined || node === undefined) return undefined;
    const { tokens } = this.#references;
    const at = this.#index(node);
    switch (type) {
      case "ColumnRef": {
        const name = at === undefined ? undefined : nameAt(tokens, at);
        return name?.parts.length === listField(node, "fields").length ? name.next : undefined;
      }
      case "A_Const":
        return at === undefined ? undefined : tokens[at]?.kind === "operator" ? at + 2 : at + 1;
      case "ParamRef":
        return at === undefined ? undefined : at + 1;
      case "SQLValueFunction":
        return at === undefined ? undefined : (this.#behindBracket(at + 1) ?? at + 1);
      case "FuncCall":
        return this.#behindCall(node, at);
      case "TypeCast":
        return this.#behindCast(node, at);
      case "A_Expr":
        if (textField(node, "kind") === "AEXPR_NULLIF") return this.#behindBracket((at ?? -2) + 1);
        return textField(node, "kind") === "AEXPR_OP" ? this.#behind(node["rexpr"]) : undefined;
      case "CaseExpr":
        return at === undefined ? undefined : this.#behindEnd(at);
      case "CoalesceExpr":
      case "MinMaxExpr":
        return this.#behindBracket((at ?? -2) + 1);
      case "SubLink":
        return at === undefined ? undefined : (this.#behindBracket(at) ?? this.#behindBracket(at + 1));
      case "A_ArrayExpr":
        return at === undefined ? undefined : (this.#behindBracket(at) ?? this.#behindBracket(at + 1));
      case "A_Indirection":
        return this.#behindSteps(node);
      default:
        return undefined;
    }
  }

  #behindCall(node: AstNode, at: number | undefined): number | undefined {
    const { tokens } = this.#references;
    // AT TIME ZONE: the zone is the first argument.
    if (at !== undefined && isWord(tokens[at], "at") && stringList(node, "funcname").at(-1) === "timezone")
      return this.#behind(listField(node, "args")[0]);
    const open = at === undefined ? undefined : nameAt(tokens, at)?.next;
    return open !== undefined && isSymbol(tokens[open], "(") ? behindCall(tokens, open) : undefined;
  }

  /** `CAST(a AS b)`, `a::b`, `b 'a'`. */
  #behindCast(node: AstNode, at: number | undefined): number | undefined {
    const { tokens } = this.#references;
    if (at !== undefined && isWord(tokens[at], "cast")) return this.#behindBracket(at + 1);
    if (at !== undefined && isSymbol(tokens[at], "::")) return typeEnd(tokens, at + 1);
    const behind = this.#behind(node["arg"]);
    const goesOn = FIELDS.some((word) => isWord(tokens[behind ?? -1], word));
    return goesOn ? undefined : behind;
  }

  /** `(a).b[1]` */
  #behindSteps(node: AstNode): number | undefined {
    const { tokens } = this.#references;
    let next = this.#indexes(node["arg"])?.behind;
    if (next === undefined) return undefined;
    while (isSymbol(tokens[next], ")")) next += 1;
    for (const step of listField(node, "indirection")) {
      const isField = unwrap(step)?.type === "String";
      if (isField && !isSymbol(tokens[next], ".")) return undefined;
      next = isField ? next + 2 : this.#behindBracket(next);
      if (next === undefined) return undefined;
    }
    return next;
  }

  #behindEnd(at: number): number | undefined {
    const { tokens } = this.#references;
    let depth = 0;
    for (let index = at; index < tokens.length; index += 1) {
      if (isWord(tokens[index], "case")) depth += 1;
      else if (isWord(tokens[index], "end")) depth -= 1;
      if (depth === 0) return index + 1;
    }
    return undefined;
  }

  #behindBracket(open: number): number | undefined {
    const { tokens } = this.#references;
    if (!isSymbol(tokens[open], "(") && !isSymbol(tokens[open], "[")) return undefined;
    const close = closingBracket(tokens, open);
    return close === undefined ? undefined : close + 1;
  }

  #index(node: AstNode): number | undefined {
    const location = isNode(node) ? locationOf(node) : 0;
    return location > 0 ? this.#at(location) : undefined;
  }

  #at(location: number): number | undefined {
    this.#offsets ??= new Utf8Offsets(this.#references.text);
    return this.#references.tokenIndexAt(this.#offsets.toUtf16(location));
  }
}
