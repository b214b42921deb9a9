/** Reads `QuerySources` off PostgreSQL's syntax tree. What it does not know is "open", never a guess. */
import {
  flagField,
  isNode,
  listField,
  locationOf,
  nodeField,
  stringList,
  textField,
  unwrap,
  unwrapAs,
  type AstNode,
} from "./ast.js";
import { resTargets, targetName } from "./column-names.js";
import { normaliseName } from "./names.js";
import type { OutputSource, QuerySources, SourceRelation, ValueSource } from "./result-sources.js";
import { writtenType } from "./written-types.js";

/** Common table expressions by folded name; undefined for one of which nothing is known. */
export type Ctes = ReadonlyMap<string, QuerySources | undefined>;

const OPEN: ValueSource = { kind: "open" };
const OPEN_QUERY: QuerySources = { relations: [], outputs: [], others: [] };

/** Of a SELECT, or of what a statement that changes rows returns. */
export function resultSources(type: string, node: AstNode): QuerySources | undefined {
  if (type === "SelectStmt") return querySources(node);
  const ctes = readCtes(node, new Map());
  const target = nodeField(node, "relation");
  if (target === undefined) return undefined;
  const items = [...listField(node, "fromClause"), ...listField(node, "usingClause")];
  const relations = readRelations(target, items, ctes);
  const clause = nodeField(node, "returningClause");
  const returned = clause === undefined ? listField(node, "returningList") : listField(clause, "exprs");
  return { relations, outputs: readOutputs(returned, ctes), others: [] };
}

/** Of a SELECT. */
export function querySources(node: AstNode): QuerySources {
  return readQuery(node, new Map());
}

function readQuery(node: AstNode, outer: Ctes): QuerySources {
  const ctes = readCtes(node, outer);
  const [left, right] = [nodeField(node, "larg"), nodeField(node, "rarg")];
  if (left !== undefined && right !== undefined) {
    const [first, second] = [left, right].map((side) =>
      readQuery(unwrapAs(side, "SelectStmt") ?? side, ctes),
    );
    if (first === undefined || second === undefined) return OPEN_QUERY;
    return { ...first, others: [...first.others, second] };
  }
  const rows = listField(node, "valuesLists");
  if (rows.length > 0) return { relations: [], outputs: readRows(rows, ctes), others: [] };
  const relations = listField(node, "fromClause").flatMap((item) => readFrom(item, ctes));
  return { relations, outputs: readOutputs(listField(node, "targetList"), ctes), others: [] };
}

/** More rows of VALUES are not looked at. */
const MAX_ROWS = 256;

/** `VALUES (1, 2), (3, 4)`: what the values of a column have in common. */
function readRows(rows: readonly AstNode[], ctes: Ctes): OutputSource[] {
  const lists = rows.map((row) => listField(unwrapAs(row, "List") ?? {}, "items"));
  const isRead = rows.length <= MAX_ROWS;
  return (lists[0] ?? []).map((_, at): OutputSource => {
    const values = isRead ? lists.map((items) => readValue(items[at], ctes)) : [OPEN];
    return { kind: "value", name: `column${at + 1}`, value: { kind: "common", values } };
  });
}

function readCtes(node: AstNode, outer: Ctes): Ctes {
  const clause = nodeField(node, "withClause");
  if (clause === undefined) return outer;
  let ctes = outer;
  for (const item of listField(clause, "ctes"))
    ctes = readCte(unwrapAs(item, "CommonTableExpr") ?? item, ctes, flagField(clause, "recursive"));
  return ctes;
}

/** What is known behind one of them. */
export function readCte(cte: AstNode, outer: Ctes, isRecursive: boolean): Ctes {
  const name = normaliseName(textField(cte, "ctename"));
  const query = unwrapAs(cte["ctequery"], "SelectStmt");
  // Inside a recursive query its own name is open.
  const own = isRecursive ? new Map([...outer, [name, undefined]]) : outer;
  const read =
    query === undefined
      ? readReturned(cte["ctequery"])
      : isRecursive
        ? readRecursive(query, own)
        : readQuery(query, own);
  return new Map([...outer, [name, read && renamed(read, stringList(cte, "aliascolnames"))]]);
}

