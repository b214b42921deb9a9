/** Reads queries of the syntax tree as PostgreSQL would. */
import {
  Unprintable,
  type Expression,
  type CommonTable,
  type GroupingSet,
  type Output,
  type OutputColumn,
  type Query,
  type Source,
} from "./tree.js";
import {
  flagField,
  listField,
  nodeField,
  stringList,
  textField,
  unwrap,
  unwrapAs,
  type AstNode,
} from "../../sql/ast.js";
import { constantInteger } from "./constants.js";
import { printedName } from "./quoting.js";
import { readGroupingSet } from "./grouping.js";
import { readWindow } from "./read-window.js";
import { readSortKeys } from "./sort-keys.js";
import { settled } from "./types.js";
import { unwrapped, valuesAlone } from "./values-lists.js";
import { Scope, type Range } from "./scope.js";

/** A bare SelectStmt; the scope is the query's own. */
export function readQuery(scope: Scope, node: AstNode): Query {
  const clause = nodeField(node, "withClause");
  const recursive = clause !== undefined && flagField(clause, "recursive");
  const tables = clause === undefined ? [] : readTables(scope, clause, recursive);
  const body = textField(node, "op");
  if (body !== "" && body !== "SETOP_NONE") return readSet(scope, node, { tables, recursive });
  const values = listField(node, "valuesLists").length > 0 ? node : valuesAlone(node);
  if (values !== undefined) return readValues(scope, values, { tables, recursive });
  return readSelect(scope, node, { tables, recursive });
}

interface With {
  readonly tables: readonly CommonTable[];
  readonly recursive: boolean;
}

function readTables(scope: Scope, clause: AstNode, recursive: boolean): CommonTable[] {
  return listField(clause, "ctes").map((item) => {
    const table = unwrapAs(item, "CommonTableExpr") ?? {};
    const name = textField(table, "ctename");
    const columns = stringList(table, "aliascolnames");
    const query = unwrapAs(table["ctequery"], "SelectStmt");
    if (query === undefined) throw new Unprintable("WITH");
    const named = (read: Query): OutputColumn[] =>
      read.columns.map((column, at) => ({ ...column, name: columns[at] ?? column.name }));
    const left = nodeField(query, "larg");
    if (recursive && left !== undefined) scope.tables.set(name, named(scope.query(left)));
    const read = scope.query(query);
    scope.tables.set(name, named(read));
    const kinds: Readonly<Record<string, string>> = {
      CTEMaterializeAlways: "MATERIALIZED ",
      CTEMaterializeNever: "NOT MATERIALIZED ",
    };
    return { name, columns, materialized: kinds[textField(table, "ctematerialized")] ?? "", query: read };
  });
}

function readSet(scope: Scope, node: AstNode, outer: With): Query {
  const operators = { SETOP_UNION: "UNION", SETOP_INTERSECT: "INTERSECT", SETOP_EXCEPT: "EXCEPT" } as const;
  const operator = Object.entries(operators).find(([key]) => key === textField(node, "op"))?.[1];
  const [left, right] = [nodeField(node, "larg"), nodeField(node, "rarg")];
  if (operator === undefined || left === undefined || right === undefined)
    throw new Unprintable("a set operation");
  const one = scope.query(left);
  const other = scope.query(right);
  const own = new Scope(scope.reading);
  own.ranges.push({ alias: { text: "" }, columns: one.columns, merged: true });
  return {
    kind: "set",
    operator,
    all: flagField(node, "all"),
    left: one,
    right: other,
    columns: one.columns,
    ...outer,
    order: readSortKeys(own, listField(node, "sortClause"), readPosition(one.columns)),
    ...readLimits(scope, node),
  };
}

/** Behind a set operation PostgreSQL orders by the number of the column. */
function readPosition(columns: readonly OutputColumn[]) {
  return (scope: Scope, node: unknown): Expression => {
    const value = scope.read(node);
    if (value.kind === "constant") return value;
    const at = value.kind === "column" ? columns.findIndex(({ name }) => name === value.name) : -1;
    if (at < 0) throw new Unprintable("ORDER BY");
    return { kind: "constant", value: String(at + 1), form: "number", type: "integer" };
  };
}

