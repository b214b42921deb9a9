import { canonicalJson } from "../../core/canonical-json.js";
import { SqlError } from "../../core/errors.js";
import { requireJson } from "../../core/json-text.js";
import { characterPosition, type Token } from "../lexer.js";
import { quoteLiteral } from "../names.js";
import { isSymbol, isWord } from "../token-reader.js";
import { typeNameAt } from "./cast-places.js";
import type { DialectPass } from "./pass.js";

/**
 * Checks literals that are to be JSON, and writes those of jsonb as PostgreSQL keeps them.
 *
 *   '{"a": 1,}'::json, json '{"a": 1,}', CAST('{"a": 1,}' AS jsonb)  ⇒  22P02
 *   '{"b":1,"a":2}'::jsonb                                           ⇒  '{"a": 2, "b": 1}'::jsonb
 *
 * Reason  DuckDB takes a comma behind the last element, and NaN, and keeps the text as it is
 */
export const jsonLiteralsPass: DialectPass = ({ text, tokens }) =>
  tokens.flatMap((token, index) => {
    const type = token.kind === "string" ? documentType(tokens, index) : undefined;
    if (type === undefined) return [];
    try {
      if (type === "jsonb")
        return [{ start: token.start, end: token.end, text: quoteLiteral(canonicalJson(token.value)) }];
      requireJson(token.value);
      return [];
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      throw error.with({ position: characterPosition(text, token.start) });
    }
  });

function documentType(tokens: readonly Token[], index: number): string | undefined {
  const before = tokens[index - 1];
  if (before?.kind === "word" && JSON_TYPES.has(before.value)) return before.value;
  const next = tokens[index + 1];
  const isInCast = isSymbol(before, "(") && isWord(tokens[index - 2], "cast");
  const isCast = isSymbol(next, "::") || (isInCast && isWord(next, "as"));
  const type = isCast ? typeNameAt(tokens, index + 2) : undefined;
  const isDocument = type !== undefined && JSON_TYPES.has(type.name) && !isSymbol(tokens[type.behind], "[");
  return isDocument ? type.name : undefined;
}

const JSON_TYPES: ReadonlySet<string> = new Set(["json", "jsonb"]);
