/** Reads expressions of the syntax tree as PostgreSQL would: names found, types found, casts put in. */
import {
  flagField,
  listField,
  stringList,
  textField,
  unwrap,
  unwrapAs,
  type AstNode,
} from "../../sql/ast.js";
import { readCall } from "./read-call.js";
import { bytesOf, constantOf, numberOf } from "./constants.js";
import { listedQuery } from "./listed-query.js";
import { Unprintable, type Expression, type SubQuery, type TypeName } from "./tree.js";
import { unified } from "./functions.js";
import type { Scope } from "./scope.js";
import { operands, operatorName } from "./operands.js";
import { based, castTo, isText, literalOf, resultOf, sides, typeOfNode } from "./types.js";

/** A wrapped node. */
export function readExpression(scope: Scope, wrapped: unknown): Expression {
  const found = unwrap(wrapped);
  if (found === undefined) throw new Unprintable("nothing");
  const { type, node } = found;
  switch (type) {
    case "A_Const":
      return constantOf(node);
    case "ColumnRef":
      return readColumn(scope, node);
    case "A_Expr":
      return readOperator(scope, node);
    case "BoolExpr":
      return readLogic(scope, node);
    case "TypeCast":
      return readCast(scope, node);
    case "FuncCall":
      return readCall(scope, node);
    case "NullTest":
      return readTest(
        scope,
        node,
        textField(node, "nulltesttype") === "IS_NOT_NULL" ? "IS NOT NULL" : "IS NULL",
      );
    case "BooleanTest":
      return readTest(scope, node, textField(node, "booltesttype").replaceAll("_", " "));
    case "CaseExpr":
      return readCase(scope, node);
    case "CoalesceExpr":
      return readUnified(scope, node, "coalesce");
    case "MinMaxExpr":
      return readUnified(scope, node, textField(node, "op") === "IS_LEAST" ? "least" : "greatest");
    case "A_ArrayExpr":
      return readArray(scope, listField(node, "elements"));
    case "SubLink":
      return readSubQuery(scope, node);
    case "SQLValueFunction":
      return readWord(node);
    case "A_Indirection":
      return readElement(scope, node);
    case "GroupingFunc":
      return { ...plain("grouping", scope.readAll(listField(node, "args"))), type: "integer" };
    case "RowExpr":
      return { kind: "row", fields: scope.readAll(listField(node, "args")), type: "record" };
    default:
      throw new Unprintable(type);
  }
}

function readColumn(scope: Scope, node: AstNode): Expression {
  const parts = stringList(node, "fields");
  if (parts.length !== listField(node, "fields").length) throw new Unprintable("*");
  if (scope.verbatim && parts.length === 1 && parts[0] === "value")
    return { kind: "word", text: "VALUE", type: "unknown" };
  return scope.column(parts);
}

function operation(scope: Scope, operator: string, left: Expression, right: Expression): Expression {
  const [one, other] = scope.verbatim ? [left, right] : operands(operator, based(left), based(right));
  return { kind: "operation", operator, args: [one, other], type: resultOf(operator, one.type, other.type) };
}

/** What sql/dialect/quantified-patterns.ts makes of LIKE ANY and its kin. */
const PATTERNS = /^([|&])(!?~~?\*?)\1$/;

function readOperator(scope: Scope, node: AstNode): Expression {
  const kind = textField(node, "kind");
  const operator = operatorName(node);
  if (kind === "AEXPR_IN") return readIn(scope, node, operator);
  if (kind.includes("BETWEEN")) return readBetween(scope, node, kind);
  if (kind === "AEXPR_OP_ANY" || kind === "AEXPR_OP_ALL") return readQuantified(scope, node, kind, operator);
  const [, side, pattern] = PATTERNS.exec(operator) ?? [];
  if (pattern !== undefined)
    return readQuantified(scope, node, side === "|" ? "AEXPR_OP_ANY" : "AEXPR_OP_ALL", pattern);
  const right = readExpression(scope, node["rexpr"]);
  if (node["lexpr"] === undefined) return readPrefix(operator, right);
  const left = readExpression(scope, node["lexpr"]);
  if (kind === "AEXPR_NULLIF") {
    const [one, other] = scope.verbatim ? [left, right] : sides(left, right);
    return { ...plain("nullif", [one, other]), type: one.type };
  }
  if (kind.includes("DISTINCT") && right.kind === "constant" && right.form === "boolean" && !scope.verbatim)
    return {
      kind: "test",
      value: left,
      words: `IS ${kind === "AEXPR_DISTINCT" ? "NOT " : ""}${right.value?.toUpperCase() ?? ""}`,
      type: "boolean",
    };
  if (kind === "AEXPR_DISTINCT" || kind === "AEXPR_NOT_DISTINCT") {
    const made = operation(
      scope,
      kind === "AEXPR_DISTINCT" ? "IS DISTINCT FROM" : "IS NOT DISTINCT FROM",
      left,
      right,
    );
    return { ...made, type: "boolean" };
  }
  if (kind !== "AEXPR_OP" && kind !== "AEXPR_LIKE" && kind !== "AEXPR_ILIKE") throw new Unprintable(kind);
  return documentPath(scope, operator, left, right) ?? operation(scope, operator, left, right);
}

