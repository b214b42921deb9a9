/**
 * Values beside one another in arithmetic and comparisons: whoever knows their types tells DuckDB which of them PostgreSQL
 * would make wider. Reads PostgreSQL's syntax tree.
 */
import type { TextSpan } from "./analysis.js";
import {
  flagField,
  isNode,
  listField,
  nodeField,
  stringList,
  textField,
  unwrap,
  unwrapAs,
  type AstNode,
} from "./ast.js";
import { targetName } from "./column-names.js";
import { ExpressionSpans } from "./expression-spans.js";
import { readCte, readRelations, readValue, type Ctes } from "./read-sources.js";
import type { References } from "./references.js";
import type { QuerySources, SourceRelation, ValueSource } from "./result-sources.js";
import { writtenType } from "./written-types.js";

/** A value on one side of an operator. */
export interface NarrowOperand {
  /** Its place among the outputs of the query's sources. */
  readonly output: number;
  /** Literals: a string and NULL have no type of their own. */
  readonly kind: "number" | "untyped" | "other";
  /** Where it stands, if that is known. */
  readonly span: TextSpan | undefined;
}

export interface NarrowOperation {
  /**
   * Of a clock: what is cast to `time`. Of a choice: what CASE, COALESCE and their like choose from. Of elements: an array of which
   * each is looked at. Of an array: a string beside one.
   */
  readonly kind:
    | "arithmetic"
    | "difference"
    | "division"
    | "comparison"
    | "clock"
    | "choice"
    | "sum"
    | "elements"
    | "array";
  readonly operands: readonly NarrowOperand[];
  /** The operator of a division. */
  readonly sign?: TextSpan | undefined;
  /** All of it, and what a column is called that is nothing else. */
  readonly call?: TextSpan | undefined;
  readonly label?: string | undefined;
}

/** The operations of one query. */
export interface NarrowQuery {
  /** Its relations, and its operands as if it selected them. */
  readonly sources: QuerySources;
  readonly operations: readonly NarrowOperation[];
}

const ARITHMETIC = new Set(["+", "-", "*", "/", "%"]);
const COMPARISONS = new Set(["=", "<>", "!=", "<", ">", "<=", ">="]);
/** `r IN (0.1, 0.2)`, `r = ANY (ARRAY[0.1])`, `r BETWEEN 0.1 AND 0.2`: one side is several values. */
const LISTS = new Set(["AEXPR_IN", "AEXPR_OP_ANY", "AEXPR_OP_ALL", "AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN"]);
/** What compares, whatever its operator is called. */
const EQUALITIES = new Set(["AEXPR_DISTINCT", "AEXPR_NOT_DISTINCT", "AEXPR_NULLIF"]);
const OWN_KINDS: ReadonlyMap<string, "difference" | "division"> = new Map([
  ["-", "difference"],
  ["/", "division"],
]);
/** Of two arrays, and of documents. */
const ARRAYS = new Set(["@>", "<@", "&&", "||"]);
const STATEMENTS = new Set(["SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"]);

/** More values beside one another are not looked at. */
const MAX_VALUES = 256;

/** All queries of a statement that have such operands. */
export function narrowOperands(tree: AstNode, references: References): readonly NarrowQuery[] {
  return new OperandReader(references).queriesIn(tree);
}

interface OpenQuery {
  readonly ctes: Ctes;
  readonly relations: readonly SourceRelation[];
  readonly outer: OpenQuery | undefined;
  readonly values: ValueSource[];
  readonly operations: NarrowOperation[];
}

class OperandReader {
  readonly #spans: ExpressionSpans;
  readonly #queries: OpenQuery[] = [];
  /** Names of columns that are calls, by the node of the call. */
  readonly #labels = new Map<unknown, string>();

  constructor(references: References) {
    this.#spans = new ExpressionSpans(references);
  }

  queriesIn(tree: AstNode): readonly NarrowQuery[] {
    this.#visitQuery(tree, new Map(), undefined);
    return this.#queries
      .filter(({ operations }) => operations.length > 0)
      .map((query) => ({ sources: sourcesOf(query), operations: query.operations }));
  }

