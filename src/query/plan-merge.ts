/**
 * MERGE INTO: source and target are joined once, into a table of pairs; then the statement runs on these, its WHEN clauses
 * as they are. So a row that two rows of the source would change is found, which DuckDB does not say; what the statement
 * changes is known beforehand, on main for the log and on a branch for the overlay; and nothing reads what it is changing.
 */
import { readRowIds, rowIdsQuery, type ChangedRows } from "../branch/changed-rows.js";
import { MAIN, type RelationName, type Version } from "../branch/model.js";
import { moveUp } from "../branch/overlay.js";
import { hidesRowIds } from "../branch/overlay-shape.js";
import { baseRows, requirePhysical, ROW_ID } from "../branch/rows.js";
import type { TableDefinition } from "../branch/table-definition.js";
import type { Transaction } from "../branch/transaction.js";
import { wholeTable } from "../branch/whole-table.js";
import { SNAPSHOT_PREFIX } from "../catalog/names.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { NameReference, RelationalStatement, TextSpan } from "../sql/analysis.js";
import { mergeSpans, type MergeSpans } from "../sql/merge-spans.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import { isStable } from "../sql/write-spans.js";
import { namesRowIds, overlayCheck } from "./plan-overlay.js";
import type { PlanContext, PlannedStatement } from "./plan-context.js";
import { resolveName } from "./relation-names.js";
import { resolvedSlices } from "./resolve.js";
import { definitionIn } from "./target-table.js";
import { targetText, writableName } from "./writable-names.js";
import { mainRelationText } from "./head-relations.js";

/** Tables of one run; others have other names, for DuckDB binds a kept text wrongly when its tables were made again. */
interface Stages {
  readonly source: string;
  readonly matched: string;
  readonly pairs: string;
}

let lastRun = 0;

function newStages(): Stages {
  const run = ++lastRun;
  const named = (name: string): string => `temp.main.${quoteIdentifier(`${SNAPSHOT_PREFIX}${name}${run}`)}`;
  return { source: named("source"), matched: named("matched"), pairs: named("pairs") };
}

/** Of a pair: the id of its row of the target, and whether a WHEN MATCHED changes that row. */
const TARGET_ROW = quoteIdentifier(ROW_ID);
const CHANGES = quoteIdentifier("#changes");

interface Merge {
  readonly context: PlanContext;
  readonly transaction: Transaction;
  readonly statement: RelationalStatement;
  readonly spans: MergeSpans;
  readonly name: NameReference;
  readonly stages: Stages;
  readonly run: (sql: string) => Promise<number>;
}

interface MergeTarget {
  /** What stands for its name. */
  readonly text: string;
  readonly version: Version | undefined;
  /** Source rows that were computed already. */
  readonly staged: boolean;
  /** Remembers which of its rows change. */
  readonly mark: (rows: ChangedRows) => void;
  readonly check: NonNullable<PlannedStatement["check"]>;
}