/** DuckDB's operators for the paths of documents, whose keys this server gives it one by one. */
function documentPath(
  scope: Scope,
  operator: string,
  left: Expression,
  right: Expression,
): Expression | undefined {
  const own = { "->@": "#>", "->>@": "#>>" }[operator];
  if (own === undefined || right.kind !== "call" || right.name !== "list_value") return undefined;
  const keys = right.args.map((arg) => (arg.kind === "constant" ? arg.value : null));
  if (!keys.every((key) => key !== null && /^\w+$/.test(key))) return undefined;
  const path: Expression = { kind: "constant", value: `{${keys.join(",")}}`, form: "text", type: "text[]" };
  return operation(scope, own, left, path);
}

function plain(name: string, args: readonly Expression[]): Extract<Expression, { kind: "call" }> {
  return {
    kind: "call",
    name,
    args,
    type: "unknown",
    star: false,
    distinct: false,
    order: [],
    filter: undefined,
    within: false,
    window: undefined,
  };
}

function readPrefix(operator: string, value: Expression): Expression {
  if (operator === "-" && value.kind === "constant" && value.form === "number")
    return numberOf(`-${value.value}`);
  return { kind: "operation", operator, args: [value], type: value.type };
}

/** One item is a comparison, several are an array. */
function readIn(scope: Scope, node: AstNode, operator: string): Expression {
  const value = readExpression(scope, node["lexpr"]);
  const list = unwrapAs(node["rexpr"], "List") ?? { items: node["rexpr"] };
  const items = scope.readAll(listField(list, "items"));
  const [only] = items;
  if (only !== undefined && items.length === 1) return operation(scope, operator, value, only);
  const { left, array } = comparedList(scope.verbatim ? value : based(value), items);
  return {
    kind: "arrayComparison",
    operator,
    quantifier: operator === "=" ? "ANY" : "ALL",
    value: left,
    array,
    type: "boolean",
  };
}

function comparedList(
  value: Expression,
  items: readonly Expression[],
): { readonly left: Expression; readonly array: Expression } {
  const { values, type } = unified([value, ...items]);
  const elements = values.slice(1);
  const array: Expression = { kind: "array", elements, type: `${type}[]` };
  if (type !== "character varying") return { left: values[0] ?? value, array };
  return { left: castTo(value, "text"), array: castTo(array, "text[]") };
}

function readBetween(scope: Scope, node: AstNode, kind: string): Expression {
  const value = readExpression(scope, node["lexpr"]);
  const list = unwrapAs(node["rexpr"], "List") ?? { items: node["rexpr"] };
  const [low, high] = scope.readAll(listField(list, "items"));
  if (low === undefined || high === undefined || kind.includes("SYM")) throw new Unprintable(kind);
  const isNot = kind.includes("NOT");
  const args = [
    operation(scope, isNot ? "<" : ">=", value, low),
    operation(scope, isNot ? ">" : "<=", value, high),
  ];
  return { kind: "logic", operator: isNot ? "OR" : "AND", args, type: "boolean" };
}