  /** A common table expression sees those before it, and itself where the clause is recursive. */
  #visitQuery(node: AstNode, before: Ctes, outer: OpenQuery | undefined): void {
    const clause = nodeField(node, "withClause");
    let ctes = before;
    for (const item of clause === undefined ? [] : listField(clause, "ctes")) {
      const isRecursive = flagField(clause ?? {}, "recursive");
      const after = readCte(unwrapAs(item, "CommonTableExpr") ?? item, ctes, isRecursive);
      this.#visit(item, opened({}, isRecursive ? after : ctes, outer));
      ctes = after;
    }
    const query = opened(node, ctes, outer);
    this.#queries.push(query);
    const rows = listField(node, "valuesLists");
    if (rows.length > 1 && rows.length <= MAX_VALUES) this.#readRows(rows, query);
    for (const [field, child] of Object.entries(node)) {
      // Sides of a set operation.
      if ((field === "larg" || field === "rarg") && isNode(child))
        this.#visitQuery(unwrap(child)?.node ?? child, ctes, outer);
      else if (field !== "withClause") this.#visit(child, query);
    }
  }

  #visit(value: unknown, query: OpenQuery): void {
    if (Array.isArray(value)) {
      for (const item of value) this.#visit(item, query);
      return;
    }
    if (!isNode(value)) return;
    const wrapped = unwrap(value);
    const node = wrapped?.node ?? value;
    if (STATEMENTS.has(wrapped?.type ?? "")) {
      this.#visitQuery(node, query.ctes, query);
      return;
    }
    this.#read(wrapped?.type ?? "", node, value, query);
    for (const child of Object.values(node)) this.#visit(child, query);
  }

  #read(type: string, node: AstNode, whole: AstNode, query: OpenQuery): void {
    switch (type) {
      case "A_Expr":
        this.#readOperator(node, whole, query);
        break;
      case "FuncCall":
        this.#readCall(node, whole, query);
        break;
      case "TypeCast":
        this.#readClock(node, whole, query);
        break;
      case "CaseExpr":
        this.#readCase(node, query);
        break;
      case "CoalesceExpr":
      case "MinMaxExpr":
        this.#add("choice", listField(node, "args"), query);
        break;
      case "A_ArrayExpr":
        this.#readChoice(listField(node, "elements"), query);
        break;
      case "SubLink":
        if (textField(node, "subLinkType") === "ANY_SUBLINK") this.#readMembership(node, query);
        break;
      case "ResTarget":
        if (textField(node, "name") === "") this.#labels.set(node["val"], targetName(node));
        break;
      default:
    }
  }

  #readOperator(node: AstNode, whole: AstNode, query: OpenQuery): void {
    const [kind, names] = [textField(node, "kind"), stringList(node, "name")];
    const [name = ""] = names;
    const isList = LISTS.has(kind);
    const compares = isList || EQUALITIES.has(kind) || (kind === "AEXPR_OP" && COMPARISONS.has(name));
    if (ARRAYS.has(name) && kind === "AEXPR_OP") this.#readArray([node["lexpr"], node["rexpr"]], query);
    if (!compares && !(kind === "AEXPR_OP" && names.length === 1 && ARITHMETIC.has(name))) return;
    const items = isList ? listItems(node["rexpr"]) : [node["rexpr"]];
    const sides = [node["lexpr"], ...items];
    // PostgreSQL compares with an array of the first side's type.
    if (kind === "AEXPR_IN" && sides.length > 2) return;
    if (isList && items.length === 0) {
      this.#readElements(node, query);
      return;
    }
    if (sides.includes(undefined) || sides.every(isConstant)) return;
    const fields = sides.map(rowFields);
    const [left, right] = fields;
    if (compares && left !== undefined && right !== undefined)
      left.forEach((side, at) => this.#add("comparison", [side, right[at]], query));
    else if (compares) this.#add("comparison", sides, query);
    else {
      const own = OWN_KINDS.get(name) ?? "arithmetic";
      const division = { sign: this.#spans.sign(node), call: this.#spans.of(whole) };
      this.#add(own, sides, query, own === "division" ? division : {});
    }
  }

  /** `a = ANY (b)` of an array: only `a` has a place. */
  #readElements(node: AstNode, query: OpenQuery): void {
    const element = { A_Indirection: { arg: node["rexpr"], indirection: [] } };
    this.#add("comparison", [node["lexpr"], element], query, {}, 1);
    this.#add("elements", [node["rexpr"]], query);
  }

  /** `a @> '{b}'` */
  #readArray(sides: readonly unknown[], query: OpenQuery): void {
    const isBeside = sides.some((side) => {
      const text = nodeField(unwrapAs(side, "A_Const") ?? {}, "sval");
      return text !== undefined && textField(text, "sval").trimStart().startsWith("{");
    });
    if (isBeside) this.#add("array", sides, query);
  }

  /** `CASE a WHEN b THEN c ELSE d END` */
  #readCase(node: AstNode, query: OpenQuery): void {
    const cases = listField(node, "args").map((item) => unwrapAs(item, "CaseWhen") ?? item);
    const otherwise = "defresult" in node ? [node["defresult"]] : [];
    this.#add("choice", [...cases.map((one) => one["result"]), ...otherwise], query);
    if (!("arg" in node)) return;
    for (const one of cases) this.#add("comparison", [node["arg"], one["expr"]], query);
  }

  /** Constants alone are what they are. */
  #readChoice(values: readonly unknown[], query: OpenQuery): void {
    if (values.length <= MAX_VALUES && !values.every(isConstant)) this.#add("choice", values, query);
  }

  /** `VALUES (a, b), (c, d)`: a column is chosen from. */
  #readRows(rows: readonly AstNode[], query: OpenQuery): void {
    const lists = rows.map((row) => listField(unwrapAs(row, "List") ?? {}, "items"));
    for (const at of (lists[0] ?? []).keys())
      this.#readChoice(
        lists.flatMap((items) => items[at] ?? []),
        query,
      );
  }

  /** `a IN (SELECT b …)`, `a = ANY (SELECT b …)` */
  #readMembership(node: AstNode, query: OpenQuery): void {
    const rows = { SubLink: { ...node, subLinkType: "EXPR_SUBLINK" } };
    if ("testexpr" in node) this.#add("comparison", [node["testexpr"], rows], query, {}, 1);
  }

  /** `now()::time` */
  #readClock(node: AstNode, whole: AstNode, query: OpenQuery): void {
    const type = nodeField(node, "typeName");
    if (type === undefined || writtenType(unwrapAs(type, "TypeName") ?? type).name !== "time") return;
    const label = this.#labels.get(whole);
    this.#add("clock", [node["arg"]], query, { call: this.#spans.of(whole), label });
  }

  #readCall(node: AstNode, whole: AstNode, query: OpenQuery): void {
    const [argument] = listField(node, "args");
    const name = stringList(node, "funcname").at(-1);
    if (name === "unnest") this.#add("elements", listField(node, "args").slice(0, 1), query);
    if (name !== "sum" || argument === undefined) return;
    this.#add("sum", [argument], query, { call: this.#spans.of(whole), label: this.#labels.get(whole) });
  }

  #add(
    kind: NarrowOperation["kind"],
    sides: readonly unknown[],
    { ctes, values, operations }: OpenQuery,
    own: Partial<Pick<NarrowOperation, "sign" | "call" | "label">> = {},
    placed = sides.length,
  ): void {
    const sources = sides.map((side) => readValue(side, ctes));
    if (!isConcerned(kind, sources)) return;
    const operands = sides.map((side, index): NarrowOperand => {
      values.push(sources[index] ?? { kind: "open" });
      const isUntyped = sources[index]?.kind === "literal";
      const operandKind = isUntyped ? "untyped" : isConstant(side) ? "number" : "other";
      return {
        output: values.length - 1,
        kind: operandKind,
        span: index < placed ? this.#spans.of(side) : undefined,
      };
    });
    operations.push({ kind, operands, ...own });
  }
}

