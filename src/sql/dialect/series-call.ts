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
  const ranges = splitAtCommas(tokens, from, to);
  const hasNumber = ranges.some((range) => isInt4(tokens, range));
  const casts = ranges.map((range) => {
    const [parameter] = range[1] === range[0] + 1 ? tokens.slice(...range) : [];
    const isOpen = parameter?.kind === "parameter" || isQuotedNumber(parameter);
    if (parameter === undefined || !isOpen) return isInt4(tokens, range) ? [] : undefined;
    const { start, end } = parameter;
    return [
      { start, end: start, text: "CAST(" },
      { start: end, end, text: " AS INTEGER)" },
    ];
  });
  return hasNumber && casts.every((cast) => cast !== undefined) ? casts.flat() : undefined;
}

/** `'5'` has no type of its own yet. */
function isQuotedNumber(token: Token | undefined): boolean {
  return token?.kind === "string" && /^\s*-?\d{1,9}\s*$/.test(token.value);
}

function isInt4(tokens: readonly Token[], [from, to]: readonly [number, number]): boolean {
  const at = isSymbol(tokens[from], "-") ? from + 1 : from;
  const token = tokens[at];
  return (
    at + 1 === to && token?.kind === "number" && /^\d+$/.test(token.value) && Number(token.value) <= MAX_INT4
  );
}
