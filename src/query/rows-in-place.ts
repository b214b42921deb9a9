/**
 * Which rows a statement changes of a table that has all of them: main's, or one of a branch that is no overlay. While another
 * branch reads the table as it was, these are asked for before the statement runs: they alone have to be kept for it then. At
 * least the rows that change are given, never fewer.
 */
import { readRowIds, rowIdsQuery, type ChangedRows } from "../branch/changed-rows.js";
import { MAIN, type Version } from "../branch/model.js";
import { requirePhysical, ROW_ID, withRowIds } from "../branch/rows.js";
import { physicalName } from "../branch/system-schema.js";
import type { Transaction } from "../branch/transaction.js";
import { wholeTable } from "../branch/whole-table.js";
import type { RelationalStatement, TextSpan } from "../sql/analysis.js";
import { quoteIdentifier } from "../sql/names.js";
import { writeSpans, type WriteSpans } from "../sql/write-spans.js";
import type { PlanContext, PlannedStatement } from "./plan-context.js";
import { changesInPlace } from "./row-changes.js";
import { mainRelationText } from "./head-relations.js";
import { ownQualifiers } from "./reference-captures.js";
import { resolvedSlices } from "./resolve.js";
import { targetText, writableName } from "./writable-names.js";
import { rowsToChange, tellsItsRows } from "./rows-to-change.js";
import { planStagedInsert } from "./staged-insert.js";

export async function rowsInPlace(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<ChangedRows> {
  const spans = spansInPlace(context, transaction, statement);
  if (spans === undefined) return "unknown";
  if (statement.verb === "insert") return updatesRows(spans) ? "unknown" : [];
  const { runBound } = context;
  const target = await loggedTarget(context, transaction, statement);
  if (target === undefined || runBound === undefined || !tellsItsRows(context, statement, spans))
    return "unknown";
  const query = rowsToChange(spans, withRowIds(target.sql), target.slice);
  const id = `${quoteIdentifier(query.alias)}.${quoteIdentifier(ROW_ID)}`;
  const rows = readRowIds(await runBound.firstRow(rowIdsQuery(id, query.source, query.with)));
  return rows === "unknown" ? rows : rows.map((ids) => ({ ...ids, inPlace: target.inPlace }));
}

/** INSERT … ON CONFLICT DO UPDATE of such a table; undefined where it can run as it is. */
export async function planUpsertInPlace(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement | undefined> {
  const spans = spansInPlace(context, transaction, statement);
  const { runBound } = context;
  if (statement.verb !== "insert" || runBound === undefined) return undefined;
  if (spans?.conflictAt === undefined || !updatesRows(spans)) return undefined;
  const target = await loggedTarget(context, transaction, statement);
  if (target === undefined) return undefined;
  const { version, sql, slice } = target;
  const shape = await transaction.overlayShape(version);
  if (shape === undefined) return undefined;
  const table = { sql: physicalName(requirePhysical(version)), ...shape };
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
      transaction.markWritten(version, context.scope.head, readRowIds(row));
    },
  });
}

/** Undefined where it is not worth knowing, or not known, which rows change. */
function spansInPlace(
  { scope }: PlanContext,
  { state }: Transaction,
  statement: RelationalStatement,
): WriteSpans | undefined {
  const isOpen = statement.certain && state.childrenOf(scope.head).length > 0;
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
  /** None of the rows it changes leaves the table. */
  readonly inPlace: boolean;
  readonly slice: (span: TextSpan | undefined) => string;
}

/** The table that a statement writes, if its rows can be logged and some pin reads them. */
async function loggedTarget(
  { scope, services }: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<LoggedTarget | undefined> {
  const { head } = scope;
  const target = statement.names.find(({ role }) => role === "write");
  const meaning = target && writableName(scope, target);
  if (target === undefined || meaning?.kind !== "relation") return undefined;
  const { relation, version } = meaning;
  const own = wholeTable(transaction.state, head, relation);
  if (own === undefined) return undefined;
  const inPlace = await changesInPlace(transaction, statement, meaning);
  if (!(await transaction.logsRows(relation, head, inPlace))) return undefined;
  // Nobody else writes the branch's table before its rows are looked at.
  if (head !== MAIN) await transaction.writableVersion(relation, head, []);
  const sql = head === MAIN ? mainRelationText(scope, relation) : physicalName(own);
  const text = head === MAIN ? sql : targetText(target, own);
  const inside = { ...scope, state: transaction.state };
  const spans = writeSpans(statement);
  const qualifiers = spans === undefined ? [] : ownQualifiers(statement, target, spans);
  const targets = new Map([[target.start, text], ...qualifiers]);
  const slice = await resolvedSlices(services, inside, statement, targets);
  return { version, sql, inPlace, slice };
}