/** What a statement that changes rows gives to those around it; undefined where it returns nothing. */
function readReturned(statement: unknown): QuerySources | undefined {
  const { type, node } = unwrap(statement) ?? {};
  if (type === undefined || node === undefined) return undefined;
  const read = resultSources(type, node);
  return read?.outputs.length === 0 ? undefined : read;
}

/** The term that does not recurse says what the columns are; twice, since what a union gives is no table's column. */
function readRecursive(query: AstNode, ctes: Ctes): QuerySources {
  const left = nodeField(query, "larg");
  if (left === undefined) return readQuery(query, ctes);
  const first = readQuery(unwrapAs(left, "SelectStmt") ?? left, readCtes(query, ctes));
  return { ...first, others: [...first.others, first] };
}

/** `WITH c (a, b) AS …`: as if the query were a relation with these names for its columns. */
function renamed(query: QuerySources, columns: readonly string[]): QuerySources {
  if (columns.length === 0) return query;
  const relation = { name: "", columns, merged: [], source: { kind: "query", query } } as const;
  return { relations: [relation], outputs: [{ kind: "star", relation: undefined }], others: [] };
}

/** The table a statement changes, if it does, and what its FROM clause names. */
export function readRelations(
  target: AstNode | undefined,
  items: readonly AstNode[],
  ctes: Ctes,
): readonly SourceRelation[] {
  const changed = target === undefined ? [] : readRelation(target, ctes, true);
  return [...changed, ...items.flatMap((item) => readFrom(item, ctes))];
}

/** What a FROM clause names. Tables of the names in `ctes` are none; nothing is known of their columns. */
export function relationsFrom(items: readonly AstNode[], ctes: readonly string[]): readonly SourceRelation[] {
  const named: Ctes = new Map(ctes.map((name) => [name, undefined]));
  return items.flatMap((item) => readFrom(item, named));
}

function readFrom(item: AstNode, ctes: Ctes): SourceRelation[] {
  const wrapped = unwrap(item);
  const node = wrapped?.node ?? item;
  switch (wrapped?.type) {
    case "RangeVar":
      return readRelation(node, ctes, false);
    case "RangeSubselect": {
      const query = unwrapAs(node["subquery"], "SelectStmt");
      const lateral = flagField(node, "lateral") ? { lateral: "query" as const } : {};
      return [aliased(node, query && { kind: "query", query: readQuery(query, ctes), ...lateral })];
    }
    case "RangeFunction":
      return [readRangeFunction(node, ctes)];
    case "JoinExpr":
      return readJoin(node, ctes);
    default:
      return [aliased(node, undefined)];
  }
}

function readRelation(node: AstNode, ctes: Ctes, isTarget: boolean): SourceRelation[] {
  const parts = ["catalogname", "schemaname", "relname"].flatMap((field) => textField(node, field) || []);
  const name = parts.at(-1) ?? "";
  const folded = normaliseName(name);
  if (isTarget || parts.length > 1 || !ctes.has(folded))
    return [aliased(node, { kind: "table", parts }, name)];
  const query = ctes.get(folded);
  return [aliased(node, query && { kind: "query", query }, name)];
}

/** Functions that give rows of one value. */
const SETS: ReadonlySet<string> = new Set(["unnest", "generate_series"]);
/** Functions whose columns have names of their own. */
const DOCUMENTS: ReadonlyMap<string, readonly (readonly [string, string])[]> = new Map([
  ["jsonb_array_elements", [["value", "jsonb"]]],
  ["jsonb_array_elements_text", [["value", "text"]]],
  [
    "jsonb_each",
    [
      ["key", "text"],
      ["value", "jsonb"],
    ],
  ],
  [
    "jsonb_each_text",
    [
      ["key", "text"],
      ["value", "text"],
    ],
  ],
]);