function readQuantified(scope: Scope, node: AstNode, kind: string, operator: string): Expression {
  const left = readExpression(scope, node["lexpr"]);
  const array = readExpression(scope, node["rexpr"]);
  const quantifier = kind === "AEXPR_OP_ANY" ? "ANY" : "ALL";
  if (scope.verbatim || array.type === "unknown")
    return { kind: "arrayComparison", operator, quantifier, value: left, array, type: "boolean" };
  const [value] = sides(left, { ...left, type: array.type.replace(/\[\]$/, "") });
  return { kind: "arrayComparison", operator, quantifier, value, array, type: "boolean" };
}

function readLogic(scope: Scope, node: AstNode): Expression {
  const operator = textField(node, "boolop").replace("_EXPR", "");
  if (operator !== "AND" && operator !== "OR" && operator !== "NOT") throw new Unprintable(operator);
  const args = scope.readAll(listField(node, "args"));
  const [negated] = args;
  const [only] = listField(node, "args");
  const between = operator === "NOT" && !scope.verbatim ? unwrapAs(only, "A_Expr") : undefined;
  // DuckDB's text has no other form of NOT BETWEEN.
  if (between !== undefined && textField(between, "kind") === "AEXPR_BETWEEN")
    return readBetween(scope, between, "AEXPR_NOT_BETWEEN");
  // `a !~ 'x'` is kept so.
  if (
    !scope.verbatim &&
    operator === "NOT" &&
    negated?.kind === "operation" &&
    /^~\*?$/.test(negated.operator)
  )
    return { ...negated, operator: `!${negated.operator}` };
  // `a AND b AND c` is one, in DuckDB's text too, which has parentheses around each.
  const flat = args.flatMap((arg) =>
    operator !== "NOT" && arg.kind === "logic" && arg.operator === operator && !arg.together
      ? arg.args
      : [arg],
  );
  return { kind: "logic", operator, args: flat, type: "boolean" };
}

function readCast(scope: Scope, node: AstNode): Expression {
  const written = typeOfNode(node, scope.verbatim);
  const { modifier } = written;
  const value = readExpression(scope, node["arg"]);
  // DuckDB writes the labels down: what a label stands beside has the type's name.
  if (written.type === "enum" && value.kind === "constant") return value;
  const type = scope.shownType(written.type);
  if (type === "numeric" && modifier.startsWith("(38,") && value.kind === "worded") return value;
  if (
    value.kind === "constant" &&
    (value.form !== "number" || value.value?.startsWith("-") === true) &&
    modifier === ""
  ) {
    const literal = type === "bytea" && !scope.verbatim ? bytesOf(value) : value;
    if (value.form === "text" || value.form === "null" || type === "boolean") return literalOf(literal, type);
    if (value.form === "number" && value.type === type) return value;
  }
  if (isItsOwnSize(value, modifier)) return { kind: "cast", value, type, modifier: "", hidden: false };
  const inner =
    value.type === "unknown" && value.kind === "constant" && modifier !== "" ? literalOf(value, type) : value;
  if (inner.type === type && modifier === "") return based(inner);
  return { kind: "cast", value: inner, type, modifier, hidden: false };
}

/** `0::numeric` is kept as a decimal of one digit. */
function isItsOwnSize(value: Expression, modifier: string): boolean {
  if (value.kind !== "constant" || value.form !== "number") return false;
  const [whole = "", fraction = ""] = (value.value ?? "").replace("-", "").split(".");
  return (
    modifier === `(${Math.max(1, (whole === "0" ? "" : whole).length + fraction.length)},${fraction.length})`
  );
}

function readTest(scope: Scope, node: AstNode, words: string): Expression {
  return { kind: "test", value: readExpression(scope, node["arg"]), words, type: "boolean" };
}

function readCase(scope: Scope, node: AstNode): Expression {
  const value = node["arg"] === undefined ? undefined : readExpression(scope, node["arg"]);
  const whens = listField(node, "args").map((item) => unwrapAs(item, "CaseWhen") ?? {});
  const results = whens.map((when) => readExpression(scope, when["result"]));
  const last: Expression =
    node["defresult"] === undefined
      ? { kind: "constant", value: null, form: "null", type: "unknown" }
      : readExpression(scope, node["defresult"]);
  const { values, type } = scope.verbatim
    ? { values: [...results, last], type: "unknown" }
    : unified([...results, last]);
  const branches = whens.map((when, at) => {
    const read = readExpression(scope, when["expr"]);
    const compared = value === undefined || scope.verbatim ? read : sides(value, read)[1];
    return { when: compared, result: values[at] ?? last };
  });
  return { kind: "case", value, branches, otherwise: values.at(-1) ?? last, type };
}

