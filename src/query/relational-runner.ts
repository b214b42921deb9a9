/** Runs and describes statements over relations for a session: chooses the transaction, starts DuckDB, shapes the result. */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { MAIN } from "../branch/model.js";
import { announced, findSources } from "./announced-columns.js";
import type { Transaction } from "../branch/transaction.js";
import type { ResultStream } from "../engine/result-stream.js";
import { classifyFailure } from "../engine/failure.js";
import type { NameReference, RelationalStatement, RelationalVerb } from "../sql/analysis.js";
import { refuseSecondChange } from "./conflict-rows.js";
import { requireLiterals } from "./literal-values.js";
import { boundRun, startStatement, startSubset, type ExecuteInput } from "./start-statement.js";
import { withDescribedTargets } from "./describe-targets.js";
import { inDialect } from "./catalogue-dialect.js";
import { describeRelational } from "./describe-relational.js";
import { MAX_CAPTURED_ROWS, type InsertCapture, type InsertedRows } from "./insert-capture.js";
import type { PlannedStatement } from "./plan-context.js";
import { waitFirst } from "./waiting-calls.js";
import { rememberRead, startLoneRead } from "./lone-reads.js";
import { changesHead, requireRelational } from "./permissions.js";
import { materializedParts } from "./materialized-views.js";
import { orLostRace, throughRaces } from "./lost-race.js";
import { withNarrowOperands, withNarrowSteps } from "./narrow-operands.js";
import { planStatement } from "./plan-statement.js";
import { runRecorded, type RunSteps } from "./recorded-write.js";
import { resolveStatement } from "./resolve.js";
import { asNumerics, withSpecialNumerics } from "./special-numerics.js";
import {
  chunkBatches,
  commandTag,
  explainResult,
  readAll,
  streamBatches,
  type ResultEnd,
} from "./results.js";
import type { SessionCore } from "./session-core.js";
import { runReadyRead } from "./ready-reads.js";
import { readsOf } from "./serializable.js";
import { settleSequences } from "./settle-sequences.js";
import { withTextTypes } from "./stored-parameters.js";
import { transactionMode } from "./transaction-mode.js";
import { hasSteps, runSteps, type StepServices } from "./with-steps.js";
import type { StatementResult } from "./types.js";
import { readWritten, refuseLostRows, shownColumns, shownRows } from "./written-rows.js";

/**
 * Runs one statement.
 *
 * Atomic  alone, in a transaction of its own that is committed before its result ends; otherwise in the session's
 * Limits  `running` makes its signal when it is first asked for, 10 µs that a read on main never needs
 */
export async function runRelational(
  core: SessionCore,
  statement: RelationalStatement,
  input: ExecuteInput,
  running: AbortController,
): Promise<StatementResult> {
  const special = withSpecialNumerics(statement, input);
  if (special !== undefined) {
    const result = await runRelational(core, special.statement, special.input, running);
    return result.kind === "rows"
      ? { ...result, columns: asNumerics(result.columns, special.columns) }
      : result;
  }
  await requireRelational(core, statement);
  const same = await runReadyRead(core, statement, input);
  if (same !== undefined) return same;
  const declaredOids = await withTextTypes(core, statement, input.declaredOids);
  await findSources(core, statement.sources);
  const waits = await waitFirst(
    core,
    statement,
    { ...input, declaredOids },
    running,
    async (query, values) => {
      return await runRelational(core, query, values, running);
    },
  );
  if (statement.writes) await refuseReadOnly(core, statement, input);
  const ready = hasSteps(statement)
    ? await withNarrowSteps(core, statement)
    : await inDialect(core, statement, input);
  const asWritten = ready === statement && !waits ? input.declaredOids : undefined;
  return await chooseTransaction(core, ready, { ...input, declaredOids }, running, asWritten);
}