/** `unnest(a) AS u`: its column is called like the relation. */
function readRangeFunction(node: AstNode, ctes: Ctes): SourceRelation {
  const functions = listField(node, "functions").flatMap((item) =>
    listField(unwrapAs(item, "List") ?? {}, "items"),
  );
  const call = functions.find((item) => unwrapAs(item, "FuncCall") !== undefined);
  const first = unwrapAs(call, "FuncCall") ?? {};
  const name = stringList(first, "funcname").at(-1) ?? "";
  const isSet = SETS.has(name) && (name !== "unnest" || listField(first, "args").length === 1);
  const named = DOCUMENTS.get(name);
  const isRows = listField(node, "coldeflist").length > 0;
  if ((!isSet && named === undefined) || isRows || functions.length > 2) return aliased(node, undefined);
  const relation = aliased(node, undefined, name);
  const outputs =
    named?.map(([own, type]): OutputSource => ({ kind: "value", name: own, value: ofType(type) })) ?? [];
  if (isSet) outputs.push({ kind: "value", name: relation.name, value: readValue(call, ctes) });
  if (flagField(node, "ordinality"))
    outputs.push({ kind: "value", name: "ordinality", value: ofType("int8") });
  const query: QuerySources = { relations: [], outputs, others: [] };
  return { ...relation, source: { kind: "query", query, lateral: "function" } };
}

function readJoin(node: AstNode, ctes: Ctes): SourceRelation[] {
  const [left, right] = ["larg", "rarg"].map((side) => {
    const item = node[side];
    return isNode(item) ? readFrom(item, ctes) : [];
  });
  const using = stringList(node, "usingClause");
  const all = [...(left ?? []), ...(right ?? [])];
  const isPlain = ["JOIN_INNER", "JOIN_LEFT"].includes(textField(node, "jointype") || "JOIN_INNER");
  const isNatural = flagField(node, "isNatural");
  // An alias of the whole join, and columns either side may fill are not followed.
  if (
    nodeField(node, "alias") !== undefined ||
    (isNatural && right?.length !== 1) ||
    ((isNatural || using.length > 0) && !isPlain)
  )
    return all.map((relation) => ({ ...relation, source: { kind: "open" } }));
  if (isNatural)
    return [...(left ?? []), ...(right ?? []).map((one) => ({ ...one, natural: left?.length ?? 0 }))];
  if (using.length === 0) return all;
  return [...(left ?? []), ...(right ?? []).map((relation) => ({ ...relation, merged: using }))];
}

function aliased(node: AstNode, source: SourceRelation["source"] | undefined, ownName = ""): SourceRelation {
  const alias = nodeField(node, "alias");
  return {
    name: alias === undefined ? ownName : textField(alias, "aliasname"),
    columns: alias === undefined ? [] : stringList(alias, "colnames"),
    merged: [],
    source: source ?? { kind: "open" },
  };
}

function readOutputs(items: readonly AstNode[], ctes: Ctes): OutputSource[] {
  return resTargets(items).map((target): OutputSource => {
    const column = unwrapAs(target["val"], "ColumnRef");
    const fields = column === undefined ? [] : listField(column, "fields");
    if (column !== undefined && unwrap(fields.at(-1))?.type === "A_Star")
      return {
        kind: "star",
        relation: fields.length === 1 ? undefined : stringList(column, "fields").at(-1),
      };
    return { kind: "value", name: targetName(target), value: readValue(target["val"], ctes) };
  });
}

export function readValue(expression: unknown, ctes: Ctes): ValueSource {
  const wrapped = unwrap(expression);
  if (wrapped === undefined) return OPEN;
  const { type, node } = wrapped;
  const values = (field: string): ValueSource[] =>
    listField(node, field).map((item) => readValue(item, ctes));
  switch (type) {
    case "ColumnRef": {
      const names = stringList(node, "fields");
      return { kind: "column", relation: names.at(-2), name: names.at(-1) ?? "" };
    }
    case "TypeCast": {
      const name = nodeField(node, "typeName");
      return name === undefined
        ? OPEN
        : { kind: "type", type: writtenType(unwrapAs(name, "TypeName") ?? name) };
    }
    case "ParamRef":
      return { kind: "parameter", index: Number(node["number"] ?? 0) - 1 };
    case "A_Const":
      return readConstant(node);
    case "CollateClause":
      return readValue(node["arg"], ctes);
    case "CoalesceExpr":
    case "MinMaxExpr":
      return { kind: "common", values: values("args") };
    case "CaseExpr": {
      const results = listField(node, "args").map((item) =>
        readValue(unwrapAs(item, "CaseWhen")?.["result"], ctes),
      );
      const otherwise = "defresult" in node ? [readValue(node["defresult"], ctes)] : [];
      return { kind: "common", values: [...otherwise, ...results] };
    }
    case "A_ArrayExpr":
      return { kind: "array", of: { kind: "common", values: values("elements") } };
    case "A_Indirection":
      return isElement(node) ? { kind: "element", of: readValue(node["arg"], ctes) } : readField(node, ctes);
    case "A_Expr":
      return readOperator(node, ctes);
    case "FuncCall": {
      const name = stringList(node, "funcname").at(-1) ?? "";
      return { kind: "call", name, values: values("args") };
    }
    case "SQLValueFunction":
      return {
        kind: "call",
        name: textField(node, "op")
          .replace(/^SVFOP_/, "")
          .toLowerCase(),
        values: [],
      };
    case "SubLink":
      return readSubquery(node, ctes);
    default:
      return OPEN;
  }
}

