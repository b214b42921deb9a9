/** Prints expressions as pg_get_expr() and pg_get_viewdef() do. */
import type { Call, Case, Cast, Constant, Expression, SortKey, SubQuery, Window } from "./tree.js";
import { INNER, type Printer } from "./printer.js";
import { printedLiteral, printedName } from "./quoting.js";

/** `shown`: casts nobody wrote are printed too, which they are not where they are outermost. */
export function printExpression(out: Printer, value: Expression, shown: boolean): void {
  switch (value.kind) {
    case "constant":
      return out.add(constantText(value));
    case "column":
      return out.add(columnText(out, value));
    case "word":
      return out.add(value.text);
    case "call":
      return printCall(out, value);
    case "worded":
      return printWorded(out, value.texts, value.args);
    case "cast":
      return printCast(out, value, shown);
    case "case":
      return printCase(out, value);
    case "subQuery":
      return printSubQuery(out, value);
    case "array":
      out.add("ARRAY[");
      printList(out, value.elements);
      return out.add("]");
    case "row":
      out.add("ROW(");
      printList(out, value.fields);
      return out.add(")");
    case "element":
      printIndexed(out, value.value);
      out.add("[");
      if (value.lower !== undefined) {
        printExpression(out, value.lower, false);
        out.add(":");
      }
      printExpression(out, value.index, false);
      return out.add("]");
    case "operation":
    case "logic":
    case "test":
    case "arrayComparison":
      return printOperation(out, value);
    default:
      return value satisfies never;
  }
}

type Operator = Extract<Expression, { kind: "operation" | "logic" | "test" | "arrayComparison" }>;

/** Only a column is indexed without parentheses. */
function printIndexed(out: Printer, value: Expression): void {
  const bare = value.kind === "column";
  if (!bare) out.add("(");
  printExpression(out, value, true);
  if (!bare) out.add(")");
}

/** What PostgreSQL puts into parentheses of its own where it does not count them. */
function printOperation(out: Printer, value: Operator): void {
  const parenthesised = !out.style.pretty;
  if (parenthesised) out.add("(");
  printBare(out, value);
  if (parenthesised) out.add(")");
}

function printBare(out: Printer, value: Operator): void {
  switch (value.kind) {
    case "operation": {
      const [first, second] = value.args;
      if (first === undefined) return;
      if (second === undefined) out.add(`${value.operator} `);
      inParentheses(out, value, first);
      if (second === undefined) return;
      out.add(` ${value.operator} `);
      return inParentheses(out, value, second);
    }
    case "logic":
      if (value.operator === "NOT") out.add("NOT ");
      for (const [at, arg] of value.args.entries()) {
        if (at > 0) out.add(` ${value.operator} `);
        inParentheses(out, value, arg);
      }
      return;
    case "test":
      inParentheses(out, value, value.value);
      return out.add(` ${value.words}`);
    case "arrayComparison":
      inParentheses(out, value, value.value);
      out.add(` ${value.operator} ${value.quantifier} (`);
      inParentheses(out, value, value.array);
      return out.add(")");
    default:
      return value satisfies never;
  }
}

/** A part of an expression: in parentheses where they are counted and needed; the others have theirs already. */
function inParentheses(out: Printer, parent: Expression, value: Expression): void {
  const needed = out.style.pretty && !isSimple(value, parent);
  if (needed) out.add("(");
  printExpression(out, value, true);
  if (needed) out.add(")");
}

const BRACKETED: ReadonlySet<Expression["kind"]> = new Set(["call", "element", "array", "row", "case"]);

/** Whether a part means the same without parentheses. */
function isSimple(value: Expression, parent: Expression): boolean {
  switch (value.kind) {
    case "cast":
      return isFunction(value) || isSimple(value.value, value);
    case "operation":
      if (parent.kind === "operation") return bindsTighter(value, parent);
      return BRACKETED.has(parent.kind) || parent.kind === "logic";
    case "subQuery":
    case "test":
    case "arrayComparison":
      if (value.kind === "arrayComparison") return false;
      return BRACKETED.has(parent.kind) || parent.kind === "logic";
    case "worded":
      return value.name !== "timezone" || BRACKETED.has(parent.kind);
    case "logic":
      if (parent.kind !== "logic") return BRACKETED.has(parent.kind);
      return value.operator === "OR" ? parent.operator === "OR" : parent.operator !== "NOT";
    default:
      return true;
  }
}

const RELABELLED = /^(?:text|character varying|character|name)$|\[\]$/;

/** Casts by a function have parentheses of their own in PostgreSQL's eyes; those to and from texts are none. */
function isFunction({ value, type, modifier }: Cast): boolean {
  return modifier !== "" || (type !== "" && !RELABELLED.test(type) && !RELABELLED.test(value.type));
}

const strength = (operator: string): number => (operator.length === 1 ? "+-*/%".indexOf(operator) : -1);

function bindsTighter(value: Extract<Expression, { kind: "operation" }>, parent: typeof value): boolean {
  const [own, outer] = [strength(value.operator), strength(parent.operator)];
  if (own < 0 || outer < 0 || value.args.length !== 2 || parent.args.length !== 2) return false;
  if (own > 1 && outer <= 1) return true;
  if (own <= 1 && outer > 1) return false;
  return parent.args[0] === value;
}

/** Literals of types that have a form of their own stand bare; all others say their type. */
function constantText({ value, form, type }: Constant): string {
  if (value === null) return `NULL::${type === "unknown" ? "text" : type}`;
  if (form === "boolean") return value;
  if (form === "number" && /^\d/.test(value) && isPlainNumber(value, type)) return value;
  return type === "unknown" ? printedLiteral(value) : `${printedLiteral(value)}::${type}`;
}