function readValues(scope: Scope, node: AstNode, outer: With): Query {
  const rows = listField(node, "valuesLists").map((row) =>
    listField(unwrapAs(row, "List") ?? {}, "items").map((item) => settled(scope, scope.read(item))),
  );
  const columns = (rows[0] ?? []).map(({ type }, at) => ({ name: `column${at + 1}`, type }));
  return { kind: "values", rows, columns, ...outer, order: [], ...readLimits(scope, node) };
}

function readLimits(
  scope: Scope,
  node: AstNode,
): { readonly limit: Expression | undefined; readonly offset: Expression | undefined } {
  const read = (field: string): Expression | undefined => {
    if (node[field] === undefined) return undefined;
    const value = scope.read(node[field]);
    // A bigint, which no literal says.
    return value;
  };
  return { limit: read("limitCount"), offset: read("limitOffset") };
}

function readSelect(scope: Scope, node: AstNode, outer: With): Query {
  if (listField(node, "lockingClause").length > 0) throw new Unprintable("FOR UPDATE");
  const from = listField(node, "fromClause").map((item) => readSource(scope, item));
  const outputs = listField(node, "targetList").flatMap((item) =>
    readOutputs(scope, unwrapAs(item, "ResTarget") ?? {}),
  );
  const keyed = (own: Scope, item: unknown): Expression => readKey(own, item, outputs);
  const where = node["whereClause"];
  const having = node["havingClause"];
  return {
    kind: "select",
    ...outer,
    distinct: readDistinct(scope, node, keyed),
    outputs,
    from,
    where: where === undefined ? undefined : scope.read(where),
    group: listField(node, "groupClause").map((item) => readGroup(scope, item, outputs)),
    having: having === undefined ? undefined : scope.read(having),
    windows: listField(node, "windowClause").map((item) =>
      readWindow(scope, unwrapAs(item, "WindowDef") ?? {}),
    ),
    order: readSortKeys(scope, listField(node, "sortClause"), keyed),
    columns: outputs.map(({ name, value }) => ({
      name,
      type: value.type,
      ...(value.kind === "column" && value.domain && { domain: true }),
    })),
    ...readLimits(scope, node),
  };
}

function readDistinct(
  scope: Scope,
  node: AstNode,
  keyed: (scope: Scope, item: unknown) => Expression,
): boolean | readonly Expression[] {
  const items = listField(node, "distinctClause");
  if (items.length === 0) return false;
  const values = items.filter((item) => unwrap(item) !== undefined);
  return values.length === 0 ? true : values.map((item) => keyed(scope, item));
}

/** A number, or the name of an output, means the output; of a name the output goes first. */
function readKey(scope: Scope, item: unknown, outputs: readonly Output[]): Expression {
  const constant = unwrapAs(item, "A_Const");
  if (constant !== undefined && nodeField(constant, "ival") !== undefined) {
    const found = outputs[constantInteger(constant) - 1];
    if (found === undefined) throw new Unprintable("a position");
    return found.value;
  }
  const reference = unwrapAs(item, "ColumnRef");
  const names = reference === undefined ? [] : stringList(reference, "fields");
  const named = names.length === 1 ? outputs.find(({ name }) => name === names[0]) : undefined;
  return named?.value ?? scope.read(item);
}

/** GROUP BY asks the tables first. */
function readGroup(scope: Scope, item: AstNode, outputs: readonly Output[]): Expression | GroupingSet {
  const found = unwrap(item);
  if (found === undefined) throw new Unprintable("GROUP BY");
  if (found.type === "GroupingSet")
    return readGroupingSet(found.node, (key) => readGroupKey(scope, key, outputs));
  return readGroupKey(scope, item, outputs);
}

