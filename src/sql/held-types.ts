/**
 * Columns of types that DuckDB reads and forgets, or has no type for: varchar beside text, varchar(n) and char(n), moments
 * of fewer digits of a second than six, and json beside jsonb, which is what JSON stands for otherwise. The type stands in the table's
 * definition as a check, where it goes with the table through forks, preserved copies and other programs. The catalogue
 * shows it as the column's type. A text that breaks it is 22001; moments are rounded before they come here.
 *
 * Shape   CHECK ((len("v") <= 20) AND ('type character varying(20)' IS NOT NULL)); of char(n) without blanks at the end.
 *         CHECK (("v" IS NULL) OR ('type character varying' IS NOT NULL)), for DuckDB reads them all to list constraints: a third of the time
 *         Older files say length('type …') > 0, a macro that took DuckDB 0.4 ms to read for each, in every INSERT and UPDATE
 *         Not length("v"), a macro with overloads: DuckDB would look for its column in the whole statement, and find two
 *         where a query or `excluded` has one of that name
 * Limits  the elements of an array of varchar(n) or char(n) are not held to their length
 */
import { listField, locationOf, nodeField, stringList, textField, unwrapAs, type AstNode } from "./ast.js";
import { quoteIdentifier } from "./names.js";
import type { References } from "./references.js";
import type { WrittenType } from "./result-sources.js";
import { columnName } from "./sequence-columns.js";
import { closingBracket, isSymbol, isWord } from "./token-reader.js";
import type { Utf8Offsets } from "./utf8-offsets.js";

type TextName = "varchar" | "bpchar";
type MomentName = "timestamp" | "timestamptz" | "time" | "interval";

export type HeldType =
  | { readonly kind: "text"; readonly name: TextName; readonly length: number }
  | { readonly kind: "moment"; readonly name: MomentName; readonly digits: number }
  | NamedType;

/** A type that differs from the one DuckDB has by its name alone. */
interface NamedType {
  readonly kind: "named";
  readonly name: TextName | "json";
  /** Of an array's elements. */
  readonly length: number | undefined;
  readonly isArray: boolean;
}

/** How a type's name is written around its modifier. */
const SPELLINGS: ReadonlyMap<HeldType["name"], readonly [before: string, behind: string]> = new Map([
  ["varchar", ["character varying", ""]],
  ["bpchar", ["character", ""]],
  ["timestamp", ["timestamp", " without time zone"]],
  ["timestamptz", ["timestamp", " with time zone"]],
  ["time", ["time", " without time zone"]],
  ["interval", ["interval", ""]],
  ["json", ["json", ""]],
]);

/** As DuckDB prints a definition, and names it in its error. */
const MARK = /\('type ([a-z ]+?)(?:\((\d+)\))?( with(?:out)? time zone)?(\[\])?'(?:\)| IS NOT NULL)/;
/** What DuckDB has all of anyway. */
const ALL_DIGITS = 6;
/** Bytes PostgreSQL counts with every length. */
const HEADER_BYTES = 4;
/** All fields, in the upper half of an interval's modifier. */
const ALL_FIELDS = 0x7fff;

/** The type a check holds; undefined for any other text. */
export function readHeldType(check: string): HeldType | undefined {
  const match = MARK.exec(check);
  if (match === null) return undefined;
  const [, before, modifier, behind = "", brackets] = match;
  const found = [...SPELLINGS].find(([, spelling]) => spelling[0] === before && spelling[1] === behind);
  const number = modifier === undefined ? undefined : Number(modifier);
  return found && heldType(found[0], number, brackets !== undefined);
}

/** Undefined for what DuckDB holds itself. */
function heldType(name: string, modifier: number | undefined, isArray: boolean): HeldType | undefined {
  if (isArray) return heldArray(name, modifier);
  switch (name) {
    case "varchar":
    case "bpchar":
      if (modifier === 0) return undefined;
      if (modifier !== undefined) return { kind: "text", name, length: modifier };
      return { kind: "named", name, length: undefined, isArray };
    case "timestamp":
      // TIMESTAMP_S and TIMESTAMP_MS.
      if (modifier === 0 || modifier === 3) return undefined;
      return moment(name, modifier);
    case "timestamptz":
    case "time":
    case "interval":
      return moment(name, modifier);
    case "json":
      return { kind: "named", name, length: undefined, isArray };
    default:
      return undefined;
  }
}

