/**
 * Whether a statement that writes would do the same again on the same rows: what a rollback to a savepoint has to know.
 * Judged from PostgreSQL's tree alone, by what is known to be safe; everything else is not.
 */
import { listField, nodeField, textField, unwrapAs, visitAll, type AstNode } from "./ast.js";
import type { ParsedTree } from "./pg-parser.js";

export interface Repetition {
  /** Run again on the same tables and parameters, it changes the same rows in the same way, column defaults aside. */
  readonly deterministic: boolean;
  /** An INSERT that changes no row that was there: the rows it made can be inserted again instead. */
  readonly insertsRows: boolean;
}

/** Of a statement nobody judged. */
export const NOT_REPEATABLE: Repetition = { deterministic: false, insertsRows: false };

/** Definitions: what stands in them is kept, not evaluated. */
const DEFINITIONS = new Set([
  "CreateStmt",
  "ViewStmt",
  "IndexStmt",
  "CreateSeqStmt",
  "CreateEnumStmt",
  "CreateSchemaStmt",
  "CommentStmt",
  "DropStmt",
  "RenameStmt",
  "TruncateStmt",
  "RefreshMatViewStmt",
]);

/** Functions whose value depends on their arguments alone, in any order of rows. */
const PURE_FUNCTIONS = new Set(
  "abs array_length ascii btrim ceil ceiling char_length chr concat concat_ws count floor generate_series greatest initcap least left length lower lpad ltrim make_date max md5 min mod octet_length overlay position repeat replace reverse right round rpad rtrim sign split_part starts_with strpos substr substring to_hex translate trim trunc upper".split(
    " ",
  ),
);

/** Texts that mean the moment they are read at. */
const MOMENTS = new Set(["now", "today", "tomorrow", "yesterday"]);

/** True for a text that would be another date or time when it is read again. */
export function namesMoment(text: string): boolean {
  return MOMENTS.has(text.trim().toLowerCase());
}

export function repetitionOf(tree: ParsedTree): Repetition {
  if (DEFINITIONS.has(tree.type)) return { deterministic: true, insertsRows: false };
  return {
    deterministic: isDeterministic(tree),
    insertsRows: tree.type === "InsertStmt" && insertsRows(tree.node),
  };
}

/** Aggregates and others whose value may hang on the order of rows in its last digits, but not from one read to the next. */
const STEADY_FUNCTIONS = new Set(
  "avg bool_and bool_or coalesce date_part date_trunc every now nullif sum to_char".split(" "),
);

/** True for a query that surely gives the same when it is read twice in one statement. */
export function givesSameTwice(query: AstNode): boolean {
  let same = true;
  visitAll({ SelectStmt: query }, (type, node) => {
    const isSteady =
      type === "FuncCall" && STEADY_FUNCTIONS.has(functionName(node)) && node["over"] === undefined;
    if (!isSteady && type !== "SQLValueFunction" && isVolatile(type, node)) same = false;
  });
  return same;
}

function isDeterministic(tree: ParsedTree): boolean {
  let deterministic = true;
  const isUpdate = tree.type === "UpdateStmt" || tree.type === "MergeStmt";
  visitAll({ [tree.type]: tree.node }, (type, node) => {
    if (isVolatile(type, node) || (isUpdate && type === "SetToDefault")) deterministic = false;
  });
  return deterministic;
}

function isVolatile(type: string, node: AstNode): boolean {
  switch (type) {
    case "FuncCall":
      return !isPureCall(node);
    case "SQLValueFunction":
    case "RangeTableSample":
    case "RangeTableFunc":
    case "XmlExpr":
    case "CurrentOfExpr":
      return true;
    case "SelectStmt":
      return choosesRows(node);
    case "A_Const":
      return namesMoment(textField(nodeField(node, "sval") ?? {}, "sval"));
    default:
      return false;
  }
}

/** LIMIT, OFFSET and DISTINCT ON take the rows that happen to come first. */
function choosesRows(node: AstNode): boolean {
  const distinct = listField(node, "distinctClause");
  const isDistinctOn = distinct.some((item) => Object.keys(item).length > 0);
  return node["limitCount"] !== undefined || node["limitOffset"] !== undefined || isDistinctOn;
}

function functionName(node: AstNode): string {
  const names = listField(node, "funcname").map((part) => textField(unwrapAs(part, "String") ?? {}, "sval"));
  const [first = "", second] = names;
  return second === undefined ? first : first === "pg_catalog" ? second : "";
}

function isPureCall(node: AstNode): boolean {
  return PURE_FUNCTIONS.has(functionName(node)) && nodeField(node, "over") === undefined;
}

function insertsRows(node: AstNode): boolean {
  const conflict = nodeField(node, "onConflictClause");
  return conflict === undefined || textField(conflict, "action") === "ONCONFLICT_NOTHING";
}
