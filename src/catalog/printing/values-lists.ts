/** What DuckDB writes around a list of VALUES, and around functions that are rows. */
import { listField, nodeField, textField, unwrap, unwrapAs, type AstNode } from "../../sql/ast.js";

/** `(SELECT * FROM (VALUES …) AS valueslist) AS v(a)`, and the same around a function: texts of what was written without. */
export function unwrapped(node: AstNode): AstNode | undefined {
  const query = unwrapAs(node["subquery"], "SelectStmt") ?? {};
  const inner = onlySource(query);
  const found = unwrap(inner);
  if (found === undefined) return undefined;
  const alias = nodeField(node, "alias");
  const isCall = found.type === "RangeFunction" && nodeField(found.node, "alias") === undefined;
  return isWrapped(query) || isCall ? { [found.type]: { ...found.node, alias } } : undefined;
}

/** `SELECT * FROM (VALUES …) AS valueslist`: a query that is VALUES alone. */
export function valuesAlone(query: AstNode): AstNode | undefined {
  if (!isWrapped(query)) return undefined;
  return unwrapAs(unwrapAs(onlySource(query), "RangeSubselect")?.["subquery"], "SelectStmt");
}

/** The only relation of a query that selects one thing of all its rows. */
function onlySource(query: AstNode): AstNode | undefined {
  const [inner, ...others] = listField(query, "fromClause");
  const isBare = listField(query, "targetList").length === 1 && query["whereClause"] === undefined;
  return isBare && others.length === 0 ? inner : undefined;
}

function isWrapped(query: AstNode): boolean {
  const [target] = listField(query, "targetList");
  const reference = unwrapAs((unwrapAs(target, "ResTarget") ?? {})["val"], "ColumnRef") ?? {};
  const isAll = unwrapAs(listField(reference, "fields")[0], "A_Star") !== undefined;
  const found = unwrap(onlySource(query));
  const alias = found && nodeField(found.node, "alias");
  return isAll && textField(alias ?? {}, "aliasname") === "valueslist";
}
