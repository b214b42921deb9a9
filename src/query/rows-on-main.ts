/**
 * Which rows of main's table a statement changes. While a branch reads the table as it was, these are asked for before the
 * statement runs: they alone have to be kept for the branch then. At least the rows that change are given, never fewer.
 */
import { MAIN } from "../branch/model.js";
import type { ChangedRows } from "../branch/changed-rows.js";
import { FIRST_LOCAL_ROW_ID, ROW_ID, withRowIds } from "../branch/rows.js";
import type { Transaction } from "../branch/transaction.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { quoteIdentifier } from "../sql/names.js";
import { writeSpans, type WriteSpans } from "../sql/write-spans.js";
import type { BoundRun, PlanContext } from "./plan-context.js";
import { mainRelationText, resolvedSlices, writableName } from "./resolve.js";
import { rowsToChange, tellsItsRows } from "./rows-to-change.js";

/** A log of more rows than this is no better than a copy. */
const MANY_ROWS = 1_000_000;

export async function rowsOnMain(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<ChangedRows> {
  const { scope, runBound } = context;
  const target = statement.names.find(({ role }) => role === "write");
  if (scope.head !== MAIN || !statement.certain || target === undefined) return "unknown";
  if (transaction.state.childrenOf(MAIN).length === 0) return "unknown";
  const spans = writeSpans(statement);
  if (spans === undefined || runBound === undefined) return "unknown";
  if (statement.verb === "insert") return changesFound(spans) ? "unknown" : [];
  const meaning = writableName(scope, target);
  if (meaning.kind !== "relation" || !(await transaction.logsRows(meaning.relation))) return "unknown";
  if (!tellsItsRows(context, statement, spans)) return "unknown";
  const table = mainRelationText(scope, meaning.relation);
  const slice = await resolvedSlices(
    context.services,
    { ...scope, state: transaction.state },
    statement,
    new Map([[target.start, table]]),
  );
  const query = rowsToChange(spans, withRowIds(table), slice);
  const id = `${quoteIdentifier(query.alias)}.${quoteIdentifier(ROW_ID)}`;
  const ids = `(SELECT ${id} AS id ${query.source} LIMIT ${MANY_ROWS + 1})`;
  return await idsOf(runBound, `${query.with} SELECT`, ids);
}

/** ON CONFLICT DO UPDATE, in contrast to DO NOTHING. */
function changesFound({ conflictAt, tokens }: WriteSpans): boolean {
  return (
    conflictAt !== undefined &&
    tokens.some(({ start, kind, value }) => start > conflictAt && kind === "word" && value === "update")
  );
}

/** `select` begins a query; `ids` are rows of the column `id`. */
async function idsOf(runBound: BoundRun, select: string, ids: string): Promise<ChangedRows> {
  const [count, lowest, highest, json] = await runBound.firstRow(
    `${select} count(*), min(id), max(id), CAST(to_json(list(id)) AS VARCHAR) FROM ${ids} WHERE id < ${FIRST_LOCAL_ROW_ID}`,
  );
  if (typeof count !== "bigint" || count > MANY_ROWS) return "unknown";
  if (typeof lowest !== "bigint" || typeof highest !== "bigint" || typeof json !== "string") return [];
  return [{ json, lowest: Number(lowest), highest: Number(highest) }];
}
