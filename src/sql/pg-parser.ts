/**
 * The only importer of libpg-query: PostgreSQL's own parser, compiled to WASM. Nothing of it leaves this file but the
 * tree as plain data and syntax errors as SqlError.
 */
import { hasSqlDetails, loadModule, parseSync } from "libpg-query";
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

/** Loads the parser once; later calls return at once. */
export async function loadParser(): Promise<void> {
  await loadModule();
}

/** Parses one statement. A text with no or several statements is a broken invariant of the splitter. */
export function parsePostgres(text: string): ParseOutcome {
  let result: unknown;
  try {
    result = parseSync(text);
  } catch (error) {
    return { kind: "syntaxError", error: syntaxError(error, text) };
  }
  const statements = isNode(result) ? listField(result, "stmts") : [];
  const statement = unwrap(statements[0]?.["stmt"]);
  if (statements.length !== 1 || statement === undefined) {
    throw new Error(`the parser found ${statements.length} statements in the text of one`);
  }
  return { kind: "tree", ...statement };
}

function syntaxError(error: unknown, text: string): SqlError {
  if (!hasSqlDetails(error)) throw error;
  // The cursor is 0-based and counts bytes.
  const offset = new Utf8Offsets(text).toUtf16(error.sqlDetails?.cursorPosition ?? 0);
  const position = characterPosition(text, offset);
  return new SqlError(SQLSTATE.syntaxError, error.message, { position, cause: error });
}
