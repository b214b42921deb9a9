/** Names of types, and which casts PostgreSQL puts in where two of them meet. */
import { listField, nodeField, stringList, unwrap, type AstNode } from "../../sql/ast.js";
import { constantInteger } from "./constants.js";
import { momentText } from "./moments.js";
import { printedName } from "./quoting.js";
import type { Constant, Expression, TypeName } from "./tree.js";

/** Spellings of a type, PostgreSQL's and DuckDB's ⇒ the name format_type() gives. */
const NAMES: ReadonlyMap<string, TypeName> = new Map(
  Object.entries({
    int2: "smallint",
    int4: "integer",
    int8: "bigint",
    int: "integer",
    decimal: "numeric",
    float4: "real",
    float8: "double precision",
    double: "double precision",
    bool: "boolean",
    varchar: "text",
    string: "text",
    bpchar: "character",
    blob: "bytea",
    time: "time without time zone",
    timetz: "time with time zone",
    timestamp: "timestamp without time zone",
    datetime: "timestamp without time zone",
    timestamptz: "timestamp with time zone",
    hugeint: "numeric",
    tinyint: "smallint",
    varbit: "bit varying",
  }),
);

function typeNamed(name: string): TypeName {
  const folded = name.toLowerCase();
  return NAMES.get(folded) ?? folded;
}

/** A user's type keeps its letters. */
function nameOf(name: string, isQualified: boolean): string {
  return isQualified || /[^\w]/.test(name) ? printedName(name) : typeNamed(name);
}

export interface WrittenType {
  readonly type: TypeName;
  /** `(10,2)`, or nothing. */
  readonly modifier: string;
}

/** Texts of DuckDB's have these for a numeric nobody gave a size. */
const UNSIZED: ReadonlySet<string> = new Set(["(38,9)", "(38,20)"]);

/** Types that have their modifier somewhere inside, and those whose name says something else without one. */
const LIMITED: Readonly<Record<string, string>> = {
  varchar: "character varying#",
  bpchar: "character#",
  time: "time# without time zone",
  timestamp: "timestamp# without time zone",
  timestamptz: "timestamp# with time zone",
};

/** A type in a statement; `isOwn` says of a text of PostgreSQL's own, where text is not varchar. */
function writtenType(node: AstNode, isOwn: boolean): WrittenType {
  const names = stringList(node, "names");
  const bounds = listField(node, "arrayBounds").length > 0 ? "[]" : "";
  const last = names.at(-1) ?? "";
  const modifiers = listField(node, "typmods").map((item) => constantInteger(unwrap(item)?.node));
  const isInterval = last === "interval";
  const sized = modifiers.length > 0 && !isInterval ? `(${modifiers.join(",")})` : "";
  // DuckDB's JSON is jsonb here.
  if (last === "JSON") return { type: `jsonb${bounds}`, modifier: "" };
  const limited = sized === "" ? undefined : LIMITED[last];
  if (limited !== undefined) return { type: limited.replace("#", sized) + bounds, modifier: "" };
  const schema = names.length > 1 && names[0] !== "pg_catalog" ? `${printedName(names[0] ?? "")}.` : "";
  const type = isOwn && last === "varchar" ? "character varying" : schema + nameOf(last, schema !== "");
  return { type: type + bounds, modifier: UNSIZED.has(sized) ? "" : sized };
}

export function typeOfNode(node: AstNode, isOwn: boolean): WrittenType {
  return writtenType(nodeField(node, "typeName") ?? {}, isOwn);
}

const NUMBERS: readonly TypeName[] = ["smallint", "integer", "bigint", "numeric", "real", "double precision"];
const TEXTS: ReadonlySet<TypeName> = new Set(["text", "character varying", "character", "name", "unknown"]);

export const isNumber = (type: TypeName): boolean => NUMBERS.includes(type);
export const isText = (type: TypeName): boolean => TEXTS.has(type);

/** The literal's cast, or the value's, to a type. */
export function castTo(value: Expression, type: TypeName): Expression {
  if (value.type === type) return value;
  if (value.kind === "constant" && (value.type === "unknown" || value.value === null))
    return literalOf(value, type);
  if (value.kind === "array" && value.type.endsWith("[]") && type.endsWith("[]"))
    if (value.elements.every((element) => element.kind === "constant" && element.type === "unknown"))
      return {
        ...value,
        type,
        elements: value.elements.map((element) => castTo(element, type.slice(0, -2))),
      };
  return { kind: "cast", value, type, modifier: "", hidden: true };
}

