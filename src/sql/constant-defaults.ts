/** Whether a column's default is the same for all rows that are there when the column is added. Pure. */
import type { RelationalStatement } from "./analysis.js";
import { tokenise, type Token } from "./lexer.js";

/** Functions that give one value for the length of a statement, and types with parameters. */
const SAME_IN_STATEMENT = new Set(
  `now transaction_timestamp cast coalesce nullif numeric decimal varchar char character varying bpchar bit varbit time timetz
   timestamp timestamptz interval default add column`.split(/\s+/),
);

/** What may stand in a default that is a constant. */
const CONSTANT_SYMBOLS = new Set(["-", "::", ",", ";", "."]);

const isMark = (kind: Token["kind"]): boolean => kind === "symbol" || kind === "operator";

/** True for a column with a default that is more than a constant, or that is generated. */
export function isComputedColumn(text: string): boolean {
  const tokens = tokenise(text);
  const at = tokens.findIndex(
    ({ kind, value }) => kind === "word" && (value === "default" || value === "generated"),
  );
  return (
    at !== -1 && tokens.slice(at).some(({ kind, value }) => isMark(kind) && !CONSTANT_SYMBOLS.has(value))
  );
}

/** False also where nobody knows. */
export function isSameForAllRows({ text, repetition }: RelationalStatement): boolean {
  if (repetition.deterministic) return true;
  const tokens = tokenise(text);
  return !tokens.some(({ kind, value }, index) => {
    const isCall = (kind === "word" || kind === "quoted") && tokens[index + 1]?.value === "(";
    return isCall && !(kind === "word" && SAME_IN_STATEMENT.has(value));
  });
}
