/**
 * Which rows of main's table a statement changes. While a branch reads the table as it was, these are asked for before the
 * statement runs: they alone have to be kept for the branch then. At least the rows that change are given, never fewer.
 */
import { readRowIds, rowIdsQuery, type ChangedRows } from "../branch/changed-rows.js";
import { MAIN, type Version } from "../branch/model.js";
import { ROW_ID, withRowIds } from "../branch/rows.js";
import type { Transaction } from "../branch/transaction.js";
import type { RelationalStatement, TextSpan } from "../sql/analysis.js";
import { quoteIdentifier } from "../sql/names.js";
import { writeSpans, type WriteSpans } from "../sql/write-spans.js";
import type { PlanContext, PlannedStatement } from "./plan-context.js";
import { mainRelationText } from "./head-relations.js";
import { resolvedSlices } from "./resolve.js";
import { writableName } from "./writable-names.js";
import { rowsToChange, tellsItsRows } from "./rows-to-change.js";
import { planStagedInsert } from "./staged-insert.js";

export async function rowsOnMain(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<ChangedRows> {
  const spans = spansOnMain(context, transaction, statement);
  if (spans === undefined) return "unknown";
  if (statement.verb === "insert") return updatesRows(spans) ? "unknown" : [];
  const { runBound } = context;
  const target = await loggedTarget(context, transaction, statement);
  if (target === undefined || runBound === undefined || !tellsItsRows(context, statement, spans))
    return "unknown";
  const query = rowsToChange(spans, withRowIds(target.sql), target.slice);
  const id = `${quoteIdentifier(query.alias)}.${quoteIdentifier(ROW_ID)}`;
  return readRowIds(await runBound.firstRow(rowIdsQuery(id, query.source, query.with)));
}

/** INSERT … ON CONFLICT DO UPDATE on main, where a branch reads the table; undefined where it can run as it is. */
export async function planUpsertOnMain(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement | undefined> {
  const spans = spansOnMain(context, transaction, statement);
  const { runBound } = context;
  if (statement.verb !== "insert" || runBound === undefined) return undefined;
  if (spans?.conflictAt === undefined || !updatesRows(spans)) return undefined;
  const target = await loggedTarget(context, transaction, statement);
  if (target === undefined) return undefined;
  const { version, sql, slice } = target;
  const shape = await transaction.overlayShape(version);
  if (shape === undefined) return undefined;
  const table = { version, shape };
  const upsert = {
    context,
    transaction,
    statement,
    spans,
    table,
    run: async (text: string) => await runBound.change(text),
  };
  return await planStagedInsert(upsert, slice, {
    find: async (sameKey) => {
      const row = await transaction.connection.firstRow(
        rowIdsQuery("b.rowid", `FROM ${sql} AS b WHERE ${sameKey("b")}`),
      );
      transaction.markWritten(version, MAIN, readRowIds(row));
    },
  });
}

/** Undefined where it is not worth knowing, or not known, which rows change. */
function spansOnMain(
  { scope }: PlanContext,
  { state }: Transaction,
  statement: RelationalStatement,
): WriteSpans | undefined {
  const isOpen = scope.head === MAIN && statement.certain && state.childrenOf(MAIN).length > 0;
  return isOpen ? writeSpans(statement) : undefined;
}

/** DO UPDATE, in contrast to DO NOTHING. */
function updatesRows({ conflictAt, tokens }: WriteSpans): boolean {
  if (conflictAt === undefined) return false;
  return tokens.some(({ start, kind, value }) => start > conflictAt && kind === "word" && value === "update");
}

interface LoggedTarget {
  readonly version: Version;
  readonly sql: string;
  readonly slice: (span: TextSpan | undefined) => string;
}

/** The table of main that a statement writes, if its rows can be logged and some pin reads them. */
async function loggedTarget(
  { scope, services }: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<LoggedTarget | undefined> {
  const target = statement.names.find(({ role }) => role === "write");
  const meaning = target && writableName(scope, target);
  if (target === undefined || meaning?.kind !== "relation") return undefined;
  if (!(await transaction.logsRows(meaning.relation))) return undefined;
  const sql = mainRelationText(scope, meaning.relation);
  const inside = { ...scope, state: transaction.state };
  const slice = await resolvedSlices(services, inside, statement, new Map([[target.start, sql]]));
  return { version: meaning.version, sql, slice };
}