/** `asWritten`: the types the client declared, for a statement that is run as its text was read. */
async function chooseTransaction(
  core: SessionCore,
  statement: RelationalStatement,
  input: ExecuteInput,
  running: AbortController,
  asWritten: readonly number[] | undefined,
): Promise<StatementResult> {
  // In an implicit transaction the first statement is still alone: what it needs begins with it.
  if (statement.verb === "explain" && !statement.writes)
    return await runExplain(core, statement, input, running);
  if (!core.transactions.isAlone)
    return await orLostRace(statement, runInTransaction(core, statement, input, running));
  const read = await startLoneRead(core, statement, input);
  if (read === undefined) return await runAlone(core, statement, input, running);
  const { result } = await outcomeOf(core, statement, read.stream, async () => {}, undefined, input);
  if (asWritten !== undefined && result.kind === "rows")
    rememberRead(core, statement, asWritten, read, result.columns);
  return result;
}

/** What is wrong with the statement itself is found before what it may not do. Errors: 25006 */
async function refuseReadOnly(
  core: SessionCore,
  statement: RelationalStatement,
  input: ExecuteInput,
): Promise<void> {
  if (transactionMode(core, "read_only") !== "on") return;
  if (ROW_VERBS.has(statement.verb)) await describeRelational(core, statement, input.declaredOids);
  core.refuseReadOnly(statement.tag);
}

/** EXPLAIN without ANALYZE runs nothing: a write's target is what its name holds now, and nothing is forked. */
async function runExplain(
  core: SessionCore,
  statement: RelationalStatement,
  input: ExecuteInput,
  running: AbortController,
): Promise<StatementResult> {
  const transaction = await core.transactions.need(core.head, running.signal);
  core.requireHead(transaction.state, false);
  if (!statement.certain && core.head !== MAIN) throw uncertainOnBranch();
  const scope = core.scope(transaction);
  const chunks = await withDescribedTargets(core, scope, statement, async (targets) => {
    const sql = await resolveStatement(core.resolveServices, scope, statement, targets);
    return await readAll(await startStatement(core, statement, sql, input));
  });
  await endOfStatement(core)(true);
  return explainResult(chunks, statement.explainedAsJson === true);
}

function uncertainOnBranch(): SqlError {
  return notSupported(
    "this statement cannot be run on a branch: the tables it names could not be determined safely",
  );
}

/** A statement that lost a race has left nothing behind, so it can simply be run again. */
async function runAlone(
  core: SessionCore,
  statement: RelationalStatement,
  input: ExecuteInput,
  running: AbortController,
): Promise<StatementResult> {
  return await throughRaces(core, statement, running.signal, async () => {
    try {
      return await runInTransaction(core, statement, input, running);
    } catch (error) {
      await core.transactions.rollbackCurrent();
      throw classifyFailure(error);
    }
  });
}

async function runInTransaction(
  core: SessionCore,
  statement: RelationalStatement,
  input: ExecuteInput,
  running: AbortController,
): Promise<StatementResult> {
  const transaction = await core.transactions.need(core.head, running.signal);
  core.requireHead(transaction.state, changesHead(core.scope(transaction), statement));
  // Of a statement that failed.
  core.sequences.takeRequests();
  if (!statement.certain && core.head !== MAIN) {
    throw uncertainOnBranch();
  }
  if (transactionMode(core, "isolation") === "serializable")
    core.transactions.noteReads(await readsOf(transaction, core.scope(transaction), statement));
  if (hasSteps(statement)) {
    const guards: NonNullable<PlannedStatement["guard"]>[] = [];
    const result = await runSteps(core, transaction, statement, input, stepServices(core, guards));
    for (const guard of guards) await guard();
    await endOfStatement(core)(true);
    return result;
  }
  const context = core.planContext(transaction);
  const parts = statement.parts ?? (await materializedParts(context, transaction, statement));
  return parts === undefined
    ? await runOne(core, transaction, statement, input, endOfStatement(core), new Set())
    : await runParts(core, transaction, statement, parts, input);
}

