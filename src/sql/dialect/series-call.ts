/** Reads one call of generate_series. */
import type { TextEdit } from "../analysis.js";
import { applyEdits } from "../splice.js";
import type { Token } from "../lexer.js";
import { closingBracket, isSymbol, splitAtCommas } from "../token-reader.js";

export const SERIES = "generate_series";

const MAX_INT4 = 2_147_483_647;

export interface SeriesCall {
  /** Index of the name. */
  readonly first: number;
  /** Index of the closing bracket. */
  readonly close: number;
  readonly start: number;
  /** Where the opening bracket begins. */
  readonly open: number;
  /** Exclusive. */
  readonly end: number;
  /** The arguments, typed, when PostgreSQL's answer is int4: whole numbers, or parameters and quoted numbers beside one. */
  readonly int4: string | undefined;
  /** What types the others where they stand. */
  readonly casts: readonly TextEdit[];
}

/** The call whose name is the token at `index`; undefined for other uses of the word. */
export function seriesCallAt(text: string, tokens: readonly Token[], index: number): SeriesCall | undefined {
  const [name, bracket] = [tokens[index], tokens[index + 1]];
  const close = isSymbol(bracket, "(") ? closingBracket(tokens, index + 1) : undefined;
  const last = close === undefined ? undefined : tokens[close];
  if (name === undefined || bracket === undefined || close === undefined || last === undefined)
    return undefined;
  if (isSymbol(tokens[index - 1], ".")) return undefined;
  const casts = int4Casts(tokens, index + 2, close);
  const shifted = casts?.map(({ start, end, text: cast }) => ({
    start: start - bracket.end,
    end: end - bracket.end,
    text: cast,
  }));
  const int4 = shifted && applyEdits(text.slice(bracket.end, last.start), shifted);
  const ends = { start: name.start, open: bracket.start, end: last.end };
  return { first: index, close, ...ends, int4, casts: casts ?? [] };
}

/** A cast around each parameter and quoted number; undefined when the arguments are not all int4. */
function int4Casts(tokens: readonly Token[], from: number, to: number): TextEdit[] | undefined {
  const ranges = splitAtCommas(tokens, from, to).map((range) => tokens.slice(...range));
  const hasNumber = ranges.some((argument) => isInt4(argument));
  const casts = ranges.map((argument) => {
    const [first] = argument;
    const isOpen = argument.length === 1 && (first?.kind === "parameter" || isQuotedNumber(first));
    if (first === undefined || !(isOpen || isInt4(argument))) return undefined;
    return (isOpen ? [first] : argument.filter(({ kind }) => kind === "parameter")).flatMap(int4Cast);
  });
  return hasNumber && casts.every((cast) => cast !== undefined) ? casts.flat() : undefined;
}

function int4Cast({ start, end }: Token): TextEdit[] {
  return [
    { start, end: start, text: "CAST(" },
    { start: end, end, text: " AS INTEGER)" },
  ];
}

/** `'5'` has no type of its own yet. */
function isQuotedNumber(token: Token | undefined): boolean {
  return token?.kind === "string" && /^\s*-?\d{1,9}\s*$/.test(token.value);
}

/** A whole number, or a sum or product with one in it: beside it a parameter is one, too. */
function isInt4(argument: readonly Token[]): boolean {
  return (
    isCastToInt4(argument) ||
    (argument.some(({ kind }) => kind === "number") &&
      argument.every((token) => isInt4Number(token) || token.kind === "parameter" || isArithmetic(token)))
  );
}

/** `$1::int`, `2::int4` */
function isCastToInt4([value, cast, type, ...more]: readonly Token[]): boolean {
  const isValue = value?.kind === "number" || value?.kind === "parameter";
  const isType = type?.kind === "word" && ["int", "int4", "integer"].includes(type.value);
  return more.length === 0 && isValue && isSymbol(cast, "::") && isType;
}

function isInt4Number({ kind, value }: Token): boolean {
  return kind === "number" && /^\d+$/.test(value) && Number(value) <= MAX_INT4;
}

function isArithmetic(token: Token): boolean {
  return ["+", "-", "*", "(", ")"].some((symbol) => isSymbol(token, symbol));
}
