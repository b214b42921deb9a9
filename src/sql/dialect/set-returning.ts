import type { TextEdit } from "../analysis.js";
import { canBeAlias } from "../builtin-names.js";
import type { Token } from "../lexer.js";
import { closingBracket, isSymbol, isWord, splitAtCommas } from "../token-reader.js";
import type { DialectPass } from "./pass.js";
import { boundEdits } from "./series-bounds.js";
import { SERIES, seriesCallAt, type SeriesCall } from "./series-call.js";

/** What the series is called in FROM: a name no client gives. */
const ALIAS = `duckbranch_${SERIES}`;
const TYPED = `SELECT CAST(${SERIES} AS INTEGER) AS ${SERIES} FROM `;
/** Two of these in one select list run in step, which only lists do. */
const SET_RETURNING: ReadonlySet<string> = new Set([SERIES, "unnest", "generate_subscripts"]);
/** DuckDB's functions of a list: inside their brackets the series stays one. */
const TAKES_LIST = /^(list_.*|array_.*|len|length|cardinality|unnest|flatten|apply|filter|any|all|in)$/;
const CLAUSES = new Set("select from where group having order window limit set values returning".split(" "));
/** Words behind a select list that has no FROM. */
const LIST_ENDS = new Set(
  "from where group having order window limit offset fetch for union except intersect on returning".split(
    " ",
  ),
);

/** One open level of parentheses. */
interface Level {
  /** The word before the parenthesis. */
  readonly caller: string;
  clause: string;
  /** FROM stands before SELECT, as DuckDB allows. */
  fromFirst: boolean;
}

/**
 * generate_series, which for DuckDB is a list in a select list, and always BIGINT.
 *
 *   SELECT generate_series(1, 3)        ⇒  SELECT s.generate_series FROM (SELECT CAST(…)…) AS s
 *   SELECT generate_series(a, b) FROM t ⇒  SELECT unnest(generate_series(a, b)) FROM t
 *   FROM generate_series(1, $1) g       ⇒  FROM (SELECT CAST(generate_series AS INTEGER) …) g
 *   FROM generate_series(a, b, '1 day') ⇒  FROM generate_series(a, b, CAST('1 day' AS INTERVAL)); see series-bounds.ts
 *
 * Reason  PostgreSQL gives a row per value, and int4 for whole numbers; anything else keeps DuckDB's type. A list is whole
 *         in memory: alone in a SELECT without FROM, the series becomes one, and streams.
 */
export const setReturningPass: DialectPass = ({ text, tokens }) => {
  const edits: TextEdit[] = [];
  const levels: Level[] = [{ caller: "", clause: "", fromFirst: false }];
  tokens.forEach((token, index) => {
    const level = levels.at(-1);
    if (isSymbol(token, "("))
      levels.push({ caller: tokens[index - 1]?.value ?? "", clause: "", fromFirst: false });
    else if (isSymbol(token, ")") && levels.length > 1) levels.pop();
    else if (level !== undefined && isClause(tokens, index)) enter(level, token.value);
    else if (isWord(token, SERIES))
      edits.push(...stepEdits(tokens, index), ...seriesEdits(text, tokens, index, levels));
  });
  return edits;
};

function isClause(tokens: readonly Token[], index: number): boolean {
  const token = tokens[index];
  const isOperator = isWord(token, "from") && isWord(tokens[index - 1], "distinct");
  return token?.kind === "word" && CLAUSES.has(token.value) && !isOperator;
}

function enter(level: Level, clause: string): void {
  if (clause === "select") level.fromFirst = level.clause === "from" && level.fromFirst;
  else if (clause === "from") level.fromFirst = level.clause !== "select";
  level.clause = clause;
}

const STEP = /^\s*-?\d+\s+(?:microsecond|millisecond|second|minute|hour|day|week|month|year)s?\s*$/i;

