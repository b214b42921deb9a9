/** ROLLUP, CUBE and GROUPING SETS: reads and prints them. */
import { listField, textField, unwrap, type AstNode } from "../../sql/ast.js";
import { printKey } from "./expression-text.js";
import type { Printer } from "./printer.js";
import { Unprintable, type Expression, type GroupingSet } from "./tree.js";

const FORMS: Readonly<Record<string, GroupingSet["form"]>> = {
  GROUPING_SET_EMPTY: "LIST",
  GROUPING_SET_ROLLUP: "ROLLUP",
  GROUPING_SET_CUBE: "CUBE",
  GROUPING_SET_SETS: "GROUPING SETS",
};

/** `read` reads a key. */
export function readGroupingSet(node: AstNode, read: (item: AstNode) => Expression): GroupingSet {
  const form = FORMS[textField(node, "kind")];
  if (form === undefined) throw new Unprintable("GROUP BY");
  const sets = listField(node, "content").map((item): GroupingSet => {
    const found = unwrap(item);
    if (found?.type === "GroupingSet") return readGroupingSet(found.node, read);
    const keys = found?.type === "RowExpr" ? listField(found.node, "args") : [item];
    return { kind: "grouping", form: "LIST", keys: keys.map(read), sets: [] };
  });
  return { kind: "grouping", form, keys: [], sets };
}

/** `bare`: a list of one key stands without parentheses. */
export function printGroupingSet(out: Printer, { form, keys, sets }: GroupingSet, bare = true): void {
  const isBare = form === "LIST" && bare && keys.length === 1;
  if (!isBare) out.add(form === "LIST" ? "(" : form === "GROUPING SETS" ? "GROUPING SETS (" : `${form}(`);
  for (const [at, key] of keys.entries()) {
    if (at > 0) out.add(", ");
    printKey(out, key);
  }
  for (const [at, set] of sets.entries()) {
    if (at > 0) out.add(", ");
    printGroupingSet(out, set, form !== "GROUPING SETS");
  }
  if (!isBare) out.add(")");
}
