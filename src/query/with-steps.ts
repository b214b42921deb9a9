/**
 * Runs and describes WITH that changes rows, step by step: the rows a step returns go into a temporary table that others
 * read in its place.
 *
 * Atomic  all steps are in the session's transaction; nothing is told to the client before the last one is done
 */
import { notSupported } from "../core/errors.js";
import type { Transaction } from "../branch/transaction.js";
import { MAIN } from "../branch/model.js";
import type { DataChunk } from "../engine/types.js";
import type { NameReference, RelationalStatement, WithStep } from "../sql/analysis.js";
import { characterPosition, tokenise } from "../sql/lexer.js";
import { stepTable } from "../sql/modifying-ctes.js";
import { quoteIdentifier } from "../sql/names.js";
import { announced, findSources } from "./announced-columns.js";
import { functionsOfMain } from "./branch-functions.js";
import { explainFailure } from "./explain-failure.js";
import { requireSame } from "./insert-capture.js";
import { wayToRepeat } from "./recorded-write.js";
import { inputOf, type ExecuteInput } from "./start-statement.js";
import { resolveStatement } from "./resolve.js";
import { chunkBatches, commandTag } from "./results.js";
import type { SessionCore } from "./session-core.js";
import { emptyTable, StepTables, withRelations } from "./step-tables.js";
import type { ResultColumn, StatementDescription, StatementResult } from "./types.js";
import { oldReads, orderOfSteps, targetKey } from "./with-order.js";

/** What one step gave: all its rows, or how many it changed. */
interface FinishedStep {
  readonly columns: readonly ResultColumn[];
  readonly chunks: readonly DataChunk[];
  readonly changed: number;
}

/** How one statement is run and described, as if it stood alone. */
export interface StepServices {
  readonly run: (
    transaction: Transaction,
    statement: RelationalStatement,
    input: ExecuteInput,
  ) => Promise<FinishedStep>;
  readonly describe: (
    statement: RelationalStatement,
    declaredOids: readonly number[],
  ) => Promise<StatementDescription>;
}

/** A statement whose WITH changes rows. */
export interface SteppedStatement extends RelationalStatement {
  readonly steps: readonly WithStep[];
}

export function hasSteps(statement: RelationalStatement): statement is SteppedStatement {
  return statement.steps !== undefined;
}

/** Types of parameters and result: each step over empty tables in the place of what the others return. */
export async function describeSteps(
  core: SessionCore,
  whole: SteppedStatement,
  declaredOids: readonly number[],
  describe: StepServices["describe"],
): Promise<StatementDescription> {
  const { steps } = whole;
  const scope = core.scope(core.transactions.current);
  orderOfSteps(
    steps,
    steps.map((step) => targetKey(scope, step)),
  );
  const parameterOids = [...declaredOids];
  const empty = new Map<string, string>();
  let columns: StatementDescription["columns"] = null;
  for (const [at, step] of steps.entries()) {
    const statement = withRelations(step.statement, (name) => empty.get(nameKey(name)));
    const own = step.parameters.map((number) => parameterOids[number - 1] ?? 0);
    const described = await asStep(core, whole, statement, async () => await describe(statement, own));
    for (const [index, number] of step.parameters.entries())
      parameterOids[number - 1] ||= described.parameterOids[index] ?? 0;
    ({ columns } = described);
    if (isUsed(steps, at)) empty.set(JSON.stringify(stepTable(at)), emptyTable(columns ?? []));
  }
  const shown = columns === null ? null : await ofWhole(core, whole, columns, declaredOids);
  return { parameterOids: Array.from(parameterOids, (oid) => oid ?? 0), columns: shown };
}

/** What the last step selects of what others return are columns of tables. */
async function ofWhole(
  core: SessionCore,
  whole: SteppedStatement,
  columns: readonly ResultColumn[],
  declaredOids: readonly number[],
): Promise<readonly ResultColumn[]> {
  if (whole.verb !== "select") return columns;
  await findSources(core, whole.sources);
  return await announced(core, columns, whole, declaredOids);
}

