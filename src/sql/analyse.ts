/**
 * The front door: a client's text in, one analysis per statement out. Depends on the text alone; the order of the
 * readers is fixed, and what an early one takes never reaches a later one.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { TimeSlice } from "../core/time-slice.js";
import type { RelationalVerb, StatementAnalysis } from "./analysis.js";
import { readBranchFunction } from "./branch-functions.js";
import { readLargeObjectCall, readLargeObjectInsert, type LargeObjectCall } from "./large-object-calls.js";
import { readBranchStatement } from "./branch-grammar.js";
import { readCopy } from "./copy-grammar.js";
import { readDeclare } from "./cursor-grammar.js";
import type { SerializeSelect } from "./duckdb-dialect.js";
import { distinctNames } from "./generated-names.js";
import { guardedType } from "./guarded-type.js";
import { characterPosition, tokenise } from "./lexer.js";
import { LruCache } from "./lru-cache.js";
import { refusalOf } from "./refusals.js";
import { documentIndex, partialUnique, type DocumentIndex, type PartialUnique } from "./partial-unique.js";
import { highestParameter, readRelational } from "./relational.js";
import { readSchemaBranch } from "./schema-branches.js";
import { readSessionStatement } from "./session-grammar.js";
import { plainBlanks, splitStatements } from "./split.js";
import { sliceTokens, TokenReader } from "./token-reader.js";

export { loadParser } from "./pg-parser.js";

export interface AnalyserOptions {
  /** Texts kept with their analysis; the least recently used goes first. */
  readonly cacheSize: number;
  /** Longer texts are read each time: bulk INSERTs never come twice. */
  readonly maxCachedTextBytes: number;
  /** Runs DuckDB's `json_serialize_sql(?)`. Without it, queries only DuckDB's parser reads are never certain. */
  readonly serializeSelect?: SerializeSelect;
  /** Reads texts too large to be read while others wait. */
  readonly readLarge?: (text: string) => Promise<readonly StatementAnalysis[]>;
}

/** Texts above this many UTF-16 units are `readLarge`'s: below it reading takes a few milliseconds. */
const LARGE_TEXT = 32 * 1024;

export interface Analyser {
  /**
   * Reads a text of any number of statements; a text without one is a single `empty`. Throws SqlError 42601, with its
   * position in `text`, when any of them is not SQL: then none may run. 22021 for a text with a NUL.
   */
  analyse(text: string): Promise<readonly StatementAnalysis[]>;
}

/** `loadParser()` must have been awaited before the first text is read. */
export function createAnalyser(options: AnalyserOptions): Analyser {
  const cache = new LruCache<readonly StatementAnalysis[]>(options.cacheSize);
  return {
    async analyse(text) {
      const cached = cache.get(text);
      if (cached !== undefined) return cached;
      const { readLarge } = options;
      const elsewhere = readLarge !== undefined && text.length > LARGE_TEXT;
      const analyses = await (elsewhere ? readLarge(text) : analyseText(text, options.serializeSelect));
      if (Buffer.byteLength(text) <= options.maxCachedTextBytes) cache.set(text, analyses);
      return analyses;
    },
  };
}

async function analyseText(
  text: string,
  serializeSelect: SerializeSelect | undefined,
): Promise<readonly StatementAnalysis[]> {
  // Parsers written in C stop at a NUL and would judge less than what is run.
  if (text.includes("\0"))
    throw new SqlError(SQLSTATE.characterNotInRepertoire, "invalid byte sequence: 0x00");
  const statements = splitStatements(plainBlanks(text));
  if (statements.length === 0) return [{ kind: "empty", text: "" }];
  const analyses: StatementAnalysis[] = [];
  const slice = new TimeSlice();
  for (const statement of statements) {
    await slice.restIfOver();
    try {
      analyses.push(await analyseStatement(statement.text, serializeSelect));
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      const moved = moveError(error, characterPosition(text, statement.offset) - 1);
      if (moved.code === SQLSTATE.syntaxError) throw moved;
      analyses.push({ kind: "refused", text: statement.text, error: moved });
    }
  }
  return analyses;
}

