/** Reads PostgreSQL's jsonpath: a text ⇒ a tree. Pure. */
import { notSupported, SQLSTATE, SqlError } from "../../core/errors.js";

export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";
type Arithmetic = "+" | "-" | "*";

/** An index, or the ends of a span. */
interface Subscript {
  readonly from: PathNode;
  readonly to: PathNode | undefined;
}

export type PathNode =
  | { readonly kind: "root" | "current" | "last" }
  | { readonly kind: "variable"; readonly name: string }
  /** As JSON writes it. */
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "member"; readonly of: PathNode; readonly key: string }
  | { readonly kind: "members" | "elements"; readonly of: PathNode }
  | { readonly kind: "descendants"; readonly of: PathNode; readonly from: number; readonly to: number }
  | { readonly kind: "subscript"; readonly of: PathNode; readonly subscripts: readonly Subscript[] }
  | { readonly kind: "filter"; readonly of: PathNode; readonly test: PathNode }
  | { readonly kind: "method"; readonly of: PathNode; readonly name: Method }
  | { readonly kind: "sign"; readonly operator: "+" | "-"; readonly of: PathNode }
  | {
      readonly kind: "arithmetic";
      readonly operator: Arithmetic;
      readonly left: PathNode;
      readonly right: PathNode;
    }
  | {
      readonly kind: "comparison";
      readonly operator: Comparison;
      readonly left: PathNode;
      readonly right: PathNode;
    }
  | { readonly kind: "starts"; readonly left: PathNode; readonly right: PathNode }
  | { readonly kind: "and" | "or"; readonly left: PathNode; readonly right: PathNode }
  | { readonly kind: "not" | "exists" | "unknown"; readonly of: PathNode };

const METHODS = ["type", "size", "double", "ceiling", "floor", "abs", "keyvalue"] as const;
export type Method = (typeof METHODS)[number];

export interface JsonPath {
  readonly isStrict: boolean;
  readonly node: PathNode;
}

const PREDICATES: ReadonlySet<PathNode["kind"]> = new Set([
  "comparison",
  "starts",
  "and",
  "or",
  "not",
  "exists",
  "unknown",
]);

export function isPredicate({ kind }: PathNode): boolean {
  return PREDICATES.has(kind);
}

const TOKEN =
  /\s*(?:("(?:[^"\\]|\\.)*")|(\d+(?:\.\d+)?(?:e[-+]?\d+)?|\.\d+(?:e[-+]?\d+)?)|(\$(?:[A-Za-z_][\w]*|"(?:[^"\\]|\\.)*")?)|([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)|(\*\*|==|!=|<>|<=|>=|&&|\|\||[@.*[\](){},?!<>=+\-/%]))/gy;
/** Nested expressions; each level of brackets calls a few functions. */
const MAX_DEPTH = 100;

interface PathToken {
  readonly kind: "string" | "number" | "dollar" | "word" | "symbol";
  readonly text: string;
}

function tokensOf(path: string): readonly PathToken[] {
  const tokens: PathToken[] = [];
  const text = path.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (match === null) throw wrong(path);
    const [, string, number, dollar, word, symbol] = match;
    if (string !== undefined) tokens.push({ kind: "string", text: string });
    else if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (dollar !== undefined) tokens.push({ kind: "dollar", text: dollar });
    else if (word !== undefined) tokens.push({ kind: "word", text: word });
    else tokens.push({ kind: "symbol", text: symbol ?? "" });
  }
  return tokens;
}

function wrong(path: string): SqlError {
  return new SqlError(SQLSTATE.syntaxError, `syntax error in jsonpath "${path}"`);
}

/** Errors: 42601 for what is no jsonpath; 0A000 for regular expressions, dates, and what divides */
export function readJsonPath(path: string): JsonPath {
  return new PathReader(path, tokensOf(path)).read();
}

class PathReader {
  readonly #path: string;
  readonly #tokens: readonly PathToken[];
  #at = 0;
  #depth = 0;

  constructor(path: string, tokens: readonly PathToken[]) {
    this.#path = path;
    this.#tokens = tokens;
  }

