/**
 * Values beside one another in arithmetic and comparisons: whoever knows their types tells DuckDB which of them PostgreSQL
 * would make wider. Reads PostgreSQL's syntax tree.
 */
import {
  flagField,
  isNode,
  listField,
  locationOf,
  nodeField,
  stringList,
  textField,
  unwrap,
  unwrapAs,
  type AstNode,
} from "./ast.js";
import { callEnd, isSymbol, isWord } from "./token-reader.js";
import { readCte, readRelations, readValue, type Ctes } from "./read-sources.js";
import type { References } from "./references.js";
import type { QuerySources, ValueSource } from "./result-sources.js";
import { Utf8Offsets } from "./utf8-offsets.js";
import { writtenType } from "./written-types.js";

/** A value on one side of an operator. */
export interface NarrowOperand {
  /** Its place among the outputs of the query's sources. */
  readonly output: number;
  /** A cast is a call. */
  readonly kind: "column" | "integer" | "number" | "string" | "call" | "other";
  /** Where it stands, if that is known. */
  readonly start: number;
  readonly end: number;
}

export interface NarrowOperation {
  /** Of a clock: what is cast to `time`. */
  readonly kind: "arithmetic" | "difference" | "division" | "comparison" | "clock";
  readonly operands: readonly NarrowOperand[];
  /** The operator. */
  readonly sign: { readonly start: number; readonly end: number };
}

/** The operations of one query. */
export interface NarrowQuery {
  /** Its relations, and its operands as if it selected them. */
  readonly sources: QuerySources;
  readonly operations: readonly NarrowOperation[];
  /** What sum() is called with. */
  readonly sums: readonly { readonly output: number; readonly start: number }[];
}

const ARITHMETIC = new Set(["+", "-", "*", "/", "%"]);
const COMPARISONS = new Set(["=", "<>", "!=", "<", ">", "<=", ">="]);
/** `r IN (0.1, 0.2)`, `r = ANY (ARRAY[0.1])`, `r BETWEEN 0.1 AND 0.2`: one side is several values. */
const LISTS = new Set(["AEXPR_IN", "AEXPR_OP_ANY", "AEXPR_OP_ALL", "AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN"]);
const OWN_KINDS: ReadonlyMap<string, "difference" | "division"> = new Map([
  ["-", "difference"],
  ["/", "division"],
]);
/** Words of a type's name behind its first. */
const LONGER = ["precision", "varying", "with", "without"];
const NOWHERE = { start: 0, end: 0 };

/** All queries of a statement that have such operands. */
export function narrowOperands(tree: AstNode, references: References): readonly NarrowQuery[] {
  return new OperandReader(references).queriesIn(tree);
}

interface OpenQuery {
  readonly node: AstNode;
  readonly ctes: Ctes;
  readonly values: ValueSource[];
  readonly operations: NarrowOperation[];
  readonly sums: { output: number; start: number }[];
}

class OperandReader {
  readonly #references: References;
  #offsets: Utf8Offsets | undefined;
  readonly #queries: OpenQuery[] = [];

  constructor(references: References) {
    this.#references = references;
  }

  queriesIn(tree: AstNode): readonly NarrowQuery[] {
    this.#visitQuery(tree, new Map());
    return this.#queries
      .filter(({ values }) => values.length > 0)
      .map(({ node, ctes, values, operations, sums }) => {
        const outputs = values.map((value) => ({ kind: "value", name: "", value }) as const);
        return { sources: { relations: relationsOf(node, ctes), outputs, others: [] }, operations, sums };
      });
  }

