/**
 * What SELECT DISTINCT is ordered by: DuckDB takes anything, and orders rows by values of which it keeps one at random.
 * Neither relations nor their columns are known here: what a star stands for is not looked into.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import {
  isNode,
  listField,
  locationOf,
  nodeField,
  stringList,
  unwrap,
  unwrapAs,
  visitAll,
  type AstNode,
} from "./ast.js";
import { resTargets, targetName } from "./column-names.js";
import { characterPosition } from "./lexer.js";
import { normaliseName } from "./names.js";
import type { References } from "./references.js";
import { isWord } from "./token-reader.js";
import { Utf8Offsets } from "./utf8-offsets.js";

/** Errors: 42P10 where an expression behind ORDER BY is none of those that are distinct */
export function requireDistinctOrders(tree: AstNode, { text, tokens }: References): void {
  if (!tokens.some((token) => isWord(token, "distinct")) || !tokens.some((token) => isWord(token, "order")))
    return;
  visitAll(tree, (_, node) => {
    const distinct = listField(node, "distinctClause");
    if (distinct.length === 0 || !Array.isArray(node["sortClause"])) return;
    const found = misplaced(node, distinct);
    if (found === undefined) return;
    const at = placeOf(found.item);
    const position =
      at === undefined ? {} : { position: characterPosition(text, new Utf8Offsets(text).toUtf16(at)) };
    throw new SqlError(SQLSTATE.invalidColumnReference, found.message, position);
  });
}

interface Misplaced {
  readonly item: unknown;
  readonly message: string;
}

function misplaced(node: AstNode, distinct: readonly AstNode[]): Misplaced | undefined {
  const targets = resTargets(listField(node, "targetList"));
  const orders = listField(node, "sortClause").map((item) => (unwrapAs(item, "SortBy") ?? item)["node"]);
  const on = distinct.filter((item) => unwrap(item) !== undefined);
  // A place may be that of a column behind a star, and what else is named there may be the same one.
  if (on.length > 0)
    return [...on, ...orders].some((item) => isBehindStar(item, targets))
      ? undefined
      : behindOthers(on, orders, targets);
  const values = targets.map((target) => target["val"]);
  if (values.some(isStar)) return undefined;
  const known = new Set(values.map(formOf));
  const item = orders.find((order) => !known.has(formOf(meantBy(order, targets))));
  return item === undefined
    ? undefined
    : { item, message: "for SELECT DISTINCT, ORDER BY expressions must appear in select list" };
}

/** What DISTINCT ON names comes first behind ORDER BY, in any order of its own. */
function behindOthers(
  on: readonly AstNode[],
  orders: readonly unknown[],
  targets: readonly AstNode[],
): Misplaced | undefined {
  const [keys, forms] = [on, orders].map((items) => items.map((item) => formOf(meantBy(item, targets))));
  const other = forms?.findIndex((form) => !keys?.includes(form)) ?? -1;
  if (keys === undefined || forms === undefined || other < 0) return undefined;
  const before = forms.slice(0, other);
  const late = keys.findIndex((key) => !before.includes(key));
  if (late < 0) return undefined;
  const message = "SELECT DISTINCT ON expressions must match initial ORDER BY expressions";
  const again = forms.findIndex((form, index) => index > other && keys.includes(form));
  return { item: again < 0 ? on[late] : orders[again], message };
}

/** A number is the place of a column of the result, a name alone is the column's of that name. */
function meantBy(item: unknown, targets: readonly AstNode[]): unknown {
  const number = placeNumber(item);
  if (number !== undefined) return targets.slice(0, number).at(-1)?.["val"] ?? item;
  const names = stringList(unwrapAs(item, "ColumnRef") ?? {}, "fields");
  const [name] = names;
  if (names.length !== 1 || name === undefined) return item;
  const target = targets.find((one) => normaliseName(targetName(one)) === normaliseName(name));
  return target === undefined ? item : target["val"];
}

/** `ORDER BY 2` */
function placeNumber(item: unknown): number | undefined {
  const number = nodeField(unwrapAs(item, "A_Const") ?? {}, "ival");
  return number === undefined ? undefined : Number(number["ival"] ?? 0);
}

function isBehindStar(item: unknown, targets: readonly AstNode[]): boolean {
  return targets.slice(0, placeNumber(item) ?? 0).some((target) => isStar(target["val"]));
}

function isStar(value: unknown): boolean {
  const fields = listField(unwrapAs(value, "ColumnRef") ?? {}, "fields");
  return unwrap(fields.at(-1))?.type === "A_Star";
}

/** Where something is written, and in which of the forms that mean the same. */
const WRITING = new Set([
  "location",
  "list_start",
  "list_end",
  "rexpr_list_start",
  "rexpr_list_end",
  "funcformat",
  "row_format",
]);

/** Names with or without a schema: `integer` is read as `pg_catalog.int4`. */
const NAMES = new Set(["names", "funcname"]);

/** Equal for equal expressions, wherever they stand and however their columns, types and functions are qualified. */
function formOf(value: unknown): string {
  return JSON.stringify(value, (key, part: unknown) => {
    if (WRITING.has(key)) return undefined;
    if (NAMES.has(key) && Array.isArray(part)) return part.slice(-1);
    const column = unwrapAs(part, "ColumnRef");
    return column === undefined ? part : normaliseName(stringList(column, "fields").at(-1) ?? "*");
  });
}

/** The byte at which an expression begins; undefined where its parts say none. */
function placeOf(value: unknown): number | undefined {
  const places: number[] = [];
  visitAll(value, (_, node) => {
    if (isNode(node) && ("location" in node || "ColumnRef" in node)) places.push(locationOf(node));
  });
  const known = places.filter((place) => place >= 0);
  return known.length === 0 ? undefined : Math.min(...known);
}
