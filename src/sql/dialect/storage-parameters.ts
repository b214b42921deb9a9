import { notSupported, SQLSTATE, SqlError } from "../../core/errors.js";
import type { Token } from "../lexer.js";
import { closingBracket, isSymbol, isWord, splitAtCommas } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/** Where and how PostgreSQL would lay out rows: advice that DuckDB has no use for. */
const LAYOUT =
  /^(?:fillfactor|toast_tuple_target|parallel_workers|autovacuum_\w+|vacuum_(?:index_cleanup|truncate)|log_autovacuum_min_duration|user_catalog_table|deduplicate_items|buffering|fastupdate|gin_pending_list_limit|pages_per_range|autosummarize|toast\.\w+)$/;

/**
 * Storage parameters of CREATE TABLE and CREATE INDEX.
 *
 *   CREATE TABLE t (a int) WITH (fillfactor = 100)  ⇒  CREATE TABLE t (a int)
 *   CREATE TABLE t (a int) WITH (bogus = 1)         ⇒  22023
 *
 * Reason  DuckDB refuses the clause; pgbench and dumps write it, and no result depends on it
 */
export const storageParametersPass: DialectPass = ({ tokens }) => {
  const isDefinition =
    isWord(tokens[0], "create") &&
    tokens.slice(1, 4).some((token) => isWord(token, "table") || isWord(token, "index"));
  if (!isDefinition) return [];
  const index = tokens.findIndex((token, at) => isWord(token, "with") && isSymbol(tokens[at + 1], "("));
  const close = index < 0 ? undefined : closingBracket(tokens, index + 1);
  const [from, to] = [tokens[index], tokens[close ?? -1]];
  if (close === undefined || from === undefined || to === undefined) return [];
  for (const [first, last] of splitAtCommas(tokens, index + 2, close))
    requireKnown(tokens.slice(first, last));
  return [{ start: from.start, end: to.end, text: "" }];
};

/** Errors: 22023 for a parameter that PostgreSQL has not, 0A000 for rows with oids. */
function requireKnown(item: readonly Token[]): void {
  const end = item.findIndex((token) => token.value === "=");
  const name = (end < 0 ? item : item.slice(0, end)).map(({ value }) => value).join("");
  if (LAYOUT.test(name)) return;
  if (name !== "oids") throw new SqlError(SQLSTATE.invalidParameterValue, `unrecognized parameter "${name}"`);
  if (end < 0 || !["false", "off", "0"].includes(item[end + 1]?.value ?? ""))
    throw notSupported("tables declared WITH OIDS are not supported");
}
