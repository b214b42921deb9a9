/** What INSERT says beyond its names, as far as PostgreSQL and DuckDB differ in it. */
import { notSupported } from "../core/errors.js";
import type { InsertedValue, InsertForm } from "./analysis.js";
import { listField, locationOf, nodeField, textField, unwrap, unwrapAs, type AstNode } from "./ast.js";
import type { References } from "./references.js";
import { closingBracket, isSymbol, isWord, nameAt } from "./token-reader.js";
import type { Utf8Offsets } from "./utf8-offsets.js";

/** Reads an InsertStmt. OVERRIDING SYSTEM VALUE is taken out of the text: DuckDB knows no such columns. */
export function readInsertForm(
  node: AstNode,
  references: References,
  offsets: Utf8Offsets,
): InsertForm | undefined {
  const target = references.nameAtOffset(offsets.toUtf16(locationOf(nodeField(node, "relation") ?? {})));
  if (target === undefined) return undefined;
  const { tokens } = references;
  const next = isWord(tokens[target.next], "as") ? target.next + 2 : target.next;
  const columns = listField(node, "cols").map((item) =>
    insertedColumn(unwrapAs(item, "ResTarget") ?? item, references, offsets),
  );
  const rows = listField(unwrapAs(node["selectStmt"], "SelectStmt") ?? {}, "valuesLists").map((item) =>
    listField(unwrapAs(item, "List") ?? {}, "items"),
  );
  const conflict = nodeField(node, "onConflictClause");
  const isUpdate = conflict !== undefined && textField(conflict, "action") === "ONCONFLICT_UPDATE";
  return {
    columns,
    columnsAt: tokens[next - 1]?.end ?? target.end,
    hasSource: node["selectStmt"] !== undefined,
    width: rows[0]?.length ?? selectWidth(unwrapAs(node["selectStmt"], "SelectStmt")),
    rows: rows.length,
    values: rows.map((row) => row.map(insertedValue)),
    overriding: removeOverriding(node, references),
    constraint: conflict === undefined ? undefined : constraintTarget(conflict, references, offsets),
    conflictColumns: conflictColumns(conflict),
    source: rows.length > 0 ? undefined : sourceSpan(references, next, columns.length > 0, conflict, offsets),
    conflictAt: conflict === undefined ? undefined : behindConflict(references, conflict, offsets),
    conflict: conflict === undefined ? "none" : isUpdate ? "update" : "nothing",
    updatesAll: isUpdate && conflict["whereClause"] === undefined,
  };
}

function insertedValue(value: unknown): InsertedValue {
  const wrapped = unwrap(value);
  const node = wrapped?.node ?? {};
  switch (wrapped?.type) {
    case "SetToDefault":
      return { kind: "default" };
    case "TypeCast":
      return insertedValue(node["arg"]);
    case "ParamRef":
      return { kind: "parameter", number: Number(node["number"] ?? 0) };
    case "A_Const":
      return node["isnull"] === true
        ? { kind: "null" }
        : { kind: "constant", text: JSON.stringify({ ...node, location: 0 }) };
    default:
      return { kind: "other" };
  }
}

function behindConflict(references: References, conflict: AstNode, offsets: Utf8Offsets): number | undefined {
  const on = references.tokenIndexAt(offsets.toUtf16(locationOf(conflict)));
  return on === undefined ? undefined : references.tokens[on + 1]?.end;
}

function conflictColumns(conflict: AstNode | undefined): readonly string[] {
  const elements = listField(nodeField(conflict ?? {}, "infer") ?? {}, "indexElems").map(
    (item) => unwrapAs(item, "IndexElem") ?? item,
  );
  return elements.some((element) => element["expr"] !== undefined)
    ? []
    : elements.map((element) => textField(element, "name"));
}

/** The query in front of ON CONFLICT; undefined without that clause. `next` is the token behind the target. */
function sourceSpan(
  references: References,
  next: number,
  hasColumns: boolean,
  conflict: AstNode | undefined,
  offsets: Utf8Offsets,
): InsertForm["source"] {
  if (conflict === undefined) return undefined;
  const { tokens } = references;
  let first = hasColumns ? (closingBracket(tokens, next) ?? next) + 1 : next;
  if (isWord(tokens[first], "overriding")) first += 3;
  const on = references.tokenIndexAt(offsets.toUtf16(locationOf(conflict)));
  const [start, last] = [tokens[first], tokens[(on ?? 0) - 1]];
  return start === undefined || last === undefined || last.end <= start.start
    ? undefined
    : { start: start.start, end: last.end };
}

/** How many columns a query has; undefined where a star stands for some. */
export function selectWidth(query: AstNode | undefined): number | undefined {
  if (query === undefined) return undefined;
  const first = nodeField(query, "larg");
  if (first !== undefined) return selectWidth(first);
  const targets = listField(query, "targetList").map((item) => unwrapAs(item, "ResTarget") ?? item);
  const isStar = targets.some((target) => {
    const reference = unwrapAs(target["val"], "ColumnRef");
    return reference !== undefined && unwrap(listField(reference, "fields").at(-1))?.type === "A_Star";
  });
  return isStar || targets.length === 0 ? undefined : targets.length;
}

function insertedColumn(node: AstNode, references: References, offsets: Utf8Offsets): string {
  const name = references.nameAtOffset(offsets.toUtf16(locationOf(node)));
  return name?.parts[0] ?? textField(node, "name");
}

function removeOverriding(node: AstNode, { tokens, edits }: References): boolean {
  switch (textField(node, "override")) {
    case "OVERRIDING_USER_VALUE":
      throw notSupported("OVERRIDING USER VALUE is not supported");
    case "OVERRIDING_SYSTEM_VALUE": {
      const at = tokens.findIndex(
        (token, index) => isWord(token, "overriding") && isWord(tokens[index + 1], "system"),
      );
      const [first, last] = [tokens[at], tokens[at + 2]];
      if (first !== undefined && last !== undefined)
        edits.push({ start: first.start, end: last.end, text: "" });
      return true;
    }
    default:
      return false;
  }
}

/** ON CONFLICT ON CONSTRAINT name: the span from ON CONSTRAINT to the name. */
function constraintTarget(
  conflict: AstNode,
  references: References,
  offsets: Utf8Offsets,
): InsertForm["constraint"] {
  const infer = nodeField(conflict, "infer");
  if (infer === undefined || textField(infer, "conname") === "") return undefined;
  const { tokens } = references;
  const from = references.tokenIndexAt(offsets.toUtf16(locationOf(conflict))) ?? 0;
  const at = tokens.findIndex((token, index) => index >= from && isWord(token, "constraint"));
  const name = nameAt(tokens, at + 1);
  const on = tokens[at - 1];
  if (name === undefined || on === undefined || isSymbol(on, "(")) {
    references.doubt();
    return undefined;
  }
  return { name: name.parts[0] ?? "", start: on.start, end: name.end };
}
