/**
 * SET in UPDATE and ON CONFLICT DO UPDATE: what it assigns, and rows of columns that are assigned a sub-query, which DuckDB
 * reads as one value for all of them.
 *
 *   SET (a, b) = (SELECT x, y FROM u)
 *     ⇒  SET a = (SELECT c0 FROM (SELECT x, y FROM u) AS assigned(c0, c1)), b = (SELECT c1 FROM …)
 */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { Assignment, TextEdit } from "./analysis.js";
import { listField, locationOf, nodeField, textField, unwrap, unwrapAs, type AstNode } from "./ast.js";
import { selectWidth } from "./insert-form.js";
import { characterPosition } from "./lexer.js";
import type { ParsedTree } from "./pg-parser.js";
import type { References } from "./references.js";
import { givesSameTwice } from "./repetition.js";
import { applyEdits } from "./splice.js";
import { closingBracket, sliceTokens, splitAtCommas } from "./token-reader.js";
import { Utf8Offsets } from "./utf8-offsets.js";

/** The columns a statement assigns; those of INSERT itself are not among them. */
export function assignmentsOf({ type, node }: ParsedTree): readonly Assignment[] {
  return targetsOf(type, node).map((target) => {
    const isDefault = unwrap(valueOf(target))?.type === "SetToDefault";
    return { column: textField(target, "name"), isDefault };
  });
}

function targetsOf(type: string, node: AstNode): readonly AstNode[] {
  const owner =
    type === "InsertStmt" ? nodeField(node, "onConflictClause") : type === "UpdateStmt" ? node : {};
  return listField(owner ?? {}, "targetList").map((item) => unwrapAs(item, "ResTarget") ?? item);
}

/** What one column is assigned; of a row its part. */
function valueOf(target: AstNode): unknown {
  const row = unwrapAs(target["val"], "MultiAssignRef");
  if (row === undefined) return target["val"];
  const parts = listField(unwrapAs(row["source"], "RowExpr") ?? {}, "args");
  return parts[(numberField(row, "colno") ?? 1) - 1];
}

function numberField(node: AstNode, field: string): number | undefined {
  const value = node[field];
  return typeof value === "number" ? value : undefined;
}

/**
 * The text with a sub-query for each column; undefined when none is assigned to several.
 *
 * Errors  42601 more or fewer values than columns; 0A000 for a sub-query that may not give the same twice
 */
export function withSingleAssignments(tree: ParsedTree, references: References): string | undefined {
  const offsets = new Utf8Offsets(references.text);
  const edits = targetsOf(tree.type, tree.node).flatMap((target): TextEdit[] => {
    const row = unwrapAs(target["val"], "MultiAssignRef");
    if (row === undefined || numberField(row, "colno") !== 1) return [];
    const query = unwrapAs(unwrapAs(row["source"], "SubLink")?.["subselect"], "SelectStmt");
    const at = references.tokenIndexAt(offsets.toUtf16(locationOf(target)));
    refuseWidth(row, query, () =>
      characterPosition(references.text, offsets.toUtf16(locationOf(sourceNode(row)))),
    );
    if (query === undefined) return [];
    const from = references.tokenIndexAt(offsets.toUtf16(locationOf(sourceNode(row))));
    return at === undefined || from === undefined
      ? unreadable()
      : [singleAssignments(references, at, from, query)];
  });
  return edits.length === 0 ? undefined : applyEdits(references.text, edits);
}

function sourceNode(row: AstNode): AstNode {
  return unwrap(row["source"])?.node ?? {};
}

function refuseWidth(row: AstNode, query: AstNode | undefined, position: () => number): void {
  const parts = unwrapAs(row["source"], "RowExpr");
  const width = parts === undefined ? selectWidth(query) : listField(parts, "args").length;
  if (width === undefined) {
    // A value that is a row itself is DuckDB's to judge; the columns behind a star are not known here.
    if (query !== undefined)
      throw notSupported("assigning several columns from a sub-query with * is not supported");
    return;
  }
  if (width === numberField(row, "ncolumns")) return;
  throw new SqlError(SQLSTATE.syntaxError, "number of columns does not match number of values", {
    position: position(),
  });
}

/** `at` is the first column behind the bracket, `from` the bracket of the sub-query. */
function singleAssignments({ text, tokens }: References, at: number, from: number, query: AstNode): TextEdit {
  const open = at - 1;
  const [close, end] = [closingBracket(tokens, open), closingBracket(tokens, from)];
  const [first, last] = [tokens[open], tokens[end ?? -1]];
  if (close === undefined || end === undefined || first === undefined || last === undefined)
    return unreadable();
  if (!givesSameTwice(query)) {
    throw notSupported(
      "assigning several columns from this sub-query is not supported: it may not give the same twice",
      "write a sub-query for each column",
    );
  }
  const columns = splitAtCommas(tokens, at, close).map(([start, next]) =>
    sliceTokens(text, tokens, start, next),
  );
  const names = columns.map((_, index) => `c${index}`);
  const rows = `(${sliceTokens(text, tokens, from + 1, end)}\n) AS assigned(${names.join(", ")})`;
  const single = columns.map((column, index) => `${column} = (SELECT c${index} FROM ${rows})`);
  return { start: first.start, end: last.end, text: single.join(", ") };
}

function unreadable(): never {
  throw notSupported("this form of SET with several columns is not supported");
}

/**
 * UPDATE … FROM and DELETE … USING return columns of the target alone: DuckDB knows no others there.
 *
 * Errors  0A000 for RETURNING * and columns of the other relations
 */
export function refuseReturnedJoins({ type, node }: ParsedTree): void {
  const others = [
    ...(type === "UpdateStmt" ? listField(node, "fromClause") : []),
    ...(type === "DeleteStmt" ? listField(node, "usingClause") : []),
  ];
  if (others.length === 0) return;
  const relation = nodeField(node, "relation") ?? {};
  const target = textField(nodeField(relation, "alias") ?? {}, "aliasname") || textField(relation, "relname");
  for (const item of returnedExpressions(node)) {
    const fields = listField(
      unwrapAs((unwrapAs(item, "ResTarget") ?? item)["val"], "ColumnRef") ?? {},
      "fields",
    );
    const isStar = unwrap(fields.at(-1))?.type === "A_Star";
    const qualifier = textField(unwrapAs(fields.at(-2), "String") ?? {}, "sval");
    if (isStar ? qualifier === target : fields.length < 2 || qualifier === target) continue;
    throw notSupported(
      "RETURNING columns of other relations than the target is not supported",
      `write RETURNING ${target}.*, or the target's columns`,
    );
  }
}

/** The tree names the clause in one of two ways. */
function returnedExpressions(node: AstNode): readonly AstNode[] {
  const clause = nodeField(node, "returningClause");
  return clause === undefined ? listField(node, "returningList") : listField(clause, "exprs");
}
