/**
 * Splits a client's text into statements and makes its blanks plain, before anything reads it.
 */
import { ODD_BLANK, nextSpan } from "./lexer.js";

export interface StatementText {
  /** Without the `;`, and without blanks at either end. Empty for `;;` or a comment alone. */
  readonly text: string;
  /** Where `text` begins in the client's text. */
  readonly offset: number;
}

/**
 * Turns blanks that the two parsers see differently into plain ones. The length does not change, so positions stay.
 *
 *   SELECT⍽1 (no-break space)  ⇒  SELECT 1
 */
export function plainBlanks(text: string): string {
  if (!ODD_BLANK.test(text)) return text;
  const every = new RegExp(ODD_BLANK.source, "g");
  const pieces: string[] = [];
  let done = 0;
  for (let span = nextSpan(text, 0); span !== undefined; span = nextSpan(text, span.end)) {
    pieces.push(text.slice(done, span.start).replaceAll(every, " "), text.slice(span.start, span.end));
    done = span.end;
  }
  return pieces.join("") + text.slice(done).replaceAll(every, " ");
}

/**
 * The statements of a text whose blanks are plain, cut at `;` outside quotes and comments.
 *
 * Throws SqlError 42601 for what cannot be cut into tokens.
 */
export function splitStatements(text: string): StatementText[] {
  const statements: StatementText[] = [];
  let first: number | undefined;
  let last = 0;
  for (let span = nextSpan(text, 0); span !== undefined; span = nextSpan(text, span.end)) {
    if (span.kind === "symbol" && text.charAt(span.start) === ";") {
      if (first !== undefined) statements.push({ text: text.slice(first, last), offset: first });
      first = undefined;
    } else {
      first ??= span.start;
      last = span.end;
    }
  }
  if (first !== undefined) statements.push({ text: text.slice(first, last), offset: first });
  return statements;
}
