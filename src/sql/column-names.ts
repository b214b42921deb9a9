/**
 * The names PostgreSQL gives to result columns: DuckDB calls `count(*)` "count_star()" and a cast by its whole text, and
 * clients read rows by name.
 *
 * Source  FigureColname in PostgreSQL 15's parse_target.c
 */
import {
  isNode,
  listField,
  nodeField,
  stringList,
  textField,
  unwrap,
  unwrapAs,
  type AstNode,
} from "./ast.js";

/** Names before and behind a `*`; without one all are in `head`. */
export interface ColumnNames {
  readonly head: readonly string[];
  readonly star: boolean;
  readonly tail: readonly string[];
}

const UNNAMED = "?column?";

/** Names of a SELECT's columns, or of RETURNING. Undefined where they depend on more than one `*`. */
export function resultColumnNames(type: string, node: AstNode): ColumnNames | undefined {
  const targets = type === "SelectStmt" ? selectTargets(node) : returningTargets(node);
  if (targets === "values") return valuesNames(leftmost(node));
  const stars = targets.flatMap((target, index) => (isStar(target) ? [index] : []));
  if (stars.length > 1) return undefined;
  const names = targets.map(targetName);
  const at = stars[0];
  if (at === undefined) return { head: names, star: false, tail: [] };
  return { head: names.slice(0, at), star: true, tail: names.slice(at + 1) };
}

/** The leftmost SELECT of a set operation names the columns. */
function selectTargets(node: AstNode): readonly AstNode[] | "values" {
  const first = leftmost(node);
  return listField(first, "valuesLists").length > 0 ? "values" : resTargets(listField(first, "targetList"));
}

function leftmost(node: AstNode): AstNode {
  const left = nodeField(node, "larg");
  return left === undefined ? node : leftmost(unwrapAs(left, "SelectStmt") ?? left);
}

/** `VALUES (1, 2)` ⇒ column1, column2 */
function valuesNames(node: AstNode): ColumnNames | undefined {
  const first = unwrapAs(listField(node, "valuesLists")[0], "List");
  if (first === undefined) return undefined;
  return { head: listField(first, "items").map((_, index) => `column${index + 1}`), star: false, tail: [] };
}

function returningTargets(node: AstNode): readonly AstNode[] {
  const clause = nodeField(node, "returningClause");
  return resTargets(clause === undefined ? listField(node, "returningList") : listField(clause, "exprs"));
}

export function resTargets(list: readonly AstNode[]): AstNode[] {
  return list.flatMap((item) => {
    const target = unwrapAs(item, "ResTarget");
    return target === undefined ? [] : [target];
  });
}

function isStar(target: AstNode): boolean {
  const column = unwrapAs(target["val"], "ColumnRef");
  return column !== undefined && unwrap(listField(column, "fields").at(-1))?.type === "A_Star";
}

export function targetName(target: AstNode): string {
  const given = textField(target, "name");
  return given === "" ? (figure(target["val"])?.name ?? UNNAMED) : given;
}

interface Figured {
  readonly name: string;
  /** A cast's type gives way to any name of its argument. */
  readonly weak: boolean;
}

const strong = (name: string): Figured => ({ name, weak: false });

function figure(expression: unknown): Figured | undefined {
  const wrapped = unwrap(expression);
  if (wrapped === undefined) return undefined;
  const { type, node } = wrapped;
  switch (type) {
    case "ColumnRef":
      return lastString(stringList(node, "fields"));
    case "A_Indirection":
      return lastString(stringList(node, "indirection")) ?? figure(node["arg"]);
    case "FuncCall":
      return lastString(stringList(node, "funcname"));
    case "A_Expr":
      return textField(node, "kind") === "AEXPR_NULLIF" ? strong("nullif") : undefined;
    case "TypeCast":
      return castName(node);
    case "CollateClause":
      return figure(node["arg"]);
    case "CaseExpr":
      return caseName(node);
    case "SubLink":
      return subLinkName(node);
    case "CoalesceExpr":
      return strong("coalesce");
    case "MinMaxExpr":
      return strong(textField(node, "op") === "IS_LEAST" ? "least" : "greatest");
    case "GroupingFunc":
      return strong("grouping");
    case "A_ArrayExpr":
      return strong("array");
    case "RowExpr":
      return strong("row");
    case "SQLValueFunction":
      return strong(valueFunctionName(textField(node, "op")));
    default:
      return undefined;
  }
}

function lastString(names: readonly string[]): Figured | undefined {
  const last = names.at(-1);
  return last === undefined ? undefined : strong(last);
}

function castName(node: AstNode): Figured | undefined {
  const argument = figure(node["arg"]);
  if (argument !== undefined && !argument.weak) return argument;
  const type = nodeField(node, "typeName");
  const name =
    type === undefined ? undefined : stringList(unwrapAs(type, "TypeName") ?? type, "names").at(-1);
  return name === undefined ? argument : { name, weak: true };
}

function caseName(node: AstNode): Figured {
  const otherwise = figure(node["defresult"]);
  return otherwise !== undefined && !otherwise.weak ? otherwise : { name: "case", weak: true };
}

function subLinkName(node: AstNode): Figured | undefined {
  switch (textField(node, "subLinkType")) {
    case "EXISTS_SUBLINK":
      return strong("exists");
    case "ARRAY_SUBLINK":
      return strong("array");
    case "EXPR_SUBLINK": {
      const select = unwrapAs(node["subselect"], "SelectStmt");
      const targets = select === undefined ? "values" : selectTargets(select);
      const [first] = targets === "values" ? [] : targets;
      return isNode(first) ? strong(targetName(first)) : undefined;
    }
    default:
      return undefined;
  }
}

/** `SVFOP_CURRENT_TIMESTAMP_N` ⇒ `current_timestamp` */
function valueFunctionName(op: string): string {
  return op
    .replace(/^SVFOP_/, "")
    .replace(/_N$/, "")
    .toLowerCase();
}
