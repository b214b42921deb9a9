import { SQLSTATE, SqlError } from "../../core/errors.js";
import type { TextEdit } from "../analysis.js";
import { characterPosition, type Token } from "../lexer.js";
import { quoteLiteral } from "../names.js";
import { isSymbol } from "../token-reader.js";
import { castTypeOf, type CastType, typeNameAt } from "./cast-places.js";
import { intervalLiteral } from "./interval-literals.js";
import { momentLiteral } from "./moment-literals.js";
import type { DialectPass } from "./pass.js";

const RANGES: ReadonlyMap<string, readonly [bigint, string]> = new Map([
  ["int2", [32_767n, "smallint"]],
  ["int4", [2_147_483_647n, "integer"]],
  ["int8", [9_223_372_036_854_775_807n, "bigint"]],
]);
const MOST_DIGITS = 38;

/**
 * Literals whose type is written at them, in PostgreSQL's forms.
 *
 *   '1.5'::int                 ⇒  22P02: PostgreSQL does not round a text
 *   'on'::bool                 ⇒  'true'::bool
 *   interval '1-2'             ⇒  interval '1 years 2 months'
 *   date '0044-03-15 BC'       ⇒  date '0044-03-15 (BC)'
 *   'now'::timestamptz         ⇒  (now())::timestamptz
 *   1.23456::numeric           ⇒  1.23456::DECIMAL(6, 5)
 *
 * Reason  DuckDB refuses these forms, or takes them for another value
 */
export const typedLiteralsPass: DialectPass = ({ text, tokens }) =>
  tokens.flatMap((token, index) => {
    if (token.kind !== "string" && token.kind !== "number") return [];
    const type = castTypeOf(tokens, index);
    if (type === undefined || type.isArray) return [];
    try {
      return literalEdits(tokens, token, index, type);
    } catch (error) {
      if (!(error instanceof SqlError) || error.position !== undefined) throw error;
      throw error.with({ position: characterPosition(text, token.start) });
    }
  });

function literalEdits(tokens: readonly Token[], token: Token, index: number, type: CastType): TextEdit[] {
  if (type.name === "numeric") return type.hasModifier ? [] : numericEdits(tokens, token, type);
  const nearest = FLOATS.get(type.name);
  if (nearest !== undefined) return requireFinite(token, nearest);
  if (token.kind !== "string") return [];
  const range = RANGES.get(type.name);
  if (range !== undefined) return integerEdits(token, range);
  if (type.name === "bool") return replaced(token, booleanLiteral(token.value));
  if (type.name === "interval") return intervalLiteral(tokens, index, type);
  const readAs = type.name === "text" && type.form === "suffix" ? castBehind(tokens, type) : type.name;
  const moment = momentLiteral(readAs, token.value);
  if (moment?.kind === "expression" && readAs !== type.name) return [];
  if (moment === undefined) return [];
  if (moment.kind === "literal") return replaced(token, moment.text);
  const first = tokens[type.first];
  const start = type.form === "prefix" && first !== undefined ? first.start : token.start;
  return [{ start, end: token.end, text: `(${moment.text})` }];
}

/** `'…'::text::timestamp`: what reads the text; "text" where nothing does. */
function castBehind(tokens: readonly Token[], { name, last }: CastType): string {
  if (!isSymbol(tokens[last + 1], "::")) return name;
  const type = typeNameAt(tokens, last + 2);
  return type === undefined || isSymbol(tokens[type.behind], "[") ? name : type.name;
}

function replaced(token: Token, text: string | undefined): TextEdit[] {
  return text === undefined || text === token.value
    ? []
    : [{ start: token.start, end: token.end, text: quoteLiteral(text) }];
}

function integerEdits(token: Token, [most, name]: readonly [bigint, string]): TextEdit[] {
  if (!/^\s*[+-]?\d+\s*$/.test(token.value)) throw noValue(name, token.value);
  const value = BigInt(token.value.trim().replace(/^\+/, ""));
  if (value > most || value < -most - 1n) {
    throw new SqlError(
      SQLSTATE.numericValueOutOfRange,
      `value "${token.value.trim()}" is out of range for type ${name}`,
    );
  }
  return [];
}

const FLOATS: ReadonlyMap<string, readonly [(value: number) => number, string]> = new Map([
  ["float8", [(value) => value, "double precision"]],
  ["float4", [Math.fround, "real"]],
]);

/** DuckDB reads an infinity, or zero. */
function requireFinite(
  { value }: Token,
  [nearest, name]: readonly [(value: number) => number, string],
): TextEdit[] {
  const text = value.trim();
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return [];
  const number = nearest(Number(text));
  const isZero = !/[1-9]/.test(text.replace(/e.*/i, ""));
  if (Number.isFinite(number) && (number !== 0 || isZero)) return [];
  throw new SqlError(SQLSTATE.numericValueOutOfRange, `"${text}" is out of range for type ${name}`);
}

function noValue(type: string, value: string): SqlError {
  return new SqlError(
    SQLSTATE.invalidTextRepresentation,
    `invalid input syntax for type ${type}: "${value}"`,
  );
}

const BOOLEANS: readonly (readonly [RegExp, string])[] = [
  [/^(?:t|tr|tru|true|y|ye|yes|on|1)$/i, "true"],
  [/^(?:f|fa|fal|fals|false|n|no|of|off|0)$/i, "false"],
];

function booleanLiteral(value: string): string {
  const known = BOOLEANS.find(([pattern]) => pattern.test(value.trim()));
  if (known === undefined) throw noValue("boolean", value);
  return known[1];
}

/** A numeric without a scale keeps a literal's own digits. */
function numericEdits(tokens: readonly Token[], token: Token, type: CastType): TextEdit[] {
  const [first, last] = [tokens[type.first], tokens[type.last]];
  const digits = numericDigits(token.value);
  if (digits === undefined || first === undefined || last === undefined) return [];
  const { whole, scale, plain } = digits;
  const width = Math.max(whole + scale, 1);
  if (width > MOST_DIGITS) {
    throw new SqlError(
      SQLSTATE.featureNotSupported,
      `numeric of more than ${MOST_DIGITS} digits is not supported`,
    );
  }
  return [
    { start: first.start, end: last.end, text: `DECIMAL(${width}, ${scale})` },
    ...(token.kind === "string" && plain !== token.value
      ? [{ start: token.start, end: token.end, text: quoteLiteral(plain) }]
      : []),
  ];
}

/** Digits before and behind the point, and the number without an exponent. */
function numericDigits(text: string): { whole: number; scale: number; plain: string } | undefined {
  const match = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,4}))?\s*$/i.exec(text.replaceAll("_", ""));
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match ?? [];
  if (match === null || whole + fraction === "") return undefined;
  const shift = Number(exponent);
  const digits = whole + fraction;
  const point = whole.length + shift;
  const padded = point < 0 ? "0".repeat(-point) + digits : digits.padEnd(Math.max(point, 0), "0");
  const at = Math.max(point, 0);
  const [before, behind] = [padded.slice(0, at).replace(/^0+/, ""), padded.slice(at)];
  return {
    whole: before.length,
    scale: behind.length,
    plain: `${sign === "-" ? "-" : ""}${before || "0"}${behind === "" ? "" : `.${behind}`}`,
  };
}