/** Only an interval reads like this, and a series that has one for its step is of moments. */
function stepEdits(tokens: readonly Token[], index: number): TextEdit[] {
  const close = closingBracket(tokens, index + 1);
  if (!isSymbol(tokens[index + 1], "(") || close === undefined) return [];
  const ranges = splitAtCommas(tokens, index + 2, close);
  const bounds = boundEdits(tokens, ranges);
  const [from, to] = ranges[2] ?? [0, 0];
  const step = tokens[from];
  if (step?.kind !== "string" || to !== from + 1 || !STEP.test(step.value)) return [...bounds];
  return [...bounds, insertion(step.start, "CAST("), insertion(step.end, " AS INTERVAL)")];
}

function seriesEdits(
  text: string,
  tokens: readonly Token[],
  index: number,
  levels: readonly Level[],
): TextEdit[] {
  const call = seriesCallAt(text, tokens, index);
  if (call === undefined) return [];
  const at = levels.findLastIndex(({ clause }) => clause !== "");
  const clause = levels[at];
  const behind = tokens[call.close + 1];
  if (clause?.clause === "from" && isItemStart(tokens[call.first - 1])) return itemEdits(call, behind);
  const isList = levels.slice(at + 1).some(({ caller }) => TAKES_LIST.test(caller));
  if (clause?.clause !== "select" || isList || isSubscript(behind)) return [];
  const end = clause.fromFirst ? undefined : listEnd(tokens, call, levels.length - 1 - at);
  return call.int4 === undefined || end === undefined
    ? unnestEdits(call)
    : streamEdits(call, call.int4, tokens[end - 1]);
}

function isItemStart(before: Token | undefined): boolean {
  return isSymbol(before, ",") || ["from", "join", "lateral"].some((word) => isWord(before, word));
}

function isOther(token: Token | undefined): boolean {
  return token?.kind === "word" && SET_RETURNING.has(token.value);
}

function isSubscript(behind: Token | undefined): boolean {
  return isSymbol(behind, "[") || isSymbol(behind, ".");
}

/** The index behind the select list with this call, `depth` brackets out; undefined with FROM or another set in the list. */
function listEnd(tokens: readonly Token[], call: SeriesCall, depth: number): number | undefined {
  for (let back = call.first - 1; !isWord(tokens[back], "select"); back -= 1) {
    if (back < 0 || isOther(tokens[back])) return undefined;
  }
  let open = depth;
  let index = call.close + 1;
  for (; index < tokens.length; index += 1) {
    const token = tokens[index];
    if (isOther(token)) return undefined;
    if (isSymbol(token, "(")) open += 1;
    else if (isSymbol(token, ")")) open -= 1;
    const isEnd = open === 0 && token?.kind === "word" && LIST_ENDS.has(token.value);
    const isOperator = isWord(token, "from") && isWord(tokens[index - 1], "distinct");
    if (open < 0 || isSymbol(token, ";") || (isEnd && !isOperator)) break;
  }
  return isWord(tokens[index], "from") ? undefined : index;
}

/** The series as the FROM of its SELECT, and its column in the list. The name stays: it is resolved like any other. */
function streamEdits(call: SeriesCall, int4: string, last: Token | undefined): TextEdit[] {
  return [
    insertion(call.start, `${ALIAS}.`),
    { start: call.open, end: call.end, text: "" },
    insertion(last?.end ?? call.end, ` FROM (${TYPED}${SERIES}(${int4})) AS ${ALIAS}`),
  ];
}

function unnestEdits({ start, end, int4, casts }: SeriesCall): TextEdit[] {
  return int4 === undefined
    ? [insertion(start, "unnest("), insertion(end, ")")]
    : [insertion(start, "unnest(CAST("), ...casts, insertion(end, " AS INTEGER[]))")];
}

/** The series where it stands in FROM; a subquery needs the name that a function brings along. */
function itemEdits(call: SeriesCall, behind: Token | undefined): TextEdit[] {
  if (call.int4 === undefined || isWord(behind, "with")) return [];
  const isNamed =
    isWord(behind, "as") ||
    behind?.kind === "quoted" ||
    (behind?.kind === "word" && canBeAlias(behind.value));
  const close = isNamed ? ")" : `) AS ${SERIES}`;
  return [insertion(call.start, `(${TYPED}`), ...call.casts, insertion(call.end, close)];
}

function insertion(at: number, text: string): TextEdit {
  return { start: at, end: at, text };
}
