/** A text that uses some of a statement's parameters, with these alone. */
import { tokenise } from "./lexer.js";
import { applyEdits } from "./splice.js";

export interface ParameterSubset {
  /** The text with its parameters numbered from $1. */
  readonly sql: string;
  /** For each of them, the number it had: 1-based. */
  readonly parameters: readonly number[];
}

export function withOwnParameters(text: string): ParameterSubset {
  const parameters: number[] = [];
  const edits = tokenise(text)
    .filter(({ kind }) => kind === "parameter")
    .map(({ start, end, value }) => {
      const number = Number(value);
      if (!parameters.includes(number)) parameters.push(number);
      return { start, end, text: `$${parameters.indexOf(number) + 1}` };
    });
  return { sql: applyEdits(text, edits), parameters };
}
