/**
 * What a dialect pass is: one small PostgreSQL → DuckDB translation that depends on nothing but the statement's text.
 * A pass returns edits of the original text; it never sees what another pass did, so edits of two passes must not meet.
 */
import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import type { NameSpan } from "../token-reader.js";

export interface PassInput {
  readonly text: string;
  readonly tokens: readonly Token[];
  /** Where type names stand, as far as the reader knows. */
  readonly types: readonly NameSpan[];
}

export interface DialectEdit extends TextEdit {
  /** Where what this opens is closed, of a cast. */
  readonly reach?: number;
}

/** Throws SqlError 0A000 where PostgreSQL's meaning cannot be kept. */
export type DialectPass = (input: PassInput) => readonly DialectEdit[];
