import { closingBracket, isSymbol, isWord, sliceTokens } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/** Where and how PostgreSQL would lay out rows: advice that DuckDB has no use for. */
const LAYOUT = /^\(\s*(fillfactor|toast_tuple_target|parallel_workers|autovacuum_\w+|toast\.\w+)\s*=/i;

/**
 * Storage parameters of CREATE TABLE and CREATE INDEX.
 *
 *   CREATE TABLE t (a int) WITH (fillfactor = 100)  ⇒  CREATE TABLE t (a int)
 *
 * Reason  DuckDB refuses the clause; pgbench and dumps write it, and no result depends on it
 */
export const storageParametersPass: DialectPass = ({ text, tokens }) => {
  const isDefinition =
    isWord(tokens[0], "create") &&
    tokens.slice(1, 4).some((token) => isWord(token, "table") || isWord(token, "index"));
  if (!isDefinition) return [];
  const index = tokens.findIndex((token, at) => isWord(token, "with") && isSymbol(tokens[at + 1], "("));
  const close = index < 0 ? undefined : closingBracket(tokens, index + 1);
  const [from, to] = [tokens[index], tokens[close ?? -1]];
  if (close === undefined || from === undefined || to === undefined) return [];
  return LAYOUT.test(sliceTokens(text, tokens, index + 1, close + 1))
    ? [{ start: from.start, end: to.end, text: "" }]
    : [];
};
