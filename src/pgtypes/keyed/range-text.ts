/** The syntax of a range's text: brackets, quotes and backslashes; what the bounds mean is not known here. */
import { SQLSTATE, SqlError } from "../../core/errors.js";

/** A bound left out is undefined. */
export type RangeText =
  | "empty"
  | {
      readonly lower: string | undefined;
      readonly lowerInclusive: boolean;
      readonly upper: string | undefined;
      readonly upperInclusive: boolean;
    };

const EMPTY = /\s*empty\s*/iy;
const OPEN = /\s*([[(])/y;
const CLOSE = /([\])])\s*/y;
/** Quoted parts, escaped characters, and anything that is no syntax. */
const BOUND = /(?:"(?:[^"\\]|\\.|"")*"|\\.|[^"\\,()[\]])*/sy;

/** Reads the range that begins at `start`, and says where it ends. Errors: 22P02. */
export function readRangeText(
  text: string,
  start: number,
): { readonly range: RangeText; readonly end: number } {
  EMPTY.lastIndex = start;
  if (EMPTY.test(text)) return { range: "empty", end: EMPTY.lastIndex };
  const [, open] = match(OPEN, text, start) ?? malformed(text, "Missing left parenthesis or bracket.");
  const [lower = ""] = match(BOUND, text, OPEN.lastIndex) ?? [];
  const comma = BOUND.lastIndex;
  if (text[comma] !== ",") malformed(text, "Missing comma after lower bound.");
  const [upper = ""] = match(BOUND, text, comma + 1) ?? [];
  if (text[BOUND.lastIndex] === ",") malformed(text, "Too many commas.");
  const [, close] = match(CLOSE, text, BOUND.lastIndex) ?? malformed(text, "Unexpected end of input.");
  return {
    range: {
      lower: unquoted(lower),
      lowerInclusive: open === "[",
      upper: unquoted(upper),
      upperInclusive: close === "]",
    },
    end: CLOSE.lastIndex,
  };
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function malformed(text: string, detail: string): never {
  throw new SqlError(SQLSTATE.invalidTextRepresentation, `malformed range literal: "${text}"`, { detail });
}

/** `""` is the empty text, nothing at all is no bound. */
function unquoted(text: string): string | undefined {
  if (text === "") return undefined;
  return text.replaceAll(/\\(.)|""(?=[^"]*")|"/gs, (part, escaped: string | undefined) => {
    if (escaped !== undefined) return escaped;
    return part === '""' && text !== '""' ? '"' : "";
  });
}
