/**
 * Plans for INSERT, UPDATE and DELETE on an overlay. Rows of the base that the statement will change are moved up first;
 * then the statement runs as it is on the overlay's own table. Statements whose rows cannot be told for certain get no plan
 * here: they run on the whole table.
 */
import { MAIN, relationKey, type RelationName, type Version } from "../branch/model.js";
import { isLarge, MANY_ROWS, moveUp, refuseTakenKeys, type OverlayTable } from "../branch/overlay.js";
import type { UniqueKey } from "../branch/overlay-shape.js";
import { canTakeRows } from "../branch/row-ids.js";
import { countOwnRows, forgetPlaces, isInOrder, loseOrder, placedRows } from "../branch/row-order.js";
import { baseRows, requirePhysical, ROW_ID, rowsOf } from "../branch/rows.js";
import { physicalName } from "../branch/system-schema.js";
import type { Transaction } from "../branch/transaction.js";
import { wholeTable } from "../branch/whole-table.js";
import type { NameReference, RelationalStatement, TextSpan } from "../sql/analysis.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import { writeSpans, type WriteSpans } from "../sql/write-spans.js";
import { SNAPSHOT_PREFIX } from "../catalog/names.js";
import { NOTHING_TO_RUN, type PlanContext, type PlannedStatement } from "./plan-context.js";
import { planStagedInsert } from "./staged-insert.js";
import { changingTable } from "./changing-table.js";
import { resolveName } from "./relation-names.js";
import { changesInPlace } from "./row-changes.js";
import { rowsToChange, tellsItsRows } from "./rows-to-change.js";
import { resolvedSlices } from "./resolve.js";
import { targetText, writableName } from "./writable-names.js";

const LEAVING = quoteIdentifier(`${SNAPSHOT_PREFIX}leaving`);
const LEAVING_SQL = `temp.main.${LEAVING}`;

