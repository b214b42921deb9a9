import { requireJson } from "../../core/json-text.js";
import type { Token } from "../lexer.js";
import { isSymbol, isWord } from "../token-reader.js";
import { typeNameAt } from "./cast-places.js";
import type { DialectPass } from "./pass.js";

/**
 * Checks literals that are to be JSON; changes nothing.
 *
 *   '{"a": 1,}'::json, json '{"a": 1,}', CAST('{"a": 1,}' AS jsonb)  ⇒  22P02
 *
 * Reason  DuckDB takes a comma behind the last element, and NaN, and keeps the text as it is
 */
export const jsonLiteralsPass: DialectPass = ({ tokens }) => {
  for (const [index, token] of tokens.entries())
    if (token.kind === "string" && isJson(tokens, index)) requireJson(token.value);
  return [];
};

function isJson(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1];
  if (before?.kind === "word" && JSON_TYPES.has(before.value)) return true;
  const next = tokens[index + 1];
  const isInCast = isSymbol(before, "(") && isWord(tokens[index - 2], "cast");
  const isCast = isSymbol(next, "::") || (isInCast && isWord(next, "as"));
  const type = isCast ? typeNameAt(tokens, index + 2) : undefined;
  return type !== undefined && JSON_TYPES.has(type.name) && !isSymbol(tokens[type.behind], "[");
}

const JSON_TYPES: ReadonlySet<string> = new Set(["json", "jsonb"]);
