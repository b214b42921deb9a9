/** The ends of a series of moments: PostgreSQL has one of timestamps and one of timestamps with time zone, and none of dates. */
import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import { isSymbol, isWord } from "../token-reader.js";

type Moment = "TIMESTAMP" | "TIMESTAMPTZ" | "date";

/**
 * generate_series(date '2024-01-01', '2024-02-01', '1 day')
 *   ⇒  generate_series(CAST(date '2024-01-01' AS TIMESTAMPTZ), CAST('2024-02-01' AS TIMESTAMPTZ), …)
 *
 * Where the type of one end is written down: what has none takes the other's, and a date is a timestamp with time zone.
 */
export function boundEdits(
  tokens: readonly Token[],
  ranges: readonly (readonly [number, number])[],
): readonly TextEdit[] {
  if (ranges.length !== 3) return [];
  const bounds = ranges.slice(0, 2).map((range) => tokens.slice(...range));
  const types = bounds.map(writtenMoment);
  const known = types.find((type) => type !== undefined && type !== "date");
  const wanted = known ?? (types.includes("date") ? "TIMESTAMPTZ" : undefined);
  if (wanted === undefined) return [];
  return bounds.flatMap((bound, index): TextEdit[] => {
    const [first, last] = [bound[0], bound.at(-1)];
    const isOpen = bound.length === 1 && (first?.kind === "string" || first?.kind === "parameter");
    if (first === undefined || last === undefined || !(isOpen || types[index] === "date")) return [];
    return [
      { start: first.start, end: first.start, text: "CAST(" },
      { start: last.end, end: last.end, text: ` AS ${wanted})` },
    ];
  });
}

/** `date '2024-01-01'`, `$1::timestamp`, `now()`; undefined where the text does not say it. */
function writtenMoment(bound: readonly Token[]): Moment | undefined {
  const [first, second] = bound;
  if (bound.length === 2 && second?.kind === "string") return momentNamed(first);
  if (bound.length === 1 && isWord(first, "current_date")) return "date";
  if (bound.length === 1 && isWord(first, "current_timestamp")) return "TIMESTAMPTZ";
  if (isWord(first, "now") && bound.length === 3) return "TIMESTAMPTZ";
  const isCast = isSymbol(bound.at(-2), "::") && isPrimary(bound.slice(0, -2));
  return isCast ? momentNamed(bound.at(-1)) : undefined;
}

function momentNamed(token: Token | undefined): Moment | undefined {
  if (isWord(token, "date")) return "date";
  if (isWord(token, "timestamp")) return "TIMESTAMP";
  return isWord(token, "timestamptz") ? "TIMESTAMPTZ" : undefined;
}

/** One operand: no operator stands outside of brackets. */
function isPrimary(tokens: readonly Token[]): boolean {
  let depth = 0;
  for (const token of tokens) {
    if (isSymbol(token, "(") || isSymbol(token, "[")) depth += 1;
    else if (isSymbol(token, ")") || isSymbol(token, "]")) depth -= 1;
    else if (depth === 0 && (token.kind === "operator" || "+-*/<>=".includes(token.value))) return false;
  }
  return true;
}
