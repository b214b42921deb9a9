import type { TextEdit } from "../analysis.js";
import { canBeAlias } from "../builtin-names.js";
import type { Token } from "../lexer.js";
import { quoteIdentifier } from "../names.js";
import { closingBracket, isName, isSymbol, isWord, nameAt } from "../token-reader.js";
import type { DialectPass } from "./pass.js";
import { placesOf, type Place } from "./places.js";

/** Functions of one value that PostgreSQL also takes in FROM. DuckDB's own table functions are none of them. */
const SCALAR = new Set(
  `abs age array_length array_to_string btrim ceil clock_timestamp concat concat_ws current_database current_schema
   current_setting date_part date_trunc floor format gen_random_uuid uuid_generate_v4 json_build_object jsonb_build_object left length
   lower lpad ltrim make_date md5 now pg_backend_pid pg_cancel_backend pg_sleep pg_terminate_backend pg_typeof random
   repeat replace reverse right round row_to_json rpad rtrim set_config split_part sqrt statement_timestamp
   string_to_array strpos substr to_char to_date to_json to_jsonb to_number to_timestamp transaction_timestamp trim upper
   version`.split(/\s+/),
);

/**
 * Functions of one value in FROM.
 *
 *   FROM now()            ⇒  FROM (SELECT now() AS "now") AS "now"
 *   FROM lower('A') x     ⇒  FROM (SELECT lower('A') AS "x") x
 *   FROM lower('A') x(c)  ⇒  FROM (SELECT lower('A')) x(c)
 *
 * Reason  to DuckDB only table functions stand there. The column is called like the function, or like its alias
 */
export const scalarSourcesPass: DialectPass = ({ tokens }) => {
  const calls = tokens.flatMap((token, index) =>
    token.kind === "word" && isItemStart(tokens[index - 1]) && isCall(tokens, index) ? [index] : [],
  );
  if (calls.length === 0) return [];
  const places = placesOf(tokens);
  return calls.flatMap((index) =>
    places[index]?.clause === "from" && isOfSelect(tokens, places, index) ? sourceEdits(tokens, index) : [],
  );
};

function isCall(tokens: readonly Token[], index: number): boolean {
  const span = nameAt(tokens, index);
  return span !== undefined && isSymbol(tokens[span.next], "(");
}

function isItemStart(before: Token | undefined): boolean {
  return isSymbol(before, ",") || ["from", "join", "lateral"].some((word) => isWord(before, word));
}

/** The FROM belongs to a SELECT in the same brackets; `extract(epoch FROM now())` and IS DISTINCT FROM are no clauses. */
function isOfSelect(tokens: readonly Token[], places: readonly Place[], index: number): boolean {
  const level = places[index]?.open;
  const words = tokens.slice(0, index).filter((_, at) => places[at]?.open === level);
  const from = words.findLastIndex((word) => isWord(word, "from"));
  return !isWord(words[from - 1], "distinct") && words.slice(0, from).some((word) => isWord(word, "select"));
}

function sourceEdits(tokens: readonly Token[], index: number): TextEdit[] {
  const span = nameAt(tokens, index);
  const isOwn = span?.parts.length === 1 || (span?.parts.length === 2 && span.parts[0] === "pg_catalog");
  const name = span?.parts.at(-1) ?? "";
  if (span === undefined || !isOwn || !SCALAR.has(name) || !isSymbol(tokens[span.next], "(")) return [];
  const close = closingBracket(tokens, span.next);
  const last = close === undefined ? undefined : tokens[close];
  if (close === undefined || last === undefined || isWord(tokens[close + 1], "with")) return [];
  const at = isWord(tokens[close + 1], "as") ? close + 2 : close + 1;
  const alias = tokens[at];
  const isAlias = isName(alias) && (alias?.kind === "quoted" || canBeAlias(alias?.value ?? ""));
  const column = quoteIdentifier(isAlias && alias !== undefined ? alias.value : name);
  const named = isAlias && isSymbol(tokens[at + 1], "(") ? "" : ` AS ${column}`;
  return [
    { start: span.start, end: span.start, text: "(SELECT " },
    { start: last.end, end: last.end, text: `${named})${isAlias ? "" : ` AS ${column}`}` },
  ];
}