/** Undefined for forms of DuckDB's own. Errors: 21000 a row matched twice, 0A000 a join as the source */
export async function planMerge(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement | undefined> {
  const spans = statement.certain ? mergeSpans(statement) : undefined;
  const name = statement.names.find(({ role }) => role === "write");
  if (spans === undefined || name === undefined) return undefined;
  const { connection } = transaction;
  const run = async (sql: string): Promise<number> => await (context.runBound ?? connection).change(sql);
  const stages = newStages();
  const merge = { context, transaction, statement, spans, name, stages, run };
  const target = await mergeTarget(merge);
  if (target === undefined) return undefined;
  const slice = await slicesOf(merge, target);
  await makePairs(merge, target, slice);
  target.mark(await changedRows(merge, target));
  return {
    sql: mergeOfPairs(merge, slice),
    usesSomeParameters: context.runBound !== undefined,
    afterwards: undefined,
    check: async (changed) => {
      await connection.run(`DROP TABLE ${stages.pairs}`);
      if (target.staged) await connection.run(`DROP TABLE ${stages.source}; DROP TABLE ${stages.matched}`);
      await target.check(changed);
    },
  };
}

/** Undefined where a column stands in the way of the rows' ids. */
async function mergeTarget(merge: Merge): Promise<MergeTarget | undefined> {
  const { context, transaction, name } = merge;
  const { scope } = context;
  const meaning = writableName(scope, name);
  if (meaning.kind === "temporary") {
    const place = { schema: "main", name: meaning.name };
    const text = `temp.main.${quoteIdentifier(meaning.name)}`;
    const definition = await definitionIn(transaction.connection, "temp", place);
    return tellsRowIds(definition) ? { ...PLAIN, text, version: undefined } : undefined;
  }
  const { relation } = meaning;
  const version = meaning.kind === "relation" ? meaning.version : undefined;
  if (version?.kind === "view") return undefined;
  const definition =
    version === undefined
      ? await definitionIn(transaction.connection, DATA_CATALOG, relation)
      : await transaction.definitionOf(version);
  if (!tellsRowIds(definition)) return undefined;
  if (scope.head !== MAIN) return version && (await targetOnBranch(merge, version));
  const mark = (rows: ChangedRows): void => transaction.markWritten(relation, MAIN, rows);
  return { ...PLAIN, text: mainRelationText(scope, relation), version, mark };
}

const PLAIN = { staged: false, mark: () => {}, check: async () => {} };

function tellsRowIds(definition: TableDefinition | undefined): boolean {
  return definition !== undefined && !hidesRowIds(definition);
}

/** The overlay's own table, with the rows that a row of the source meets moved up; or the whole table. */
async function targetOnBranch(merge: Merge, relation: RelationName): Promise<MergeTarget> {
  const { context, transaction, name } = merge;
  const { head } = context.scope;
  const own = wholeTable(transaction.state, head, relation);
  if (own !== undefined) {
    const version = await transaction.writableVersion(relation, head, []);
    const mark = (rows: ChangedRows): void => transaction.markWritten(version, head, rows);
    return { ...PLAIN, text: targetText(name, own), version, mark };
  }
  const isNew = transaction.state.own(head, relation) === undefined;
  const version = tellsRowsOfBase(merge) ? await transaction.writableVersion(relation) : undefined;
  const shape = version?.layer?.kind === "overlay" ? await transaction.overlayShape(version) : undefined;
  let staged = false;
  if (version !== undefined && shape !== undefined) {
    const overlay = { version, shape };
    const text = targetText(name, requirePhysical(version));
    const check = overlayCheck({ transaction, overlay, isNew }, shape.keys);
    const target = { ...PLAIN, text, version, check };
    staged = true;
    if (await moveMatched(merge, target, overlay)) return { ...target, staged };
  }
  const text = targetText(name, await transaction.writableTable(relation));
  const whole = transaction.state.own(head, relation);
  const check = async (changed: number): Promise<void> => {
    if (changed === 0 && isNew && whole !== undefined) await transaction.dropFork(whole);
  };
  return { ...PLAIN, text, version: whole, staged, check };
}

/** The condition has to find the same rows when it is asked again, and all others of the target are left alone. */
function tellsRowsOfBase({ statement, spans, context }: Merge): boolean {
  const { on, clauses } = spans;
  if (statement.mayVary === true || clauses.some(({ kind }) => kind === "notMatchedBySource")) return false;
  if (!isStable(spans, [spans.with, on]) || namesRowIds(spans)) return false;
  return !statement.names.some(({ role, parts, start }) => {
    if (role !== "read" || start < on.start || start >= on.end) return false;
    const meaning = resolveName(context.scope, parts);
    return meaning.kind === "relation" && meaning.version.kind === "view";
  });
}

async function moveMatched(
  merge: Merge,
  target: MergeTarget,
  overlay: Parameters<typeof moveUp>[1],
): Promise<boolean> {
  const { spans, stages, transaction, run } = merge;
  const slice = await slicesOf(merge, target);
  await run(
    `CREATE TEMP TABLE ${stages.source} AS ${slice(spans.with)} SELECT * FROM ${slice(spans.source)}`,
  );
  const [alias, base] = [quoteIdentifier(spans.alias), baseRows(transaction.state, overlay.version)];
  // Not as a sub-query: there DuckDB says of a wrong name in the condition that its table is missing.
  await run(
    `CREATE TEMP TABLE ${stages.matched} AS ${slice(spans.with)} SELECT DISTINCT ${alias}.${TARGET_ROW}
     FROM ${base} AS ${alias} JOIN ${stagedSource(merge)} ON (${slice(spans.on)}\n)`,
  );
  const source = `FROM ${base} AS ${alias} SEMI JOIN ${stages.matched} AS m ON ${alias}.${TARGET_ROW} = m.${TARGET_ROW}`;
  const query = { with: "", alias: spans.alias, source };
  return await moveUp(transaction, overlay, query, run, "fewRows");
}

function stagedSource({ spans, stages }: Merge): string {
  return `${stages.source} AS ${quoteIdentifier(spans.sourceAlias)}`;
}

/** Joins source and target. Errors: 21000 */
async function makePairs(
  merge: Merge,
  { staged }: MergeTarget,
  slice: (span: TextSpan) => string,
): Promise<void> {
  const { spans, stages, transaction, name, run } = merge;
  const id = `${quoteIdentifier(spans.alias)}.rowid`;
  const cases = spans.clauses
    .filter(({ kind }) => kind === "matched")
    .map(({ condition, action }) => {
      const holds = condition === undefined ? "true" : `(${slice(condition)}\n)`;
      return `WHEN ${holds} THEN ${action !== "nothing"}`;
    });
  const changes = `CASE WHEN ${id} IS NULL THEN false ${cases.join(" ")} ELSE false END`;
  const join = spans.clauses.some(({ kind }) => kind === "notMatched") ? "LEFT JOIN" : "JOIN";
  const target = slice({ start: name.start, end: spans.behindTarget });
  await run(
    `CREATE TEMP TABLE ${stages.pairs} AS ${slice(spans.with)}
     SELECT ${quoteIdentifier(spans.sourceAlias)}.*, ${id} AS ${TARGET_ROW}, ${changes} AS ${CHANGES}
     FROM ${staged ? stagedSource(merge) : slice(spans.source)} ${join} ${target} ON (${slice(spans.on)}\n)`,
  );
  const [twice] = await transaction.connection.firstRow(
    `SELECT count(*) > count(DISTINCT ${TARGET_ROW}) FROM ${stages.pairs} WHERE ${CHANGES}`,
  );
  if (twice !== true) return;
  throw new SqlError(SQLSTATE.cardinalityViolation, "MERGE command cannot affect row a second time", {
    hint: "Ensure that not more than one source row matches any one target row.",
  });
}

async function changedRows(
  { spans, stages, transaction }: Merge,
  { version }: MergeTarget,
): Promise<ChangedRows> {
  const changing = spans.clauses.filter(({ action }) => action === "update" || action === "delete");
  if (changing.length === 0) return [];
  if (changing.some(({ kind }) => kind === "notMatchedBySource")) return "unknown";
  if (version === undefined || !(await transaction.logsRows(version))) return "unknown";
  const matched = rowIdsQuery(TARGET_ROW, `FROM ${stages.pairs} WHERE ${TARGET_ROW} IS NOT NULL`);
  return readRowIds(await transaction.connection.firstRow(matched));
}

function mergeOfPairs({ spans, stages, statement }: Merge, slice: (span: TextSpan) => string): string {
  const source = quoteIdentifier(spans.sourceAlias);
  return `${slice({ start: 0, end: spans.behindTarget })} USING ${stages.pairs} AS ${source}
    ON ${quoteIdentifier(spans.alias)}.rowid = ${source}.${TARGET_ROW} ${slice({ start: spans.firstWhen, end: statement.text.length })}`;
}

/** Parts of the statement as DuckDB takes them; what WHEN clauses read of the target is read before it changes. */
async function slicesOf(merge: Merge, { text, version }: MergeTarget): Promise<(span: TextSpan) => string> {
  const { context, transaction, statement, spans, name } = merge;
  const within = { start: spans.firstWhen, end: statement.text.length };
  const changing = version === undefined ? undefined : { version, within };
  const targets = new Map([[name.start, text]]);
  // `public.s.id` of a source that is another table now: by its name alone.
  const source = statement.names.find(({ role, start }) => role === "read" && start === spans.sourceName);
  for (const { role, parts, start } of statement.names) {
    const isSource = source !== undefined && source.alias === undefined && isSameName(parts, source.parts);
    if (role === "columnQualifier" && isSource && start >= spans.on.start)
      targets.set(start, quoteIdentifier(spans.sourceAlias));
  }
  return await resolvedSlices(
    context.services,
    { ...context.scope, state: transaction.state, changing },
    statement,
    targets,
  );
}

function isSameName(parts: readonly string[], others: readonly string[]): boolean {
  return (
    others.length === parts.length &&
    parts.every((part, at) => normaliseName(part) === normaliseName(others[at] ?? ""))
  );
}
