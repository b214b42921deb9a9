import { canonicalJson } from "../../core/canonical-json.js";
import { SqlError } from "../../core/errors.js";
import { characterPosition, type Token } from "../lexer.js";
import { quoteLiteral } from "../names.js";
import { isSymbol, isWord } from "../token-reader.js";
import { listLiteral } from "./array-literals.js";
import { byteaLiteral } from "./bytea-literals.js";
import { isDefinition } from "./checked-casts.js";
import { typeNameAt } from "./cast-places.js";
import { requireKeptDecimals } from "./kept-decimals.js";
import { momentLiteral } from "./moment-literals.js";
import type { DialectPass } from "./pass.js";

/**
 * String literals that a column holds by default, by the column's type.
 *
 *   CREATE TABLE t (a int[] DEFAULT '{1,2}')                 ⇒  CREATE TABLE t (a int[] DEFAULT ['1','2'])
 *   ALTER TABLE t ADD b bytea NOT NULL DEFAULT '\x00ff'      ⇒  ALTER TABLE t ADD b bytea NOT NULL DEFAULT '\x00\xFF'
 *   CREATE TABLE t (m timestamptz DEFAULT '2024-01-01 00:00+00')  ⇒  CREATE TABLE t (m timestamptz DEFAULT '2024-01-01 00:00:00+00')
 *   CREATE TABLE t (j jsonb DEFAULT '{"b":1,"a":2}')         ⇒  CREATE TABLE t (j jsonb DEFAULT '{"a": 2, "b": 1}')
 *
 * Errors  0A000 for a number that a numeric without a scale would round
 * Reason  DuckDB writes lists and bytes otherwise, and keeps the text of JSON as it is
 */
export const defaultLiteralsPass: DialectPass = ({ text, tokens }) => {
  if (!isDefinition(tokens)) return [];
  return tokens.flatMap((token, index) => {
    const isDefault = isWord(tokens[index - 1], "default") && !isSymbol(tokens[index + 1], "::");
    if (!isDefault || !["string", "number"].includes(token.kind)) return [];
    try {
      if (isUnbounded(columnBefore(tokens, index - 1))) requireKeptDecimals(token.value);
      if (token.kind === "number") return [];
      const written = ofType(token.value, columnBefore(tokens, index - 1));
      return written === undefined ? [] : [{ start: token.start, end: token.end, text: written }];
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      throw error.with({ position: characterPosition(text, token.start) });
    }
  });
};

/** What stands between a column's name and its default. */
function columnBefore(tokens: readonly Token[], end: number): readonly Token[] {
  let first = end;
  for (let depth = 0; first > 0; first -= 1) {
    const before = tokens[first - 1];
    if (isSymbol(before, ")") || isSymbol(before, "]")) depth += 1;
    if (depth === 0 && (isSymbol(before, "(") || isSymbol(before, ",") || isWord(before, "add"))) break;
    if (isSymbol(before, "(") || isSymbol(before, "[")) depth -= 1;
  }
  // ADD COLUMN IF NOT EXISTS
  while (["column", "if", "not", "exists"].some((word) => isWord(tokens[first], word))) first += 1;
  return tokens.slice(first + 1, end);
}

function isUnbounded(column: readonly Token[]): boolean {
  const at = column.findIndex((token) => isWord(token, "numeric") || isWord(token, "decimal"));
  return at !== -1 && !isSymbol(column[at + 1], "(");
}

function ofType(value: string, column: readonly Token[]): string | undefined {
  const has = (word: string): boolean => column.some((token) => isWord(token, word));
  if (has("array") || column.some((token) => isSymbol(token, "["))) return listLiteral(value);
  if (has("bytea")) return byteaLiteral(value);
  if (has("jsonb")) return quoteLiteral(canonicalJson(value));
  const moment = momentLiteral(typeNameAt(column, 0)?.name ?? "", value);
  return moment?.kind === "literal" ? quoteLiteral(moment.text) : undefined;
}