function readGroupKey(scope: Scope, item: AstNode, outputs: readonly Output[]): Expression {
  const found = unwrap(item);
  if (found === undefined) throw new Unprintable("GROUP BY");
  const names = found.type === "ColumnRef" ? stringList(found.node, "fields") : [];
  const column = names.length === 1 ? scope.find(names) : undefined;
  return column ?? readKey(scope, item, outputs);
}

function readOutputs(scope: Scope, target: AstNode): readonly Output[] {
  const reference = unwrapAs(target["val"], "ColumnRef");
  const fields = reference === undefined ? [] : listField(reference, "fields");
  if (reference !== undefined && unwrapAs(fields.at(-1), "A_Star") !== undefined)
    return scope.all(stringList(reference, "fields").at(-1)).map((value) => ({ name: value.name, value }));
  const value = settled(scope, scope.read(target["val"]));
  return [{ name: textField(target, "name") || nameOf(value), value }];
}

/** As PostgreSQL names an output that was given no name. */
export function nameOf(value: Expression): string {
  switch (value.kind) {
    case "column":
      return value.name;
    case "call":
      return value.name.replaceAll('"', "").split(".").at(-1) ?? value.name;
    case "worded":
      return value.name;
    case "cast":
      return nameOf(value.value) === "?column?" ? typeWord(value.type) : nameOf(value.value);
    case "case":
      return value.otherwise.kind === "column" ? value.otherwise.name : "case";
    case "array":
      return "array";
    case "element":
      return nameOf(value.value);
    case "word":
      return value.text.toLowerCase();
    case "subQuery":
      return value.form === "EXISTS"
        ? "exists"
        : value.form === "VALUE"
          ? (value.query.columns[0]?.name ?? "?column?")
          : "?column?";
    default:
      return "?column?";
  }
}

const typeWord = (type: string): string =>
  ({ integer: "int4", bigint: "int8", boolean: "bool" })[type] ?? type;

function readSource(scope: Scope, item: AstNode): Source {
  const found = unwrap(item);
  switch (found?.type) {
    case "RangeVar":
      return readRelation(scope, found.node);
    case "RangeSubselect":
      return readRows(scope, found.node);
    case "RangeFunction":
      return readFunction(scope, found.node);
    case "JoinExpr":
      return readJoin(scope, found.node);
    default:
      throw new Unprintable(found?.type ?? "FROM");
  }
}

interface Alias {
  readonly name: string;
  readonly columns: readonly string[];
}

function aliasOf(node: AstNode): Alias | undefined {
  const alias = nodeField(node, "alias");
  return alias === undefined
    ? undefined
    : { name: textField(alias, "aliasname"), columns: stringList(alias, "colnames") };
}

function readRelation(scope: Scope, node: AstNode): Source {
  const name = textField(node, "relname");
  const schema = textField(node, "schemaname");
  const alias = aliasOf(node);
  if (alias !== undefined && alias.columns.length > 0) throw new Unprintable("an alias with columns");
  const common = schema === "" ? scope.table(name) : undefined;
  if (common !== undefined) {
    const label = { text: alias?.name ?? name };
    scope.ranges.push({ alias: label, columns: common, merged: false });
    return { kind: "relation", printed: printedName(name), name, alias: label };
  }
  const relation = scope.relation(schema === "" ? [name] : [schema, name]);
  const printed = scope.isVisible(relation)
    ? printedName(relation.name)
    : `${printedName(relation.schema)}.${printedName(relation.name)}`;
  const shown = { text: alias?.name ?? relation.name };
  scope.ranges.push({ alias: shown, columns: relation.columns, merged: false });
  return { kind: "relation", printed, name: relation.name, alias: shown };
}

function readRows(scope: Scope, node: AstNode): Source {
  const inner = unwrapped(node);
  if (inner !== undefined) return readSource(scope, inner);
  const query = unwrapAs(node["subquery"], "SelectStmt");
  const alias = aliasOf(node);
  if (query === undefined || alias === undefined) throw new Unprintable("a sub-query in FROM");
  const { read, lateral } = readSubselect(scope, query, flagField(node, "lateral"));
  const columns = read.columns.map((column, at) => ({ ...column, name: alias.columns[at] ?? column.name }));
  const label = { text: alias.name };
  scope.ranges.push({ alias: label, columns, merged: false });
  return { kind: "query", lateral, query: read, alias: label, columns: alias.columns };
}