/** What operators and functions take of a column of a domain: what the domain is over. */
export function based(value: Expression): Expression {
  if (value.kind !== "column" || value.domain !== true) return value;
  return { kind: "cast", value, type: value.type, modifier: "", hidden: true };
}

/** How PostgreSQL calls the type of a literal: character's own name means something else without a length. */
export function literalOf(value: Constant, type: TypeName): Constant {
  if (value.form === "null") return { ...value, type };
  if (type === "boolean" && /^(t|true|f|false)$/i.test(value.value ?? ""))
    return { ...value, form: "boolean", value: /^t/i.test(value.value ?? "") ? "true" : "false", type };
  const written = value.value === null ? null : momentText(value.value, type);
  return { ...value, value: written, type: type === "character" ? "bpchar" : type, form: "text" };
}

/** Both sides as an operator takes them; undefined sides stay as they are. */
export function sides(left: Expression, right: Expression): readonly [Expression, Expression] {
  const [one, other] = [left.type, right.type];
  if (one === "unknown" && other === "unknown") return [castTo(left, "text"), castTo(right, "text")];
  if (other === "unknown") return sides(left, castTo(right, literalType(one)));
  if (one === "unknown") return sides(castTo(left, literalType(other)), right);
  const common = commonType(one, other);
  if (common === undefined) return [left, right];
  // A real has operators with double precision.
  const side = (value: Expression): Expression => (value.type === "real" ? value : castTo(value, common));
  return [side(left), side(right)];
}

const literalType = (other: TypeName): TypeName => (other === "character varying" ? "text" : other);

/** What both sides are cast to; undefined where there is an operator for them as they are. */
function commonType(one: TypeName, other: TypeName): TypeName | undefined {
  if (isNumber(one) && isNumber(other)) return commonNumber(one, other);
  const varies = [one, other].includes("character varying");
  if (isText(one) && isText(other) && (varies || one !== other)) return "text";
  return undefined;
}

function commonNumber(one: TypeName, other: TypeName): TypeName | undefined {
  const [low, high] = [NUMBERS.indexOf(one), NUMBERS.indexOf(other)].toSorted((a, b) => a - b);
  if (low === undefined || high === undefined || high < 3 || low === high) return undefined;
  if (low >= 4) return undefined;
  return high === 3 ? "numeric" : "double precision";
}

/** What an operator of these sides gives. */
export function resultOf(operator: string, left: TypeName, right: TypeName): TypeName {
  if (/^(=|<>|<|>|<=|>=|!?~~?\*?|@>|<@|\?[|&]?|&&)$/.test(operator)) return "boolean";
  if (operator === "->>" || operator === "#>>") return "text";
  if (operator === "||")
    return left.endsWith("[]") || right.endsWith("[]")
      ? left.endsWith("[]")
        ? left
        : right
      : left === "jsonb"
        ? "jsonb"
        : left === "bytea"
          ? "bytea"
          : "text";
  if (isNumber(left) && isNumber(right)) {
    if (left === "real" && right === "real") return "real";
    return NUMBERS[Math.max(NUMBERS.indexOf(left), NUMBERS.indexOf(right))] ?? left;
  }
  return momentOf(operator, left, right) ?? left;
}

const isStamp = (type: TypeName): boolean => type.startsWith("timestamp");

function momentOf(operator: string, left: TypeName, right: TypeName): TypeName | undefined {
  if (left === "date" && right === "date" && operator === "-") return "integer";
  if (left === "date" && right === "interval") return "timestamp without time zone";
  if (left === "interval" && right === "date") return "timestamp without time zone";
  if (isStamp(left) && isStamp(right)) return "interval";
  if (left.startsWith("time without") && right === left) return "interval";
  if (left === "interval" && isStamp(right)) return right;
  if (left === "integer" && right === "date") return "date";
  return undefined;
}

/** Literals that nobody else gives a type are texts. */
export function settled(scope: { readonly verbatim: boolean }, value: Expression): Expression {
  return value.type === "unknown" && !scope.verbatim && value.kind === "constant"
    ? castTo(value, "text")
    : value;
}
