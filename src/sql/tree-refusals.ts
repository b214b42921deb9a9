/** Forms of CREATE TABLE that DuckDB has nothing for; each is refused by its name instead of as a syntax error. */
import { notSupported } from "../core/errors.js";
import { listField, nodeField, textField, unwrapAs, visitAll, type AstNode } from "./ast.js";

/** Throws 0A000 for the first one found. */
export function refuseTableForms(node: AstNode): void {
  if (listField(node, "inhRelations").length > 0)
    throw notSupported("table inheritance and partitions are not supported");
  if ("partspec" in node || "partbound" in node) throw notSupported("partitioned tables are not supported");
  if ("ofTypename" in node) throw notSupported("typed tables are not supported");
  if (listField(node, "tableElts").length === 0)
    throw notSupported("tables without columns are not supported");
  refuseConstraints(node["tableElts"]);
}

/**
 * Throws 0A000 for constraints that would be ignored or misread. Takes any part of a tree.
 *
 * Unique keys may be said to be deferrable: they are held at each statement, which can only fail earlier.
 */
export function refuseConstraints(tree: unknown): void {
  visitAll(tree, (type, node) => {
    refuseAttributes(node);
    if (type !== "Constraint" && nodeField(node, "Constraint") === undefined) return;
    refuseConstraint(node);
  });
}

/** Behind a column's constraint stand its attributes as constraints of their own. */
function refuseAttributes(column: AstNode): void {
  let before = "";
  for (const item of listField(column, "constraints")) {
    const type = textField(unwrapAs(item, "Constraint") ?? item, "contype");
    if (!isAttribute(type)) before = type;
    else if (type !== "CONSTR_ATTR_NOT_DEFERRABLE" && type !== "CONSTR_ATTR_IMMEDIATE" && !isKey(before))
      throw notSupported("deferrable constraints are not supported");
  }
}

/** Keys, which attributes may be said of. */
export function isKey(constraintType: string): boolean {
  return ["CONSTR_FOREIGN", "CONSTR_UNIQUE", "CONSTR_PRIMARY"].includes(constraintType);
}

export function isAttribute(constraintType: string): boolean {
  return constraintType.startsWith("CONSTR_ATTR_");
}

function refuseConstraint(node: AstNode): void {
  switch (textField(node, "contype")) {
    case "CONSTR_EXCLUSION":
      throw notSupported("exclusion constraints are not supported");
    case "CONSTR_FOREIGN":
    case "CONSTR_PRIMARY":
    case "CONSTR_UNIQUE":
      return;
    default:
      if (node["deferrable"] === true || node["initdeferred"] === true)
        throw notSupported("deferrable constraints are not supported");
  }
}
