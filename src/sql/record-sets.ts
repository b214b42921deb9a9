/**
 * Records made of JSON in FROM, whose columns the statement declares. They become a query that PostgreSQL could have been given as
 * well, and that is read in the statement's place.
 *
 *   FROM jsonb_to_recordset(d) AS x(a int, b text)
 *     ⇒  FROM LATERAL (SELECT (v->>'a')::int AS "a", (v->>'b')::text AS "b" FROM duckbranch_records((d)::jsonb) AS e(v)) AS x
 *   FROM jsonb_to_record(d) AS x(a int[])
 *     ⇒  … FROM duckbranch_records(jsonb_build_array((d)::jsonb)) …
 *
 * duckbranch_records() gives elements as jsonb_array_elements() does, and takes nothing but objects (catalog/expressions).
 */
import type { TextEdit } from "./analysis.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Token } from "./lexer.js";
import { foldIdentifier, quoteIdentifier, quoteLiteral } from "./names.js";
import { applyEdits } from "./splice.js";
import { characterPosition } from "./lexer.js";
import {
  closingBracket,
  isName,
  isSymbol,
  isWord,
  nameAt,
  sliceTokens,
  splitAtCommas,
} from "./token-reader.js";

const CALLS = /\bjsonb?_to_record(?:set)?\s*\(/i;
const CALL = /^(jsonb?)_to_record(set)?$/;
const RECORDS = "duckbranch_records";

interface Source {
  readonly text: string;
  readonly tokens: readonly Token[];
}

/**
 * The text with a query for each such call; undefined when there is none.
 *
 * Errors  42601 for a call without columns
 */
export function withRecordQueries(source: Source): string | undefined {
  if (!CALLS.test(source.text)) return undefined;
  const edits = source.tokens.flatMap((_, at) => callEdits(source, at));
  return edits.length === 0 ? undefined : applyEdits(source.text, edits);
}

function callEdits(source: Source, at: number): TextEdit[] {
  const { text, tokens } = source;
  const name = isSymbol(tokens[at - 1], ".") ? undefined : nameAt(tokens, at);
  const match = CALL.exec(name?.parts.at(-1) ?? "");
  if (name === undefined || match === null || !isSymbol(tokens[name.next], "(")) return [];
  const close = closingBracket(tokens, name.next);
  if (close === undefined) return [];
  const declared = columnsAt(tokens, close + 1);
  if (declared === undefined)
    throw new SqlError(
      SQLSTATE.syntaxError,
      'a column definition list is required for functions returning "record"',
      { position: characterPosition(text, name.start) },
    );
  const [, type = "", isSet] = match;
  const value = `(${sliceTokens(text, tokens, name.next + 1, close)})::${type}`;
  const elements = isSet === undefined ? `${type}_build_array(${value})` : value;
  const columns = splitAtCommas(tokens, declared.open + 1, declared.close).map(([from, to]) =>
    columnText(type, columnName(tokens[from]), sliceTokens(text, tokens, from + 1, to)),
  );
  // Not in a list of ROWS FROM, which is refused by what it is.
  if (isSymbol(tokens[at - 1], "(") && isWord(tokens[at - 2], "from") && isWord(tokens[at - 3], "rows"))
    return [];
  const lateral = isWord(tokens[at - 1], "lateral") ? "" : "LATERAL ";
  const query = `${lateral}(SELECT ${columns.join(", ")} FROM ${RECORDS}(${elements}) AS e(v)) AS `;
  const alias = quoteIdentifier(declared.alias ?? name.parts.at(-1) ?? "");
  const end = tokens[declared.close]?.end ?? text.length;
  return [{ start: name.start, end, text: query + alias }];
}

interface DeclaredColumns {
  readonly alias: string | undefined;
  readonly open: number;
  readonly close: number;
}

/** `AS x(a int)`, `x(a int)`, `AS (a int)` */
function columnsAt(tokens: readonly Token[], from: number): DeclaredColumns | undefined {
  let at = isWord(tokens[from], "as") ? from + 1 : from;
  const alias = isName(tokens[at]) ? columnName(tokens[at++]) : undefined;
  const close = isSymbol(tokens[at], "(") ? closingBracket(tokens, at) : undefined;
  return close === undefined ? undefined : { alias, open: at, close };
}

function columnName(token: Token | undefined): string {
  return token?.kind === "quoted" ? token.value : foldIdentifier(token?.value ?? "");
}

/** JSON's null is none of any type. */
function columnText(type: string, name: string, written: string): string {
  const key = quoteLiteral(name);
  const text = `(v->>${key})`;
  const own = written.trim();
  const value = /^(?:pg_catalog\s*\.\s*)?jsonb?$/i.test(own)
    ? `CASE WHEN ${text} IS NOT NULL THEN (v->${key})::${own} END`
    : /(?:\]|\barray)$/i.test(own)
      ? `CASE WHEN ${type}_typeof(v->${key}) = 'array' THEN (v->${key})::${own} ELSE ${text}::${own} END`
      : `${sized(text, own)}::${own}`;
  return `${value} AS ${quoteIdentifier(name)}`;
}

const LENGTH = /^(?:varchar|character varying|char|character|bpchar)\s*\(\s*(\d+)\s*\)$/i;

/** Cast to a length a text is cut off; here it would be refused. */
function sized(text: string, type: string): string {
  const [, length] = LENGTH.exec(type) ?? [];
  return length === undefined ? text : `duckbranch_sized(${text}, ${length})`;
}
