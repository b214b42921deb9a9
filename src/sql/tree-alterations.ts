/** ALTER … of what PostgreSQL's parser knows: one action, on one named object. */
import { notSupported } from "../core/errors.js";
import { flagField, listField, nodeField, textField, unwrapAs, type AstNode } from "./ast.js";
import { readNameBehind } from "./named-objects.js";
import type { ParsedTree } from "./pg-parser.js";
import { plainReading, type Reading } from "./reading.js";
import type { ObjectKind, References } from "./references.js";
import { Scope } from "./scope.js";
import { refuseConstraints } from "./tree-refusals.js";
import type { TreeWalker } from "./tree-walker.js";

interface AlteredKind {
  readonly object: ObjectKind;
  /** The word behind ALTER; also PostgreSQL's tag. */
  readonly word: string;
}

const KINDS: ReadonlyMap<string, AlteredKind> = new Map([
  ["OBJECT_TABLE", { object: "table", word: "table" }],
  ["OBJECT_VIEW", { object: "view", word: "view" }],
  ["OBJECT_INDEX", { object: "index", word: "index" }],
  ["OBJECT_SEQUENCE", { object: "sequence", word: "sequence" }],
  ["OBJECT_SCHEMA", { object: "schema", word: "schema" }],
  ["OBJECT_TYPE", { object: "type", word: "type" }],
]);

/** Reads ALTER TABLE, ALTER … RENAME and ALTER SEQUENCE. */
export function readAlterTable(tree: ParsedTree, walker: TreeWalker, references: References): Reading {
  const { node } = tree;
  const kind = alteredKind(tree);
  if (kind === undefined) throw notSupported("this form of ALTER is not supported");
  if (tree.type === "AlterTableStmt") readActions(node, walker);
  const target = nodeField(node, tree.type === "AlterSeqStmt" ? "sequence" : "relation");
  const name = target === undefined ? undefined : walker.relationName(target);
  if (target === undefined) readNameBehind(references, kind.word, "alter");
  else if (name === undefined) references.doubt();
  else references.addName("alter", name, kind.object);
  const ifExists = flagField(node, "missing_ok");
  const cascade = textField(node, "behavior") === "DROP_CASCADE";
  return plainReading("alterTable", `ALTER ${kind.word.toUpperCase()}`, true, { ifExists, cascade });
}

function alteredKind({ type, node }: ParsedTree): AlteredKind | undefined {
  if (type === "AlterSeqStmt") return KINDS.get("OBJECT_SEQUENCE");
  if (type === "AlterTableStmt") return KINDS.get(textField(node, "objtype"));
  const renamed = textField(node, "renameType");
  const isPart = ["OBJECT_COLUMN", "OBJECT_TABCONSTRAINT", "OBJECT_ATTRIBUTE"].includes(renamed);
  return KINDS.get(isPart ? textField(node, "relationType") : renamed);
}

function readActions(node: AstNode, walker: TreeWalker): void {
  const actions = listField(node, "cmds").map((item) => unwrapAs(item, "AlterTableCmd") ?? item);
  if (actions.length !== 1) {
    throw notSupported(
      "ALTER TABLE with several actions is not supported",
      "Run one ALTER TABLE statement per action.",
    );
  }
  for (const action of actions) {
    const subtype = textField(action, "subtype");
    if (!SUPPORTED_ACTIONS.has(subtype)) throw notSupported("this form of ALTER TABLE is not supported");
    refuseConstraints(action);
    walker.visit(action, new Scope());
  }
}

/** Whatever DuckDB knows by PostgreSQL's syntax; DuckDB refuses by itself what the table does not allow. */
const SUPPORTED_ACTIONS = new Set([
  "AT_AddColumn",
  "AT_DropColumn",
  "AT_AlterColumnType",
  "AT_ColumnDefault",
  "AT_SetNotNull",
  "AT_DropNotNull",
  "AT_AddConstraint",
  "AT_DropConstraint",
]);
