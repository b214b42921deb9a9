/**
 * PostgreSQL's array literals.
 *
 * Shape   `{a,"b c",NULL,{…}}`; `[2:3]=` in front is accepted, its lower bounds are lost as DuckDB's lists have none
 * Errors  SqlError 22P02 `malformed array literal` with PostgreSQL's detail
 */
import { SQLSTATE, SqlError } from "../core/errors.js";

/** An element's text, null, or a nested array. */
export type ArrayItem = string | null | readonly ArrayItem[];

const BLANK = /[ \t\n\v\f\r]/;
/** PostgreSQL's MAXDIM. */
const MAX_DIMENSIONS = 6;

/** `delimiter` stands between elements. */
export function parseArrayLiteral(text: string, delimiter = ","): readonly ArrayItem[] {
  const body = text.replace(/^\s*(?:\[[+-]?\d+(?::[+-]?\d+)?\])+\s*=\s*/, "");
  const reader = new LiteralReader(text, body, delimiter);
  const items = reader.readArray(1);
  reader.readEnd();
  checkRectangular(text, items);
  return items;
}

function malformed(text: string, detail: string): SqlError {
  return new SqlError(SQLSTATE.invalidTextRepresentation, `malformed array literal: "${text}"`, { detail });
}

class LiteralReader {
  readonly #literal: string;
  readonly #text: string;
  readonly #delimiter: string;
  #at = 0;

  constructor(literal: string, text: string, delimiter: string) {
    this.#literal = literal;
    this.#delimiter = delimiter;
    this.#text = text;
  }

  readArray(depth: number): ArrayItem[] {
    this.#skipBlanks();
    if (this.#peek() !== "{") {
      throw this.#fail('Array value must start with "{" or dimension information.');
    }
    if (depth > MAX_DIMENSIONS) {
      throw new SqlError(
        SQLSTATE.programLimitExceeded,
        `number of array dimensions exceeds the maximum allowed (${MAX_DIMENSIONS})`,
      );
    }
    this.#at++;
    const items: ArrayItem[] = [];
    this.#skipBlanks();
    if (this.#peek() === "}") {
      this.#at++;
      return items;
    }
    for (;;) {
      items.push(this.#readItem(depth));
      this.#skipBlanks();
      const next = this.#peek();
      this.#at++;
      if (next === "}") return items;
      if (next === undefined) throw this.#fail("Unexpected end of input.");
      if (next !== this.#delimiter) throw this.#fail(`Unexpected array element.`);
    }
  }

  readEnd(): void {
    this.#skipBlanks();
    if (this.#at < this.#text.length) throw this.#fail("Junk after closing right brace.");
  }

  #readItem(depth: number): ArrayItem {
    this.#skipBlanks();
    const next = this.#peek();
    if (next === "{") return this.readArray(depth + 1);
    if (next === '"') return this.#readQuoted();
    const { word, escaped } = this.#readWord();
    if (word === "" && !escaped) throw this.#fail(`Unexpected "${next ?? ""}" character.`);
    return !escaped && word.toUpperCase() === "NULL" ? null : word;
  }

  #readQuoted(): string {
    let value = "";
    for (this.#at++; ; this.#at++) {
      const next = this.#peek();
      if (next === undefined) throw this.#fail("Unexpected end of input.");
      if (next === '"') break;
      if (next === "\\") this.#at++;
      value += this.#peek() ?? "";
    }
    this.#at++;
    return value;
  }

  /** An unquoted element: blanks inside count, blanks at its end do not, unless escaped. */
  #readWord(): { word: string; escaped: boolean } {
    let word = "";
    let kept = 0;
    let escaped = false;
    for (; ; this.#at++) {
      const next = this.#peek();
      if (next === undefined) throw this.#fail("Unexpected end of input.");
      if (next === this.#delimiter || next === "}") return { word: word.slice(0, kept), escaped };
      if (next === '"' || next === "{") throw this.#fail("Unexpected array element.");
      if (next === "\\") {
        escaped = true;
        this.#at++;
      }
      word += this.#peek() ?? "";
      if (next === "\\" || !BLANK.test(next)) kept = word.length;
    }
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  #skipBlanks(): void {
    while (BLANK.test(this.#peek() ?? "")) this.#at++;
  }

  #fail(detail: string): SqlError {
    return malformed(this.#literal, detail);
  }
}

function checkRectangular(text: string, items: readonly ArrayItem[]): void {
  const arrays = items.filter((item) => Array.isArray(item));
  if (arrays.length === 0) return;
  const size = arrays[0]?.length;
  if (arrays.length !== items.length || arrays.some((array) => array.length !== size)) {
    throw malformed(text, "Multidimensional arrays must have sub-arrays with matching dimensions.");
  }
  checkRectangular(text, arrays.flat());
}
