import { parseBytea } from "../../core/bytea.js";
import { isReserved } from "../builtin-names.js";
import type { Token } from "../lexer.js";
import { quoteLiteral } from "../names.js";
import { isSymbol, isWord, nameAt } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/**
 * String literals that a cast makes bytes of.
 *
 *   '\x00ff'::bytea             ⇒  '\x00\xFF'::bytea
 *   CAST('a\001' AS bytea)      ⇒  CAST('\x61\x01' AS bytea)
 *   bytea '\x00ff'              ⇒  bytea '\x00\xFF'
 *
 * Reason  DuckDB writes every byte as \xHH, and would read '\x00ff' as the bytes 00 66 66
 */
export const byteaLiteralsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index) => {
    const isBytes = token.kind === "string" && isByteaPlace(tokens, index);
    return isBytes ? [{ start: token.start, end: token.end, text: byteaLiteral(token.value) }] : [];
  });

function isByteaPlace(tokens: readonly Token[], index: number): boolean {
  if (isWord(tokens[index - 1], "bytea")) return true;
  let [open, close] = [index - 1, index + 1];
  while (isSymbol(tokens[open], "(") && isSymbol(tokens[close], ")")) {
    // What stands between the parentheses of a call is its argument, not what the cast behind it casts.
    if (isCallee(tokens[open - 1])) return false;
    open -= 1;
    close += 1;
  }
  const isCast = isSymbol(tokens[close], "::") || isWord(tokens[close], "as");
  if (!isCast || !isBytea(tokens, close + 1)) return false;
  return (
    isSymbol(tokens[close], "::") || isWord(tokens[open - 1], "cast") || isWord(tokens[open - 1], "try_cast")
  );
}

function isCallee(token: Token | undefined): boolean {
  return token?.kind === "quoted" || (token?.kind === "word" && !isReserved(token.value));
}

/** The type bytea, or an array of it, at this token. */
export function isBytea(tokens: readonly Token[], index: number): boolean {
  const parts = nameAt(tokens, index)?.parts ?? [];
  const name =
    parts.length === 2 && parts[0] === "pg_catalog" ? parts[1] : parts.length === 1 ? parts[0] : "";
  return name === "bytea" || name === "_bytea";
}

/** PostgreSQL's text for bytes as DuckDB's. Throws SqlError where it is none. */
export function byteaLiteral(text: string): string {
  const bytes = Array.from(
    parseBytea(text),
    (byte) => `\\x${byte.toString(16).toUpperCase().padStart(2, "0")}`,
  );
  return quoteLiteral(bytes.join(""));
}