function heldArray(name: string, length: number | undefined): HeldType | undefined {
  return name === "varchar" || name === "bpchar" || name === "json"
    ? { kind: "named", name, length, isArray: true }
    : undefined;
}

function moment(name: MomentName, modifier: number | undefined): HeldType | undefined {
  return modifier === undefined || modifier >= ALL_DIGITS
    ? undefined
    : { kind: "moment", name, digits: modifier };
}

/** The CHECK that makes a column one of the type. */
export function heldTypeCheck(column: string, type: HeldType): string {
  const [before, behind] = SPELLINGS.get(type.name) ?? [type.name, ""];
  const number = type.kind === "moment" ? type.digits : type.length;
  const modifier = number === undefined ? "" : `(${number})`;
  const brackets = type.kind === "named" && type.isArray ? "[]" : "";
  const text = `${before}${modifier}${behind}${brackets}`;
  const name = quoteIdentifier(column);
  if (isPlainText(type)) return `CHECK ((${name} IS NULL) OR ('type ${text}' IS NOT NULL))`;
  return `CHECK (${condition(name, type)} AND ('type ${text}' IS NOT NULL))`;
}

function condition(name: string, type: HeldType): string {
  switch (type.kind) {
    case "text":
      return `(len(${type.name === "bpchar" ? `rtrim(${name}, ' ')` : name}) <= ${type.length})`;
    case "moment":
      return `((epoch_us(${name}) % ${10 ** (ALL_DIGITS - type.digits)}) = 0)`;
    case "named":
      return `(typeof(${name}) <> '')`;
    default:
      return type satisfies never;
  }
}

/** Differs from text by its name alone: not worth a check that DuckDB's ALTER of temporary tables would stumble over. */
function isPlainText(type: HeldType): boolean {
  return type.kind === "named" && type.name !== "json";
}

/** Whether a text adds the check of such a type. */
export function isPlainTextCheck(text: string): boolean {
  const type = readHeldType(text);
  return type !== undefined && isPlainText(type);
}

/** What a column of the type is held to; undefined for what DuckDB holds itself. */
export function heldTypeWritten({ name, typmod, isArray }: WrittenType): HeldType | undefined {
  if (name === "varchar" || name === "bpchar")
    return heldType(name, typmod >= HEADER_BYTES ? typmod - HEADER_BYTES : undefined, isArray);
  // Of an interval the fields are in the upper half.
  return heldType(name, typmod < 0 ? undefined : typmod & 0xffff, isArray);
}

/** As PostgreSQL's catalogue has it. */
export function writtenHeldType(type: HeldType): WrittenType {
  const isArray = type.kind === "named" && type.isArray;
  return { name: type.name, typmod: modifierOf(type), isArray };
}

function modifierOf(type: HeldType): number {
  if (type.kind !== "moment") return type.length === undefined ? -1 : type.length + HEADER_BYTES;
  return type.name === "interval" ? (ALL_FIELDS << 16) | type.digits : type.digits;
}

/** A value as one of the type, for what is to be stored; undefined where DuckDB's own assignment does it. */
export function assignedValue(value: string, type: HeldType): string | undefined {
  // Blanks at its end mean nothing, and are added when it is sent.
  if (type.kind === "text" && type.name === "bpchar") return `rtrim(CAST(${value} AS varchar), ' ')`;
  if (type.kind !== "moment") return undefined;
  return `duckbranch_${type.name}(${value}, ${type.digits})`;
}

/** What `assignedValue` was made of: a default as it was written. */
export function writtenValue(value: string): string {
  return /^duckbranch_(?:timestamp|timestamptz|time|interval)\((.*), \d\)$/s.exec(value)?.[1] ?? value;
}

/** The type a ColumnDef says; undefined for other types. */
export function heldTypeOf(column: AstNode): HeldType | undefined {
  const typeName = nodeField(column, "typeName") ?? {};
  const isArray = listField(typeName, "arrayBounds").length > 0;
  const modifiers = listField(typeName, "typmods").map(
    (item) => nodeField(unwrapAs(item, "A_Const") ?? {}, "ival") ?? {},
  );
  const numbers = modifiers.map((value) => Number(value["ival"] ?? 0));
  const name = stringList(typeName, "names").at(-1) ?? "";
  // Of an interval the first is its fields.
  return heldType(name, name === "interval" ? numbers[1] : numbers[0], isArray);
}

