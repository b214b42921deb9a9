/** CREATE TYPE name AS (attributes): DuckDB's named STRUCT. */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { listField, nodeField, stringList, textField, unwrapAs, type AstNode } from "./ast.js";
import { readNameBehind } from "./named-objects.js";
import { plainReading, type Reading } from "./reading.js";
import type { References } from "./references.js";
import { Scope } from "./scope.js";
import { isSymbol } from "./token-reader.js";
import type { TreeWalker } from "./tree-walker.js";

/** Types whose modifier is a length that DuckDB's STRUCT would not hold its fields to. */
const LENGTHS: ReadonlySet<string> = new Set(["varchar", "bpchar", "bit", "varbit"]);

/**
 *   CREATE TYPE t AS (a int, b text)  ⇒  CREATE TYPE t AS STRUCT(a int, b text)
 *
 * Errors  0A000 for a type without attributes, which DuckDB does not have, and for lengths, which it would forget
 */
export function readCompositeType(node: AstNode, walker: TreeWalker, references: References): Reading {
  readNameBehind(references, "type", "create");
  const attributes = listField(node, "coldeflist").map((item) => unwrapAs(item, "ColumnDef") ?? item);
  if (attributes.length === 0) throw notSupported("composite types without attributes are not supported");
  refuseTwice(attributes.map((attribute) => textField(attribute, "colname")));
  for (const attribute of attributes) refuseLength(attribute);
  const open = references.tokens.find((token) => isSymbol(token, "("));
  if (open === undefined) references.doubt();
  else references.edits.push({ start: open.start, end: open.start, text: "STRUCT" });
  walker.visit(node["coldeflist"], new Scope());
  const [serial] = walker.sequenceColumns;
  if (serial !== undefined) throw new SqlError(SQLSTATE.undefinedObject, `type "serial" does not exist`);
  return plainReading("createType", "CREATE TYPE", true);
}

function refuseTwice(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new SqlError(SQLSTATE.duplicateColumn, `column "${twice}" specified more than once`);
}

function refuseLength(attribute: AstNode): void {
  const type = nodeField(attribute, "typeName") ?? {};
  const name = stringList(type, "names").at(-1) ?? "";
  if (!LENGTHS.has(name) || listField(type, "typmods").length === 0) return;
  throw notSupported(
    "attributes of a limited length are not supported in composite types",
    "use text, and check the length where values come in",
  );
}
