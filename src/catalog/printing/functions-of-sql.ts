/** The printer as functions that the catalogue's views call: texts in, a text out. */
import { flagField, isNode, textField } from "../../sql/ast.js";
import { LruCache } from "../../sql/lru-cache.js";
import type { Connection } from "../../engine/connection.js";
import type { TextFunction } from "../../engine/text-function.js";
import {
  type ExpressionForm,
  describeExpression,
  prettyExpression,
  printedExpression,
  printedView,
  readsColumns,
} from "./print.js";
import { constraintText, indexText, keyText } from "./definitions.js";
import { VIEW_TYPES, viewTypes } from "../view-types.js";
import { relationsRead } from "./relations-read.js";
import type { KnownRelation } from "./scope.js";
import type { OutputColumn } from "./tree.js";

/** `(text, type, columns as JSON, the form)` */
export const PRINTED = "duckbranch_printed";
/** `(a row of an index as JSON, columns as JSON, plain or pretty)` */
export const INDEX_TEXT = "duckbranch_index_text";
/** `(a key, columns as JSON, plain or pretty)` */
export const KEY_TEXT = "duckbranch_key_text";
/** `(a row of a constraint as JSON, columns as JSON, plain or pretty)` */
export const CONSTRAINT_TEXT = "duckbranch_constraint_text";
/** A plain text in the pretty form. */
export const PRETTY = "duckbranch_pretty";
/** `(query, relations as JSON, search_path as JSON, the view's columns as JSON, style, the view's schema, functions as JSON)`; NULL for one that cannot be printed. */
export const PRINTED_VIEW = "duckbranch_printed_view";
/** `(query, relations as JSON, the view's schema)`: the relations a view reads and their columns, as JSON. */
export const VIEW_READS = "duckbranch_view_reads";
/** Whether a default reads columns: it is a generated column's then. 't' or 'f'. */
export const READS_COLUMNS = "duckbranch_reads_columns";
/** `(text, columns as JSON)`: what an expression is called, and its type, as `name:type`. */
export const DESCRIBED = "duckbranch_described";

/** Texts printed lately: a listing asks for the same ones again and again. */
const MAX_REMEMBERED = 4_096;
/** Characters of the arguments; with longer ones a text is made anew, so that 40 MB are remembered at most. */
const MAX_KEY = 10_000;

function remembered(call: TextFunction): TextFunction {
  const known = new LruCache<{ readonly text: string | null }>(MAX_REMEMBERED);
  return (values) => {
    const key = JSON.stringify(values);
    if (key.length > MAX_KEY) return call(values);
    const found = known.get(key);
    if (found !== undefined) return found.text;
    const text = call(values);
    known.set(key, { text });
    return text;
  };
}

function listIn(json: string | null | undefined): readonly unknown[] {
  const value: unknown = JSON.parse(json ?? "[]");
  return Array.isArray(value) ? value : [];
}

function columnsIn(value: unknown): OutputColumn[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  return items.filter(isNode).map((item) => ({
    name: textField(item, "name"),
    type: textField(item, "type"),
    ...(flagField(item, "domain") && { domain: true }),
  }));
}

function relationsIn(json: string | null | undefined): KnownRelation[] {
  return listIn(json)
    .filter(isNode)
    .map((item) => ({
      schema: textField(item, "schema"),
      name: textField(item, "name"),
      columns: columnsIn(item["columns"]),
    }));
}

const printed: TextFunction = ([text, type, columns, style]) =>
  text === null || text === undefined
    ? null
    : printedExpression(text, type ?? "", columnsIn(listIn(columns)), formNamed(style));

const FORMS: readonly ExpressionForm[] = ["plain", "stored", "pretty", "plain key", "pretty key"];

function formNamed(name: string | null | undefined): ExpressionForm {
  return FORMS.find((form) => form === name) ?? "plain";
}

const print = remembered(printed);

/** NULL of NULL. */
const ofRow =
  (text: typeof indexText): TextFunction =>
  ([row, columns, form]) =>
    row === null || row === undefined ? null : text(print, row, columns ?? null, form ?? "plain");

const pretty: TextFunction = ([text]) =>
  text === null || text === undefined ? null : prettyExpression(text);

/** DuckDB looks the names in a view up so, whatever path the session has. */
const pathOfView = (schema: string | null | undefined): readonly string[] => [schema ?? "public", "public"];

const view: TextFunction = ([query, relations, path, columns, style, schema, functions]) => {
  if (query === null || query === undefined) return null;
  const searchPath = listIn(path).map(String);
  const lookupPath = [...pathOfView(schema), ...searchPath];
  const catalog = {
    relations: relationsIn(relations),
    searchPath,
    lookupPath,
    functions: listIn(functions).map(String),
  };
  return printedView(query, catalog, listIn(columns).map(String), style === "pretty") ?? null;
};

const viewReads: TextFunction = ([query, relations, schema]) =>
  query === null || query === undefined
    ? null
    : JSON.stringify(relationsRead(query, relationsIn(relations), pathOfView(schema)));

const reads: TextFunction = ([text]) =>
  text === null || text === undefined ? null : readsColumns(text) ? "t" : "f";

const described: TextFunction = ([text, columns]) =>
  text === null || text === undefined ? null : describeExpression(text, columnsIn(listIn(columns)));

/** Once per instance. */
export function definePrinting(connection: Connection): void {
  connection.defineFunction(PRINTED, 4, print, "pure");
  connection.defineFunction(INDEX_TEXT, 3, ofRow(indexText), "pure");
  connection.defineFunction(KEY_TEXT, 3, ofRow(keyText), "pure");
  connection.defineFunction(CONSTRAINT_TEXT, 3, ofRow(constraintText), "pure");
  connection.defineFunction(PRETTY, 1, remembered(pretty), "pure");
  connection.defineFunction(PRINTED_VIEW, 7, remembered(view), "pure");
  connection.defineFunction(VIEW_READS, 3, remembered(viewReads), "pure");
  connection.defineFunction(READS_COLUMNS, 1, remembered(reads), "pure");
  connection.defineFunction(DESCRIBED, 2, remembered(described), "pure");
  connection.defineFunction(VIEW_TYPES, 2, viewTypes, "pure");
}