  read(): JsonPath {
    const isStrict = this.accept("strict");
    if (!isStrict) this.accept("lax");
    const node = this.disjunction();
    if (this.#at < this.#tokens.length) throw wrong(this.#path);
    return { isStrict, node };
  }

  private get token(): PathToken | undefined {
    return this.#tokens[this.#at];
  }

  /** Strings are no words. */
  private isAt(text: string, ahead = 0): boolean {
    const token = this.#tokens[this.#at + ahead];
    return token !== undefined && token.kind !== "string" && token.text === text;
  }

  private accept(text: string): boolean {
    const isThere = this.isAt(text);
    if (isThere) this.#at += 1;
    return isThere;
  }

  private expect(text: string): void {
    if (!this.accept(text)) throw wrong(this.#path);
  }

  private disjunction(): PathNode {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw notSupported("a jsonpath nested so deeply is not supported");
    let left = this.conjunction();
    while (this.accept("||")) left = { kind: "or", left, right: this.conjunction() };
    this.#depth -= 1;
    return left;
  }

  private conjunction(): PathNode {
    let left = this.negation();
    while (this.accept("&&")) left = { kind: "and", left, right: this.negation() };
    return left;
  }

  private negation(): PathNode {
    if (!this.accept("!")) return this.comparison();
    const of = this.comparison();
    if (!isPredicate(of)) throw wrong(this.#path);
    return { kind: "not", of };
  }

  private comparison(): PathNode {
    const left = this.sum();
    if (this.accept("starts")) {
      this.expect("with");
      return { kind: "starts", left, right: this.postfix() };
    }
    if (this.isAt("like_regex")) throw notSupported("like_regex in a jsonpath is not supported");
    const operator = this.comparisonSign();
    return operator === undefined ? left : { kind: "comparison", operator, left, right: this.sum() };
  }

  private comparisonSign(): Comparison | undefined {
    for (const sign of ["==", "!=", "<=", ">=", "<", ">"] as const) if (this.accept(sign)) return sign;
    if (this.accept("<>")) return "!=";
    return undefined;
  }

  private sum(): PathNode {
    let left = this.product();
    for (;;) {
      const operator = this.accept("+") ? "+" : this.accept("-") ? "-" : undefined;
      if (operator === undefined) return left;
      left = { kind: "arithmetic", operator, left, right: this.product() };
    }
  }

  private product(): PathNode {
    let left = this.signed();
    while (this.accept("*")) left = { kind: "arithmetic", operator: "*", left, right: this.signed() };
    if (this.isAt("/") || this.isAt("%")) throw notSupported("division in a jsonpath is not supported");
    return left;
  }

  private signed(): PathNode {
    const operator = this.accept("-") ? "-" : this.accept("+") ? "+" : undefined;
    return operator === undefined ? this.postfix() : { kind: "sign", operator, of: this.signed() };
  }

  private postfix(): PathNode {
    let node = this.primary();
    for (;;) {
      if (this.accept(".")) node = this.behindDot(node);
      else if (this.accept("[")) node = this.behindBracket(node);
      else if (this.accept("?")) {
        this.expect("(");
        node = { kind: "filter", of: node, test: this.predicate() };
        this.expect(")");
      } else return node;
    }
  }

  private predicate(): PathNode {
    const node = this.disjunction();
    if (!isPredicate(node)) throw wrong(this.#path);
    return node;
  }

  private primary(): PathNode {
    const token = this.token;
    if (token === undefined) throw wrong(this.#path);
    this.#at += 1;
    if (token.kind === "string") return { kind: "literal", text: token.text };
    if (token.kind === "number") return { kind: "literal", text: token.text.replace(/^\./, "0.") };
    if (token.kind === "dollar") {
      const name = token.text.slice(1);
      return name === "" ? { kind: "root" } : { kind: "variable", name: unquoted(name) };
    }
    if (token.text === "(") return this.bracketed();
    if (token.text === "@") return { kind: "current" };
    if (token.text === "last") return { kind: "last" };
    if (["true", "false", "null"].includes(token.text)) return { kind: "literal", text: token.text };
    if (token.text !== "exists") throw wrong(this.#path);
    this.expect("(");
    const of = this.disjunction();
    this.expect(")");
    return { kind: "exists", of };
  }

  private bracketed(): PathNode {
    const node = this.disjunction();
    this.expect(")");
    if (!this.isAt("is")) return node;
    this.expect("is");
    this.expect("unknown");
    return { kind: "unknown", of: node };
  }

  private behindDot(of: PathNode): PathNode {
    if (this.accept("**")) return { kind: "descendants", of, ...this.levels() };
    if (this.accept("*")) return { kind: "members", of };
    const token = this.token;
    if (token?.kind !== "word" && token?.kind !== "string") throw wrong(this.#path);
    this.#at += 1;
    if (token.kind === "string" || !this.isAt("(")) return { kind: "member", of, key: unquoted(token.text) };
    const name = METHODS.find((method) => method === token.text);
    if (name === undefined) throw notSupported(`.${token.text}() in a jsonpath is not supported`);
    this.expect("(");
    this.expect(")");
    return { kind: "method", of, name };
  }

  /** `{2}`, `{1 to last}` */
  private levels(): { readonly from: number; readonly to: number } {
    if (!this.accept("{")) return { from: 0, to: Number.POSITIVE_INFINITY };
    const from = this.level();
    const to = this.accept("to") ? this.level() : from;
    this.expect("}");
    return { from, to };
  }

  private level(): number {
    if (this.accept("last")) return Number.POSITIVE_INFINITY;
    const token = this.token;
    if (token?.kind !== "number") throw wrong(this.#path);
    this.#at += 1;
    return Number(token.text);
  }

  private behindBracket(of: PathNode): PathNode {
    if (this.accept("*")) {
      this.expect("]");
      return { kind: "elements", of };
    }
    const subscripts: Subscript[] = [];
    do {
      const from = this.sum();
      subscripts.push({ from, to: this.accept("to") ? this.sum() : undefined });
    } while (this.accept(","));
    this.expect("]");
    return { kind: "subscript", of, subscripts };
  }
}

function unquoted(name: string): string {
  if (!name.startsWith('"')) return name;
  const value: unknown = JSON.parse(name);
  return String(value);
}
