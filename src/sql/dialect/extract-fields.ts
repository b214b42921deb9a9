import type { TextEdit } from "../analysis.js";
import { closingBracket, isSymbol, isWord } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/** Fields with a fraction, in microseconds: what DuckDB asks for, and what one is worth. */
const FRACTIONS: ReadonlyMap<string, readonly [string, string]> = new Map([
  ["second", ["microseconds", "0.000001"]],
  ["seconds", ["microseconds", "0.000001"]],
  ["millisecond", ["microseconds", "0.001"]],
  ["milliseconds", ["microseconds", "0.001"]],
]);

/** Fields that go on growing: of infinity they are infinite, where the others are NULL. */
const GROWING = new Set("year years decade century millennium julian isoyear epoch".split(" "));

/**
 * EXTRACT gives a numeric.
 *
 *   extract(day FROM d)     ⇒  CAST(extract(day FROM d) AS DECIMAL(38, 0))
 *   extract(year FROM d)    ⇒  CAST(duckbranch_extracted('year', d) AS DECIMAL(38, 0))
 *   extract(second FROM t)  ⇒  (CAST(extract(microseconds FROM t) AS DECIMAL(18, 0)) * 0.000001)
 *
 * Reason  DuckDB gives a bigint, which loses the fraction of a second and is divided as integers are; what is infinite of
 *         an infinite moment is NULL
 */
export const extractFieldsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index) => {
    const field = tokens[index + 2];
    if (!isWord(token, "extract") || !isSymbol(tokens[index + 1], "(") || !isWord(tokens[index + 3], "from"))
      return [];
    const close = closingBracket(tokens, index + 1);
    const last = close === undefined ? undefined : tokens[close];
    const from = tokens[index + 3];
    if (last === undefined || field === undefined || from === undefined) return [];
    const name = field.value.toLowerCase();
    const fraction = FRACTIONS.get(name);
    const wrapped = (before: string, behind: string): TextEdit[] => [
      { start: token.start, end: token.start, text: before },
      { start: last.end, end: last.end, text: behind },
    ];
    if (fraction === undefined) {
      const cast = wrapped("CAST(", ` AS DECIMAL(38, ${name === "epoch" ? 6 : 0}))`);
      if (!GROWING.has(name)) return cast;
      const call = { start: token.start, end: from.end, text: `duckbranch_extracted('${name}',` };
      return [...cast, call];
    }
    const [unit, worth] = fraction;
    return [
      ...wrapped("(CAST(", ` AS DECIMAL(18, 0)) * ${worth})`),
      { start: field.start, end: field.end, text: unit },
    ];
  });
