/** EXPLAIN in front of a statement: PostgreSQL's options become DuckDB's, the statement behind is read as itself. */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { RelationalStatement } from "./analysis.js";
import type { Token } from "./lexer.js";
import { TokenReader } from "./token-reader.js";

/** Reads the statement that is explained, in a text where EXPLAIN has been blanked so that positions stay. */
type ReadInner = (inner: readonly [text: string, tokens: readonly Token[]]) => Promise<RelationalStatement>;

const TRUE_WORDS = ["true", "on", "1"];
const FALSE_WORDS = ["false", "off", "0"];
/** Options that ask for more or less detail in PostgreSQL's own plan; DuckDB's plan has no such parts. */
const IGNORED = [
  "verbose",
  "costs",
  "settings",
  "buffers",
  "wal",
  "timing",
  "summary",
  "memory",
  "generic_plan",
];

/**
 *   EXPLAIN (ANALYZE, COSTS off) SELECT 1  ⇒  EXPLAIN ANALYZE SELECT 1
 *   EXPLAIN (COSTS, FORMAT JSON) SELECT 1  ⇒  EXPLAIN (FORMAT JSON) SELECT 1
 *
 * Throws 0A000 for the formats xml and yaml, 22023 for unknown ones, 42601 for unknown options.
 */
export async function readExplain(
  text: string,
  tokens: readonly Token[],
  readInner: ReadInner,
): Promise<RelationalStatement> {
  const reader = new TokenReader(text, tokens);
  reader.expect("explain");
  const { analyze, json } = reader.isAtSymbol("(") ? readOptions(reader) : readWords(reader);
  const first = reader.peek();
  if (first === undefined) throw reader.syntaxError();
  if (["explain", "execute", "declare"].some((word) => reader.isAt(word))) {
    throw notSupported(`EXPLAIN ${first.value.toUpperCase()} is not supported`);
  }
  const blanked = " ".repeat(first.start) + text.slice(first.start);
  const inner = await readInner([blanked, tokens.slice(reader.position)]);
  if (inner.steps !== undefined)
    throw notSupported("EXPLAIN of data-modifying statements in WITH is not supported");
  const end = tokens[reader.position - 1]?.end ?? first.start;
  const words = analyze ? "EXPLAIN ANALYZE" : "EXPLAIN";
  const options = analyze ? "ANALYZE, FORMAT JSON" : "FORMAT JSON";
  const prefix = { start: 0, end, text: json ? `EXPLAIN (${options})` : words };
  return {
    ...inner,
    text,
    verb: "explain",
    tag: "EXPLAIN",
    writes: analyze && inner.writes,
    returning: false,
    explainedAsJson: json,
    edits: text.slice(0, end) === prefix.text ? inner.edits : [prefix, ...inner.edits],
  };
}

interface Options {
  readonly analyze: boolean;
  readonly json: boolean;
}

/** The older syntax: EXPLAIN [ANALYZE] [VERBOSE]. */
function readWords(reader: TokenReader): Options {
  const analyze = reader.acceptAny(["analyze", "analyse"]) !== undefined;
  reader.accept("verbose");
  return { analyze, json: false };
}

/** `EXPLAIN (SELECT …)` is a query in parentheses, not a list of options. */
function readOptions(reader: TokenReader): Options {
  const inside = reader.peek(1);
  const isQuery =
    inside?.kind !== "word" || ["select", "with", "values", "table", "from"].includes(inside.value);
  let options: Options = { analyze: false, json: false };
  if (isQuery) return options;
  reader.expectSymbol("(");
  do options = { ...options, ...readOption(reader) };
  while (reader.acceptSymbol(","));
  reader.expectSymbol(")");
  return options;
}

/** What one option says; nothing for one without effect here. */
function readOption(reader: TokenReader): Partial<Options> {
  const at = reader.position;
  const name = reader.identifier();
  const hasValue = !reader.isAtSymbol(",") && !reader.isAtSymbol(")");
  const value = hasValue ? reader.next().value.toLowerCase() : "true";
  if (name === "format") {
    if (value === "text" || value === "json") return { json: value === "json" };
    if (value === "xml" || value === "yaml")
      throw notSupported(`EXPLAIN with format "${value}" is not supported`);
    const message = `unrecognized value for EXPLAIN option "format": "${value}"`;
    throw new SqlError(SQLSTATE.invalidParameterValue, message);
  }
  const isKnown = name === "analyze" || name === "analyse" || IGNORED.includes(name);
  if (!isKnown || (!TRUE_WORDS.includes(value) && !FALSE_WORDS.includes(value))) {
    throw reader.syntaxError(isKnown ? reader.position - 1 : at);
  }
  return name.startsWith("analy") ? { analyze: TRUE_WORDS.includes(value) } : {};
}
