/** What a reader says of a statement beside its names; the analyser adds names, edits and parameters. */
import type { RelationalStatement, RelationalVerb } from "./analysis.js";
import { SqlError, notSupported } from "../core/errors.js";
import { NOT_REPEATABLE } from "./repetition.js";

export type Reading = Pick<
  RelationalStatement,
  | "verb"
  | "tag"
  | "writes"
  | "returning"
  | "temporary"
  | "ifExists"
  | "ifNotExists"
  | "orReplace"
  | "cascade"
  | "query"
  | "columnNames"
  | "sources"
  | "grouped"
  | "narrow"
  | "repetition"
  | "rowBound"
  | "sequenceColumns"
  | "likes"
  | "foreignKeys"
  | "onCommit"
  | "unnamedIndex"
  | "note"
  | "materialized"
  | "insert"
  | "assignments"
  | "restartsIdentity"
  | "parts"
  | "steps"
  | "ifAdded"
  | "alteration"
  | "domain"
  | "routine"
  | "argumentTypes"
>;

/** A reading in which nothing special was said. */
export function plainReading(
  verb: RelationalVerb,
  tag: string,
  writes: boolean,
  more: Partial<Reading> = {},
): Reading {
  return {
    verb,
    tag,
    writes,
    returning: false,
    temporary: false,
    ifExists: false,
    ifNotExists: false,
    orReplace: false,
    cascade: false,
    query: undefined,
    columnNames: undefined,
    sources: undefined,
    grouped: [],
    narrow: [],
    rowBound: undefined,
    repetition: NOT_REPEATABLE,
    sequenceColumns: [],
    likes: [],
    foreignKeys: [],
    onCommit: undefined,
    unnamedIndex: undefined,
    insert: undefined,
    assignments: [],
    restartsIdentity: false,
    parts: undefined,
    steps: undefined,
    ifAdded: undefined,
    alteration: undefined,
    domain: undefined,
    routine: undefined,
    argumentTypes: undefined,
    ...more,
  };
}

/** `CREATE TRIGGER is not supported`, from the statement's first words. */
export function unsupportedStatement(words: readonly string[], hint?: string): SqlError {
  return notSupported(`${words.join(" ").toUpperCase()} is not supported`, hint);
}
