/** Definitions as DuckDB prints them, for PostgreSQL's parser. */
import { tokenise } from "./lexer.js";
import { applyEdits } from "./splice.js";
import { isWord } from "./token-reader.js";

/** DuckDB's FLOAT is a real, PostgreSQL's is not; the other one it prints as "DOUBLE". `CAST(a AS FLOAT)  ⇒  CAST(a AS real)` */
export function withReals(text: string): string {
  if (!text.includes(" AS FLOAT")) return text;
  const tokens = tokenise(text);
  const edits = tokens.flatMap(({ start, end }, at) =>
    isWord(tokens[at - 1], "as") && text.slice(start, end) === "FLOAT" ? [{ start, end, text: "real" }] : [],
  );
  return applyEdits(text, edits);
}