/** How one step of WITH is run, to its end, and described; `guards` takes what is asked when all have run. */
function stepServices(core: SessionCore, guards: NonNullable<PlannedStatement["guard"]>[]): StepServices {
  return {
    describe: async (statement, oids) => await describeRelational(core, statement, oids),
    run: async (transaction, written, input) => {
      const statement = await inDialect(core, written, input);
      const declaredOids = await withTextTypes(core, statement, input.declaredOids);
      const bound = { ...input, declaredOids };
      const context = core.planContext(transaction, boundRun(core, statement, bound));
      const [planned] = await planStatement(context, transaction, statement);
      if (planned === undefined) throw new SqlError(SQLSTATE.internalError, "a step of WITH without a plan");
      const start = planned.usesSomeParameters === true ? startSubset : startStatement;
      const stream = await start(core, statement, planned.sql, bound);
      const returned = shownColumns(stream, planned);
      const returnsRows = statement.verb === "select" || statement.returning;
      const { chunks, changed } = returnsRows
        ? await readWritten(stream, Number.POSITIVE_INFINITY)
        : { chunks: [], changed: await stream.changedRows() };
      refuseSecondChange(statement, changed);
      refuseLostRows(statement, changed);
      await settleSequences(core, statement);
      const rows = await shownRows(core, stream, chunks, planned, returned.length);
      await planned.check?.(changed);
      if (planned.guard !== undefined) guards.push(planned.guard);
      return {
        columns: await announced(core, returned, statement, declaredOids),
        chunks: rows,
        changed: planned.changed ?? changed,
      };
    },
  };
}

/** Each part is planned, and recorded, when those before it have run. */
async function runParts(
  core: SessionCore,
  transaction: Transaction,
  statement: RelationalStatement,
  parts: readonly RelationalStatement[],
  input: ExecuteInput,
): Promise<StatementResult> {
  const skipped = new Set<string>();
  let result: StatementResult = { kind: "command", tag: statement.tag };
  for (const part of parts) {
    if (part.ifAdded !== undefined && skipped.has(part.ifAdded)) continue;
    const isOwn = part.materialized?.kind === "filled";
    const ready = isOwn ? await inDialect(core, part, input) : await withNarrowOperands(core, part);
    const ended = await runOne(core, transaction, ready, input, async () => {}, skipped);
    if (!isOwn) result = ended;
    if (skipped.has(WHOLE_STATEMENT)) break;
  }
  await endOfStatement(core)(true);
  return result;
}

/** No column has this name. */
const WHOLE_STATEMENT = "";

/** `skipped` takes the names of columns that ADD COLUMN IF NOT EXISTS found, for the parts that follow. */
async function runOne(
  core: SessionCore,
  transaction: Transaction,
  statement: RelationalStatement,
  input: ExecuteInput,
  end: ResultEnd,
  skipped: Set<string>,
): Promise<StatementResult> {
  const run: RunSteps = async (steps, capture) => {
    for (const step of steps) {
      if (step.skipped !== undefined) skipped.add(step.skipped);
      if (step.finished) skipped.add(WHOLE_STATEMENT);
    }
    return await runPlanned(core, statement, input, steps, capture, end);
  };
  if (statement.writes && core.transactions.shared) {
    return await runRecorded(core, transaction, {
      statement,
      input,
      run,
      runBound: boundRun(core, statement, input),
    });
  }
  const context = core.planContext(transaction, boundRun(core, statement, input));
  return (await run(await planStatement(context, transaction, statement), undefined)).result;
}

/** What a statement gave its client, and what it did. */
export interface Outcome {
  readonly result: StatementResult;
  /** The command tag; of a read, the one without a count. */
  readonly tag: string;
  /** The rows of an INSERT that was asked to keep them; undefined also when they were too many. */
  readonly inserted: InsertedRows | undefined;
}

/** Runs planned steps in order; the last one's result is the statement's. */
async function runPlanned(
  core: SessionCore,
  statement: RelationalStatement,
  input: ExecuteInput,
  planned: readonly PlannedStatement[],
  capture: InsertCapture | undefined,
  end: ResultEnd,
): Promise<Outcome> {
  let outcome = done(statement, 0);
  if (statement.writes && !statement.returning && !ROW_VERBS.has(statement.verb))
    core.types.markChanged(mayChangeTypes(statement));
  for (const [index, step] of planned.entries()) {
    const isLast = index === planned.length - 1;
    const kept = isLast && step.afterwards === undefined ? capture : undefined;
    const sql = kept === undefined ? step.sql : kept.returning(step.sql, statement);
    const run = step.usesSomeParameters === true ? startSubset : startStatement;
    const isCount = kept === undefined && !statement.returning && COUNTED_VERBS.has(statement.verb);
    const stream = await run(core, statement, sql, input, isCount ? "row" : "rows");
    step.afterwards?.();
    const shown = step.tag === undefined ? statement : { ...statement, tag: step.tag };
    outcome = await outcomeOf(core, shown, stream, isLast ? end : async () => {}, kept, {
      ...step,
      declaredOids: input.declaredOids,
    });
  }
  return outcome;
}

