/** From the top node of PostgreSQL's tree to a reading: queries and statements that change rows. */
import { listField, nodeField, textField, unwrapAs, type AstNode } from "./ast.js";
import { markBareLabels } from "./bare-labels.js";
import { resultColumnNames } from "./column-names.js";
import { groupedQueries } from "./grouped-queries.js";
import { readInsertForm } from "./insert-form.js";
import { narrowOperands } from "./narrow-operands.js";
import type { ParsedTree } from "./pg-parser.js";
import { resultSources } from "./read-sources.js";
import { plainReading, unsupportedStatement, type Reading } from "./reading.js";
import { requireDistinctOrders } from "./distinct-orders.js";
import { requireEvenArrays } from "./even-arrays.js";
import { dropReturningQualifiers } from "./returning-qualifiers.js";
import { readRowBound } from "./row-bound.js";
import type { References } from "./references.js";
import { assignmentsOf, refuseReturnedJoins } from "./row-assignments.js";
import { Scope } from "./scope.js";
import { readDefinition } from "./tree-definitions.js";
import { TreeWalker } from "./tree-walker.js";
import { typeNulls } from "./untyped-nulls.js";
import { Utf8Offsets } from "./utf8-offsets.js";

/** Reads a parsed statement into `references`. Throws SqlError 0A000 for what DuckDB has no equivalent of. */
export function readTree(tree: ParsedTree, references: References): Reading {
  refuseReturnedJoins(tree);
  requireDistinctOrders(tree.node, references);
  requireEvenArrays(tree.node, references);
  markBareLabels(tree.node, references);
  const reading = {
    ...readStatement(tree, references),
    assignments: assignmentsOf(tree),
    grouped: groupedQueries(tree.node, references),
    narrow: narrowOperands(tree.node, references),
  };
  const named = reading.verb === "select" || reading.returning;
  if (!named) return reading;
  const { type, node } = tree;
  return { ...reading, columnNames: resultColumnNames(type, node), sources: resultSources(type, node) };
}

function readStatement(tree: ParsedTree, references: References): Reading {
  const walker = new TreeWalker(references);
  const { node } = tree;
  switch (tree.type) {
    case "SelectStmt":
      walker.select(node, new Scope());
      typeNulls(node, references);
      return plainReading("select", "SELECT", false, { rowBound: readRowBound(node) });
    case "InsertStmt":
      walker.modify(node, new Scope());
      dropReturningQualifiers(references);
      return plainReading("insert", "INSERT", true, {
        returning: hasReturning(node),
        insert: readInsertForm(node, references, new Utf8Offsets(references.text)),
      });
    case "UpdateStmt":
      walker.modify(node, new Scope());
      return plainReading("update", "UPDATE", true, { returning: hasReturning(node) });
    case "DeleteStmt":
      walker.modify(node, new Scope());
      return plainReading("delete", "DELETE", true, { returning: hasReturning(node) });
    case "MergeStmt":
      walker.modify(node, new Scope());
      return plainReading("merge", "MERGE", true, { returning: hasReturning(node) });
    case "TruncateStmt":
      return readTruncate(node, walker, references);
    default: {
      const definition = readDefinition(tree, walker, references);
      if (definition !== undefined) return definition;
      const words = references.tokens.slice(0, 2).filter((token) => token.kind === "word");
      throw unsupportedStatement(words.map((token) => token.value));
    }
  }
}

/** The tree names the clause in one of two ways, depending on the statement. */
function hasReturning(node: AstNode): boolean {
  return nodeField(node, "returningClause") !== undefined || listField(node, "returningList").length > 0;
}

function readTruncate(node: AstNode, walker: TreeWalker, references: References): Reading {
  for (const item of listField(node, "relations")) {
    const relation = unwrapAs(item, "RangeVar");
    const name = relation === undefined ? undefined : walker.relationName(relation);
    if (name === undefined) references.doubt();
    else references.addName("write", name);
  }
  const cascade = textField(node, "behavior") === "DROP_CASCADE";
  const restartsIdentity = node["restart_seqs"] === true;
  return plainReading("truncate", "TRUNCATE TABLE", true, { cascade, restartsIdentity });
}