/** DuckDB's text says LATERAL of none: it is where the names are found in no other way. */
function readSubselect(
  scope: Scope,
  query: AstNode,
  lateral: boolean,
): { readonly read: Query; readonly lateral: boolean } {
  const outer = new Scope(scope.reading, scope.outer);
  for (const [name, columns] of scope.tables) outer.tables.set(name, columns);
  if (lateral) outer.ranges.push(...scope.ranges);
  try {
    return { read: outer.query(query), lateral };
  } catch (error) {
    if (lateral || !(error instanceof Unprintable)) throw error;
    return readSubselect(scope, query, true);
  }
}

function readFunction(scope: Scope, node: AstNode): Source {
  const list = unwrapAs(listField(node, "functions")[0], "List");
  const value = scope.read(list === undefined ? undefined : listField(list, "items")[0]);
  if (value.kind !== "call" || listField(node, "functions").length !== 1)
    throw new Unprintable("a function in FROM");
  const alias = aliasOf(node) ?? { name: value.name, columns: [] };
  const type =
    value.name === "generate_series" ? (value.args[0]?.type ?? "unknown") : value.type.replace(/\[\]$/, "");
  const name = alias.columns[0] ?? alias.name;
  const label = { text: alias.name };
  scope.ranges.push({ alias: label, columns: [{ name, type }], merged: false });
  // The only column's name is printed, given or not.
  return {
    kind: "call",
    lateral: false,
    value,
    ordinality: flagField(node, "ordinality"),
    alias: label,
    columns: [name],
  };
}

function readJoin(scope: Scope, node: AstNode): Source {
  if (nodeField(node, "alias") !== undefined) throw new Unprintable("a join");
  const left = readSource(scope, nodeField(node, "larg") ?? {});
  const start = scope.ranges.length;
  const right = readSource(scope, nodeField(node, "rarg") ?? {});
  const using = flagField(node, "isNatural") ? commonColumns(scope, start) : stringList(node, "usingClause");
  if (using.length > 0) scope.ranges.push(mergedColumns(scope, using, start, textField(node, "jointype")));
  const types = { JOIN_LEFT: "LEFT JOIN", JOIN_RIGHT: "RIGHT JOIN", JOIN_FULL: "FULL JOIN" } as const;
  const outer = Object.entries(types).find(([key]) => key === textField(node, "jointype"))?.[1];
  const on = node["quals"] === undefined ? undefined : scope.read(node["quals"]);
  const inner = on === undefined && using.length === 0 ? "CROSS JOIN" : "JOIN";
  return { kind: "join", type: outer ?? inner, left, right, using, on };
}

/** What a natural join is over: columns of both sides, in the order of the left one. */
function commonColumns(scope: Scope, right: number): readonly string[] {
  const [left, others] = [scope.ranges.slice(0, right), scope.ranges.slice(right)].map((ranges) =>
    ranges.flatMap(({ columns }) => columns.map(({ name }) => name)),
  );
  return [...new Set(left)].filter((name) => others?.includes(name));
}

/** Of an inner join or a left one the column is the left side's, of a right one the right side's. */
function mergedColumns(scope: Scope, names: readonly string[], right: number, type: string): Range {
  const sides = { left: scope.ranges.slice(0, right), right: scope.ranges.slice(right) };
  const printed = names.map((name) => {
    const side = new Scope(scope.reading);
    side.ranges.push(...(type === "JOIN_RIGHT" ? sides.right : sides.left));
    const found = side.column([name]);
    return type === "JOIN_FULL" ? { ...found, table: { text: "" } } : found;
  });
  return { alias: { text: "" }, columns: printed, printed, merged: true };
}