const READING_VERBS: ReadonlySet<RelationalVerb> = new Set(["update", "delete"]);
/** Without RETURNING they give nothing but how many rows they changed. */
const COUNTED_VERBS: ReadonlySet<RelationalVerb> = new Set(["insert", "update", "delete"]);
const ROW_VERBS: ReadonlySet<RelationalVerb> = new Set(["select", "insert", "update", "delete", "merge"]);
const TYPE_VERBS: ReadonlySet<RelationalVerb> = new Set(["createType", "createSchema", "createMacro"]);
const WITHOUT_TYPES: ReadonlySet<NameReference["object"]> = new Set(["table", "view", "index", "sequence"]);

/** Types and functions are read anew behind it: tens of milliseconds, so not when only tables were dropped. */
function mayChangeTypes({ verb, names }: RelationalStatement): boolean {
  if (verb !== "drop") return TYPE_VERBS.has(verb);
  return !names.every(({ role, object }) => role !== "drop" || WITHOUT_TYPES.has(object));
}

/** Ends the statement's transaction if it is alone in it. */
export function endOfStatement(core: SessionCore): ResultEnd {
  return async (complete) => {
    if (core.transactions.shared) return;
    if (complete) await core.transactions.commitStatement();
    else await core.transactions.rollbackCurrent();
  };
}

/**
 * Turns a started statement into a result. What changes data is complete before anything is sent, and alone in its
 * transaction it is also committed; a read is committed when its last row was read.
 */
async function outcomeOf(
  core: SessionCore,
  statement: RelationalStatement,
  stream: ResultStream,
  end: ResultEnd,
  capture: InsertCapture | undefined,
  planned: Pick<PlannedStatement, "check" | "guard" | "changed" | "order"> &
    Pick<ExecuteInput, "declaredOids">,
): Promise<Outcome> {
  const { check, guard, changed: known } = planned;
  if (statement.verb === "explain") {
    const result = explainResult(await readAll(stream), statement.explainedAsJson === true);
    await end(true);
    return { result, tag: statement.tag, inserted: undefined };
  }
  // DDL on a branch may run as a query of no rows; what its client is told is the tag.
  const returnsRows = statement.verb === "select" || statement.returning;
  if (capture === undefined && (!stream.hasRows || !returnsRows)) {
    const counted = await stream.changedRows();
    const changed = known ?? counted;
    // No row came by to read its literals for.
    if (changed === 0 && READING_VERBS.has(statement.verb)) await requireLiterals(core, statement);
    refuseSecondChange(statement, changed);
    await settleSequences(core, statement);
    await check?.(changed);
    await guard?.();
    await end(true);
    return done(statement, changed);
  }
  const shown = shownColumns(stream, planned, capture?.width);
  const columns = await announced(core, shown, statement, planned.declaredOids);
  const tag = (rows: number): string => commandTag(statement, rows);
  if (!statement.writes) {
    const result = { kind: "rows", columns, batches: streamBatches(stream, end), tag } as const;
    return { result, tag: statement.tag, inserted: undefined };
  }
  const { chunks, changed } = await readWritten(
    stream,
    returnsRows ? Number.POSITIVE_INFINITY : MAX_CAPTURED_ROWS,
  );
  refuseSecondChange(statement, changed);
  refuseLostRows(statement, changed);
  await settleSequences(core, statement);
  const rows = returnsRows ? await shownRows(core, stream, chunks, planned, shown.length) : [];
  await check?.(changed);
  await guard?.();
  await end(true);
  const inserted = capture?.read(chunks, changed, stream.columns.length);
  if (!returnsRows) return { ...done(statement, changed), inserted };
  const result = { kind: "rows", columns, batches: chunkBatches(rows), tag } as const;
  return { result, tag: tag(changed), inserted };
}

function done(statement: RelationalStatement, changed: number): Outcome {
  const tag = commandTag(statement, changed);
  return { result: { kind: "command", tag }, tag, inserted: undefined };
}