function nameKey({ parts }: NameReference): string {
  return JSON.stringify(parts);
}

function isUsed(steps: readonly WithStep[], at: number): boolean {
  return steps.some(({ uses }) => uses.includes(at));
}

/** Runs all steps and records how to do the same again. The transaction is left open. */
export async function runSteps(
  core: SessionCore,
  transaction: Transaction,
  statement: SteppedStatement,
  input: ExecuteInput,
  services: StepServices,
): Promise<StatementResult> {
  const typed = { ...input, declaredOids: await sharedOids(core, statement, input.declaredOids, services) };
  const repeatable = core.transactions.shared && (await isRepeatable(core, transaction, statement, typed));
  const done = await runAll(core, transaction, statement, typed, services);
  record(core, statement, typed, services, repeatable ? done.tags : undefined);
  return done.result;
}

/** A parameter of several steps has the type the first one gives it in all of them. */
async function sharedOids(
  core: SessionCore,
  statement: SteppedStatement,
  declaredOids: readonly number[],
  { describe }: StepServices,
): Promise<readonly number[]> {
  const numbers = statement.steps.flatMap(({ parameters }) => parameters);
  const shared = new Set(numbers.filter((number, at) => numbers.indexOf(number) !== at));
  if ([...shared].every((number) => (declaredOids[number - 1] ?? 0) !== 0)) return declaredOids;
  const { parameterOids } = await describeSteps(core, statement, declaredOids, describe);
  return parameterOids.map((oid, at) => (shared.has(at + 1) ? oid : (declaredOids[at] ?? 0)));
}

async function isRepeatable(
  core: SessionCore,
  transaction: Transaction,
  { steps }: SteppedStatement,
  input: ExecuteInput,
): Promise<boolean> {
  for (const step of steps) {
    const way = await wayToRepeat(core, transaction, step.statement, inputOf(step.parameters, input));
    if (way.kind !== "statement") return false;
  }
  return true;
}

/** `tags`: what the steps came to; undefined for a statement that cannot be repeated. */
function record(
  core: SessionCore,
  statement: SteppedStatement,
  input: ExecuteInput,
  services: StepServices,
  tags: readonly string[] | undefined,
): void {
  if (tags === undefined) {
    core.transactions.record({ kind: "final", reason: "a statement before it might not do the same again" });
    return;
  }
  core.transactions.record({
    kind: "repeatable",
    bytes:
      2 * statement.text.length +
      input.parameters.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 500),
    readsOthers: true,
    repeat: async () => {
      const { current } = core.transactions;
      if (current === undefined) throw new Error("no transaction to write in");
      const again = await runAll(core, current, statement, input, services);
      requireSame(again.tags, tags);
    },
  });
}

async function runAll(
  core: SessionCore,
  transaction: Transaction,
  statement: SteppedStatement,
  input: ExecuteInput,
  services: StepServices,
): Promise<{ readonly result: StatementResult; readonly tags: readonly string[] }> {
  const { steps } = statement;
  const scope = core.scope(transaction);
  const targets = steps.map((step) => targetKey(scope, step));
  const order = orderOfSteps(steps, targets);
  const tables = new StepTables(core.connection, statement.text);
  const relations = new Map<string, string>();
  const old = await copyOldRows(core, transaction, steps, { order, targets, tables });
  let result: StatementResult = { kind: "command", tag: statement.tag };
  const tags: string[] = [];
  for (const at of order) {
    const step = steps[at];
    if (step === undefined) continue;
    const ready = withRelations(step.statement, (name) => relations.get(nameKey(name)) ?? old.get(name));
    const own = inputOf(step.parameters, input);
    const finished = await asStep(
      core,
      statement,
      ready,
      async () => await services.run(transaction, ready, own),
    );
    tags.push(`${at}: ${finished.changed}`);
    if (isUsed(steps, at))
      relations.set(JSON.stringify(stepTable(at)), await tables.keep(finished.columns, finished.chunks));
    if (step.name === undefined) result = resultOf(step.statement, finished);
  }
  await tables.drop();
  if (result.kind === "rows")
    result = { ...result, columns: await ofWhole(core, statement, result.columns, input.declaredOids) };
  return { result, tags };
}

