/**
 * Reads of the very table that a statement changes, in a join: DuckDB changes rows while the join still reads them, so they
 * are read to the end before anything changes.
 */
import type { Version } from "../branch/model.js";
import type { NameReference, TextSpan } from "../sql/analysis.js";
import { quoteIdentifier } from "../sql/names.js";
import type { WriteSpans } from "../sql/write-spans.js";
import type { NameScope } from "./relation-names.js";

export interface ChangingTable {
  readonly version: Version;
  /** Where in the text reads have to be made whole; undefined for everywhere. */
  readonly within: TextSpan | undefined;
}

/** Undefined for a statement without a join. */
export function changingTable(version: Version, { from }: WriteSpans): ChangingTable | undefined {
  return from === undefined ? undefined : { version, within: from };
}

export function isReadAhead(
  { changing }: NameScope,
  { start, end }: NameReference,
  version: Version,
): boolean {
  if (changing === undefined || changing.version.id !== version.id) return false;
  const { within } = changing;
  return within === undefined || (start >= within.start && end <= within.end);
}

/** For what a view reads, whose text is another one. */
export function insideView(
  { changing }: NameScope,
  { start, end }: NameReference,
): ChangingTable | undefined {
  if (changing?.within === undefined) return changing;
  const { version, within } = changing;
  return start >= within.start && end <= within.end ? { version, within: undefined } : undefined;
}

/** All rows of a relation, read before anything that needs them goes on. */
export function readAhead(relation: string): string {
  const rows = quoteIdentifier("#rows");
  return `(WITH ${rows} AS MATERIALIZED (SELECT * FROM ${relation}) SELECT * FROM ${rows})`;
}