const EVEN: ReadonlySet<NarrowOperation["kind"]> = new Set(["arithmetic", "comparison", "choice"]);

/** What stands beside a string or a parameter alone is of one type. */
function isConcerned(kind: NarrowOperation["kind"], sources: readonly ValueSource[]): boolean {
  const typed = sources.filter((source) => source.kind !== "literal" && source.kind !== "parameter");
  const known = typed.filter((source) => source.kind !== "open").length;
  return known > 0 && (typed.length > 1 || !EVEN.has(kind));
}

function opened(node: AstNode, ctes: Ctes, outer: OpenQuery | undefined): OpenQuery {
  const relations = relationsOf(node, ctes);
  const query = { ctes, relations, outer, values: [], operations: [] };
  const [changed] = relations;
  // Another row of the table, never meant without its name.
  return changed !== undefined && nodeField(node, "onConflictClause") !== undefined
    ? { ...query, outer: { ...query, relations: [{ ...changed, name: "excluded" }] } }
    : query;
}

function sourcesOf({ relations, outer, values }: OpenQuery): QuerySources {
  const outputs = values.map((value) => ({ kind: "value", name: "", value }) as const);
  const around = outer && sourcesOf({ ...outer, values: [] });
  return { relations, outputs, others: [], outer: around };
}

function listItems(value: unknown): readonly unknown[] {
  const wrapped = unwrap(value);
  if (wrapped?.type === "A_ArrayExpr") return listField(wrapped.node, "elements");
  return wrapped?.type === "List" ? listField(wrapped.node, "items") : [];
}

function rowFields(value: unknown): readonly unknown[] | undefined {
  const row = unwrapAs(value, "RowExpr");
  return row && listField(row, "args");
}

function isConstant(value: unknown): boolean {
  return unwrap(value)?.type === "A_Const";
}

/** A new table's columns are those it is declared with. */
function relationsOf(node: AstNode, ctes: Ctes): QuerySources["relations"] {
  if ("tableElts" in node) return [declaredTable(listField(node, "tableElts"))];
  const source = node["sourceRelation"];
  const items = [
    ...listField(node, "fromClause"),
    ...listField(node, "usingClause"),
    ...(isNode(source) ? [source] : []),
  ];
  return readRelations(nodeField(node, "relation"), items, ctes);
}

function declaredTable(elements: readonly AstNode[]): SourceRelation {
  const outputs = elements.flatMap((element): QuerySources["outputs"] => {
    const column = unwrapAs(element, "ColumnDef");
    const type = column && nodeField(column, "typeName");
    if (column === undefined || type === undefined) return [];
    const value = { kind: "type", type: writtenType(unwrapAs(type, "TypeName") ?? type) } as const;
    return [{ kind: "value", name: textField(column, "colname"), value }];
  });
  const query: QuerySources = { relations: [], outputs, others: [] };
  return { name: "", columns: [], merged: [], source: { kind: "query", query } };
}
