import { KEYED_TYPES } from "../../core/keyed-types.js";
import { isReserved } from "../builtin-names.js";
import type { Token } from "../lexer.js";
import { closingBracket, isSymbol, isWord } from "../token-reader.js";
import { typeNameAt } from "./cast-places.js";
import { VECTOR_COLUMNS } from "./catalog-columns.js";
import { operandStart } from "./operand-start.js";
import type { DialectEdit, DialectPass } from "./pass.js";

/** Type ⇒ what casts to it. */
const MACROS: ReadonlyMap<string, string> = new Map([
  ...["text", "varchar", "bpchar"].map((name) => [name, "duckbranch_text"] as const),
  ...["int2", "int4", "int8", "bool", "float4", "float8", "numeric", "jsonb"].map(
    (name) => [name, `duckbranch_${name}`] as const,
  ),
]);
/** Types whose modifier says how many digits of a second, or bits, are kept, and the largest of those. */
const MODIFIED: ReadonlyMap<string, number> = new Map([
  ...["timestamp", "timestamptz", "time", "interval"].map((name) => [name, 6] as const),
  ...["bit", "varbit"].map((name) => [name, 83_886_080] as const),
]);

/**
 * Casts that DuckDB does otherwise: a text has PostgreSQL's form, a text is read as PostgreSQL reads it, and a moment is
 * rounded to the digits of its type.
 *
 *   a::text              ⇒  duckbranch_text(a)
 *   CAST(a AS int)       ⇒  duckbranch_int4(a)                  a::jsonb   ⇒  duckbranch_jsonb(a)
 *   (SELECT a)::text     ⇒  duckbranch_single_text((SELECT a))
 *   a::numeric           ⇒  duckbranch_numeric(a)               round(a::numeric, 2)  ⇒  round(duckbranch_rounded_numeric(a), 2)
 *   a::timestamptz(0)    ⇒  duckbranch_timestamptz(a, 0)        5::bit(4)  ⇒  duckbranch_bit(5, 4)
 *
 * Reason  DuckDB writes [1, 2], 1.0, -1 month and \x00 otherwise, takes '1.5' for the integer 2, and knows no timestamptz(0) and no bit(4).
 *         Literals and parameters are read elsewhere: what the cast says of them is their type
 * Limits  count(*)::int and x::int::text are left alone: DuckDB writes what these macros do with their argument several times over, of
 *         one inside another as often as both together, and took 30 ms to plan sum(v)::bigint::text
 */
export const checkedCastsPass: DialectPass = ({ tokens }) => {
  const first = firstChecked(tokens);
  const edits = tokens.map((token, index) => {
    if (index < first) return [];
    if (isSymbol(token, "::")) return suffixCast(tokens, index);
    return isWord(token, "cast") && isSymbol(tokens[index + 1], "(") ? prefixCast(tokens, index) : [];
  });
  // Of casts behind one another the last is outermost.
  return edits.toReversed().flat();
};

/** Of a definition it is what ALTER … USING makes of each row. */
function firstChecked(tokens: readonly Token[]): number {
  if (!isDefinition(tokens)) return 0;
  const using = tokens.findIndex((token) => isWord(token, "using"));
  const isUsed = isWord(tokens[0], "alter") && using !== -1 && tokens.some((token) => isWord(token, "type"));
  return isUsed ? using : tokens.length;
}

interface CheckedType {
  readonly macro: string;
  /** Digits of a second, or bits; undefined for a type without. */
  readonly digits: string | undefined;
  readonly last: number;
}

/**
 * A statement that says what a table, a column or an index is made of: rows may be appended by this program's own thread, which
 * cannot call this program's functions then.
 */
export function isDefinition(tokens: readonly Token[]): boolean {
  const isDefining = isWord(tokens[0], "create") || isWord(tokens[0], "alter");
  return isDefining && !tokens.some((token) => isWord(token, "select"));
}

function suffixCast(tokens: readonly Token[], index: number): DialectEdit[] {
  if (VECTOR_COLUMNS.has(tokens[index - 1]?.value ?? "")) return [];
  const type = checkedTypeAt(tokens, index + 1);
  const first = type === undefined ? undefined : castStart(tokens, index);
  const [begin, sign, last] = [tokens[first ?? -1], tokens[index], tokens[type?.last ?? -1]];
  if (type === undefined || first === undefined || begin === undefined) return [];
  if (sign === undefined || last === undefined || isRead(tokens, first, index, type)) return [];
  if (isDoneAlike(tokens, first, index, type)) return [];
  const macro = castMacro(tokens, first, [first, index], type);
  return [
    { start: begin.start, end: begin.start, text: `${macro}(`, reach: last.end },
    { start: sign.start, end: last.end, text: closing(type) },
  ];
}

/** What the cast that begins at `first` calls; its operand is given by its first token and the one behind it. */
function castMacro(
  tokens: readonly Token[],
  first: number,
  operand: readonly [number, number],
  type: CheckedType,
): string {
  const macro = isRounded(tokens, first, type) ? ROUNDED_NUMERIC : type.macro;
  const isSingle = type.digits === undefined && isSubquery(tokens, ...operand);
  return isSingle ? macro.replace("duckbranch_", SINGLE) : macro;
}

function isSubquery(tokens: readonly Token[], first: number, end: number): boolean {
  const word = tokens[first + 1];
  const isQuery = isSymbol(tokens[first], "(") && word?.kind === "word" && QUERY_WORDS.has(word.value);
  return isQuery && closingBracket(tokens, first) === end - 1;
}