  /** A common table expression sees those before it, and itself where the clause is recursive. */
  #visitQuery(node: AstNode, outer: Ctes): void {
    const clause = nodeField(node, "withClause");
    let ctes = outer;
    for (const item of clause === undefined ? [] : listField(clause, "ctes")) {
      const isRecursive = flagField(clause ?? {}, "recursive");
      const after = readCte(unwrapAs(item, "CommonTableExpr") ?? item, ctes, isRecursive);
      this.#visit(item, { ...opened(item, isRecursive ? after : ctes) });
      ctes = after;
    }
    const query = opened(node, ctes);
    this.#queries.push(query);
    for (const [field, child] of Object.entries(node)) if (field !== "withClause") this.#visit(child, query);
  }

  #visit(value: unknown, query: OpenQuery): void {
    if (Array.isArray(value)) {
      for (const item of value) this.#visit(item, query);
      return;
    }
    if (!isNode(value)) return;
    const wrapped = unwrap(value);
    const node = wrapped?.node ?? value;
    if ("targetList" in node || "fromClause" in node || "whereClause" in node || "withClause" in node) {
      this.#visitQuery(node, query.ctes);
      return;
    }
    if (wrapped?.type === "A_Expr") this.#readOperator(node, query);
    if (wrapped?.type === "FuncCall") this.#readSum(node, query);
    if (wrapped?.type === "TypeCast") this.#readClock(node, query);
    for (const child of Object.values(node)) this.#visit(child, query);
  }

  #readOperator(node: AstNode, { ctes, values, operations }: OpenQuery): void {
    const [kind, names] = [textField(node, "kind"), stringList(node, "name")];
    const isList = LISTS.has(kind);
    const [name = ""] = names;
    if (
      names.length !== 1 ||
      !(isList || (kind === "AEXPR_OP" && (ARITHMETIC.has(name) || COMPARISONS.has(name))))
    )
      return;
    const sides = [node["lexpr"], ...(isList ? listItems(node["rexpr"]) : [node["rexpr"]])];
    const sources = sides.map((side) => readValue(side, ctes));
    // PostgreSQL compares with an array of the first side's type.
    if (kind === "AEXPR_IN" && sides.length > 2) return;
    if (sides.includes(undefined) || sides.every((side) => isConstant(side)) || sources.every(isOpen)) return;
    const operands = sides.map((side, index) => {
      values.push(sources[index] ?? { kind: "open" });
      return { output: values.length - 1, ...this.#placed(side) };
    });
    const isArithmetic = !isList && ARITHMETIC.has(name);
    const own = OWN_KINDS.get(name) ?? "arithmetic";
    operations.push({ kind: isArithmetic ? own : "comparison", operands, sign: this.#tokenAt(node) });
  }

  /** `now()::time` */
  #readClock(node: AstNode, { ctes, values, operations }: OpenQuery): void {
    const type = nodeField(node, "typeName");
    if (type === undefined || writtenType(unwrapAs(type, "TypeName") ?? type).name !== "time") return;
    const source = readValue(node["arg"], ctes);
    if (isOpen(source)) return;
    values.push(source);
    const operand = { output: values.length - 1, ...this.#placed(node["arg"]) };
    operations.push({ kind: "clock", operands: [operand], sign: NOWHERE });
  }

  #readSum(node: AstNode, { ctes, values, sums }: OpenQuery): void {
    const [argument] = listField(node, "args");
    if (stringList(node, "funcname").at(-1) !== "sum" || argument === undefined) return;
    const source = readValue(argument, ctes);
    if (isOpen(source)) return;
    values.push(source);
    sums.push({ output: values.length - 1, start: this.#offset(node) });
  }

  #placed(side: unknown): Omit<NarrowOperand, "output"> {
    const { type, node } = unwrap(side) ?? {};
    if (type === undefined || node === undefined) return { kind: "other", ...NOWHERE };
    if (type === "ColumnRef") return { kind: "column", ...this.#nameOf(node) };
    if (type === "A_Const") {
      const kind = "ival" in node ? "integer" : "fval" in node ? "number" : "string";
      return { kind, ...this.#tokenOf(node) };
    }
    if (type === "SQLValueFunction") return { kind: "column", ...this.#tokenOf(node) };
    if (type === "TypeCast") return { kind: "call", ...this.#castOf(node) };
    return type === "FuncCall" ? { kind: "call", ...this.#callOf(node) } : { kind: "other", ...NOWHERE };
  }

  #nameOf(node: AstNode): { start: number; end: number } {
    const index = this.#tokenIndex(node);
    const name = index === undefined ? undefined : this.#references.nameAtIndex(index);
    return name?.parts.length === listField(node, "fields").length
      ? { start: name.start, end: name.end }
      : NOWHERE;
  }

  /** A sign belongs to a constant for the parser, and is a token of its own. */
  #tokenOf(node: AstNode): { start: number; end: number } {
    const index = this.#tokenIndex(node);
    return index !== undefined && this.#references.tokens[index]?.kind === "operator"
      ? NOWHERE
      : this.#tokenAt(node);
  }

  #tokenAt(node: AstNode): { start: number; end: number } {
    const index = this.#tokenIndex(node);
    const token = index === undefined ? undefined : this.#references.tokens[index];
    return token === undefined ? NOWHERE : { start: token.start, end: token.end };
  }

  /** `date '2024-01-01'`, and `a::date` of a column or a literal. */
  #castOf(node: AstNode): { start: number; end: number } {
    const { kind, start, end } = this.#placed(node["arg"]);
    const type = nodeField(node, "typeName");
    const index = type === undefined ? undefined : this.#tokenIndex(unwrapAs(type, "TypeName") ?? type);
    const token = index === undefined ? undefined : this.#references.tokens[index];
    if (start === end || token === undefined || kind === "call") return NOWHERE;
    const behind = this.#references.tokens[(index ?? 0) + 1];
    if (token.start < start)
      return kind === "string" && behind?.start === start ? { start: token.start, end } : NOWHERE;
    const goesOn = isSymbol(behind, "(") || isSymbol(behind, "[") || isSymbol(behind, ".");
    return goesOn || LONGER.some((word) => isWord(behind, word)) ? NOWHERE : { start, end: token.end };
  }

  /** With its brackets, and FILTER and OVER behind them. */
  #callOf(node: AstNode): { start: number; end: number } {
    const index = this.#tokenIndex(node);
    const { tokens } = this.#references;
    if (index === undefined || !isSymbol(tokens[index + 1], "(")) return NOWHERE;
    const [first, last] = [tokens[index], tokens[callEnd(tokens, index + 1) ?? index]];
    return first === undefined || last === undefined || first === last
      ? NOWHERE
      : { start: first.start, end: last.end };
  }

  #tokenIndex(node: AstNode): number | undefined {
    return this.#references.tokenIndexAt(this.#offset(node));
  }

  #offset(node: AstNode): number {
    this.#offsets ??= new Utf8Offsets(this.#references.text);
    return this.#offsets.toUtf16(locationOf(node));
  }
}

function opened(node: AstNode, ctes: Ctes): OpenQuery {
  return { node, ctes, values: [], operations: [], sums: [] };
}

function listItems(value: unknown): readonly unknown[] {
  const wrapped = unwrap(value);
  if (wrapped?.type === "A_ArrayExpr") return listField(wrapped.node, "elements");
  return wrapped?.type === "List" ? listField(wrapped.node, "items") : [];
}

function isConstant(value: unknown): boolean {
  return unwrap(value)?.type === "A_Const";
}

function isOpen({ kind }: ValueSource): boolean {
  return kind === "open" || kind === "literal" || kind === "parameter";
}

function relationsOf(node: AstNode, ctes: Ctes): QuerySources["relations"] {
  const target = nodeField(node, "relation");
  const items = [...listField(node, "fromClause"), ...listField(node, "usingClause")];
  return readRelations(target, items, ctes);
}
