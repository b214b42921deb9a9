/** Forms of CREATE TABLE that DuckDB has nothing for; each is refused by its name instead of as a syntax error. */
import { notSupported } from "../core/errors.js";
import { listField, nodeField, textField, visitAll, type AstNode } from "./ast.js";

/** Throws 0A000 for the first one found. */
export function refuseTableForms(node: AstNode): void {
  if (listField(node, "inhRelations").length > 0)
    throw notSupported("table inheritance and partitions are not supported");
  if ("partspec" in node || "partbound" in node) throw notSupported("partitioned tables are not supported");
  if ("ofTypename" in node) throw notSupported("typed tables are not supported");
  refuseConstraints(node["tableElts"]);
}

/** Throws 0A000 for constraints that would be ignored or misread. Takes any part of a tree. */
export function refuseConstraints(tree: unknown): void {
  visitAll(tree, (type, node) => {
    if (type !== "Constraint" && nodeField(node, "Constraint") === undefined) return;
    refuseConstraint(node);
  });
}

function refuseConstraint(node: AstNode): void {
  switch (textField(node, "contype")) {
    case "CONSTR_EXCLUSION":
      throw notSupported("exclusion constraints are not supported");
    case "CONSTR_ATTR_DEFERRABLE":
    case "CONSTR_ATTR_DEFERRED":
      throw notSupported("deferrable constraints are not supported");
    case "CONSTR_FOREIGN":
      if (
        ![textField(node, "fk_upd_action"), textField(node, "fk_del_action")].every((action) =>
          "ar".includes(action),
        )
      ) {
        throw notSupported("foreign keys with CASCADE, SET NULL or SET DEFAULT are not supported");
      }
      return refuseDeferrable(node);
    default:
      return refuseDeferrable(node);
  }
}

function refuseDeferrable(node: AstNode): void {
  if (node["deferrable"] === true || node["initdeferred"] === true) {
    throw notSupported("deferrable constraints are not supported");
  }
}
