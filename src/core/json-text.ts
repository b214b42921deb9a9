/** JSON as RFC 8259 and PostgreSQL have it: DuckDB takes a comma behind the last element, and NaN. */
import { SQLSTATE, SqlError } from "./errors.js";

/** Errors: 22P02 for a text that is no JSON */
export function requireJson(text: string): void {
  try {
    JSON.parse(text);
  } catch (cause) {
    throw new SqlError(SQLSTATE.invalidTextRepresentation, "invalid input syntax for type json", {
      cause,
      detail: faultAtStart(text),
    });
  }
}

const BLANKS = /^[ \t\n\r]*/;
const WORD = /^[\w$\u0080-\uffff]+/;
const VALUE = /^(?:true|false|null|(?:0|[1-9]\d*)(?:[eE]\d+)?)$/;

/** What PostgreSQL says of a text that is wrong from its first token on; undefined for one that is wrong further on. */
function faultAtStart(text: string): string | undefined {
  const value = text.replace(BLANKS, "");
  if (value === "") return "The input string ended unexpectedly.";
  const [word] = WORD.exec(value) ?? [];
  return word === undefined || VALUE.test(word) ? undefined : `Token "${word}" is invalid.`;
}
