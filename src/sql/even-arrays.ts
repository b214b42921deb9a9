/** Arrays of arrays: PostgreSQL's are as long as one another, DuckDB's lists need not be. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { listField, unwrapAs, visitAll, type AstNode } from "./ast.js";
import type { References } from "./references.js";
import { isWord } from "./token-reader.js";

/** Errors: 2202E for `ARRAY[[1, 2], [3]]` */
export function requireEvenArrays(tree: AstNode, { tokens }: References): void {
  if (!tokens.some((token) => isWord(token, "array"))) return;
  visitAll(tree, (type, node) => {
    if (type === "A_ArrayExpr") lengthsOf(node);
  });
}

/** How many elements there are at each depth, as JSON. */
function lengthsOf(node: AstNode): string {
  const elements = listField(node, "elements");
  const arrays = elements.map((item) => unwrapAs(item, "A_ArrayExpr")).filter((item) => item !== undefined);
  const [first = "", ...others] = arrays.map(lengthsOf);
  if (arrays.length === elements.length && others.some((lengths) => lengths !== first))
    throw new SqlError(
      SQLSTATE.arraySubscriptError,
      "multidimensional arrays must have array expressions with matching dimensions",
    );
  return `${elements.length} ${first}`;
}