const WRITTEN =
  /^(character\s+varying|char\s+varying|varchar|character|char|bpchar|timestamptz|timestamp|time|interval|json)\s*(?:\(\s*(\d+)\s*\))?\s*(with(?:out)?\s+time\s+zone)?((?:\s*\[\s*\d*\s*\]|\s+array\b)+)?$/i;

/** The type a text says, as ALTER … TYPE gives it. */
export function writtenTypeOf(text: string): HeldType | undefined {
  const match = WRITTEN.exec(text.trim());
  if (match === null) return undefined;
  const word = (match[1] ?? "").toLowerCase();
  const hasZone = match[3]?.toLowerCase().startsWith("with ") === true;
  if (word === "time" && hasZone) return undefined;
  const isOne = match[2] === undefined && (word === "char" || word === "character");
  const name = word.includes("var") ? "varchar" : word.includes("char") ? "bpchar" : word;
  return heldType(
    name === "timestamp" && hasZone ? "timestamptz" : name,
    isOne ? 1 : match[2] === undefined ? undefined : Number(match[2]),
    match[4] !== undefined,
  );
}

/**
 *   CREATE TABLE t (v varchar(20))                    ⇒  CREATE TABLE t (v varchar(20), CHECK (…))
 *   CREATE TABLE t (at timestamptz(3) DEFAULT now())  ⇒  CREATE TABLE t (at timestamptz DEFAULT duckbranch_timestamptz(…), CHECK (…))
 */
export function holdTypes(node: AstNode, references: References, offsets: Utf8Offsets): void {
  const { tokens, edits } = references;
  const isTemporary = textField(nodeField(node, "relation") ?? {}, "relpersistence") === "t";
  const checks = listField(node, "tableElts").flatMap((item) => {
    const column = unwrapAs(item, "ColumnDef") ?? {};
    const type = heldTypeOf(column);
    if (type === undefined || (isTemporary && isPlainText(type))) return [];
    assignDefault(column, type, references, offsets);
    return [`, ${heldTypeCheck(columnName(column, references, offsets), type)}`];
  });
  const open = tokens.findIndex((token) => isSymbol(token, "("));
  const end = tokens[closingBracket(tokens, open) ?? -1];
  if (checks.length > 0 && end !== undefined)
    edits.push({ start: end.start, end: end.start, text: checks.join("") });
}

/** What the column holds by default is rounded when it is stored. */
function assignDefault(column: AstNode, type: HeldType, references: References, offsets: Utf8Offsets): void {
  const [before, behind] = assignedValue("\0", type)?.split("\0") ?? [];
  const constraint = listField(column, "constraints")
    .map((item) => unwrapAs(item, "Constraint") ?? item)
    .find((item) => textField(item, "contype") === "CONSTR_DEFAULT");
  if (before === undefined || behind === undefined || constraint === undefined) return;
  const { tokens, edits } = references;
  const at = references.tokenIndexAt(offsets.toUtf16(locationOf(constraint))) ?? tokens.length;
  const first = tokens[at + 1];
  const last = tokens[defaultEnd(references, at + 1) - 1];
  if (first === undefined || last === undefined) return;
  edits.push({ start: first.start, end: first.start, text: before });
  edits.push({ start: last.end, end: last.end, text: behind });
}

const CLAUSES = [
  "not",
  "null",
  "unique",
  "primary",
  "references",
  "check",
  "constraint",
  "generated",
  "collate",
];

/** The token behind a default: a comma, a bracket, or the next clause of the column. */
function defaultEnd({ tokens }: References, from: number): number {
  for (let at = from; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (isSymbol(token, ",") || isSymbol(token, ")")) return at;
    if (at > from && CLAUSES.some((word) => isWord(token, word))) return at;
    if (isSymbol(token, "(") || isSymbol(token, "[")) at = closingBracket(tokens, at) ?? at;
  }
  return tokens.length;
}
