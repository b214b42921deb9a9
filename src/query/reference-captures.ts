/** What a statement is about to change, asked for before it runs: rows that refer to others, and keys that others refer to. */
import { rowIdsQuery, readRowIds, type RowIds } from "../branch/changed-rows.js";
import type { ForeignKey } from "../branch/foreign-keys.js";
import { MAIN, type RelationName } from "../branch/model.js";
import { headRows, type GoneKeys } from "../branch/reference-checks.js";
import { ROW_ID, withRowIds } from "../branch/rows.js";
import { physicalName } from "../branch/system-schema.js";
import type { Transaction } from "../branch/transaction.js";
import { SNAPSHOT_PREFIX } from "../catalog/names.js";
import type { NameReference, RelationalStatement, TextSpan } from "../sql/analysis.js";
import type { Token } from "../sql/lexer.js";
import { normaliseName, quoteIdentifier as quote } from "../sql/names.js";
import { isName, isSymbol, isWord, splitAtCommas } from "../sql/token-reader.js";
import { isStable, writeSpans, type WriteSpans } from "../sql/write-spans.js";
import type { PlanContext } from "./plan-context.js";
import { resolvedSlices } from "./resolve.js";
import { rowsToChange, tellsItsRows } from "./rows-to-change.js";
import { targetText } from "./writable-names.js";

let lastTable = 0;

/** A name no temporary table of the session has. */
export function newStage(): string {
  return `${SNAPSHOT_PREFIX}keys${++lastTable}`;
}

interface Sliced {
  readonly spans: WriteSpans;
  readonly slice: (span: TextSpan | undefined) => string;
}

/**
 * Rows that UPDATE changes where they stand; undefined where any may be, or it is known otherwise. On a branch those of its own
 * table: what it changes of others' rows it adds to that.
 */
export async function captureRows(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  relation: RelationName,
): Promise<readonly RowIds[] | undefined> {
  const { runBound, scope } = context;
  if (statement.verb !== "update" || runBound === undefined) return undefined;
  const own = scope.head === MAIN ? relation : transaction.state.own(scope.head, relation)?.physical;
  const sliced = await slicesOf(context, transaction, statement, relation);
  if (sliced === undefined || !tellsItsRows(context, statement, sliced.spans)) return undefined;
  if (own === undefined || own === null) return [];
  const query = rowsToChange(sliced.spans, withRowIds(physicalName(own)), sliced.slice);
  const id = `${quote(query.alias)}.${quote(ROW_ID)}`;
  const rows = readRowIds(await runBound.firstRow(rowIdsQuery(id, query.source, query.with)));
  return rows === "unknown" ? undefined : rows;
}

/** Keys that a statement changes or takes away, in a temporary table. */
export interface CapturedKeys extends GoneKeys {
  /** What a column of the parent becomes is called so; undefined where that is not known. */
  readonly becomes: ((target: string) => string) | undefined;
  /** One row at most gets another key. */
  readonly isSingle: boolean;
  readonly drop: (() => Promise<void>) | undefined;
}

/** Any key may be gone. */
const UNKNOWN: CapturedKeys = {
  table: undefined,
  columnOf: (target) => target,
  becomes: undefined,
  isSingle: false,
  drop: undefined,
};

/** Undefined where none changes. */
export async function captureKeys(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  relation: RelationName,
  leading: readonly ForeignKey[],
): Promise<CapturedKeys | undefined> {
  const { runBound, scope } = context;
  const isChange = statement.verb === "update" || statement.verb === "delete";
  const rows = headRows(transaction, scope.head, relation);
  if (rows === undefined) return UNKNOWN;
  const columns = [
    ...new Map(leading.flatMap(({ target }) => target).map((name) => [normaliseName(name), name])).values(),
  ];
  const sliced =
    isChange && runBound !== undefined
      ? await slicesOf(context, transaction, statement, relation)
      : undefined;
  if (sliced === undefined || runBound === undefined || !isTold(context, statement, sliced.spans)) {
    // What waits for COMMIT may miss its key already, and actions must not take it for one that is gone.
    if (leading.every(isCheckedAtOnce)) return UNKNOWN;
    return { ...(await captureAll(transaction, rows, columns)), isSingle: statement.insert?.rows === 1 };
  }
  const { spans, slice } = sliced;
  const place = (target: string): number =>
    columns.findIndex((column) => normaliseName(column) === normaliseName(target));
  const assigned = statement.verb === "update" ? assignedValues(sliced) : new Map<string, string>();
  const alias = quote(spans.alias);
  const values = columns.map((column) => `${alias}.${quote(column)}`);
  const next = columns.map((column, at) => assigned?.get(normaliseName(column)) ?? values[at] ?? "");
  const changed = values.map((value, at) => `${value} IS DISTINCT FROM ${next[at] ?? "NULL"}`).join(" OR ");
  const conditions = [
    ...(spans.where === undefined ? [] : [`(${slice(spans.where)}\n)`]),
    ...(statement.verb === "update" && assigned !== undefined ? [`(${changed})`] : []),
  ];
  const from = spans.from === undefined ? "" : `, ${slice(spans.from)}`;
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  const source = `FROM ${rows} AS ${alias}${from} ${where}`;
  // What ORMs save sets every column, and most of them to what they are.
  if (statement.verb === "update") {
    const [found] = await runBound.firstRow(
      `${slice(spans.with)} SELECT count(*) FROM (SELECT 1 ${source} LIMIT 1)`,
    );
    if (Number(found) === 0) return undefined;
  }
  const name = newStage();
  const table = `temp.main.${quote(name)}`;
  const shape = columns.flatMap((column, at) => [
    `t.${quote(column)} AS k${at}`,
    `t.${quote(column)} AS n${at}`,
  ]);
  await transaction.connection.run(
    `CREATE TEMP TABLE ${quote(name)} AS SELECT ${shape.join(", ")} FROM ${rows} AS t LIMIT 0`,
  );
  const list = values.flatMap((value, at) => [value, next[at] ?? ""]);
  await runBound.change(
    `${slice(spans.with)} INSERT INTO ${table} SELECT DISTINCT ${list.join(", ")} ${source}`,
  );
  return {
    table,
    columnOf: (target) => `k${place(target)}`,
    becomes: assigned === undefined ? undefined : (target) => `n${place(target)}`,
    isSingle: false,
    drop: async () => await transaction.connection.run(`DROP TABLE ${table}`),
  };
}

