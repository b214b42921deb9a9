/** ARRAY(SELECT …) as DuckDB keeps it: what its rows are put into a list by, around the query itself. */
import { listField, nodeField, stringList, textField, unwrapAs, type AstNode } from "../../sql/ast.js";

/** A column that DuckDB adds for each key of the query's ORDER BY. */
const ORDERED_BY = /^__array_internal_idx_\d+$/;

/**
 * The query in parentheses; undefined for any other.
 *
 *   SELECT CASE WHEN array_agg(#1) IS NULL THEN list_value() ELSE array_agg(#1) END FROM (SELECT a FROM t)  ⇒  SELECT a FROM t
 */
export function listedQuery(query: AstNode): AstNode | undefined {
  const [output, ...others] = listField(query, "targetList");
  const [from, ...more] = listField(query, "fromClause");
  const choice = unwrapAs((unwrapAs(output, "ResTarget") ?? {})["val"], "CaseExpr") ?? {};
  const call = unwrapAs(choice["defresult"], "FuncCall") ?? {};
  const inner = unwrapAs((unwrapAs(from, "RangeSubselect") ?? {})["subquery"], "SelectStmt");
  const isList =
    stringList(call, "funcname").at(-1) === "array_agg" && isFirstColumn(listField(call, "args")[0]);
  if (!isList || inner === undefined || others.length > 0 || more.length > 0) return undefined;
  return {
    SelectStmt: {
      ...inner,
      targetList: listField(inner, "targetList").filter((target) => !isSortKey(target)),
    },
  };
}

const isSortKey = (target: unknown): boolean =>
  ORDERED_BY.test(textField(unwrapAs(target, "ResTarget") ?? {}, "name"));

/** `#1`, which PostgreSQL reads as an operator in front of a number. */
function isFirstColumn(node: unknown): boolean {
  const prefix = unwrapAs(node, "A_Expr") ?? {};
  const number = nodeField(unwrapAs(prefix["rexpr"], "A_Const") ?? {}, "ival") ?? {};
  return stringList(prefix, "name").at(-1) === "#" && prefix["lexpr"] === undefined && number["ival"] === 1;
}