/** A whole number has the first type that holds it; others are exact. */
function readConstant(node: AstNode): ValueSource {
  if (flagField(node, "isnull")) return { kind: "literal" };
  const text = nodeField(node, "sval");
  if (text !== undefined)
    return { kind: "literal", text: { value: textField(text, "sval"), at: locationOf(node) } };
  if ("ival" in node) return ofType("int4");
  if ("boolval" in node) return ofType("bool");
  const number = nodeField(node, "fval");
  if (number === undefined) return OPEN;
  const digits = textField(number, "fval");
  return ofType(/^\d{1,18}$/.test(digits) ? "int8" : /^\d+$/.test(digits) ? "" : "numeric");
}

function ofType(name: string): ValueSource {
  return name === "" ? OPEN : { kind: "type", type: { name, typmod: -1, isArray: false } };
}

function readSubquery(node: AstNode, ctes: Ctes): ValueSource {
  const select = unwrapAs(node["subselect"], "SelectStmt");
  if (select === undefined) return OPEN;
  const query: ValueSource = { kind: "query", query: readQuery(select, ctes) };
  const type = textField(node, "subLinkType");
  if (type === "ARRAY_SUBLINK") return { kind: "array", of: query };
  return type === "EXPR_SUBLINK" ? query : OPEN;
}

/** `(t).a` of a relation. */
function readField(node: AstNode, ctes: Ctes): ValueSource {
  const whole = readValue(node["arg"], ctes);
  const [name, ...others] = stringList(node, "indirection");
  const isOne = others.length === 0 && listField(node, "indirection").length === 1;
  return name !== undefined && isOne && whole.kind === "column" && whole.relation === undefined
    ? { kind: "column", relation: whole.name, name }
    : OPEN;
}

/** `a[1]`, not `a[1:2]`, `a[1][2]` or `(a).b`. */
/** `a[1]`, `d['a']['b']`: however many subscripts there are, what they give is no array. */
function isElement(node: AstNode): boolean {
  return listField(node, "indirection").every((step) => {
    const indices = unwrapAs(step, "A_Indices");
    return indices !== undefined && !flagField(indices, "is_slice");
  });
}

const DOCUMENT_OPERATORS = new Set(["->", "#>", "||", "#-"]);
const ARITHMETIC = new Set(["+", "-", "*", "/", "%"]);

function readOperator(node: AstNode, ctes: Ctes): ValueSource {
  if (textField(node, "kind") === "AEXPR_NULLIF")
    return { kind: "call", name: "nullif", values: [readValue(node["lexpr"], ctes)] };
  const [name] = stringList(node, "name");
  // A sign keeps the type, as abs() does.
  if (name === "-" && !("lexpr" in node))
    return { kind: "call", name: "abs", values: [readValue(node["rexpr"], ctes)] };
  if (textField(node, "kind") !== "AEXPR_OP" || name === undefined) return OPEN;
  if (DOCUMENT_OPERATORS.has(name)) return { kind: "document", of: readValue(node["lexpr"], ctes) };
  if (!ARITHMETIC.has(name) || !("lexpr" in node) || isLong(node)) return OPEN;
  return {
    kind: "operation",
    name,
    values: [readValue(node["lexpr"], ctes), readValue(node["rexpr"], ctes)],
  };
}

/** More operators in a row are not followed: each of them is asked for. */
const MAX_OPERATORS = 64;

function isLong(node: AstNode): boolean {
  let left: AstNode | undefined = node;
  for (let count = 0; count < MAX_OPERATORS; count += 1) {
    left = unwrapAs(left["lexpr"], "A_Expr");
    if (left === undefined) return false;
  }
  return true;
}
