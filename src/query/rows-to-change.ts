/** The rows of a table that UPDATE or DELETE will change, as a query to be asked before the statement runs. */
import type { BaseQuery } from "../branch/overlay.js";
import { ROW_ID } from "../branch/rows.js";
import type { RelationalStatement, TextSpan } from "../sql/analysis.js";
import { quoteIdentifier } from "../sql/names.js";
import { isStable, type WriteSpans } from "../sql/write-spans.js";
import type { PlanContext } from "./plan-context.js";
import { resolveName, type NameScope } from "./relation-names.js";

/** Whether they can be asked for: the same condition has to choose the same rows when the statement evaluates it. */
export function tellsItsRows(
  { runBound, scope }: PlanContext,
  { parameterCount, names, mayVary }: RelationalStatement,
  spans: WriteSpans,
): boolean {
  if (mayVary === true || (parameterCount > 0 && runBound === undefined)) return false;
  if (spans.where === undefined || !isStable(spans, [spans.with, spans.from, spans.where])) return false;
  // What a view reads, and how, is behind its name.
  return !names.some(({ role, parts }) => role === "read" && isView(scope, parts));
}

function isView(scope: NameScope, parts: readonly string[]): boolean {
  const meaning = resolveName(scope, parts);
  return meaning.kind === "relation" && meaning.version.kind === "view";
}

/** `base` has the rows and, as ROW_ID, their ids; `slice` gives parts of the statement as DuckDB takes them. */
export function rowsToChange(
  spans: WriteSpans,
  base: string,
  slice: (span: TextSpan | undefined) => string,
): BaseQuery {
  const alias = quoteIdentifier(spans.alias);
  const rowId = `${alias}.${quoteIdentifier(ROW_ID)}`;
  const where = `WHERE (${slice(spans.where)}\n)`;
  const source =
    spans.from === undefined
      ? `FROM ${base} AS ${alias} ${where}`
      : `FROM ${base} AS ${alias} WHERE ${rowId} IN (SELECT ${rowId} FROM ${base} AS ${alias}, ${slice(spans.from)} ${where})`;
  return { with: slice(spans.with), alias: spans.alias, source };
}