/** Undefined when the statement has to run on the whole table. */
export async function planOverlayWrite(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement | undefined> {
  if (context.scope.head === MAIN) return undefined;
  const spans = writeSpans(statement);
  const target = statement.names.find(({ role }) => role === "write");
  if (spans === undefined || target === undefined) return undefined;
  const meaning = writableName(context.scope, target);
  if (meaning.kind !== "relation") return undefined;
  if (wholeTable(transaction.state, context.scope.head, meaning.relation) !== undefined) return undefined;
  if (deletesAll(statement, spans)) return await planDeleteAll(transaction, meaning.version);
  if (!tellsRowsOfBase(context, statement, spans)) return undefined;
  const isNew = transaction.state.own(context.scope.head, meaning.relation) === undefined;
  const { head } = context.scope;
  const staysInOrder = await staysInPlace(transaction, statement, spans, meaning);
  const version = await transaction.writableVersion(meaning.relation, head, "unknown", { staysInOrder });
  if (version.layer?.kind !== "overlay") return undefined;
  const shape = await transaction.overlayShape(version);
  if (shape === undefined) return undefined;
  const overlay = { version, shape };
  const write = { context, transaction, statement, spans, target, overlay, isNew };
  if (statement.verb !== "insert") return await planChange(write);
  if (spans.conflictAt !== undefined)
    return shape.keys.length === 0 || (await canTakeRows(transaction, version))
      ? await planUpsert(write)
      : undefined;
  const check = overlayCheck(write, overlay.shape.keys);
  return readsTarget(write)
    ? await planStagedInsert(stagedFrom(write), await slicesOf(write), { check })
    : { ...(await wholeText(write)), check };
}

function deletesAll({ verb, returning }: RelationalStatement, { from, where }: WriteSpans): boolean {
  return verb === "delete" && from === undefined && where === undefined && !returning;
}

/** What it deletes is not copied first. */
async function planDeleteAll(
  transaction: Transaction,
  version: Version,
): Promise<PlannedStatement | undefined> {
  if (version.kind !== "table") return undefined;
  const [count] = await transaction.connection.firstRow(
    `SELECT count(*) FROM ${rowsOf(transaction.state, version)}`,
  );
  const changed = Number(count);
  if (changed === 0) return { ...NOTHING_TO_RUN, changed, usesSomeParameters: true };
  const table = physicalName(await transaction.emptiedTable(version));
  return { sql: `DELETE FROM ${table}`, changed, afterwards: undefined, usesSomeParameters: true };
}

interface OverlayWrite {
  readonly context: PlanContext;
  readonly transaction: Transaction;
  readonly statement: RelationalStatement;
  readonly spans: WriteSpans;
  readonly target: NameReference;
  readonly overlay: OverlayTable;
  /** The overlay was made for this statement. */
  readonly isNew: boolean;
}

/** Whether the rows of the base that the statement changes can be asked for before it runs. */
function tellsRowsOfBase(context: PlanContext, statement: RelationalStatement, spans: WriteSpans): boolean {
  const { verb, parameterCount } = statement;
  if (namesRowIds(spans)) return false;
  if (verb !== "insert") return tellsItsRows(context, statement, spans);
  return spans.conflictAt === undefined || parameterCount === 0 || context.runBound !== undefined;
}

/** An overlay has none to give. */
export function namesRowIds({ tokens }: Pick<WriteSpans, "tokens">): boolean {
  return tokens.some(({ kind, value }) => kind !== "string" && normaliseName(value) === "rowid");
}

/** UPDATE and DELETE. */
async function planChange(write: OverlayWrite): Promise<PlannedStatement | undefined> {
  const { spans, transaction, overlay } = write;
  const deletes = write.statement.verb === "delete";
  const slice = await slicesOf(write);
  const leaving = deletes && isInOrder(overlay.version) ? await leavingRows(write, slice) : undefined;
  const rows = rowsToChange(spans, baseRows(transaction.state, overlay.version), slice);
  if (!(await moveUp(transaction, overlay, { ...rows, deletes }, runOf(write), "fewRows"))) return undefined;
  await leaving?.begin();
  const planned =
    spans.from === undefined || spans.set !== undefined ? await wholeText(write) : await oncePerRow(write);
  const check = overlayCheck(write, changedKeys(write));
  return {
    ...planned,
    check: async (changed) => {
      await leaving?.end();
      await check(changed);
    },
  };
}

/** Those of the overlay's own rows that a DELETE will take away: the places of the others change. */
async function leavingRows(
  write: OverlayWrite,
  slice: (span: TextSpan | undefined) => string,
): Promise<{ begin(): Promise<void>; end(): Promise<void> }> {
  const { spans, transaction, overlay } = write;
  const { connection } = transaction;
  const count = async (): Promise<number> => await countOwnRows(connection, overlay.version);
  const before = write.isNew ? 0 : await count();
  let left = 0;
  if (before > 0) {
    const query = rowsToChange(spans, placedRows(overlay.version), slice);
    const place = `${quoteIdentifier(query.alias)}.${quoteIdentifier(ROW_ID)}`;
    await runOf(write)(
      `CREATE OR REPLACE TEMP TABLE ${LEAVING} AS ${query.with} SELECT DISTINCT ${place} AS place ${query.source}`,
    );
    left = Number((await connection.firstRow(`SELECT count(*) FROM ${LEAVING_SQL}`))[0]);
  }
  return {
    begin: async () => {
      if (left > 0) await forgetPlaces(connection, overlay.version, LEAVING_SQL);
      if (before > 0) await connection.run(`DROP TABLE ${LEAVING_SQL}`);
    },
    end: async () => {
      // Those moved up are gone again.
      if ((await count()) !== before - left) loseOrder(transaction, currentOf(write));
    },
  };
}

function currentOf({ transaction, overlay }: OverlayWrite): Version {
  return transaction.state.current(overlay.version) ?? overlay.version;
}

/** Rows keep their order in the overlay's own table, as far as one can tell before: see branch/row-order.ts. */
async function staysInPlace(
  transaction: Transaction,
  statement: RelationalStatement,
  { conflictAt }: WriteSpans,
  target: { readonly relation: RelationName; readonly version: Version },
): Promise<boolean> {
  if (statement.verb === "update") return await changesInPlace(transaction, statement, target);
  return statement.verb === "delete" || conflictAt === undefined;
}

/** DELETE … USING: DuckDB cannot delete a row twice that the transaction itself has added, and those moved up are such. */
async function oncePerRow(write: OverlayWrite): Promise<PlannedStatement> {
  const { spans, statement, target } = write;
  const slice = await slicesOf(write);
  const own = slice({ start: target.start, end: spans.behindTarget });
  const rowId = `${quoteIdentifier(spans.alias)}.rowid`;
  const matched = `SELECT ${rowId} FROM ${own}, ${slice(spans.from)} WHERE (${slice(spans.where)}\n)`;
  const tail = slice({ start: spans.where?.end ?? statement.text.length, end: statement.text.length });
  const sql = `${slice(spans.with)} DELETE FROM ${own} WHERE ${rowId} IN (${matched}) ${tail}`;
  return { sql, afterwards: undefined };
}

/** INSERT … ON CONFLICT: rows with a key of the new ones are moved up. */
async function planUpsert(write: OverlayWrite): Promise<PlannedStatement> {
  const { transaction, overlay } = write;
  const change = async (sql: string): Promise<number> => await transaction.connection.change(sql);
  const base = baseRows(transaction.state, overlay.version);
  return await planStagedInsert(stagedFrom(write), await slicesOf(write), {
    find: async (sameKey) => {
      const query = { with: "", alias: "b", source: `FROM ${base} AS b WHERE ${sameKey("b")}` };
      await moveUp(transaction, overlay, query, change, "allRows");
    },
    check: overlayCheck(write, overlay.shape.keys),
  });
}

function stagedFrom(write: OverlayWrite): Parameters<typeof planStagedInsert>[0] {
  const { version, shape } = write.overlay;
  return { ...write, table: { sql: physicalName(requirePhysical(version)), ...shape }, run: runOf(write) };
}

/** What a view reads is taken to be the target, too. */
function readsTarget({ context, statement, overlay }: OverlayWrite): boolean {
  return statement.names.some(({ role, parts }) => {
    if (role !== "read") return false;
    const meaning = resolveName(context.scope, parts);
    if (meaning.kind !== "relation") return false;
    return meaning.version.kind === "view" || relationKey(meaning.relation) === relationKey(overlay.version);
  });
}

/** What has to be true when the statement has run; an overlay that changed nothing leaves no trace, a large one becomes a table. */
export function overlayCheck(
  { transaction, overlay, isNew }: Pick<OverlayWrite, "transaction" | "overlay" | "isNew">,
  keys: readonly UniqueKey[],
): NonNullable<PlannedStatement["check"]> {
  return async (changed) => {
    if (changed === 0 && isNew) return await transaction.dropFork(overlay.version);
    await refuseTakenKeys(transaction, overlay.version, keys);
    // A new overlay is as large as what its one statement changed.
    if (changed > (isNew ? MANY_ROWS : 0)) await promoteLarge(transaction, overlay.version);
  };
}

/** Not where another session has changed it since the snapshot: that would be a lost race for nothing. */
async function promoteLarge(transaction: Transaction, overlay: Version): Promise<void> {
  if (transaction.isUnchanged(overlay) && (await isLarge(transaction, overlay)))
    await transaction.writableTable(overlay, overlay.head);
}

/** Keys that an UPDATE may give other values. */
function changedKeys({ spans, overlay }: OverlayWrite): readonly UniqueKey[] {
  const { set, tokens } = spans;
  if (set === undefined) return [];
  const named = new Set(
    tokens
      .filter(({ start, end }) => start >= set.start && end <= set.end)
      .map(({ value }) => normaliseName(value)),
  );
  return overlay.shape.keys.filter(({ columns }) =>
    columns.some((column) => named.has(normaliseName(column))),
  );
}

function runOf({ context, statement, transaction }: OverlayWrite): (sql: string) => Promise<number> {
  const { runBound } = context;
  if (statement.parameterCount > 0 && runBound !== undefined)
    return async (sql) => await runBound.change(sql);
  return async (sql) => await transaction.connection.change(sql);
}

async function wholeText(write: OverlayWrite): Promise<PlannedStatement> {
  const sql = (await slicesOf(write))({ start: 0, end: write.statement.text.length });
  return { sql, afterwards: undefined };
}

/** Parts of the statement as DuckDB takes them, its target the overlay's own table. */
async function slicesOf(write: OverlayWrite): Promise<(span: TextSpan | undefined) => string> {
  const { context, transaction, statement, spans, target, overlay } = write;
  const changing = changingTable(overlay.version, spans);
  const scope = { ...context.scope, state: transaction.state, changing };
  const targets = new Map([[target.start, targetText(target, requirePhysical(overlay.version))]]);
  return await resolvedSlices(context.services, scope, statement, targets);
}
