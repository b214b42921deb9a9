/**
 * The texts of pg_get_expr(), pg_get_constraintdef(), pg_get_viewdef() and their kin. DuckDB keeps definitions in a text of
 * its own; here it is read with PostgreSQL's parser and printed as PostgreSQL does. What cannot be read stays as it is.
 */
import { bytesOf } from "./constants.js";
import { Unprintable, type Expression, type OutputColumn } from "./tree.js";
import { parseLoaded } from "../../sql/pg-parser.js";
import { listField, unwrapAs, visitAll, type AstNode } from "../../sql/ast.js";
import { SqlError } from "../../core/errors.js";
import { withReals } from "../../sql/duckdb-texts.js";
import { printExpression, withModifier } from "./expression-text.js";
import { nameRelations } from "./relation-labels.js";
import { Printer, type Style } from "./printer.js";
import { printQuery } from "./query-text.js";
import { readExpression } from "./read-expression.js";
import { nameOf, readQuery } from "./read-query.js";
import { Scope, type Catalog, type Reading } from "./scope.js";
import { castTo, settled } from "./types.js";

const NOTHING: Catalog = { relations: [], searchPath: [], lookupPath: [], functions: [] };

function reading(catalog: Catalog, types: readonly string[] = [], verbatim = false): Reading {
  return { catalog, verbatim, types: new Set(types), expression: readExpression, query: readQuery };
}

const typesOf = (columns: readonly OutputColumn[]): string[] => columns.map(({ type }) => type);

/** `undefined` for a text that cannot be read. */
function read<T>(text: string, make: (node: AstNode) => T): T | undefined {
  try {
    const tree = parseLoaded(withReals(text));
    return tree === undefined ? undefined : make(tree);
  } catch (error) {
    if (error instanceof Unprintable || error instanceof SqlError) return undefined;
    throw error;
  }
}

const firstOutput = (select: AstNode): unknown =>
  (unwrapAs(listField(select, "targetList")[0], "ResTarget") ?? {})["val"];

function expressionStyle(pretty: boolean): Style {
  return { pretty, prefixed: false, query: printQuery };
}

function textOf(value: Expression, style: Style): string {
  const out = new Printer(style);
  printExpression(out, value, false);
  return out.text;
}

/** `stored`: plain, with a blank behind it where the pretty form has parentheses for a cast that is not shown. */
export type ExpressionForm = "plain" | "stored" | "pretty" | "plain key" | "pretty key";

/** An expression over a table's columns, for a column of the type; empty for one of no column. */
export function printedExpression(
  text: string,
  type: string,
  columns: readonly OutputColumn[],
  form: ExpressionForm,
): string {
  const pretty = form.startsWith("pretty");
  const printed = read(`SELECT ${text}`, (select) => {
    const scope = new Scope(reading(NOTHING, [type, ...typesOf(columns)]));
    scope.ranges.push({ alias: { text: "" }, columns, merged: true });
    const value = arrayLiteral(uncast(readExpression(scope, firstOutput(select)), type), type);
    const typed = type === "" ? settled(scope, value) : assigned(value, type);
    const made = textOf(typed, expressionStyle(pretty));
    // A key of an index stands in parentheses unless it is a call.
    if (form === "stored" && typed.kind === "cast" && typed.hidden) return `${made} `;
    return form.endsWith("key") && typed.kind !== "call" ? `(${made})` : made;
  });
  return printed ?? text;
}

/** A text this printer made, with parentheses only where they are needed. */
export function prettyExpression(text: string): string {
  const printed = read(`SELECT ${text}`, (select) => {
    const value = readExpression(new Scope(reading(NOTHING, [], true)), firstOutput(select));
    const cast: Expression = { kind: "cast", value, type: "", modifier: "", hidden: true };
    return textOf(text.endsWith(" ") ? cast : value, expressionStyle(true));
  });
  return printed ?? text;
}