/** A failure is told as the step's own, with its place in the whole statement's text where there can be but one. */
async function asStep<Result>(
  core: SessionCore,
  whole: SteppedStatement,
  statement: RelationalStatement,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const explained = await explainFailure(core, statement, error, statement.text);
    throw explained.with({ position: placeInWhole(whole.text, statement.text, explained.position) });
  }
}

function placeInWhole(whole: string, part: string, position: number | undefined): number | undefined {
  const failed = tokenise(part).find(({ start }) => characterPosition(part, start) === position);
  if (failed === undefined) return undefined;
  const same = tokenise(whole).filter(({ kind, value }) => kind === failed.kind && value === failed.value);
  const [only] = same;
  return only !== undefined && same.length === 1 ? characterPosition(whole, only.start) : undefined;
}

function resultOf(
  statement: RelationalStatement,
  { columns, chunks, changed }: FinishedStep,
): StatementResult {
  if (statement.verb !== "select" && !statement.returning)
    return { kind: "command", tag: commandTag(statement, changed) };
  const tag = (rows: number): string => commandTag(statement, rows);
  return { kind: "rows", columns, batches: chunkBatches(chunks), tag };
}

/** Copies, made before the first step, of what steps read that others change. */
async function copyOldRows(
  core: SessionCore,
  transaction: Transaction,
  steps: readonly WithStep[],
  plan: {
    readonly order: readonly number[];
    readonly targets: readonly (string | undefined)[];
    readonly tables: StepTables;
  },
): Promise<ReadonlyMap<NameReference, string>> {
  const scope = core.scope(transaction);
  const reads = oldReads(scope, steps, plan.order, plan.targets);
  await refuseMacros(core, steps);
  const copies = new Map<string, string>();
  const old = new Map<NameReference, string>();
  for (const { step, name, key } of reads) {
    const { text } = steps[step]?.statement ?? { text: "" };
    if (/\b(?:rowid|ctid)\b/i.test(text))
      throw notSupported("rowid of a table as it was before is not supported");
    const copy =
      copies.get(key) ?? (await copyOf(core, transaction, text.slice(name.start, name.end), plan.tables));
    copies.set(key, copy);
    old.set(name, copy);
    // `public.t.id` of a table that is another one now: by its name alone.
    for (const qualifier of steps[step]?.statement.names ?? [])
      if (qualifier.role === "columnQualifier" && nameKey(qualifier) === nameKey(name))
        old.set(qualifier, quoteIdentifier(name.parts.at(-1) ?? ""));
  }
  return old;
}

async function copyOf(
  core: SessionCore,
  transaction: Transaction,
  shown: string,
  tables: StepTables,
): Promise<string> {
  const [query] = await core.resolveServices.analyse(`SELECT * FROM ${shown}`);
  if (query?.kind !== "relational" || !query.certain)
    throw notSupported(`"${shown}" cannot be read as it was before`);
  return await tables.copy(
    await resolveStatement(core.resolveServices, core.scope(transaction), query),
    shown,
  );
}

/** A macro of a user reads tables by itself, as they are when it is called. */
async function refuseMacros(core: SessionCore, steps: readonly WithStep[]): Promise<void> {
  if (core.head !== MAIN) return;
  const called = steps.flatMap(({ statement }) =>
    statement.names.flatMap(({ role, parts }) =>
      role === "function" ? [(parts.at(-1) ?? "").toLowerCase()] : [],
    ),
  );
  if (called.length === 0) return;
  const transaction = core.transactions.current;
  const macros = await functionsOfMain(core.scope(transaction).state, transaction);
  const found = called.find((name) => macros.all.some((macro) => macro.name.toLowerCase() === name));
  if (found !== undefined)
    throw notSupported(`macro "${found}" beside data-modifying statements in WITH is not supported`);
}
