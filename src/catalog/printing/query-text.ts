/** Prints queries as pg_get_viewdef() does: clause by clause, a line for each output. */
import type {
  Expression,
  CallSource,
  CommonTable,
  JoinSource,
  Output,
  Query,
  QuerySource,
  Select,
  SetOperation,
  Source,
  Values,
} from "./tree.js";
import { printExpression, printKey, printOrder, printWindowParts } from "./expression-text.js";
import { printGroupingSet } from "./grouping.js";
import { INNER, Printer, STEP } from "./printer.js";
import { printedName } from "./quoting.js";

/** `names`: what the outputs are called from outside; undefined where nobody sees them. */
export function printQuery(out: Printer, query: Query, names: readonly string[] | undefined): void {
  const inner = new Printer({ ...out.style, prefixed: true }, out.indent);
  printTables(inner, query.tables, query.recursive);
  printBody(inner, query, names);
  if (query.order.length > 0) {
    inner.keyword(" ORDER BY ", -STEP, STEP, 1);
    printOrder(inner, query.order);
  }
  for (const [word, value] of [
    [" OFFSET ", query.offset],
    [" LIMIT ", query.limit],
  ] as const) {
    if (value === undefined) continue;
    inner.keyword(word, -STEP, STEP, 0);
    printExpression(inner, value, false);
  }
  out.add(inner.text);
}

function printBody(out: Printer, query: Query, names: readonly string[] | undefined): void {
  switch (query.kind) {
    case "select":
      return printSelect(out, query, names);
    case "values":
      return printValues(out, query);
    case "set":
      return printSet(out, query, names);
    default:
      return query satisfies never;
  }
}

function printTables(out: Printer, tables: readonly CommonTable[], recursive: boolean): void {
  if (tables.length === 0) return;
  out.indent += STEP;
  out.add(recursive ? " WITH RECURSIVE " : " WITH ");
  for (const [at, { name, columns, materialized, query }] of tables.entries()) {
    if (at > 0) out.add(", ");
    out.add(printedName(name));
    if (columns.length > 0) out.add(`(${columns.map(printedName).join(", ")})`);
    out.add(` AS ${materialized}(`);
    out.keyword("", 0, 0, 0);
    printQuery(
      out,
      query,
      query.columns.map((column) => column.name),
    );
    out.keyword("", 0, 0, 0);
    out.add(")");
  }
  out.indent -= STEP;
  out.keyword("", 0, 0, 0);
}

function printSelect(out: Printer, query: Select, names: readonly string[] | undefined): void {
  out.indent += STEP;
  out.add(" SELECT");
  printDistinct(out, query.distinct);
  printOutputs(out, query.outputs, names);
  printFrom(out, query.from);
  if (query.where !== undefined) {
    out.keyword(" WHERE ", -STEP, STEP, 1);
    printExpression(out, query.where, false);
  }
  if (query.group.length > 0) {
    out.keyword(" GROUP BY ", -STEP, STEP, 1);
    for (const [at, value] of query.group.entries()) {
      if (at > 0) out.add(", ");
      if (value.kind === "grouping") printGroupingSet(out, value);
      else printKey(out, value);
    }
  }
  if (query.having !== undefined) {
    out.keyword(" HAVING ", -STEP, STEP, 0);
    printExpression(out, query.having, false);
  }
  printWindows(out, query.windows);
}

function printWindows(out: Printer, windows: Select["windows"]): void {
  for (const [at, window] of windows.entries()) {
    if (at === 0) out.keyword(" WINDOW ", -STEP, STEP, 1);
    else out.add(", ");
    out.add(`${printedName(window.name ?? "")} AS `);
    printWindowParts(out, window);
  }
}

function printDistinct(out: Printer, distinct: boolean | readonly Expression[]): void {
  if (distinct === false) return;
  out.add(" DISTINCT");
  if (distinct === true) return;
  out.add(" ON (");
  for (const [at, value] of distinct.entries()) {
    if (at > 0) out.add(", ");
    printKey(out, value);
  }
  out.add(")");
}

