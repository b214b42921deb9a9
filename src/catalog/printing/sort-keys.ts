/** ORDER BY in the syntax tree. */
import { nodeField, textField, unwrapAs, type AstNode } from "../../sql/ast.js";
import type { Expression, SortKey } from "./tree.js";
import type { Scope } from "./scope.js";

/** ORDER BY, of a query, an aggregate or a window. */
export function readSortKeys(
  scope: Scope,
  nodes: readonly AstNode[],
  read = (own: Scope, item: unknown): Expression => own.read(item),
): SortKey[] {
  return nodes.map((item) => {
    const sort = unwrapAs(item, "SortBy") ?? {};
    const nulls = textField(sort, "sortby_nulls");
    return {
      value: read(scope, nodeField(sort, "node")),
      descending: textField(sort, "sortby_dir") === "SORTBY_DESC",
      nulls: nulls === "SORTBY_NULLS_FIRST" ? "first" : nulls === "SORTBY_NULLS_LAST" ? "last" : undefined,
    };
  });
}
