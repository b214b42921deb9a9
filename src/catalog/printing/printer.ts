/**
 * Text in the making: where it stands and how far lines are moved in, by PostgreSQL's rules for views and constraints.
 */

import type { Query } from "./tree.js";

/** A step of the indentation, of a clause, and of what is inside one. */
export const STEP = 8;
export const INNER = 4;
const MOST = 40;

export interface Style {
  /** Parentheses only where they are needed. */
  readonly pretty: boolean;
  /** Columns behind the name of their table. */
  readonly prefixed: boolean;
  /** Prints a query inside an expression. `names` are those of its outputs where somebody sees them. */
  readonly query: (out: Printer, query: Query, names: readonly string[] | undefined) => void;
}

export class Printer {
  readonly style: Style;
  text = "";
  indent: number;

  constructor(style: Style, indent = 0) {
    this.style = style;
    this.indent = indent;
  }

  add(text: string): void {
    this.text += text;
  }

  /** A word that begins a line. */
  keyword(word: string, before: number, after: number, plus: number): void {
    this.indent += before;
    this.text = `${this.text.replace(/ +$/, "")}\n${" ".repeat(this.#spaces(plus))}${word}`;
    this.indent = Math.max(0, this.indent + after);
  }

  #spaces(plus: number): number {
    if (this.indent < MOST) return Math.max(0, this.indent) + plus;
    return MOST + (((this.indent - MOST) / 2) % MOST) + plus;
  }
}
