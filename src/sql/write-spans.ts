/**
 * The parts of INSERT, UPDATE and DELETE by position, read from the tokens outside brackets: what a branch needs to ask
 * which rows a statement will change. Undefined for any form not known here.
 */
import type { RelationalStatement, TextSpan } from "./analysis.js";
import { tokenise, type Token } from "./lexer.js";

export interface WriteSpans {
  /** WITH … in front of the verb; empty without. */
  readonly with: TextSpan;
  /** Behind the target's name and alias. */
  readonly behindTarget: number;
  /** What the statement calls its target. */
  readonly alias: string;
  /** SET list of UPDATE. */
  readonly set: TextSpan | undefined;
  /** What stands behind FROM of UPDATE, USING of DELETE. */
  readonly from: TextSpan | undefined;
  /** The condition behind WHERE. */
  readonly where: TextSpan | undefined;
  /** Where ON CONFLICT begins. */
  readonly conflictAt: number | undefined;
  /** Where what an INSERT inserts ends: at ON CONFLICT, RETURNING or the end of the text. */
  readonly rowsEnd: number;
  readonly tokens: readonly Token[];
}

type Keyword = "set" | "from" | "using" | "where" | "on" | "returning";

export function writeSpans(statement: RelationalStatement): WriteSpans | undefined {
  const { text, verb, names } = statement;
  const [target, second] = names.filter(({ role }) => role === "write");
  if (target === undefined || second !== undefined) return undefined;
  const tokens = outsideBrackets(tokenise(text));
  const at = tokens.findIndex((token) => token.start >= target.end);
  const behind = tokens.slice(at === -1 ? tokens.length : at);
  const verbAt = tokens.findLast((token) => token.end <= target.start && isWord(token, verb));
  if (verbAt === undefined) return undefined;
  // INSERT OR REPLACE changes rows that it finds.
  const between = tokens.filter(({ start, end }) => start >= verbAt.end && end <= target.start);
  if (!between.every((token) => BEFORE_TARGET.some((word) => isWord(token, word)))) return undefined;
  const aliasTokens = target.alias === undefined ? 0 : isWord(behind[0], "as") ? 2 : 1;
  const behindTarget = behind[aliasTokens - 1]?.end ?? target.end;
  const rest = behind.slice(aliasTokens);
  const places = keywordPlaces(rest, verb);
  if (places === undefined || !isKnownForm(verb, rest, places)) return undefined;
  const ends = [...places.values()].map((token) => token.start);
  const span = (keyword: Keyword): TextSpan | undefined => {
    const token = places.get(keyword);
    if (token === undefined) return undefined;
    return { start: token.end, end: Math.min(text.length, ...ends.filter((end) => end > token.start)) };
  };
  return {
    with: { start: 0, end: verbAt.start },
    behindTarget,
    alias: target.alias ?? target.parts.at(-1) ?? "",
    set: span("set"),
    from: span(verb === "delete" ? "using" : "from"),
    where: span("where"),
    conflictAt: places.get("on")?.start,
    rowsEnd: (places.get("on") ?? places.get("returning"))?.start ?? text.length,
    tokens: tokenise(text),
  };
}

/** Of brackets and what is inside only the outermost two are left. */
export function outsideBrackets(tokens: readonly Token[]): Token[] {
  let depth = 0;
  return tokens.filter((token) => {
    if (token.kind !== "symbol") return depth === 0;
    if ("([{".includes(token.value)) return depth++ === 0;
    if (")]}".includes(token.value)) return --depth === 0;
    return depth === 0;
  });
}

/** The clauses of the statement itself. ON is ON CONFLICT: what is behind it is not looked at. */
function keywordPlaces(tokens: readonly Token[], verb: string): Map<Keyword, Token> | undefined {
  const places = new Map<Keyword, Token>();
  const wanted: readonly Keyword[] =
    verb === "update"
      ? ["set", "from", "where", "returning"]
      : verb === "delete"
        ? ["using", "where", "returning"]
        : ["on", "returning"];
  for (const [index, token] of tokens.entries()) {
    const keyword = wanted.find((word) => isWord(token, word));
    // t.from is a column.
    if (keyword === undefined || tokens[index - 1]?.value === ".") continue;
    if (keyword === "from" && isWord(tokens[index - 1], "distinct")) continue;
    if (keyword === "on" && !isOnConflict(tokens, index)) continue;
    // JOIN … USING (…) of an UPDATE's FROM is no clause, and a second WHERE belongs to no form known here.
    if (places.has(keyword)) return undefined;
    places.set(keyword, token);
    if (keyword === "on") break;
  }
  return places;
}

/** JOIN conflict ON conflict.id = … joins a table of that name: a condition goes on where the clause has DO, ON or columns. */
function isOnConflict(tokens: readonly Token[], on: number): boolean {
  if (!isWord(tokens[on + 1], "conflict")) return false;
  const behind = tokens[on + 2];
  return behind?.value === "(" || isWord(behind, "do") || isWord(behind, "on");
}

function isKnownForm(verb: string, rest: readonly Token[], places: ReadonlyMap<Keyword, Token>): boolean {
  const [first] = rest;
  if (verb === "update") return isWord(first, "set");
  if (verb === "delete") return first === undefined || [...places.values()].includes(first);
  if (verb !== "insert") return false;
  // A list of columns, or what is inserted. BY NAME, OR REPLACE and the like are DuckDB's own.
  return first?.value === "(" || INSERT_SOURCES.some((word) => isWord(first, word));
}

const BEFORE_TARGET = ["into", "from", "only"];
const INSERT_SOURCES = ["values", "select", "with", "default", "overriding", "table"];

function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === "word" && token.value === word;
}

/**
 * Words that may make a condition hold for other rows when it is evaluated a second time: another value each time, a choice
 * among rows without an order, or sums whose last digits depend on the order; or that do something each time (locks).
 */
const UNSTABLE = new Set(
  `random gen_random_uuid uuid_generate_v4 uuid uuidv4 uuidv7 nextval setval currval lastval set_config setseed clock_timestamp timeofday statement_timestamp txid_current
   limit offset fetch sample tablesample over qualify first last any_value arbitrary arg_min arg_max argmin argmax min_by max_by
   list array_agg string_agg group_concat listagg mode median sum avg mean fsum favg kahan_sum sumkahan product stddev stddev_pop
   stddev_samp var_pop var_samp variance corr covar_pop covar_samp regr_slope regr_intercept regr_r2 reservoir_quantile
   approx_quantile approx_count_distinct approx_top_k entropy skewness kurtosis histogram rowid ctid pivot unpivot`.split(
    /\s+/,
  ),
);

/** False for conditions that might choose other rows when they are asked again in the same snapshot. */
export function isStable(
  { tokens }: Pick<WriteSpans, "tokens">,
  spans: readonly (TextSpan | undefined)[],
): boolean {
  return !tokens.some(
    (token, index) =>
      spans.some((span) => span !== undefined && token.start >= span.start && token.end <= span.end) &&
      ((token.kind === "word" && (UNSTABLE.has(token.value) || token.value.includes("advisory"))) ||
        (token.kind === "quoted" && UNSTABLE.has(token.value) && tokens[index + 1]?.value === "(") ||
        (token.kind === "word" && token.value === "distinct" && tokens[index + 1]?.value === "on")),
  );
}