function readUnified(scope: Scope, node: AstNode, name: string): Expression {
  const args = scope.readAll(listField(node, "args"));
  if (scope.verbatim) return plain(name, args);
  const { values, type } = unified(args);
  return { ...plain(name, values), type };
}

function readArray(scope: Scope, nodes: readonly AstNode[]): Expression {
  const elements = scope.readAll(nodes);
  if (scope.verbatim) return { kind: "array", elements, type: "unknown" };
  const { values, type } = unified(elements);
  return { kind: "array", elements: values, type: `${type}[]` };
}

function readSubQuery(scope: Scope, node: AstNode): Expression {
  const forms: Readonly<Record<string, SubQuery["form"]>> = {
    EXISTS_SUBLINK: "EXISTS",
    ANY_SUBLINK: "ANY",
    ALL_SUBLINK: "ALL",
    EXPR_SUBLINK: "VALUE",
    ARRAY_SUBLINK: "ARRAY",
  };
  const form = forms[textField(node, "subLinkType")];
  const query = unwrapAs(node["subselect"], "SelectStmt");
  if (form === undefined || query === undefined) throw new Unprintable("sub-query");
  const listed = form === "VALUE" ? listedQuery(query) : undefined;
  if (listed !== undefined)
    return readSubQuery(scope, { ...node, subLinkType: "ARRAY_SUBLINK", subselect: listed });

  const read = scope.query(query);
  const value = node["testexpr"] === undefined ? undefined : readExpression(scope, node["testexpr"]);
  const given: TypeName = read.columns[0]?.type ?? "unknown";
  const compared =
    value !== undefined && isText(value.type) && value.type !== given ? castTo(value, "text") : value;
  const type = form === "VALUE" ? given : form === "ARRAY" ? `${given}[]` : "boolean";
  return { kind: "subQuery", form, value: compared, operator: operatorOf(node), query: read, type };
}

const operatorOf = (node: AstNode): string => stringList(node, "operName").at(-1) ?? "=";

const WORDS: Readonly<Record<string, readonly [string, TypeName]>> = {
  SVFOP_CURRENT_DATE: ["CURRENT_DATE", "date"],
  SVFOP_CURRENT_TIME: ["CURRENT_TIME", "time with time zone"],
  SVFOP_CURRENT_TIMESTAMP: ["CURRENT_TIMESTAMP", "timestamp with time zone"],
  SVFOP_LOCALTIME: ["LOCALTIME", "time without time zone"],
  SVFOP_LOCALTIMESTAMP: ["LOCALTIMESTAMP", "timestamp without time zone"],
  SVFOP_CURRENT_USER: ["CURRENT_USER", "name"],
  SVFOP_USER: ["USER", "name"],
  SVFOP_SESSION_USER: ["SESSION_USER", "name"],
  SVFOP_CURRENT_ROLE: ["CURRENT_ROLE", "name"],
  SVFOP_CURRENT_CATALOG: ["CURRENT_CATALOG", "name"],
  SVFOP_CURRENT_SCHEMA: ["CURRENT_SCHEMA", "name"],
};

function readWord(node: AstNode): Expression {
  const found = WORDS[textField(node, "op")];
  if (found === undefined) throw new Unprintable(textField(node, "op"));
  return { kind: "word", text: found[0], type: found[1] };
}

function readElement(scope: Scope, node: AstNode): Expression {
  const value = readExpression(scope, node["arg"]);
  const [only, ...more] = listField(node, "indirection");
  const indices = unwrapAs(only, "A_Indices");
  if (indices === undefined || more.length > 0 || indices["uidx"] === undefined)
    throw new Unprintable("indirection");
  const index = readExpression(scope, indices["uidx"]);
  if (!flagField(indices, "is_slice"))
    return { kind: "element", value, lower: undefined, index, type: value.type.replace(/\[\]$/, "") };
  if (indices["lidx"] === undefined) throw new Unprintable("indirection");
  return { kind: "element", value, lower: readExpression(scope, indices["lidx"]), index, type: value.type };
}