async function analyseStatement(
  text: string,
  serializeSelect: SerializeSelect | undefined,
): Promise<StatementAnalysis> {
  const tokens = tokenise(text);
  const reader = new TokenReader(text, tokens);
  const command = readBranchStatement(reader) ?? readSchemaBranch(reader) ?? readBranchFunction(reader);
  if (command !== undefined)
    return { kind: "branch", text, command, parameterCount: highestParameter(tokens) };
  const refusal = refusalOf(reader);
  if (refusal !== undefined) throw refusal;
  const definition = guardedType(reader);
  if (definition !== undefined) {
    const made = await readRelational(definition, tokenise(definition), serializeSelect);
    return { ...made, tag: "DO" };
  }
  const told = partialUnique(reader) ?? documentIndex(reader);
  if (told !== undefined) return await analyseToldIndex(told, serializeSelect);
  const statement = readSessionStatement(reader);
  if (statement !== undefined) return { kind: "session", text, statement };
  const call = readLargeObjectCall(reader);
  if (call !== undefined) return await analyseLargeObject(text, call, serializeSelect);
  const insert = readLargeObjectInsert(reader);
  if (insert !== undefined) {
    const query = await readRelational(insert.described, tokenise(insert.described), serializeSelect);
    return {
      kind: "session",
      text,
      statement: { verb: "insertLargeObjects", text, places: insert.places, query },
    };
  }
  if (reader.accept("declare")) return await analyseDeclare(text, reader, serializeSelect);
  if (reader.accept("copy")) return analyseCopy(text, reader, serializeSelect);
  return readRelational(text, tokens, serializeSelect);
}

/** An index that stands for another. */
async function analyseToldIndex(
  { text, names, ...told }: PartialUnique | DocumentIndex,
  serializeSelect: SerializeSelect | undefined,
): Promise<StatementAnalysis> {
  const made = await readRelational(text, tokenise(text), serializeSelect);
  const said = made.note?.kind === "index" ? made.note.note : undefined;
  const written = made.unnamedIndex;
  // Behind the keys, which are expressions here, those that INCLUDE names.
  const included = written?.columns.slice(names.length) ?? [];
  const unnamed = written && { ...written, columns: distinctNames([...names, ...included]) };
  return { ...made, note: { kind: "index", note: { ...said, ...told } }, unnamedIndex: unnamed };
}

/** PreparableStmt of PostgreSQL's grammar; SELECT INTO is refused by COPY itself. */
const COPIED_VERBS: ReadonlySet<RelationalVerb> = new Set([
  "select",
  "insert",
  "update",
  "delete",
  "merge",
  "createTableAs",
]);

async function analyseCopy(
  text: string,
  reader: TokenReader,
  serializeSelect: SerializeSelect | undefined,
): Promise<StatementAnalysis> {
  const { queryText, ...copy } = readCopy(reader);
  if (queryText === undefined) return { kind: "copy", text, ...copy, query: undefined };
  const query = await readRelational(queryText, tokenise(queryText), serializeSelect);
  if (!COPIED_VERBS.has(query.verb)) throw reader.syntaxError(2);
  return { kind: "copy", text, ...copy, query };
}

async function analyseDeclare(
  text: string,
  reader: TokenReader,
  serializeSelect: SerializeSelect | undefined,
): Promise<StatementAnalysis> {
  const { queryAt, ...declaration } = readDeclare(reader);
  const queryText = sliceTokens(text, reader.tokens, queryAt, reader.tokens.length);
  const query = await readRelational(queryText, tokenise(queryText), serializeSelect);
  if (query.verb !== "select") throw reader.syntaxError(queryAt);
  return { kind: "session", text, statement: { verb: "declareCursor", ...declaration, query } };
}

async function analyseLargeObject(
  text: string,
  { called, label, argumentsText }: LargeObjectCall,
  serializeSelect: SerializeSelect | undefined,
): Promise<StatementAnalysis> {
  const query = await readRelational(argumentsText, tokenise(argumentsText), serializeSelect);
  return { kind: "session", text, statement: { verb: "largeObject", called, label, query } };
}

function moveError(error: SqlError, characters: number): SqlError {
  if (error.position === undefined || characters === 0) return error;
  return error.with({ position: error.position + characters });
}
