/**
 * PostgreSQL's record literals.
 *
 * Shape   `(a,"b c",)`: an empty field is NULL, `""` is the empty text; inside quotes `""` and `\x` are one character.
 *         Blanks count, but before the first and behind the last parenthesis
 * Errors  SqlError 22P02 `malformed record literal` with PostgreSQL's detail
 */
import { SQLSTATE, SqlError } from "../core/errors.js";

/** Reads a text of `count` fields. */
export function parseRecordLiteral(text: string, count: number): readonly (string | null)[] {
  const reader = new RecordReader(text);
  return reader.read(count);
}

class RecordReader {
  readonly #text: string;
  #at: number;

  constructor(text: string) {
    this.#text = text;
    this.#at = text.length - text.trimStart().length;
  }

  read(count: number): readonly (string | null)[] {
    if (this.#text[this.#at] !== "(") throw this.#fail("Missing left parenthesis.");
    this.#at++;
    const fields: (string | null)[] = [];
    while (fields.length < count) {
      if (fields.length > 0) {
        if (this.#text[this.#at] !== ",") throw this.#fail("Too few columns.");
        this.#at++;
      }
      fields.push(this.#readField());
    }
    if (this.#text[this.#at] !== ")") throw this.#fail("Too many columns.");
    this.#at++;
    if (this.#text.slice(this.#at).trim() !== "") throw this.#fail("Junk after right parenthesis.");
    return fields;
  }

  #readField(): string | null {
    if (this.#text[this.#at] === "," || this.#text[this.#at] === ")") return null;
    let [value, isQuoted] = ["", false];
    for (; ; this.#at++) {
      const next = this.#text[this.#at];
      if (!isQuoted && (next === "," || next === ")")) return value;
      if (next === undefined) throw this.#fail("Unexpected end of input.");
      if (next === "\\") value += this.#escaped();
      else if (next !== '"') value += next;
      else if (isQuoted && this.#text[this.#at + 1] === '"') value += this.#escaped();
      else isQuoted = !isQuoted;
    }
  }

  /** The character behind this one, as it is. */
  #escaped(): string {
    const next = this.#text[++this.#at];
    if (next === undefined) throw this.#fail("Unexpected end of input.");
    return next;
  }

  #fail(detail: string): SqlError {
    return new SqlError(SQLSTATE.invalidTextRepresentation, `malformed record literal: "${this.#text}"`, {
      detail,
    });
  }
}
