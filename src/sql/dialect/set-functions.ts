import type { TextEdit } from "../analysis.js";
import { canBeAlias } from "../builtin-names.js";
import type { Token } from "../lexer.js";
import { quoteIdentifier } from "../names.js";
import { closingBracket, isName, isSymbol, isWord, nameAt } from "../token-reader.js";
import { placesOf, type Place } from "./places.js";
import type { DialectPass } from "./pass.js";

/** Functions that return a set in PostgreSQL and a list here, and the column they give in FROM. */
const COLUMNS: ReadonlyMap<string, string> = new Map([
  ["duckbranch_records", "value"],
  ["json_array_elements", "value"],
  ["jsonb_array_elements", "value"],
  ["json_array_elements_text", "value"],
  ["jsonb_array_elements_text", "value"],
  ["jsonb_path_query", "jsonb_path_query"],
  ["json_object_keys", "json_object_keys"],
  ["jsonb_object_keys", "jsonb_object_keys"],
  ["regexp_matches", "regexp_matches"],
  ["string_to_table", "string_to_table"],
]);
/** Those that give two columns, key and value: a list of structs here. */
const PAIRS = new Set(["json_each", "jsonb_each", "json_each_text", "jsonb_each_text"]);

interface Call {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly first: number;
  /** Index of the closing parenthesis. */
  readonly close: number;
}

/**
 * Functions that return sets.
 *
 *   SELECT json_object_keys(j)              ⇒  SELECT unnest(json_object_keys(j))
 *   FROM jsonb_array_elements(j) AS e       ⇒  FROM unnest(jsonb_array_elements(j)) AS e(e)
 *   FROM json_array_elements(j) WITH ORDINALITY AS e  ⇒  FROM unnest(…) WITH ORDINALITY AS e(value, ordinality)
 *   FROM json_each(j)                       ⇒  FROM (SELECT unnest(json_each(j), recursive := true)) AS json_each
 *   WHERE regexp_matches(a, b)              ⇒  WHERE (len(regexp_matches(a, b)) > 0)
 *
 * Reason  here they are lists (src/catalog/expressions), which unnest() takes apart; generate_series is read elsewhere
 */
export const setFunctionsPass: DialectPass = ({ tokens }) => {
  const places = placesOf(tokens);
  return tokens.flatMap((_, index) => {
    const call = callAt(tokens, index);
    const place = places[index];
    return call === undefined || place === undefined ? [] : callEdits(tokens, call, place);
  });
};

function callAt(tokens: readonly Token[], index: number): Call | undefined {
  if (isSymbol(tokens[index - 1], ".")) return undefined;
  const name = nameAt(tokens, index);
  const isOwn = name?.parts.length === 1 || (name?.parts.length === 2 && name.parts[0] === "pg_catalog");
  if (name === undefined || !isOwn || !isSymbol(tokens[name.next], "(")) return undefined;
  const close = closingBracket(tokens, name.next);
  const last = close === undefined ? undefined : tokens[close];
  if (close === undefined || last === undefined) return undefined;
  return { name: name.parts.at(-1) ?? "", start: name.start, end: last.end, first: index, close };
}

function callEdits(tokens: readonly Token[], call: Call, place: Place): TextEdit[] {
  const isFrom = place.clause === "from" && isItemStart(tokens[call.first - 1]);
  if (PAIRS.has(call.name) && isFrom) return pairEdits(tokens, call);
  const column = COLUMNS.get(call.name);
  if (column === undefined || isUnnested(tokens, place)) return [];
  if (isFrom) return [...takenApart(tokens, call), ...aliasEdits(tokens, call, column)];
  if (place.clause === "select" || isInSelect(tokens, place)) return around(call, "unnest(", ")");
  return call.name === "regexp_matches" ? around(call, "(len(", ") > 0)") : [];
}

/** Of a parameter DuckDB tells no type in FROM, and none of the statement's columns then; in a select list it does. */
function takenApart(tokens: readonly Token[], call: Call): TextEdit[] {
  const hasParameter = tokens.slice(call.first, call.close).some(({ kind }) => kind === "parameter");
  if (!hasParameter) return around(call, "unnest(", ")");
  if (!aliasOf(tokens, call.close).isOrdinal) return around(call, "(SELECT unnest(", "))");
  const [opening] = around(call, "(SELECT *, row_number() OVER () AS ordinality FROM (SELECT unnest(", "");
  const end = tokens[call.close + 2]?.end ?? call.end;
  return [...(opening === undefined ? [] : [opening]), { start: call.end, end, text: ")))" }];
}

/** `(regexp_matches(a, b))[1]` in a SELECT list. */
function isInSelect(tokens: readonly Token[], { open, clause }: Place): boolean {
  return clause === "" && isSymbol(tokens[open], "(") && isWord(tokens[open - 1], "select");
}

function isUnnested(tokens: readonly Token[], { open }: Place): boolean {
  return ["unnest", "len", "array"].some((word) => isWord(tokens[open - 1], word));
}

function isItemStart(before: Token | undefined): boolean {
  return isSymbol(before, ",") || ["from", "join", "lateral"].some((word) => isWord(before, word));
}

function around({ start, end }: Call, before: string, behind: string): TextEdit[] {
  return [
    { start, end: start, text: before },
    { start: end, end, text: behind },
  ];
}

/** The alias behind a call, and whether it has a list of columns. */
function aliasOf(
  tokens: readonly Token[],
  close: number,
): { at: Token | undefined; hasColumns: boolean; isOrdinal: boolean } {
  const isOrdinal = isWord(tokens[close + 1], "with") && isWord(tokens[close + 2], "ordinality");
  const from = isOrdinal ? close + 3 : close + 1;
  const index = isWord(tokens[from], "as") ? from + 1 : from;
  const token = tokens[index];
  const isAlias = isName(token) && (token?.kind === "quoted" || canBeAlias(token?.value ?? ""));
  return { at: isAlias ? token : undefined, hasColumns: isSymbol(tokens[index + 1], "("), isOrdinal };
}

function aliasEdits(tokens: readonly Token[], call: Call, column: string): TextEdit[] {
  const { at, hasColumns, isOrdinal } = aliasOf(tokens, call.close);
  if (hasColumns) return [];
  if (isOrdinal) return ordinalAlias(tokens, call, column, at);
  if (at === undefined) return [{ start: call.end, end: call.end, text: ` AS ${call.name}(${column})` }];
  // In PostgreSQL both names mean the column; here the statement says which one it uses.
  const isNamed = column !== call.name && tokens.some((token) => isWord(token, column));
  const name = isNamed ? column : `"${at.value.replaceAll('"', '""')}"`;
  return [{ start: at.end, end: at.end, text: `(${name})` }];
}

/** Two columns, of which the first has its own name; where that is only the function's, an alias names it as well. */
function ordinalAlias(
  tokens: readonly Token[],
  call: Call,
  column: string,
  alias: Token | undefined,
): TextEdit[] {
  const own = alias === undefined || column !== call.name ? column : quoteIdentifier(alias.value);
  const end = alias?.end ?? tokens[call.close + 2]?.end ?? call.end;
  const name = alias === undefined ? ` AS ${call.name}` : "";
  return [{ start: end, end, text: `${name}(${own}, ordinality)` }];
}

function pairEdits(tokens: readonly Token[], call: Call): TextEdit[] {
  const { at } = aliasOf(tokens, call.close);
  return around(
    call,
    "(SELECT unnest(",
    `, recursive := true))${at === undefined ? ` AS ${call.name}` : ""}`,
  );
}
