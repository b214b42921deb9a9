/** Which tables a SELECT scans for certain: an overlay is then read without a look at what it has not touched. */
import { MAIN, type Version } from "../branch/model.js";
import type { Reading } from "../branch/rows.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { tokenise } from "../sql/lexer.js";
import { normaliseName } from "../sql/names.js";
import type { NameScope } from "./relation-names.js";

/** Longer texts are read in a thread of their own: not here again. */
const MAX_TEXT_LENGTH = 8_000;

/** Undefined for statements that change rows: their texts are also run once rows were moved. */
export function mentionedNames(
  { head }: NameScope,
  { verb, writes, text }: RelationalStatement,
): ReadonlySet<string> | undefined {
  if (head === MAIN || verb !== "select" || writes || text.length > MAX_TEXT_LENGTH) return undefined;
  return new Set(tokenise(text).map(({ value }) => normaliseName(value)));
}

/** What asks for rows by a key names one of its columns, unless it is a view. */
export function readingOf({ mentioned }: NameScope, { layer }: Version): Reading {
  if (mentioned === undefined || layer?.kind !== "overlay" || layer.touched === undefined) return "any";
  return layer.touched.keys.some((key) => mentioned.has(key)) ? "any" : "scan";
}
