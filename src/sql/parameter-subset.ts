/** A text that uses some of a statement's parameters, with these alone: `$3 … $7 … $3` ⇒ `$1 … $2 … $1` */
import { tokenise } from "./lexer.js";
import { applyEdits } from "./splice.js";

export interface ParameterSubset {
  /** The text with its parameters numbered from $1. */
  readonly sql: string;
  /** For each of them, the number it had: 1-based. */
  readonly parameters: readonly number[];
}

export function withOwnParameters(text: string): ParameterSubset {
  const tokens = tokenise(text).filter(({ kind }) => kind === "parameter");
  const parameters = [...new Set(tokens.map(({ value }) => Number(value)))].toSorted((a, b) => a - b);
  const edits = tokens.map(({ start, end, value }) => ({
    start,
    end,
    text: `$${parameters.indexOf(Number(value)) + 1}`,
  }));
  return { sql: applyEdits(text, edits), parameters };
}
