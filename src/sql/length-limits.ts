/**
 * Lengths of varchar(n) and char(n) columns. DuckDB reads them and forgets: the limit stands in the table's definition as a
 * check, where it goes with the table through forks, preserved copies and other programs. The catalogue shows it as the
 * column's type, and a value that breaks it is 22001.
 *
 * Shape   CHECK ((len("v") <= 20) AND (length('type character varying(20)') > 0)); of char(n) without blanks at the end.
 *         Not length("v"), a macro with overloads: DuckDB would look for its column in the whole statement, and find two
 *         where a query or `excluded` has one of that name
 */
import { listField, nodeField, stringList, unwrapAs, type AstNode } from "./ast.js";
import { quoteIdentifier } from "./names.js";
import type { References } from "./references.js";
import { columnName } from "./sequence-columns.js";
import { closingBracket, isSymbol } from "./token-reader.js";
import type { Utf8Offsets } from "./utf8-offsets.js";

/** A type of limited length. */
export interface LengthLimit {
  readonly type: "character varying" | "character";
  readonly length: number;
}

const TYPES: ReadonlyMap<string, LengthLimit["type"]> = new Map([
  ["varchar", "character varying"],
  ["bpchar", "character"],
]);

/** As DuckDB prints a definition, and names it in its error. */
const LIMIT = /length\('type (character(?: varying)?)\((\d+)\)'\)/;

/** The limit a check holds; undefined for any other text. */
export function readLengthLimit(check: string): LengthLimit | undefined {
  const match = LIMIT.exec(check);
  if (match === null) return undefined;
  return { type: match[1] === "character" ? "character" : "character varying", length: Number(match[2]) };
}

/** The CHECK that holds a column to its limit. */
export function lengthCheck(column: string, { type, length }: LengthLimit): string {
  const name = quoteIdentifier(column);
  const value = type === "character" ? `rtrim(${name}, ' ')` : name;
  return `CHECK ((len(${value}) <= ${length}) AND (length('type ${type}(${length})') > 0))`;
}

/** The limit a ColumnDef's type says; undefined for other types, and for arrays. */
export function columnLimit(column: AstNode): LengthLimit | undefined {
  const typeName = nodeField(column, "typeName") ?? {};
  const type = TYPES.get(stringList(typeName, "names").at(-1) ?? "");
  const [modifier] = listField(typeName, "typmods");
  if (type === undefined || modifier === undefined || listField(typeName, "arrayBounds").length > 0)
    return undefined;
  const value = nodeField(unwrapAs(modifier, "A_Const") ?? {}, "ival");
  const length = Number(value?.["ival"] ?? 0);
  return length > 0 ? { type, length } : undefined;
}

const WRITTEN =
  /^(character\s+varying|char\s+varying|varchar|character|char|bpchar)\s*(?:\(\s*(\d+)\s*\))?$/i;

/** The limit a type's text says, as ALTER … TYPE gives it. */
export function writtenLimit(text: string): LengthLimit | undefined {
  const match = WRITTEN.exec(text.trim());
  const word = (match?.[1] ?? "").toLowerCase();
  const isOne = match !== null && match[2] === undefined && (word === "char" || word === "character");
  if (match === null || (match[2] === undefined && !isOne)) return undefined;
  return { type: word.includes("var") ? "character varying" : "character", length: Number(match[2] ?? 1) };
}

/** CREATE TABLE t (v varchar(20))  ⇒  CREATE TABLE t (v varchar(20), CHECK (…)) */
export function limitLengths(node: AstNode, references: References, offsets: Utf8Offsets): void {
  const { tokens, edits } = references;
  const checks = listField(node, "tableElts").flatMap((item) => {
    const column = unwrapAs(item, "ColumnDef") ?? {};
    const limit = columnLimit(column);
    return limit === undefined ? [] : [`, ${lengthCheck(columnName(column, references, offsets), limit)}`];
  });
  const open = tokens.findIndex((token) => isSymbol(token, "("));
  const end = tokens[closingBracket(tokens, open) ?? -1];
  if (checks.length > 0 && end !== undefined)
    edits.push({ start: end.start, end: end.start, text: checks.join("") });
}
