/**
 * Reads off PostgreSQL's syntax tree what a query groups by and what it names outside aggregates. Which columns depend on
 * the key of a table is for whoever has the catalogue.
 */
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
import { resTargets } from "./column-names.js";
import { normaliseName } from "./names.js";
import { relationsFrom } from "./read-sources.js";
import type { References } from "./references.js";
import type { GroupedQuery, NamedColumn } from "./result-sources.js";
import { isSymbol, isWord } from "./token-reader.js";
import { Utf8Offsets } from "./utf8-offsets.js";

/** All queries of a statement that group by plain columns, and by no grouping sets. */
export function groupedQueries(tree: AstNode, references: References): readonly GroupedQuery[] {
  if (!references.tokens.some((token) => isWord(token, "group"))) return [];
  const ctes: string[] = [];
  const queries: AstNode[] = [];
  visitAll(tree, (_, node) => {
    if (typeof node["ctename"] === "string") ctes.push(normaliseName(node["ctename"]));
    if (Array.isArray(node["groupClause"])) queries.push(node);
  });
  const offsets = new Utf8Offsets(references.text);
  return queries.flatMap((node) => readGrouped(node, ctes, references, offsets) ?? []);
}

function readGrouped(
  node: AstNode,
  ctes: readonly string[],
  references: References,
  offsets: Utf8Offsets,
): GroupedQuery | undefined {
  const items = listField(node, "groupClause");
  if (items.some((item) => unwrapAs(item, "GroupingSet") !== undefined)) return undefined;
  const targets = resTargets(listField(node, "targetList"));
  const keys = items.flatMap((item) => {
    const column = columnOf(unwrapAs(item, "A_Const") === undefined ? item : targetAt(targets, item));
    return column?.name === undefined ? [] : [{ ...column, name: column.name, item }];
  });
  const at = keys.flatMap(({ item }) => placeInList(item, references, offsets) ?? [])[0];
  if (at === undefined) return undefined;
  const values = ["targetList", "havingClause", "sortClause", "distinctClause", "windowClause"];
  return {
    at,
    keys,
    needs: values.flatMap((field) => columnsIn(node[field])),
    relations: relationsFrom(listField(node, "fromClause"), ctes),
  };
}

/** What an ordinal means; undefined behind a star. */
function targetAt(targets: readonly AstNode[], item: AstNode): unknown {
  const number = Number(nodeField(unwrapAs(item, "A_Const") ?? {}, "ival")?.["ival"] ?? 0);
  const before = targets.slice(0, number).map((target) => target["val"]);
  const hasStar = before.some(isStar);
  return hasStar ? undefined : before[number - 1];
}

/** In front of an item that is no part of a larger one in parentheses. */
function placeInList(item: AstNode, references: References, offsets: Utf8Offsets): number | undefined {
  const index = references.tokenIndexAt(offsets.toUtf16(locationOf(unwrap(item)?.node ?? {})));
  const before = index === undefined ? undefined : references.tokens[index - 1];
  const isItem = isWord(before, "by") || isSymbol(before, ",");
  return isItem && index !== undefined ? references.tokens[index]?.start : undefined;
}

function columnOf(value: unknown): NamedColumn | undefined {
  const node = unwrapAs(value, "ColumnRef");
  if (node === undefined) return undefined;
  const names = stringList(node, "fields");
  return isStar(value)
    ? { relation: names.at(-1), name: undefined }
    : { relation: names.at(-2), name: names.at(-1) };
}

function isStar(value: unknown): boolean {
  const fields = listField(unwrapAs(value, "ColumnRef") ?? {}, "fields");
  return unwrap(fields.at(-1))?.type === "A_Star";
}

/** Those of sub-queries are among them: they may be this query's. */
function columnsIn(value: unknown): NamedColumn[] {
  if (Array.isArray(value)) return value.flatMap(columnsIn);
  if (!isNode(value)) return [];
  const column = columnOf(value);
  if (column !== undefined) return [column];
  const call = unwrapAs(value, "FuncCall");
  if (call !== undefined && isAggregate(call)) return [];
  return Object.values(value).flatMap(columnsIn);
}

/** A user's own aggregate is not known here: what it names is then grouped by without need, and the groups are the same. */
function isAggregate(call: AstNode): boolean {
  return nodeField(call, "over") === undefined && AGGREGATES.has(stringList(call, "funcname").at(-1) ?? "");
}

const AGGREGATES: ReadonlySet<string> = new Set(
  `any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or count every json_agg json_object_agg jsonb_agg
   jsonb_object_agg max min mode percentile_cont percentile_disc range_agg stddev stddev_pop stddev_samp string_agg sum
   variance var_pop var_samp`.split(/\s+/),
);