function isPlainNumber(value: string, type: string): boolean {
  return type === "integer" || (type === "numeric" && /[.eE]/.test(value));
}

function columnText(out: Printer, { table, name }: Extract<Expression, { kind: "column" }>): string {
  return out.style.prefixed && table.text !== ""
    ? `${printedName(table.text)}.${printedName(name)}`
    : printedName(name);
}

function printList(out: Printer, values: readonly Expression[]): void {
  for (const [at, value] of values.entries()) {
    if (at > 0) out.add(", ");
    printExpression(out, value, true);
  }
}

/** COALESCE and its like, which are no functions, are written large. */
const LARGE: ReadonlySet<string> = new Set(["coalesce", "nullif", "greatest", "least", "grouping"]);

function printCall(out: Printer, value: Call): void {
  out.add(`${LARGE.has(value.name) ? value.name.toUpperCase() : value.name}(`);
  if (value.distinct) out.add("DISTINCT ");
  if (value.star) out.add("*");
  printList(out, value.args);
  if (value.within) out.add(") WITHIN GROUP (ORDER BY ");
  else if (value.order.length > 0) out.add(" ORDER BY ");
  if (value.order.length > 0) {
    printOrder(out, value.order);
  }
  out.add(")");
  if (value.filter !== undefined) {
    out.add(" FILTER (WHERE ");
    printExpression(out, value.filter, false);
    out.add(")");
  }
  if (value.window !== undefined) printWindow(out, value.window);
}

function printWindow(out: Printer, window: Window): void {
  out.add(" OVER ");
  if (window.name !== undefined) return out.add(printedName(window.name));
  printWindowParts(out, window);
}

/** What stands in parentheses, with them. */
export function printWindowParts(out: Printer, { base, partition, order, frame }: Window): void {
  out.add("(");
  const start = out.text.length;
  const next = (word: string): void => out.add(out.text.length === start ? word : ` ${word}`);
  if (base !== undefined) next(printedName(base));
  if (partition.length > 0) {
    next("PARTITION BY ");
    for (const [at, value] of partition.entries()) {
      if (at > 0) out.add(", ");
      printKey(out, value);
    }
  }
  if (order.length > 0) {
    next("ORDER BY ");
    printOrder(out, order);
  }
  for (const [at, part] of frame.entries()) {
    if (typeof part === "string") (at === 0 ? next : (text: string) => out.add(text))(part);
    else printExpression(out, part, false);
  }
  out.add(")");
}

export function printOrder(out: Printer, keys: readonly SortKey[]): void {
  for (const [at, { value, descending, nulls }] of keys.entries()) {
    if (at > 0) out.add(", ");
    printKey(out, value);
    if (descending) out.add(nulls === "last" ? " DESC NULLS LAST" : " DESC");
    else if (nulls === "first") out.add(" NULLS FIRST");
  }
}

/** A key of ORDER BY or GROUP BY. */
export function printKey(out: Printer, value: Expression): void {
  if (value.kind === "constant" || value.kind === "column") return printExpression(out, value, true);
  const isCalled =
    value.kind === "call" || value.kind === "worded" || (value.kind === "cast" && isFunction(value));
  const needed = out.style.pretty || isCalled;
  if (needed) out.add("(");
  printExpression(out, value, true);
  if (needed) out.add(")");
}

function printWorded(out: Printer, texts: readonly string[], args: readonly Expression[]): void {
  for (const [at, text] of texts.entries()) {
    out.add(text);
    const arg = args[at];
    if (arg !== undefined) printExpression(out, arg, false);
  }
}

function printCast(out: Printer, value: Cast, shown: boolean): void {
  const { value: inner, type, modifier, hidden } = value;
  if (hidden && !shown) {
    const needed = out.style.pretty && !isSimple(inner, value);
    if (needed) out.add("(");
    printExpression(out, inner, false);
    if (needed) out.add(")");
    return;
  }
  if (!out.style.pretty) out.add("(");
  const needed = out.style.pretty && !isSimple(inner, value);
  if (needed) out.add("(");
  printExpression(out, inner, false);
  if (needed) out.add(")");
  if (!out.style.pretty) out.add(")");
  out.add(`::${withModifier(type, modifier)}`);
}

/** `timestamp(3) without time zone`, `numeric(10,2)[]`. */
export function withModifier(type: string, modifier: string): string {
  if (modifier === "") return type;
  const [, name = type, rest = ""] = /^([a-z ]+?)( with(?:out)? time zone)?((?:\[\])*)$/.exec(type) ?? [];
  return `${name}${modifier}${rest}${type.endsWith("[]") ? "[]" : ""}`;
}

function printCase(out: Printer, { value, branches, otherwise }: Case): void {
  out.keyword("CASE", 0, INNER, 0);
  if (value !== undefined) {
    out.add(" ");
    printExpression(out, value, true);
  }
  for (const { when, result } of branches) {
    out.keyword("WHEN ", 0, 0, 0);
    printExpression(out, when, false);
    out.add(" THEN ");
    printExpression(out, result, true);
  }
  out.keyword("ELSE ", 0, 0, 0);
  printExpression(out, otherwise, true);
  out.keyword("END", -INNER, 0, 0);
}

function printSubQuery(out: Printer, { form, value, operator, query }: SubQuery): void {
  out.add(form === "ARRAY" ? "ARRAY(" : "(");
  if (value !== undefined) printExpression(out, value, true);
  if (form === "EXISTS") out.add("EXISTS (");
  else if (form === "ANY") out.add(operator === "=" ? " IN (" : ` ${operator} ANY (`);
  else if (form === "ALL") out.add(` ${operator} ALL (`);
  out.style.query(out, query, undefined);
  out.add(form === "VALUE" || form === "ARRAY" ? ")" : "))");
}
