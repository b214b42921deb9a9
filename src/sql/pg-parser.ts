/**
 * The only importer of libpg-query: PostgreSQL's own parser, compiled to WASM. Nothing of it leaves this file but the
 * tree as plain data and syntax errors as SqlError.
 *
 * Owns the parser's instance. One that failed in any other way than by a syntax error may have lost its stack or its
 * memory: it is thrown away, and the next statement is parsed by a new one.
 */
import { createRequire } from "node:module";
import { SQLSTATE, SqlError } from "../core/errors.js";
import { isNode, listField, unwrap, type AstNode } from "./ast.js";
import { characterPosition } from "./lexer.js";
import { Utf8Offsets } from "./utf8-offsets.js";

export interface ParsedTree {
  readonly kind: "tree";
  /** The statement's node type, for example "SelectStmt". */
  readonly type: string;
  readonly node: AstNode;
}

/** What PostgreSQL's parser says of one statement's text. */
export type ParseOutcome = ParsedTree | { readonly kind: "syntaxError"; readonly error: SqlError };

/** Characters; longer texts are read in a thread of their own. */
const MAX_PARSED_AT_ONCE = 32_768;

type Parser = typeof import("libpg-query");

const require = createRequire(import.meta.url);
let loaded: Promise<Parser> | undefined;
/** The parser `loaded` has settled to. */
let ready: Parser | undefined;

/** Loads the parser once; later calls return at once. */
export async function loadParser(): Promise<void> {
  loaded ??= newParser();
  await loaded;
}

/** The package keeps one instance per module, so a new instance needs the module anew. */
async function newParser(): Promise<Parser> {
  delete require.cache[require.resolve("libpg-query")];
  const parser: Parser = require("libpg-query");
  await parser.loadModule();
  ready = parser;
  return parser;
}

/**
 * Parses one SELECT at once, for functions that DuckDB calls: the bare node. Undefined before the parser is loaded, and for
 * what it does not take.
 */
export function parseLoaded(text: string): AstNode | undefined {
  if (ready === undefined || text.length > MAX_PARSED_AT_ONCE) return undefined;
  let result: unknown;
  try {
    result = ready.parseSync(text);
  } catch (error) {
    if (ready.hasSqlDetails(error)) return undefined;
    [loaded, ready] = [undefined, undefined];
    return undefined;
  }
  const statements = isNode(result) ? listField(result, "stmts") : [];
  const statement = unwrap(statements[0]?.["stmt"]);
  return statements.length === 1 && statement?.type === "SelectStmt" ? statement.node : undefined;
}

/**
 * Parses one statement. A text with no or several statements is a broken invariant of the splitter.
 *
 * Throws 54001 when the parser failed: the statement is too much for it, whatever it is.
 */
export async function parsePostgres(text: string): Promise<ParseOutcome> {
  loaded ??= newParser();
  const parser = await loaded;
  let result: unknown;
  try {
    result = parser.parseSync(text);
  } catch (error) {
    if (parser.hasSqlDetails(error)) {
      return {
        kind: "syntaxError",
        error: syntaxError(error.message, error.sqlDetails?.cursorPosition ?? 0, text),
      };
    }
    [loaded, ready] = [undefined, undefined];
    throw new SqlError(SQLSTATE.statementTooComplex, "statement is too complex to be parsed", {
      cause: error,
    });
  }
  const statements = isNode(result) ? listField(result, "stmts") : [];
  const statement = unwrap(statements[0]?.["stmt"]);
  if (statements.length !== 1 || statement === undefined) {
    throw new Error(`the parser found ${statements.length} statements in the text of one`);
  }
  return { kind: "tree", ...statement };
}

/** The parser's cursor is 0-based and counts bytes. */
function syntaxError(message: string, cursor: number, text: string): SqlError {
  const position = characterPosition(text, new Utf8Offsets(text).toUtf16(cursor));
  return new SqlError(SQLSTATE.syntaxError, message, { position });
}