/** A view's query; `columns` are the view's own names. */
export function printedView(
  query: string,
  catalog: Catalog,
  columns: readonly string[],
  pretty: boolean,
): string | undefined {
  return read(query, (select) => {
    const types = catalog.relations.flatMap((relation) => typesOf(relation.columns));
    const tree = readQuery(new Scope(reading(catalog, types)), select);
    nameRelations(tree);
    const out = new Printer({ pretty, prefixed: true, query: printQuery });
    printQuery(
      out,
      tree,
      columns.length === tree.columns.length ? columns : tree.columns.map(({ name }) => name),
    );
    return `${out.text};`;
  });
}

/** What a default is once it is put into a column of this type. */
function assigned(value: Expression, written: string): Expression {
  const type = written.replace(/\(.*\)/, "");
  if (type !== written && value.type === type && value.kind !== "constant")
    return { kind: "cast", value, type, modifier: "", hidden: true };
  if (type === "bytea" && value.kind === "constant") return castTo(bytesOf(value), type);
  if (type === "character" && isPadded(value)) return castTo(padded(value), "character");
  if (value.kind === "constant" && value.type === "text" && type === "character varying")
    return { ...value, type };
  return castTo(value, type);
}

/** A generated column's expression is kept with a cast to the column's type. */
function uncast(value: Expression, type: string): Expression {
  const isOwn =
    value.kind === "cast" && value.modifier !== "" && type === withModifier(value.type, value.modifier);
  return isOwn ? value.value : value;
}

type Call = Extract<Expression, { kind: "call" }>;

/** A literal for character(n) is kept without the blanks behind it. */
function isPadded(value: Expression): value is Call {
  return value.kind === "call" && value.name === "rtrim" && value.args[0]?.kind === "constant";
}

function padded({ args }: Call): Expression {
  const [text] = args;
  return text?.kind === "constant"
    ? { ...text, type: "unknown" }
    : (text ?? { kind: "constant", value: "", form: "text", type: "unknown" });
}

/** `'{1,2}'` is kept as a list of literals. */
function arrayLiteral(value: Expression, type: string): Expression {
  if (!type.endsWith("[]")) return value;
  // With the literal's own cast.
  if (value.kind === "cast" && value.type === type && value.value.kind === "call")
    return arrayLiteral(value.value, type);
  if (value.kind === "constant" && value.value === "[]") return { ...value, value: "{}" };
  if (value.kind !== "call" || value.name !== "list_value") return value;
  const items = value.args.map((arg) => (arg.kind === "constant" ? (arg.value ?? "NULL") : undefined));
  if (items.some((item) => item === undefined || !/^[\w.:+-]+$/.test(item)))
    throw new Unprintable("an array");
  return { kind: "constant", value: `{${items.join(",")}}`, form: "text", type: "unknown" };
}

/** Defaults that obviously read nothing; the others are parsed. */
const PLAIN =
  /^(?:-?[\d.]+|'(?:[^']|'')*'|NULL|now\(\)|current_\w+|CAST\('(?:[^']|'')*' AS [\w"]+\)|nextval\(.*)$/is;

/** Whether an expression reads columns: DuckDB's defaults cannot, and generated columns are listed as defaults. */
export function readsColumns(text: string): boolean {
  if (PLAIN.test(text)) return false;
  const tree = parseLoaded(`SELECT ${text}`);
  let found = false;
  if (tree !== undefined)
    visitAll(firstOutput(tree), (type) => {
      if (type === "ColumnRef") found = true;
    });
  return found;
}

/** What PostgreSQL calls an index's column that is an expression, and its type: `lower:text`. */
export function describeExpression(text: string, columns: readonly OutputColumn[]): string {
  const described = read(`SELECT ${text}`, (select) => {
    const scope = new Scope(reading(NOTHING, typesOf(columns)));
    scope.ranges.push({ alias: { text: "" }, columns, merged: true });
    const value = readExpression(scope, firstOutput(select));
    const name = nameOf(value);
    return `${name === "?column?" ? "expr" : name}:${value.type}`;
  });
  return described ?? "expr:text";
}