/** What writes its argument once: a sub-query is bound and run as often as it is written. */
const SINGLE = "duckbranch_single_";
const QUERY_WORDS: ReadonlySet<string> = new Set(["select", "with", "values"]);
const ROUNDED_NUMERIC = "duckbranch_rounded_numeric";
const ROUNDING = new Set(["round", "trunc", "ceil", "ceiling", "floor", "to_char"]);

/** The cast is all of a rounding function's first argument. */
function isRounded(tokens: readonly Token[], first: number, { macro, last }: CheckedType): boolean {
  const called = tokens[first - 2];
  const isFirst = macro === "duckbranch_numeric" && isSymbol(tokens[first - 1], "(");
  const isAll = isSymbol(tokens[last + 1], ",") || isSymbol(tokens[last + 1], ")");
  return isFirst && isAll && called?.kind === "word" && ROUNDING.has(called.value);
}

/** Where what is cast begins: a type in front of a literal belongs to it. */
function castStart(tokens: readonly Token[], index: number): number | undefined {
  const first = operandStart(tokens, index - 1);
  if (first === undefined || tokens[first]?.kind !== "string") return first;
  const before = tokens[first - 1];
  if (before?.kind !== "word" || isReserved(before.value)) return isWord(before, "zone") ? undefined : first;
  return PREFIXES.has(before.value) ? first - 1 : first;
}

const PREFIXES = new Set(["timestamp", "timestamptz", "time", "date", "interval", ...KEYED_TYPES.keys()]);

function prefixCast(tokens: readonly Token[], index: number): DialectEdit[] {
  const close = closingBracket(tokens, index + 1);
  if (close === undefined) return [];
  for (let at = close - 1; at > index + 2; at -= 1) {
    if (!isWord(tokens[at], "as")) continue;
    const type = checkedTypeAt(tokens, at + 1);
    const [word, as, end] = [tokens[index], tokens[at], tokens[close]];
    if (type === undefined || type.last + 1 !== close || isRead(tokens, index + 2, at, type)) return [];
    if (word === undefined || as === undefined || end === undefined) return [];
    if (isDoneAlike(tokens, index + 2, at, type)) return [];
    if (VECTOR_COLUMNS.has(tokens[at - 1]?.value ?? "")) return [];
    const macro = castMacro(tokens, index, [index + 2, at], { ...type, last: close });
    return [
      { start: word.start, end: word.end, text: macro },
      { start: as.start, end: end.end, text: closing(type) },
    ];
  }
  return [];
}

const INTEGERS: ReadonlySet<string> = new Set(["duckbranch_int2", "duckbranch_int4", "duckbranch_int8"]);
/** What they give is never a text, of which alone the cast to an integer is another one; a count is an integer. */
const NUMBERS: ReadonlySet<string> = new Set(["count", "sum"]);
const COUNT: ReadonlySet<string> = new Set(["count"]);

/** DuckDB's own cast of such a value is PostgreSQL's. */
function isDoneAlike(
  tokens: readonly Token[],
  first: number,
  end: number,
  { macro }: Pick<CheckedType, "macro">,
): boolean {
  if (INTEGERS.has(macro)) return isCallOf(NUMBERS, tokens, first, end);
  if (macro !== "duckbranch_text") return false;
  return isCallOf(COUNT, tokens, first, end) || isIntegerCast(tokens, first, end);
}

/** A call and nothing behind it: no FILTER, no OVER. */
function isCallOf(names: ReadonlySet<string>, tokens: readonly Token[], first: number, end: number): boolean {
  const name = tokens[first];
  if (name?.kind !== "word" || !names.has(name.value) || isSymbol(tokens[first - 1], ".")) return false;
  return isSymbol(tokens[first + 1], "(") && closingBracket(tokens, first + 1) === end - 1;
}

/** All of it is `…::int`. */
function isIntegerCast(tokens: readonly Token[], first: number, end: number): boolean {
  const type = isSymbol(tokens[end - 2], "::") ? checkedTypeAt(tokens, end - 1) : undefined;
  if (type === undefined || type.last !== end - 1 || !INTEGERS.has(type.macro)) return false;
  return castStart(tokens, end - 2) === first;
}

function closing({ digits }: CheckedType): string {
  return digits === undefined ? ")" : `, ${digits})`;
}

function checkedTypeAt(tokens: readonly Token[], index: number): CheckedType | undefined {
  const type = typeNameAt(tokens, index);
  if (type === undefined || isSymbol(tokens[type.behind], "[")) return undefined;
  if (type.hasModifier) {
    const digits = tokens.slice(index, type.behind).find(({ kind }) => kind === "number")?.value;
    const most = MODIFIED.get(type.name);
    if (most === undefined || digits === undefined || Number(digits) > most) return undefined;
    return { macro: `duckbranch_${type.name}`, digits, last: type.behind - 1 };
  }
  if (type.name === "bit") return { macro: "duckbranch_bit", digits: "1", last: type.last };
  const macro = MACROS.get(type.name);
  const isOne = ["char", "character"].includes(tokens[index]?.value ?? "");
  return macro === undefined || isOne ? undefined : { macro, digits: undefined, last: type.last };
}

/** A literal or a parameter, which is read as the type says; a moment's digits are rounded for them too. */
function isRead(tokens: readonly Token[], first: number, end: number, { digits }: CheckedType): boolean {
  const kind = isWord(tokens[first], "null") ? "string" : (tokens[first]?.kind ?? "");
  return digits === undefined && end === first + 1 && ["string", "parameter", "number"].includes(kind);
}