function printOutputs(out: Printer, outputs: readonly Output[], names: readonly string[] | undefined): void {
  for (const [at, { name, value }] of outputs.entries()) {
    out.add(at === 0 ? " " : ", ");
    const item = new Printer(out.style, out.indent);
    printExpression(item, value, true);
    const shown = names?.[at] ?? name;
    const own = value.kind === "column" ? value.name : names === undefined ? "?column?" : undefined;
    if (own !== shown) item.add(` AS ${printedName(shown)}`);
    if (item.text.startsWith("\n")) out.text = out.text.replace(/ +$/, "");
    else if (at > 0) out.keyword("", -STEP, STEP, INNER);
    out.add(item.text);
  }
}

function printFrom(out: Printer, from: readonly Source[]): void {
  for (const [at, source] of from.entries()) {
    if (at === 0) {
      out.keyword(" FROM ", -STEP, STEP, 2);
      printSource(out, source);
      continue;
    }
    out.add(", ");
    const item = new Printer(out.style, out.indent);
    printSource(item, source);
    out.keyword("", -STEP, STEP, INNER);
    out.add(item.text);
  }
}

function printSource(out: Printer, source: Source): void {
  switch (source.kind) {
    case "relation":
      out.add(source.printed);
      if (source.alias.text !== source.name) out.add(` ${printedName(source.alias.text)}`);
      return;
    case "query":
    case "call":
      return printRows(out, source);
    case "join":
      return printJoin(out, source);
    default:
      return source satisfies never;
  }
}

function printRows(out: Printer, source: QuerySource | CallSource): void {
  if (source.lateral) out.add("LATERAL ");
  if (source.kind === "query") {
    out.add("(");
    printQuery(
      out,
      source.query,
      source.query.columns.map((column) => column.name),
    );
    out.add(")");
  } else {
    printExpression(out, source.value, true);
    if (source.ordinality) out.add(" WITH ORDINALITY");
  }
  out.add(` ${printedName(source.alias.text)}`);
  if (source.columns.length > 0) out.add(`(${source.columns.map(printedName).join(", ")})`);
}

function printJoin(out: Printer, { type, left, right, using, on }: JoinSource): void {
  const { pretty } = out.style;
  if (!pretty) out.add("(");
  printSource(out, left);
  out.keyword(` ${type} `, -STEP, STEP, INNER);
  const nested = pretty && right.kind === "join";
  if (nested) out.add("(");
  printSource(out, right);
  if (nested) out.add(")");
  if (using.length > 0) out.add(` USING (${using.map(printedName).join(", ")})`);
  else if (on !== undefined) {
    out.add(pretty ? " ON " : " ON (");
    printExpression(out, on, false);
    if (!pretty) out.add(")");
  }
  if (!pretty) out.add(")");
}

function printValues(out: Printer, { rows }: Values): void {
  out.indent += STEP;
  out.add(" VALUES ");
  for (const [at, row] of rows.entries()) {
    out.add(at === 0 ? "(" : ", (");
    for (const [column, value] of row.entries()) {
      if (column > 0) out.add(",");
      printExpression(out, value, false);
    }
    out.add(")");
  }
}

function printSet(
  out: Printer,
  { operator, all, left, right }: SetOperation,
  names: readonly string[] | undefined,
): void {
  const together = left.kind === "set" && isBare(left);
  const leftNeeds = together && !(left.operator === operator && left.all === all);
  printSide(out, left, names, leftNeeds);
  const word = `${operator} ${all ? "ALL " : ""}`;
  if (leftNeeds) out.add(word);
  else out.keyword(word, 0, 0, 0);
  const rightNeeds = right.kind === "set" && isBare(right);
  if (rightNeeds) out.add("(");
  out.keyword("", rightNeeds ? STEP : 0, 0, 0);
  printSide(out, right, names, false);
  if (!rightNeeds) return;
  out.indent -= STEP;
  out.keyword(")", 0, 0, 0);
}

/** A side is a query of its own, or another set operation. */
function printSide(out: Printer, side: Query, names: readonly string[] | undefined, nested: boolean): void {
  if (nested) {
    out.add("(");
    out.keyword("", STEP, 0, 0);
  }
  if (side.kind === "set" && isBare(side)) printSet(out, side, names);
  else {
    const own = !isBare(side);
    if (own) out.add("(");
    printQuery(out, side, names ?? undefined);
    if (own) out.add(")");
  }
  if (nested) out.keyword(") ", -STEP, 0, 0);
}

function isBare({ tables, order, limit, offset }: Query): boolean {
  return tables.length === 0 && order.length === 0 && limit === undefined && offset === undefined;
}