function isCheckedAtOnce({ deferrable, onDelete, onUpdate }: ForeignKey): boolean {
  return deferrable === "not" && /^[ar]{2}$/.test(onDelete + onUpdate);
}

/** All keys of the parent, for statements whose rows cannot be told. */
async function captureAll(
  { connection }: Transaction,
  rows: string,
  columns: readonly string[],
): Promise<CapturedKeys> {
  const name = newStage();
  const table = `temp.main.${quote(name)}`;
  const list = columns.map((column, at) => `t.${quote(column)} AS k${at}`).join(", ");
  await connection.run(`CREATE TEMP TABLE ${quote(name)} AS SELECT ${list} FROM ${rows} AS t`);
  const place = (target: string): number =>
    columns.findIndex((column) => normaliseName(column) === normaliseName(target));
  return {
    table,
    columnOf: (target) => `k${place(target)}`,
    becomes: undefined,
    isSingle: false,
    drop: async () => await connection.run(`DROP TABLE ${table}`),
  };
}

/** An UPDATE of all rows has no condition that could choose others. */
function isTold(context: PlanContext, statement: RelationalStatement, spans: WriteSpans): boolean {
  if (tellsItsRows(context, statement, spans)) return true;
  const isPlain = spans.where === undefined && spans.from === undefined && statement.parameterCount === 0;
  return statement.verb === "update" && isPlain && statement.mayVary !== true;
}

/** What UPDATE sets columns to, as SQL by their names; undefined where it cannot be told column by column. */
function assignedValues({ spans, slice }: Sliced): ReadonlyMap<string, string> | undefined {
  const { set, tokens } = spans;
  if (set === undefined || !isStable(spans, [set])) return undefined;
  const first = tokens.findIndex(({ start }) => start >= set.start);
  const behind = tokens.findIndex(({ start }) => start >= set.end);
  const found = new Map<string, string>();
  for (const [from, to] of splitAtCommas(tokens, first, behind === -1 ? tokens.length : behind)) {
    const [name, equals, value] = tokens.slice(from, to);
    const last = tokens[to - 1];
    if (!isName(name) || !isEquals(equals) || value === undefined || last === undefined) return undefined;
    if (isWord(value, "default")) return undefined;
    found.set(normaliseName(name?.value ?? ""), `(${slice({ start: value.start, end: last.end })})`);
  }
  return found;
}

function isEquals(token: Token | undefined): boolean {
  return isSymbol(token, "=") || (token?.kind === "operator" && token.value === "=");
}

async function slicesOf(
  { services, scope }: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  relation: RelationName,
): Promise<Sliced | undefined> {
  const spans = statement.certain ? writeSpans(statement) : undefined;
  const target = statement.names.find(({ role }) => role === "write");
  if (spans === undefined || target === undefined) return undefined;
  const inside = { ...scope, state: transaction.state };
  const targets = new Map([
    [target.start, targetText(target, relation)],
    ...ownQualifiers(statement, target, spans),
  ]);
  return { spans, slice: await resolvedSlices(services, inside, statement, targets) };
}

/** `public.t.a` ⇒ `t.a`: the rows that are asked for stand under the alias alone. */
export function ownQualifiers(
  { names }: RelationalStatement,
  target: NameReference,
  { alias }: WriteSpans,
): readonly (readonly [start: number, text: string])[] {
  if (target.alias !== undefined) return [];
  const own = normaliseName(target.parts.at(-1) ?? "");
  return names
    .filter(({ role, parts }) => role === "columnQualifier" && normaliseName(parts.at(-1) ?? "") === own)
    .map(({ start }) => [start, quote(alias)] as const);
}
