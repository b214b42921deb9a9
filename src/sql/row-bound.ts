/**
 * What a SELECT says itself of how many rows it gives: read from PostgreSQL's tree, and only where nothing can multiply
 * rows behind what was looked at. A bound that is not seen costs a little time, one that does not hold costs memory.
 */
import { listField, nodeField, stringList, textField, unwrap, unwrapAs, type AstNode } from "./ast.js";

/** Rows of one of DuckDB's chunks: as much as a streamed result holds at least. */
const FEW_ROWS = 2048;

/** `few`: at most FEW_ROWS. `key`: at most one, if some of these columns are a key of the only table it reads. */
export type RowBound =
  | { readonly kind: "few" }
  | { readonly kind: "key"; readonly columns: readonly string[] };

/** Of a SelectStmt; undefined when it does not say. */
export function readRowBound(select: AstNode): RowBound | undefined {
  if (hasSmallLimit(select)) return { kind: "few" };
  const isPlain =
    textField(select, "op") === "SETOP_NONE" &&
    ["valuesLists", "groupClause", "windowClause"].every((field) => listField(select, field).length === 0) &&
    nodeField(select, "withClause") === undefined &&
    listField(select, "targetList").every((target) => isValue(unwrapAs(target, "ResTarget")?.["val"]));
  if (!isPlain) return undefined;
  const sources = listField(select, "fromClause");
  if (sources.length === 0) return { kind: "few" };
  if (sources.length > 1 || unwrapAs(sources[0], "RangeVar") === undefined) return undefined;
  const columns = heldColumns(select["whereClause"]);
  return columns.length === 0 ? undefined : { kind: "key", columns };
}

function hasSmallLimit(select: AstNode): boolean {
  if (textField(select, "limitOption") !== "LIMIT_OPTION_COUNT") return false;
  const constant = unwrapAs(select["limitCount"], "A_Const");
  const integer = constant === undefined ? undefined : nodeField(constant, "ival");
  // The tree leaves out 0.
  const count = integer === undefined ? undefined : (integer["ival"] ?? 0);
  return typeof count === "number" && count <= FEW_ROWS;
}

/** Columns, constants, parameters and casts of them: one value for each row, whatever it is called. */
function isValue(expression: unknown): boolean {
  const wrapped = unwrap(expression);
  if (wrapped?.type === "TypeCast") return isValue(wrapped.node["arg"]);
  return wrapped !== undefined && ["ColumnRef", "A_Const", "ParamRef"].includes(wrapped.type);
}

/** Columns that every row has the same value of: `a = $1 AND 2 = b` ⇒ a, b */
function heldColumns(condition: unknown): readonly string[] {
  const wrapped = unwrap(condition);
  if (wrapped?.type === "BoolExpr" && textField(wrapped.node, "boolop") === "AND_EXPR")
    return listField(wrapped.node, "args").flatMap(heldColumns);
  if (wrapped?.type !== "A_Expr" || textField(wrapped.node, "kind") !== "AEXPR_OP") return [];
  if (stringList(wrapped.node, "name").join(".") !== "=") return [];
  const { lexpr, rexpr } = wrapped.node;
  return [...columnHeldBy(lexpr, rexpr), ...columnHeldBy(rexpr, lexpr)];
}

function columnHeldBy(column: unknown, value: unknown): readonly string[] {
  const reference = unwrapAs(column, "ColumnRef");
  if (reference === undefined || unwrap(value)?.type === "ColumnRef" || !isValue(value)) return [];
  return stringList(reference, "fields").slice(-1);
}
